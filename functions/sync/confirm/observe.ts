import { driftOf } from '../../../shared/engine/drift.ts';
import type { KnownObject, PropertyChange } from '../../../shared/engine/plan.ts';
import type { KnownMember } from '../../storage/entra-space.ts';
import { inParallel } from '../../storage/buckets.ts';
import { findByAnchor } from '../find-by-anchor.ts';
import type { SyncDependencies } from '../dependencies.ts';
import { problemReport } from '../dependencies.ts';
import type { ObjectDelta, TenantObject } from '../tenant.ts';

/**
 * How long Entra may take to show a write everywhere. A page that shows something else in this time is late, not drift; only
 * what is different after it is.
 */
const graceMs = 10 * 60_000;

/** True while a write may not be shown everywhere; `since` as it is awaited, `undefined` for no write. */
export function isYoung(since: string | undefined, now: Date): boolean {
  return since !== undefined && now.getTime() - Date.parse(since) < graceMs;
}

/** What came of looking at objects of the tenant. */
export interface Observed {
  /** Objects whose writes Entra has shown. */
  readonly confirmed: number;
  /** Objects that somebody else has changed, deleted or brought back. */
  readonly drifted: number;
}

/**
 * Takes what Entra shows of objects into what is known of them: confirms writes, and finds what somebody else did. What is
 * different is asked for once more, by its id, before it is believed: a delta page can be a replay of long ago.
 */
export async function observe(dependencies: SyncDependencies, deltas: readonly ObjectDelta[]): Promise<Observed> {
  const { entra, drift, tenant, tenantStore } = dependencies;
  const merged = mergeById(deltas);
  // Those of managers with them: asked for one by one they would cost as many requests as there are users.
  const guids = await entra.guidsOf(
    [...merged.values()].flatMap(({ id, manager }) => (manager ? [id, manager] : [id])),
  );
  const own = [...merged.keys()].flatMap((id) => guids.get(id) ?? []);
  const known = await entra.load(own);
  const awaited = await entra.awaited(own);
  const confirmed: string[] = [];
  let drifted = 0;
  await inParallel([...merged.values()], 8, async (delta) => {
    const guid = guids.get(delta.id);
    const object = guid === undefined ? undefined : known.get(guid);
    // Not ours, or a creation whose answer has not come yet.
    if (guid === undefined || object?.entraId !== delta.id) return;
    const since = awaited.get(guid);
    if (isAsKnown(object, delta)) {
      if (drift === 'report') await withdraw(dependencies, guid, object);
      const members = await membersDrifted(dependencies, guid, object, delta, since, guids);
      if (members === 'drifted') drifted += 1;
      if (since !== undefined && members === 'same') confirmed.push(guid);
      return;
    }
    if (isYoung(since, dependencies.now())) return;
    if (await examine(dependencies, guid, object, since)) drifted += 1;
  });
  // Who sees that nothing waits sees what it took.
  await tenantStore.addUsage(tenant.takeUsage());
  await entra.confirm(confirmed);
  return { confirmed: confirmed.length, drifted };
}

/** Looks again at writes that Entra has not shown in all this time. */
export async function observeOverdue(dependencies: SyncDependencies, limit: number): Promise<Observed> {
  const { entra, now } = dependencies;
  const awaited = await entra.allAwaited(limit);
  const overdue = [...awaited].filter(([, at]) => !isYoung(at, now())).map(([guid, at]) => ({ guid, at }));
  const known = await entra.load(overdue.map(({ guid }) => guid));
  let drifted = 0;
  await inParallel(overdue, 8, async ({ guid, at }) => {
    const object = known.get(guid);
    if (object === undefined) await entra.confirm([guid]);
    else if (object.state === 'creating') await examineIntent(dependencies, guid, object);
    else if (await examine(dependencies, guid, object, at)) drifted += 1;
  });
  return { confirmed: overdue.length - drifted, drifted };
}

