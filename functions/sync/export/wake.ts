import type { ObjectReference } from '../../../shared/engine/space-object.ts';
import { groupBy, inParallel } from '../../storage/buckets.ts';
import type { Waiting } from '../../storage/entra-space.ts';
import type { SyncDependencies } from '../dependencies.ts';
import { learnGroup } from '../membership.ts';

/** Marks those who could not name one of the objects in Entra because it was not there; gives what they waited for. */
export async function wakeWaiting(
  { entra, pending }: SyncDependencies,
  arrived: ReadonlySet<string>,
): Promise<readonly Waiting[]> {
  const waiting = await entra.waitingFor([...arrived]);
  for (const type of ['user', 'group'] as const) {
    const woken = waiting.filter(({ sourceType }) => sourceType === type);
    for (const [connector, some] of groupBy(woken, (entry) => entry.connector)) {
      await pending.mark(
        connector,
        type,
        some.map(({ source }) => source),
        'reference-arrived',
      );
    }
  }
  return waiting;
}

/** Whoever names one of the objects is looked at again. */
export async function wakeReferrers(
  { pending, space }: SyncDependencies,
  objects: readonly ObjectReference[],
): Promise<void> {
  await inParallel(objects, 4, async ({ connector, objectGuid }) => {
    const referrers = await space.referrers(connector, objectGuid);
    for (const type of ['user', 'group'] as const) {
      const sources = referrers
        .filter(({ attribute }) => (attribute === 'member' ? 'group' : 'user') === type)
        .map(({ source }) => source);
      if (sources.length > 0) await pending.mark(connector, type, sources, 'reference-arrived');
    }
  });
}

/** Entra gave objects their memberships back, also those that were never seen before they were deleted. */
export async function learnGroupsOf(
  dependencies: SyncDependencies,
  objects: readonly ObjectReference[],
): Promise<void> {
  const { space, entra } = dependencies;
  for (const { connector, objectGuid } of objects) {
    const groups = (await space.referrers(connector, objectGuid))
      .filter(({ attribute }) => attribute === 'member')
      .map(({ source }) => source);
    const holders = [...new Set((await entra.resolve(groups)).values())];
    for (const [guid, known] of await entra.load(holders)) {
      if (known.state === 'present') await learnGroup(dependencies, guid, known);
    }
  }
}
