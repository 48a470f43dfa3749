import type { KnownObject } from '../../../shared/engine/plan.ts';
import { inParallel } from '../../storage/buckets.ts';
import type { Waiting } from '../../storage/entra-space.ts';
import type { TenantFacts } from '../../storage/tenant-facts.ts';
import { confirmGone } from './confirm-gone.ts';
import type { SyncDependencies } from '../dependencies.ts';
import type { ObjectWrite, SliceResult } from './slice.ts';
import { problemOf } from './problems.ts';
import { Slice } from './slice.ts';

/** Large, because many users share a manager: each is looked up once a slice. */
export const managerSliceSize = 1000;

/** Sets and clears the managers of the next slice of users: after all users, so that a manager is there to be named. */
export async function exportManagers(
  dependencies: SyncDependencies,
  facts: TenantFacts,
  request: { readonly connector: string; readonly after: string },
): Promise<SliceResult> {
  const { entra, tenant } = dependencies;
  const slice = await Slice.open(dependencies, facts, { ...request, type: 'user', limit: managerSliceSize });
  const wanted = [...slice.sources].flatMap(([guid, { intended }]) => {
    const known = slice.known.get(guid);
    if (intended.kind !== 'user' || intended.manager === undefined) return [];
    return known?.state === 'present' && known.manager !== intended.manager
      ? [{ guid, known, manager: intended.manager }]
      : [];
  });
  const managers = await entra.loadResolved(wanted.flatMap(({ manager }) => manager ?? []));
  const writes: ObjectWrite[] = [];
  const waiting: Waiting[] = [];
  await inParallel(wanted, 8, async ({ guid, known, manager }) => {
    const target = manager === null ? undefined : presentId(managers.get(manager));
    if (manager !== null && target === undefined) {
      const connector = slice.sources.get(guid)?.connector ?? slice.connector;
      waiting.push({ target: manager, source: guid, connector, sourceType: 'user' });
    }
    const current =
      known.manager === undefined
        ? await tenant.managerOf(known.entraId ?? '')
        : known.manager === null
          ? undefined
          : 'someone';
    if (target !== undefined && current === target) slice.setKnown(guid, { ...known, manager });
    else if (target !== undefined)
      writes.push({ guid, write: { kind: 'set-manager', id: known.entraId ?? '', managerId: target } });
    else if (current !== undefined) writes.push({ guid, write: { kind: 'clear-manager', id: known.entraId ?? '' } });
    else slice.setKnown(guid, { ...known, manager: null });
  });
  await entra.wait(waiting);
  for (const { guid, write, outcome } of await slice.write(writes)) {
    const known = slice.known.get(guid);
    const intended = slice.sources.get(guid)?.intended;
    if (known === undefined || intended?.kind !== 'user' || intended.manager === undefined) continue;
    const set = write.kind === 'set-manager';
    if (outcome.status === 'done' || (outcome.status === 'failed' && outcome.failure.kind === 'missing' && !set)) {
      slice.count('managers');
      slice.sent(guid);
      slice.setKnown(guid, { ...known, manager: set ? intended.manager : null });
    } else if (outcome.status === 'failed' && outcome.failure.kind === 'missing') {
      await confirmGone(dependencies, [guid, ...(intended.manager === null ? [] : [intended.manager])], slice);
      slice.postpone(guid, null);
    } else if (outcome.status === 'failed') slice.fail(guid, problemOf(outcome.failure));
    else slice.postpone(guid, outcome.status === 'later' ? outcome.retryAfterMs : 0);
  }
  await slice.finish((guid) => slice.isWritten(guid));
  return slice.result();
}

function presentId(known: KnownObject | undefined): string | undefined {
  return known?.state === 'present' ? known.entraId : undefined;
}
