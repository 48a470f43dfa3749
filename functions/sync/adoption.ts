import { immutableIdOf, uniqueNameOf } from '../../shared/engine/anchor.ts';
import type { Intended, IntendedGroup, IntendedUser } from '../../shared/engine/intended.ts';
import type { KnownObject } from '../../shared/engine/plan.ts';
import type { EntraSpace, KnownMember, UnclaimedObject } from '../storage/entra-space.ts';
import { inParallel } from '../storage/buckets.ts';
import type { TenantFacts } from '../storage/tenant-facts.ts';
import { anchorOfTenantObject } from './prepare.ts';
import type { Slice } from './slice.ts';
import type { EntraTenant, TenantObject } from './tenant.ts';

/**
 * Finds the counterparts that the tenant already holds: those that the first import saw, and those whose creation was
 * intended and whose answer never came. Only an object with the very same anchor is taken over.
 */
export async function adoptExisting(
  slice: Slice,
  facts: TenantFacts,
  entra: EntraSpace,
  tenant: EntraTenant,
): Promise<void> {
  const wanted = [...slice.sources].flatMap(([guid, { intended }]) => (isObject(intended) ? [{ guid, intended }] : []));
  const unseen = facts.unclaimed === 0 ? [] : wanted.filter(({ guid }) => !slice.known.has(guid));
  await inParallel(unseen, 8, async ({ guid, intended }) => {
    const found = await entra.unclaimed(intended.anchor);
    if (found?.type === intended.kind) await adopt(slice, guid, fromUnclaimed(found), entra, tenant);
  });
  const inDoubt = wanted.filter(({ guid }) => slice.known.get(guid)?.state === 'creating');
  await inParallel(inDoubt, 4, async ({ guid, intended }) => {
    const found = await findByAnchor(intended, tenant);
    if (found !== undefined) await adopt(slice, guid, fromTenant(found, slice.known.get(guid)), entra, tenant);
  });
}

export async function findByAnchor(
  intended: IntendedUser | IntendedGroup,
  tenant: EntraTenant,
): Promise<TenantObject | undefined> {
  const found =
    intended.kind === 'user'
      ? await tenant.userByAnchor(immutableIdOf(intended.anchor))
      : await tenant.groupByUniqueName(uniqueNameOf(intended.anchor));
  return found !== undefined && anchorOfTenantObject(found) === intended.anchor ? found : undefined;
}

/** Makes the object the known counterpart; of a group, its members as well. */
export async function adopt(
  slice: Slice,
  guid: string,
  known: KnownObject,
  entra: EntraSpace,
  tenant: EntraTenant,
): Promise<void> {
  slice.setKnown(guid, known);
  slice.count('adopted');
  if (known.type === 'group' && known.state === 'present' && known.entraId !== undefined)
    await learnMembers(guid, known.entraId, [], entra, tenant);
}

/**
 * Replaces what is known of a group's members by what the tenant shows. A member whose source object is among `candidates`
 * is known by it; any other by its id in Entra, which is enough to take it out. False when the group is not there.
 */
export async function learnMembers(
  group: string,
  groupId: string,
  candidates: readonly KnownMember[],
  entra: EntraSpace,
  tenant: EntraTenant,
): Promise<boolean> {
  const actual = await tenant.memberIds(groupId);
  if (actual === undefined) return false;
  const before = await entra.members(group);
  const named = new Map([...before, ...candidates].map((member) => [member.entraId, member]));
  const now = actual.map((entraId) => named.get(entraId) ?? { objectGuid: entraId, entraId });
  const kept = new Set(now.map((member) => member.objectGuid));
  await entra.saveMembers(
    group,
    now,
    before.filter((member) => !kept.has(member.objectGuid)),
  );
  return true;
}

export function fromTenant(object: TenantObject, before: KnownObject | undefined): KnownObject {
  return {
    type: object.type,
    state: 'present',
    entraId: object.id,
    properties: object.properties,
    manager: undefined,
    setAside: before?.setAside ?? {},
  };
}

function fromUnclaimed(found: UnclaimedObject): KnownObject {
  return {
    type: found.type,
    state: found.deleted ? 'deleted' : 'present',
    entraId: found.entraId,
    properties: found.properties,
    manager: undefined,
    setAside: {},
  };
}

function isObject(intended: Intended): intended is IntendedUser | IntendedGroup {
  return intended.kind === 'user' || intended.kind === 'group';
}
