import type { IntendedGroup, IntendedUser } from '../../../shared/engine/intended.ts';
import type { KnownObject } from '../../../shared/engine/plan.ts';
import { decideMatch, type MatchCandidate } from '../../../shared/entra/matching.ts';
import { inParallel } from '../../storage/buckets.ts';
import type { TenantFacts } from '../../storage/tenant-facts.ts';
import { fromTenant, fromUnclaimed } from '../known-objects.ts';
import type { SyncDependencies } from '../dependencies.ts';
import { learnGroup } from '../membership.ts';
import { findByAnchor } from '../find-by-anchor.ts';
import type { Slice } from './slice.ts';
import type { TenantObject } from '../tenant.ts';

/**
 * Finds the counterparts that the tenant already holds: those that the first import saw, and those whose creation was
 * intended and whose answer never came.
 */
export async function adoptExisting(dependencies: SyncDependencies, slice: Slice, facts: TenantFacts): Promise<void> {
  const { entra, tenant } = dependencies;
  const unseen = facts.unclaimed === 0 ? [] : [...slice.sources].filter(([guid]) => !slice.known.has(guid));
  await inParallel(unseen, 8, async ([guid, { intended }]) => {
    if (intended.kind !== 'user' && intended.kind !== 'group') return;
    const found = await entra.unclaimed(intended.sourceAnchor);
    if (found !== undefined) {
      const candidate = { id: found.entraId, type: found.type, by: 'anchor', carriesAnchor: true } as const;
      await takeOver(dependencies, slice, guid, candidate, fromUnclaimed(found, intended));
    }
  });
  // Also where the object is not wanted any more: what was created without our knowing has to be deleted.
  const inDoubt = [...slice.sources].filter(([guid]) => slice.known.get(guid)?.state === 'creating');
  await inParallel(inDoubt, 4, async ([guid]) => {
    const intent = slice.known.get(guid);
    if (intent === undefined) return;
    const found = await findByAnchor(slice.type, intent.sourceAnchor, tenant);
    if (found !== undefined) await takeOverByAnchor(dependencies, slice, guid, found, intent);
  });
}

/** {@link takeOver} of an object that carries the anchor. */
export function takeOverByAnchor(
  dependencies: SyncDependencies,
  slice: Slice,
  guid: string,
  found: TenantObject,
  before: KnownObject,
): Promise<boolean> {
  const candidate = { id: found.id, type: found.type, by: 'anchor', carriesAnchor: true } as const;
  return takeOver(dependencies, slice, guid, candidate, fromTenant(found, before));
}

/** Makes the user of the tenant the counterpart that has the address or the sign-in name, if the policy asks for it. */
export async function takeOverByAddress(
  dependencies: SyncDependencies,
  slice: Slice,
  guid: string,
  intended: IntendedUser | IntendedGroup,
  before: KnownObject,
): Promise<boolean> {
  const { tenant, matching } = dependencies;
  if (intended.kind !== 'user' || matching !== 'address') return false;
  const { mail, userPrincipalName } = intended.properties;
  const searches = [
    { by: 'mail', value: mail, search: (text: string) => tenant.userByMail(text) },
    { by: 'signInName', value: userPrincipalName, search: (text: string) => tenant.userBySignInName(text) },
  ] as const;
  for (const { by, value, search } of searches) {
    const found = typeof value === 'string' ? await search(value) : undefined;
    if (found === undefined) continue;
    const candidate = { id: found.id, type: found.type, by, carriesAnchor: found.anchor !== null };
    if (await takeOver(dependencies, slice, guid, candidate, fromTenant(found, before))) return true;
  }
  return false;
}

/**
 * Makes the object of the tenant the counterpart if the rules of matching allow it. True when that settles the matter:
 * it was taken over, or it must not be, which is then the object's problem.
 */
async function takeOver(
  dependencies: SyncDependencies,
  slice: Slice,
  guid: string,
  found: Omit<MatchCandidate, 'holdsRole'>,
  known: KnownObject,
): Promise<boolean> {
  const { entra, matching } = dependencies;
  const candidate = { ...found, holdsRole: (await slice.roleHolders()).has(found.id) };
  const decision = decideMatch(slice.type, candidate, matching);
  if (decision.kind === 'no-match') return false;
  if (decision.kind === 'refused') {
    slice.fail(guid, decision.problem);
    // Nothing is known of it, nothing is in doubt, and nothing will be written.
    if (slice.known.has(guid)) slice.setKnown(guid, undefined);
    return true;
  }
  // Two objects of the directory may have one address; an anchor can only be that of one.
  if (found.by !== 'anchor' && (await entra.claim(found.id, guid)) !== guid) return false;
  await adopt(dependencies, slice, guid, known);
  return true;
}

/** Makes the object the known counterpart; of a group, its members as well. */
export async function adopt(
  dependencies: SyncDependencies,
  slice: Slice,
  guid: string,
  known: KnownObject,
): Promise<void> {
  slice.setKnown(guid, known);
  slice.count('adopted');
  if (known.state === 'present') slice.arrive(guid);
  if (known.type !== 'group' || known.state !== 'present' || known.entraId === undefined) return;
  await learnGroup(dependencies, guid, known);
}
