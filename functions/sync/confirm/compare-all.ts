import { GuidSet } from '../../../shared/directory/guid-set.ts';
import { inParallel } from '../../storage/buckets.ts';
import { beginDelta } from './confirm.ts';
import type { SyncDependencies } from '../dependencies.ts';
import { examine, isYoung, seeTo, type Observed } from './observe.ts';
import type { TenantObject } from '../tenant.ts';

/**
 * Compares everything that Entra is known to hold with what it holds: what delta left out, or forgot, is found here. Reads
 * the tenant once, and the members of each group that is ours.
 */
export async function compareAll(dependencies: SyncDependencies): Promise<Observed> {
  const { entra, tenant, tenantStore, now } = dependencies;
  const begun = await beginDelta(dependencies);
  const seen = new GuidSet();
  let drifted = 0;
  for (const type of ['user', 'group'] as const) {
    for await (const page of tenant.objects(type)) drifted += await comparePage(dependencies, page, seen);
  }
  for await (const page of entra.scan()) {
    const unseen = [...page].filter(([guid, { state }]) => state === 'present' && !seen.has(guid));
    const awaited = await entra.awaited(unseen.map(([guid]) => guid));
    await inParallel(unseen, 8, async ([guid, known]) => {
      if (isYoung(awaited.get(guid), now())) return;
      // The listing is older than its end: what is not on it is asked for by its id.
      if (await examine(dependencies, guid, known, awaited.get(guid))) drifted += 1;
    });
  }
  await tenantStore.saveDelta({ ...begun, comparedAt: now().toISOString() });
  return { confirmed: 0, drifted };
}

async function comparePage(
  dependencies: SyncDependencies,
  page: readonly TenantObject[],
  seen: GuidSet,
): Promise<number> {
  const { entra, now } = dependencies;
  const guids = await entra.guidsOf(page.map(({ id }) => id));
  const known = await entra.load([...guids.values()]);
  const awaited = await entra.awaited([...guids.values()]);
  let drifted = 0;
  await inParallel(page, 8, async (object) => {
    const guid = guids.get(object.id);
    const held = guid === undefined ? undefined : known.get(guid);
    if (guid === undefined || held?.entraId !== object.id) return;
    seen.add(guid);
    if (isYoung(awaited.get(guid), now())) return;
    if (await seeTo(dependencies, guid, held, object)) drifted += 1;
  });
  return drifted;
}
