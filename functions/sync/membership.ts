import type { EntraSpace, KnownMember } from '../storage/entra-space.ts';
import type { SyncDependencies } from './dependencies.ts';

/** Those of the source objects that Entra is known to hold. */
export async function presentMembers(entra: EntraSpace, guids: readonly string[]): Promise<readonly KnownMember[]> {
  const known = await entra.load(guids);
  return guids.flatMap((objectGuid): KnownMember[] => {
    const object = known.get(objectGuid);
    return object?.state === 'present' && object.entraId !== undefined ? [{ objectGuid, entraId: object.entraId }] : [];
  });
}

/**
 * Replaces what is known of a group's members by what the tenant shows. A member whose source object is among `candidates`
 * is known by it; any other by its id in Entra, which is enough to take it out. False when the group is not there.
 */
export async function learnMembers(
  { entra, tenant }: SyncDependencies,
  group: string,
  groupId: string,
  candidates: readonly KnownMember[],
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

/** {@link learnMembers} with the members that the directory shows as candidates. */
export async function learnGroup(
  dependencies: SyncDependencies,
  connector: string,
  group: string,
  groupId: string,
): Promise<boolean> {
  const links = await dependencies.space.links(connector, group, 'member');
  const candidates = await presentMembers(
    dependencies.entra,
    links.map((link) => link.target),
  );
  return await learnMembers(dependencies, group, groupId, candidates);
}
