import type { SyncDependencies } from '../dependencies.ts';
import type { Slice } from './slice.ts';

/** How long Graph may take to show an object that it just created (Graph "known issues": seconds; up to minutes). */
const replicationMs = 5_000;

/**
 * After a 404 on a reference: finds out which of the objects is not in the tenant any more. One that is really gone is
 * marked, so that it is restored or created anew; where all are there, Graph was only late.
 */
export async function confirmGone(
  { entra, tenant, pending }: SyncDependencies,
  guids: readonly string[],
  slice: Slice,
): Promise<void> {
  const holders = [...new Set((await entra.resolve(guids)).values())];
  const known = await entra.load(holders);
  for (const [guid, object] of known) {
    if (object.state !== 'present' || object.entraId === undefined) continue;
    if ((await tenant.byId(object.type, object.entraId)) !== undefined) continue;
    const gone = { ...object, state: 'deleted' } as const;
    if (slice.known.has(guid)) slice.setKnown(guid, gone);
    else await entra.save(new Map([[guid, gone]]));
    for (const { connector, objectGuid } of object.members) {
      await pending.mark(connector, object.type, [objectGuid], 'missing-in-entra');
    }
  }
  for (const guid of holders) if (slice.sources.has(guid)) slice.postpone(guid, replicationMs);
}
