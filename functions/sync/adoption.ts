import { anchorKeyOf, uniqueNameOf } from '../../shared/engine/anchor.ts';
import type { IntendedGroup, IntendedUser } from '../../shared/engine/intended.ts';
import type { KnownObject } from '../../shared/engine/plan.ts';
import type { UnclaimedObject } from '../storage/entra-space.ts';
import { inParallel } from '../storage/buckets.ts';
import type { TenantFacts } from '../storage/tenant-facts.ts';
import type { SyncDependencies } from './dependencies.ts';
import { learnGroup } from './membership.ts';
import { anchorKeyOfTenantObject } from './prepare.ts';
import type { Slice } from './slice.ts';
import type { EntraTenant, TenantObject } from './tenant.ts';

/**
 * Finds the counterparts that the tenant already holds: those that the first import saw, and those whose creation was
 * intended and whose answer never came. Only an object with the very same anchor is taken over.
 */
export async function adoptExisting(dependencies: SyncDependencies, slice: Slice, facts: TenantFacts): Promise<void> {
  const { entra, tenant } = dependencies;
  const unseen = facts.unclaimed === 0 ? [] : [...slice.sources].filter(([guid]) => !slice.known.has(guid));
  await inParallel(unseen, 8, async ([guid, { intended }]) => {
    if (intended.kind !== 'user' && intended.kind !== 'group') return;
    const found = await entra.unclaimed(intended.sourceAnchor);
    if (found?.type === intended.kind) {
      await adopt(dependencies, slice, guid, fromUnclaimed(found, intended));
    }
  });
  // Also where the object is not wanted any more: what was created without our knowing has to be deleted.
  const inDoubt = [...slice.sources].filter(([guid]) => slice.known.get(guid)?.state === 'creating');
  await inParallel(inDoubt, 4, async ([guid]) => {
    const intent = slice.known.get(guid);
    if (intent === undefined) return;
    const found = await findByAnchor(slice.type, intent.sourceAnchor, tenant);
    if (found !== undefined) await adopt(dependencies, slice, guid, fromTenant(found, intent));
  });
}

export async function findByAnchor(
  type: 'user' | 'group',
  sourceAnchor: string,
  tenant: EntraTenant,
): Promise<TenantObject | undefined> {
  const found =
    type === 'user'
      ? await tenant.userByAnchor(sourceAnchor)
      : await tenant.groupByUniqueName(uniqueNameOf(sourceAnchor));
  return found !== undefined && anchorKeyOfTenantObject(found) === anchorKeyOf(sourceAnchor) ? found : undefined;
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

/** The counterpart as the tenant shows it; `before` is what was known or intended. */
export function fromTenant(object: TenantObject, before: KnownObject): KnownObject {
  return {
    ...before,
    type: object.type,
    state: 'present',
    entraId: object.id,
    properties: object.properties,
    manager: undefined,
  };
}

function fromUnclaimed(found: UnclaimedObject, intended: IntendedUser | IntendedGroup): KnownObject {
  return {
    type: found.type,
    state: found.deleted ? 'deleted' : 'present',
    entraId: found.entraId,
    sourceAnchor: intended.sourceAnchor,
    members: intended.members,
    properties: found.properties,
    manager: undefined,
    setAside: {},
    signInName: undefined,
  };
}
