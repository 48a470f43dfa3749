import type { StreamPosition } from '../../shared/contracts/change-batch.ts';
import type { AttributeValues, DirectoryChange, LinkChange, ObjectClass } from '../../shared/directory/change.ts';
import { inParallel } from '../storage/buckets.ts';
import type { ConnectorSpace, StoredObject } from '../storage/connector-space.ts';
import type { Pending, PendingType } from '../storage/pending.ts';
import { compare } from './stream-position.ts';

export interface ApplyContext {
  readonly connector: string;
  readonly generation: number;
  /** True while the connector space was empty when this full read began: nothing can be there to compare with. */
  readonly fresh: boolean;
  readonly position: StreamPosition;
  readonly settled: StreamPosition | null;
  readonly correlationId: string;
}

/** What came of a batch. `unknown`: objects that a partial change named and that the connector space does not hold. */
export interface Applied {
  readonly pending: number;
  readonly unknown: readonly string[];
}

type Present = Extract<DirectoryChange, { kind: 'present' }>;

/**
 * Applies facts to the connector space and marks what they may have changed in Entra. Marks are set last, so nothing is
 * exported before it is stored. A repeated call after a crash at any point ends in the same state with the same marks: what a batch
 * behind the settled position changed may never have been marked, so it counts as changed.
 */
export async function applyChanges(
  changes: readonly DirectoryChange[],
  context: ApplyContext,
  space: ConnectorSpace,
  pending: Pending,
): Promise<Applied> {
  const { connector } = context;
  const needed = changes
    .filter((change) => !(context.fresh && change.kind === 'present' && change.whole))
    .map((change) => change.objectGuid);
  const known = needed.length === 0 ? new Map<string, StoredObject>() : await space.load(connector, needed);
  const updated = new Map<string, StoredObject>();
  const marks = new Map<string, ObjectClass>();
  const unknown: string[] = [];
  const gone: string[] = [];

  for (const change of changes) {
    const before = updated.get(change.objectGuid) ?? known.get(change.objectGuid);
    if (change.kind === 'deleted') {
      if (before === undefined) continue;
      if (before.deleted && !isUnsettled(before, context.settled)) continue;
      marks.set(change.objectGuid, before.object.objectClass);
      gone.push(change.objectGuid);
      updated.set(change.objectGuid, {
        ...before,
        deleted: true,
        generation: context.generation,
        changedAt: context.position,
      });
      continue;
    }
    const after = mergeObject(change, before, context);
    if (after === undefined) {
      unknown.push(change.objectGuid);
      continue;
    }
    if (isUnsettled(after, context.settled) || change.links.length > 0)
      marks.set(change.objectGuid, after.object.objectClass);
    updated.set(change.objectGuid, after);
  }

  await space.save(
    connector,
    [...updated.values()].filter((after) => !identical(known.get(after.object.objectGuid), after)),
  );
  await applyLinks(changes, unknown, context, space);
  await inParallel(gone, 4, (guid) => forgetReferences(connector, guid, space));
  await mark(connector, marks, context.correlationId, pending);
  return { pending: marks.size, unknown };
}

/** `undefined` when the change says too little to know the object. */
function mergeObject(
  change: Present,
  before: StoredObject | undefined,
  { generation, position }: ApplyContext,
): StoredObject | undefined {
  if (!change.whole && (before === undefined || before.deleted)) return undefined;
  const objectClass = change.objectClass ?? before?.object.objectClass;
  const dn = change.dn ?? before?.object.dn;
  if (objectClass === undefined || dn === undefined) return undefined;
  const merged = change.whole ? change.attributes : { ...before?.object.attributes, ...change.attributes };
  const object = { objectGuid: change.objectGuid, objectClass, dn, attributes: withoutCleared(merged) };
  const after = { object, deleted: false, generation, changedAt: position };
  return before !== undefined && fingerprint(before) === fingerprint(after)
    ? { ...after, changedAt: before.changedAt }
    : after;
}

/** True when the batch that last changed the object was perhaps never finished: its marks may be missing. */
export function isUnsettled({ changedAt }: Pick<StoredObject, 'changedAt'>, settled: StreamPosition | null): boolean {
  return settled === null || compare(changedAt, settled) > 0;
}

