import type { SyncDependencies } from './dependencies.ts';

/**
 * Throws away, in the one lane that writes it, everything that Active Directory and Entra can say again: connector spaces,
 * links, join keys, what Entra is known to hold. The counters of the change budget, the plans and the record of runs stay: a
 * rebuild must not be a way around a limit. The request is taken back last, so that a crash in between leads here again.
 */
export async function rebuildIfAsked({
  tenantStore,
  pending,
  problems,
  streams,
  space,
  joins,
  entra,
}: SyncDependencies): Promise<boolean> {
  if (!(await tenantStore.rebuildAsked())) return false;
  // The streams first: what arrives from now on does not follow anything, and asks for a full read.
  await streams.clear();
  await pending.clearAll();
  await problems.clear();
  await joins.clear();
  await space.clear();
  await entra.clear();
  await tenantStore.forget();
  await tenantStore.askForRebuild(false);
  return true;
}
