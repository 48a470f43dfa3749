import type { PlanCause, PlanItem } from '../../../shared/contracts/plans.ts';
import type { PreviewItem } from '../../../shared/contracts/preview.ts';
import { labelOf } from '../../../shared/directory/object.ts';
import type { KnownObject, PlannedChange } from '../../../shared/engine/plan.ts';
import { effectKey, effectsOfChange, effectsOfRemovals } from '../../../shared/safety/effects.ts';
import type { Effect } from '../../../shared/safety/effects.ts';
import { inParallel } from '../../storage/buckets.ts';
import type { PendingType } from '../../storage/pending.ts';
import type { TenantFacts } from '../../storage/tenant-facts.ts';
import { fromUnclaimed } from '../known-objects.ts';
import type { SyncDependencies } from '../dependencies.ts';
import { memberDifferences, type MemberDifference } from '../membership.ts';
import type { LoadedSources, Source } from './source.ts';
import { loadSources, planOf } from './source.ts';

/** Objects that are held in memory at a time. */
const pageSize = 1000;

/** What is to be done about one pending object, and why. */
export interface PlannedObject {
  readonly source: Source;
  readonly type: PendingType;
  readonly known: KnownObject | undefined;
  readonly changes: readonly PlannedChange[];
  /** Of a group that Entra holds. */
  readonly members: MemberDifference | undefined;
  readonly effects: readonly Effect[];
}

/** Plans everything that is pending for a connector, users first, page by page. */
export async function* planConnector(
  dependencies: SyncDependencies,
  facts: TenantFacts,
  connector: string,
): AsyncIterable<readonly PlannedObject[]> {
  for (const type of ['user', 'group'] as const) {
    let after: string | null = '';
    while (after !== null) {
      const request = { connector, type, after, limit: pageSize };
      const loaded: LoadedSources = await loadSources(dependencies, facts, request);
      yield await planSources(dependencies, facts, type, loaded.sources);
      after = loaded.next;
    }
  }
}

/** Plans the sources against what Entra is known to hold, or against what will be taken over. */
export async function planSources(
  dependencies: SyncDependencies,
  facts: TenantFacts,
  type: PendingType,
  sources: readonly Source[],
): Promise<readonly PlannedObject[]> {
  const known = await knownOrUnclaimed(dependencies, facts, sources);
  const groups = new Map(
    sources.flatMap(({ guid, intended }) =>
      intended.kind === 'group' && intended.memberSources !== undefined && known.get(guid)?.state === 'present'
        ? [[guid, intended.memberSources] as const]
        : [],
    ),
  );
  const differences = await memberDifferences(dependencies, groups);
  return sources.map((source) => {
    const { guid, intended } = source;
    const before = known.get(guid);
    const changes = planOf(intended, before);
    const members = differences.get(guid);
    const effects = [
      ...changes.flatMap((change) => effectsOfChange(guid, before?.properties ?? {}, change)),
      ...effectsOfRemovals(
        guid,
        (members?.remove ?? []).map(({ entraId }) => entraId),
      ),
    ];
    return { source, type, known: before, changes, members, effects };
  });
}

/** What the first import saw of the tenant counts before it is taken over: its values would be overwritten. */
async function knownOrUnclaimed(
  { entra }: SyncDependencies,
  facts: TenantFacts,
  sources: readonly Source[],
): Promise<ReadonlyMap<string, KnownObject>> {
  const known = await entra.load(sources.map(({ guid }) => guid));
  const unseen = facts.unclaimed === 0 ? [] : sources.filter(({ guid }) => !known.has(guid));
  await inParallel(unseen, 8, async ({ guid, intended }) => {
    if (intended.kind !== 'user' && intended.kind !== 'group') return;
    const found = await entra.unclaimed(intended.sourceAnchor);
    if (found?.type === intended.kind) known.set(guid, fromUnclaimed(found, intended));
  });
  return known;
}

/**
 * True when there is anything to write. The manager of an object that is yet to be taken over is looked up when it is its
 * turn; until then nobody knows of a difference.
 */
export function hasChanges({ changes, members }: PlannedObject): boolean {
  return changes.some(isKnownChange) || (members !== undefined && members.add.length + members.remove.length > 0);
}

export function isKnownChange(change: PlannedChange): boolean {
  return change.kind !== 'manager' || change.from !== undefined;
}

/** Marks that say themselves why the object is looked at. */
const causeOfMark: Readonly<Record<string, PlanCause>> = {
  'rules-changed': 'rule-change',
  'reference-arrived': 'reference',
  'joined-object-left': 'reference',
  'missing-in-entra': 'drift',
  drift: 'drift',
  retry: 'retry',
};

export function causeOf({ source }: PlannedObject): PlanCause {
  if (source.departure !== undefined) {
    return ({ deleted: 'source-delete', 'out-of-scope': 'scope-change', unseen: 'unseen' } as const)[source.departure];
  }
  const told = source.marks.flatMap(({ correlationId }) => causeOfMark[correlationId] ?? []);
  if (told[0] !== undefined) return told[0];
  return source.intended.kind === 'none' ? 'rule-scope' : 'attribute-change';
}

/** The name that an operator knows the object by. */
export function labelOfSource({ object, guid }: Source): string {
  return object === undefined ? guid : labelOf(object);
}

/** Removals that one row of a kept plan lists: it has to fit into a row of the table. */
const removalsPerItem = 2000;

/** The object as rows of a plan: more than one only where a group loses very many members. */
export function* itemsOf(planned: PlannedObject): Iterable<PlanItem> {
  const { source, type, changes, members, effects } = planned;
  const removed = (members?.remove ?? []).map(({ entraId }) => entraId);
  const own = effects.filter(({ kind }) => kind !== 'member-removal');
  const item = {
    guid: source.guid,
    label: labelOfSource(source),
    type,
    cause: causeOf(planned),
  };
  for (let from = 0; from === 0 || from < removed.length; from += removalsPerItem) {
    const some = removed.slice(from, from + removalsPerItem);
    const first = from === 0;
    yield {
      ...item,
      changes: first ? changes : [],
      membersAdded: first ? (members?.add.length ?? 0) : 0,
      membersRemoved: some,
      effects: [...(first ? own : []), ...effectsOfRemovals(source.guid, some)].map(effectKey),
    };
  }
}

/** The object as one row of a report; `undefined` when there is nothing to do about it. */
export function previewItemOf(planned: PlannedObject): PreviewItem | undefined {
  const [item] = itemsOf(planned);
  if (item === undefined || !hasChanges(planned)) return undefined;
  const { label, type, cause, changes, membersAdded } = item;
  return { label, type, cause, changes, membersAdded, membersRemoved: planned.members?.remove.length ?? 0 };
}

/** Adds what is planned for an object to totals by kind. */
export function countInto(counts: Record<string, number>, { changes, members, effects }: PlannedObject): void {
  const add = (kind: string, by: number): void => {
    if (by > 0) counts[kind] = (counts[kind] ?? 0) + by;
  };
  for (const { kind } of effects) add(kind, 1);
  for (const { kind } of changes.filter(isKnownChange)) if (kind === 'restore' || kind === 'manager') add(kind, 1);
  add('member-addition', members?.add.length ?? 0);
}