/** A creation whose answer was lost is there by now, or it never happened. */
async function examineIntent(dependencies: SyncDependencies, guid: string, intent: KnownObject): Promise<void> {
  const { entra, tenant } = dependencies;
  if ((await findByAnchor(intent.type, intent.sourceAnchor, tenant)) === undefined) await entra.forget([guid]);
  // Whatever its source is now, it is taken over first.
  else await mark(dependencies, intent);
  await entra.confirm([guid]);
}

/** How many writes wait to be shown, counted up to the limit. */
export async function countAwaited({ entra }: SyncDependencies, limit: number): Promise<number> {
  return (await entra.allAwaited(limit)).size;
}

/** True when Entra does not hold what is known of the object, members included; it is then seen to. */
export async function examine(
  dependencies: SyncDependencies,
  guid: string,
  known: KnownObject,
  since: string | undefined,
): Promise<boolean> {
  const { entra, tenant } = dependencies;
  if (known.state === 'creating' || known.entraId === undefined) return false;
  const found = await tenant.byId(known.type, known.entraId);
  const drift = await seeTo(dependencies, guid, known, found);
  if (since !== undefined) await entra.confirm([guid]);
  return drift;
}

/** Compares with the object as the tenant shows it now; `undefined` when it is not there. */
export async function seeTo(
  dependencies: SyncDependencies,
  guid: string,
  known: KnownObject,
  found: TenantObject | undefined,
): Promise<boolean> {
  if (found === undefined) {
    if (known.state === 'deleted') return false;
    await learn(dependencies, guid, known, { ...known, state: 'deleted' }, `It was deleted in Entra.`);
    return true;
  }
  if (known.state === 'deleted') {
    const back: KnownObject = { ...known, state: 'present', properties: found.properties, manager: undefined };
    await learn(dependencies, guid, known, back, 'It was deleted by Lockstep, and somebody restored it in Entra.');
    return true;
  }
  const members = known.type === 'group' && (await compareMembers(dependencies, guid, known));
  const changes = driftOf(known, found.properties);
  if (changes.length === 0) return members;
  const learnt = { ...known, properties: { ...known.properties, ...found.properties } };
  await learn(dependencies, guid, known, learnt, describe(changes));
  return true;
}

function mergeById(deltas: readonly ObjectDelta[]): ReadonlyMap<string, ObjectDelta> {
  const merged = new Map<string, ObjectDelta>();
  for (const delta of deltas) {
    const before = merged.get(delta.id);
    // A large group comes in slices; of anything else the last word counts.
    merged.set(
      delta.id,
      before?.state !== 'present' || delta.state !== 'present'
        ? delta
        : {
            ...delta,
            properties: { ...before.properties, ...delta.properties },
            membersAdded: [...before.membersAdded, ...delta.membersAdded],
            membersRemoved: [...before.membersRemoved, ...delta.membersRemoved],
            manager: delta.manager === undefined ? before.manager : delta.manager,
          },
    );
  }
  return merged;
}

function isAsKnown(known: KnownObject, delta: ObjectDelta): boolean {
  if (delta.state !== 'present') return known.state === 'deleted';
  return known.state === 'present' && driftOf(known, delta.properties).length === 0;
}

/** Members and manager that a page shows, against those that are known. `late`: the write is too young to tell. */
async function membersDrifted(
  dependencies: SyncDependencies,
  guid: string,
  known: KnownObject,
  delta: ObjectDelta,
  since: string | undefined,
  guids: ReadonlyMap<string, string>,
): Promise<'same' | 'late' | 'drifted'> {
  if (delta.membersAdded.length + delta.membersRemoved.length > 0) {
    const held = new Set((await dependencies.entra.members(guid)).map(({ entraId }) => entraId));
    const same =
      delta.membersAdded.every((id) => held.has(id) || delta.membersRemoved.includes(id)) &&
      delta.membersRemoved.every((id) => !held.has(id) || delta.membersAdded.includes(id));
    if (!same) {
      if (isYoung(since, dependencies.now())) return 'late';
      return (await examine(dependencies, guid, known, since)) ? 'drifted' : 'same';
    }
  }
  if (delta.manager === undefined || known.manager === undefined) return 'same';
  const manager = delta.manager === null ? null : guids.get(delta.manager);
  if ((manager ?? delta.manager) === known.manager) return 'same';
  if (known.manager !== null && (await isKeptUnder(dependencies, known.manager, manager))) return 'same';
  if (isYoung(since, dependencies.now())) return 'late';
  await learn(dependencies, guid, known, { ...known, manager: undefined }, 'Its manager was changed in Entra.');
  return 'drifted';
}