/** Sorted, so that the same attributes are the same text. */
function withoutCleared(attributes: AttributeValues): AttributeValues {
  const present = Object.entries(attributes).filter(([, values]) => values.length > 0);
  return Object.fromEntries(present.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function fingerprint({ object, deleted }: StoredObject): string {
  return JSON.stringify([deleted, object.objectClass, object.dn, object.attributes]);
}

function identical(a: StoredObject | undefined, b: StoredObject): boolean {
  return a !== undefined && fingerprint(a) === fingerprint(b) && a.generation === b.generation;
}

async function applyLinks(
  changes: readonly DirectoryChange[],
  unknown: readonly string[],
  context: ApplyContext,
  space: ConnectorSpace,
): Promise<void> {
  const { connector } = context;
  const skipped = new Set(unknown);
  const present = changes.filter(
    (change): change is Present => change.kind === 'present' && !skipped.has(change.objectGuid),
  );
  const managers = present.flatMap((change) =>
    (change.attributes['manager'] ?? []).map((target) => ({ target, attribute: 'manager', source: change.objectGuid })),
  );
  await space.addReferrers(connector, managers);
  // One run of additions at a time: a removal that follows an addition of the same link must find it there.
  let run: { source: string; attribute: string; target: string; token: string }[] = [];
  const flush = async (): Promise<void> => {
    await space.addLinks(connector, run);
    run = [];
  };
  for (const change of present) {
    for (const link of change.links) {
      const { attribute } = link;
      run.push(
        ...link.added.map((target) => ({
          source: change.objectGuid,
          attribute,
          target,
          token: link.replace?.token ?? '',
        })),
      );
      if (link.removed.length > 0) {
        await flush();
        await space.removeLinks(
          connector,
          link.removed.map((target) => ({ source: change.objectGuid, attribute, target })),
        );
      }
      if (link.replace?.last === true && !context.fresh) {
        await flush();
        await dropOthers(connector, change.objectGuid, link, link.replace.token, space);
      }
    }
  }
  await flush();
}

/** After the last part of a whole set: links that no part named are gone from the directory. */
async function dropOthers(
  connector: string,
  source: string,
  link: LinkChange,
  token: string,
  space: ConnectorSpace,
): Promise<void> {
  const others = (await space.links(connector, source, link.attribute)).filter((stored) => stored.token !== token);
  await space.removeLinks(
    connector,
    others.map(({ target }) => ({ source, attribute: link.attribute, target })),
  );
}

/**
 * Active Directory takes a deleted object out of every reference without telling the objects that held them
 * (MS-ADTS 3.1.1.5.5.1), so this does. Entra does the same on its side; nothing has to be exported for it.
 */
export async function forgetReferences(connector: string, guid: string, space: ConnectorSpace): Promise<void> {
  const referrers = await space.referrers(connector, guid);
  // The reverse rows stay: when the object comes back, Entra gives it its memberships back, and these rows know where to look.
  const links = referrers
    .filter(({ attribute }) => attribute !== 'manager')
    .map(({ attribute, source }) => ({ source, attribute, target: guid }));
  await space.removeLinks(connector, links, true);
  const reports = await space.load(
    connector,
    referrers.filter(({ attribute }) => attribute === 'manager').map(({ source }) => source),
  );
  const changed = [...reports.values()].filter(({ object }) => object.attributes['manager']?.[0] === guid);
  await space.save(
    connector,
    changed.map((stored) => ({
      ...stored,
      object: { ...stored.object, attributes: withoutCleared({ ...stored.object.attributes, manager: [] }) },
    })),
  );
}

export async function mark(
  connector: string,
  marks: ReadonlyMap<string, ObjectClass>,
  correlationId: string,
  pending: Pending,
): Promise<void> {
  const ofType = (type: PendingType): string[] =>
    [...marks].filter(([, objectClass]) => pendingTypeOf(objectClass) === type).map(([guid]) => guid);
  for (const type of ['user', 'group'] as const) await pending.mark(connector, type, ofType(type), correlationId);
}

/** Contacts have nothing to wait for: Microsoft Graph cannot write them. */
function pendingTypeOf(objectClass: ObjectClass): PendingType | undefined {
  if (objectClass === 'contact') return undefined;
  return objectClass === 'group' ? 'group' : 'user';
}
