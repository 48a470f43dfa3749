import type { ObjectSyncReport } from '../../shared/contracts/object-sync.ts';
import { NameSearch } from '../../shared/directory/names.ts';
import { labelOf, type DirectoryObject } from '../../shared/directory/object.ts';
import { explain } from '../../shared/engine/explain.ts';
import { objectKey } from '../../shared/engine/space-object.ts';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import { pendingTypeOf, type PendingType } from '../storage/pending.ts';
import type { TenantFacts } from '../storage/tenant-facts.ts';
import { evaluateObjects, isLiving } from './plan/clusters.ts';
import type { SyncDependencies } from './dependencies.ts';
import { planSources, previewItemOf, type PlannedObject } from './plan/planning.ts';
import { sourcesOf } from './plan/source.ts';

/** How long the cycle is given to come to the object. */
const patienceMs = 60_000;
const pollMs = 250;

/** What the use case asks of the host. */
export interface CycleControl {
  /** Sees to it that a cycle looks at what was just marked. */
  wake(): Promise<void>;
  sleep(ms: number): Promise<void>;
}

interface Found {
  readonly connector: string;
  readonly object: DirectoryObject;
  readonly type: PendingType;
}

/**
 * Brings one object in step now, through the cycle like any other, with its scope and its budget, and says why it became what
 * it became. Throws LS3203 before the tenant was read once, LS3204 when nothing has the name, LS3205 when several have it.
 */
export async function syncObject(
  dependencies: SyncDependencies,
  who: string,
  control: CycleControl,
): Promise<ObjectSyncReport> {
  const { tenantStore, pending, mode } = dependencies;
  const facts = await tenantStore.facts();
  if (facts === undefined) throw new LockstepError('LS3203', 'The tenant has not been read yet.');
  const found = await find(dependencies, who);
  const { connector, object, type } = found;
  const before = await plan(dependencies, facts, found);
  await pending.mark(connector, type, [object.objectGuid], 'on-demand');
  await control.wake();
  const isOpen = (): Promise<boolean> => pending.has(connector, type, object.objectGuid);
  let held = false;
  if (mode === 'live') {
    for (let waited = 0; waited < patienceMs && !held && (await isOpen()); waited += pollMs) {
      await control.sleep(pollMs);
      held = await isHeld(dependencies, connector);
    }
  }
  const after = await plan(dependencies, facts, found);
  const problems =
    (await dependencies.problems.load(connector, after?.source.guid ?? object.objectGuid))?.problems ?? [];
  const waits = await isOpen();
  return {
    version: 1,
    connector,
    objectGuid: object.objectGuid,
    label: labelOf(object),
    outcome:
      mode === 'staging' ? 'staged' : held ? 'held' : waits ? 'waits' : problems.length > 0 ? 'failed' : 'in-step',
    planned: (before === undefined ? undefined : previewItemOf(before)) ?? null,
    problems,
    reason: after?.source.intended.kind === 'none' ? after.source.intended.reason : null,
    entraId: after?.known?.state === 'present' ? (after.known.entraId ?? null) : null,
    ...(await explained(dependencies, found)),
  };
}

async function find({ space, streams }: SyncDependencies, who: string): Promise<Found> {
  const search = new NameSearch<Found>(who);
  for (const { connector } of await streams.all()) {
    for await (const page of space.scan(connector)) {
      for (const { object } of page.filter(isLiving)) {
        const type = pendingTypeOf(object.objectClass);
        if (type !== undefined) search.offer(object, { connector, object, type });
      }
    }
  }
  const [found, ...others] = search.found;
  if (found === undefined) throw new LockstepError('LS3204', 'No object has this name.', { object: who });
  if (others.length === 0) return found;
  const all = [found, ...others].slice(0, 10).map(({ object }) => `${object.dn} (${object.objectGuid})`);
  throw new LockstepError('LS3205', `${others.length + 1} objects have this name: ${all.join('; ')}.`, { object: who });
}

async function plan(
  dependencies: SyncDependencies,
  facts: TenantFacts,
  { connector, object, type }: Found,
): Promise<PlannedObject | undefined> {
  const mark = { objectGuid: object.objectGuid, correlationId: 'on-demand', rowKeys: [] };
  const sources = await sourcesOf(dependencies, facts, connector, [mark]);
  return (await planSources(dependencies, facts, type, sources))[0];
}

async function isHeld({ plans }: SyncDependencies, connector: string): Promise<boolean> {
  return (await plans.list()).some((plan) => plan.connector === connector && plan.state === 'tripped');
}

async function explained(
  dependencies: SyncDependencies,
  { connector, object }: Found,
): Promise<Pick<ObjectSyncReport, 'explanation' | 'labels' | 'extensions'>> {
  const directories = (await dependencies.streams.all()).map((stream) => stream.connector);
  const engine = dependencies.rules.engine(directories);
  const reference = { connector, objectGuid: object.objectGuid };
  const evaluated = await evaluateObjects(dependencies, engine, [reference]);
  const cluster = evaluated.inputs.find((objects) => objects.some((one) => objectKey(one) === objectKey(reference)));
  return {
    explanation: explain(engine, cluster ?? [], evaluated.environment),
    labels: Object.fromEntries([...evaluated.stored].map(([key, stored]) => [key, stored.object.dn])),
    extensions: [...dependencies.rules.extensions],
  };
}