/** Joined objects have one counterpart, which is kept under one of them. */
async function isKeptUnder(
  { entra }: SyncDependencies,
  guid: string,
  holder: string | null | undefined,
): Promise<boolean> {
  return holder !== null && holder !== undefined && (await entra.resolve([guid])).get(guid) === holder;
}

/** True when the group has other members than are known; they are known then. */
async function compareMembers(dependencies: SyncDependencies, guid: string, known: KnownObject): Promise<boolean> {
  const { entra, tenant, drift } = dependencies;
  const actual = await tenant.memberIds(known.entraId ?? '');
  if (actual === undefined) return false;
  const held = await entra.members(guid);
  const shown = new Set(actual);
  const before = new Set(held.map(({ entraId }) => entraId));
  const states = await entra.loadResolved(held.map(({ objectGuid }) => objectGuid));
  const added = actual.filter((id) => !before.has(id));
  // A deleted object leaves its groups by itself, and comes back to them when it is restored.
  const removed = held.filter(
    ({ entraId, objectGuid }) => !shown.has(entraId) && states.get(objectGuid)?.state !== 'deleted',
  );
  if (added.length + removed.length === 0) return false;
  if (drift === 'report') {
    await report(
      dependencies,
      guid,
      known,
      `${added.length} members were added and ${removed.length} removed in Entra.`,
    );
    return true;
  }
  const guids = await entra.guidsOf(added);
  await mark(dependencies, known);
  const learnt = added.map((entraId): KnownMember => ({ objectGuid: guids.get(entraId) ?? entraId, entraId }));
  await entra.saveMembers(guid, learnt, removed);
  return true;
}

/** What is known becomes what is shown, so that the next plan repairs it; or it is reported and left as it is. */
async function learn(
  dependencies: SyncDependencies,
  guid: string,
  known: KnownObject,
  learnt: KnownObject,
  message: string,
): Promise<void> {
  if (dependencies.drift === 'report') {
    await report(dependencies, guid, known, message);
    return;
  }
  // Marked first: a crash in between leads here again with the next page or the next comparison.
  await mark(dependencies, known);
  await dependencies.entra.save(new Map([[guid, learnt]]));
}

async function mark({ pending }: SyncDependencies, known: KnownObject): Promise<void> {
  for (const { connector, objectGuid } of known.members) {
    await pending.mark(connector, known.type, [objectGuid], 'drift');
  }
}

async function report(
  { problems }: SyncDependencies,
  guid: string,
  known: KnownObject,
  message: string,
): Promise<void> {
  const connector = connectorOf(guid, known);
  const name = known.properties['userPrincipalName'] ?? known.properties['displayName'];
  const label = typeof name === 'string' ? name : guid;
  if (connector !== undefined) await problems.save(connector, guid, [problemReport('LS3112', label, message)]);
}

/** What was reported is as it should be again. */
async function withdraw({ problems }: SyncDependencies, guid: string, known: KnownObject): Promise<void> {
  const connector = connectorOf(guid, known);
  if (connector === undefined) return;
  const standing = await problems.load(connector, guid);
  if (standing?.problems.some(({ code }) => code === 'LS3112') === true) await problems.save(connector, guid, []);
}

function connectorOf(guid: string, { members }: KnownObject): string | undefined {
  return (members.find(({ objectGuid }) => objectGuid === guid) ?? members[0])?.connector;
}

function describe(changes: readonly PropertyChange[]): string {
  const names = changes.map(({ property }) => property).join(', ');
  return `Changed in Entra, not by Lockstep: ${names}.`;
}
