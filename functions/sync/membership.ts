import type { KnownObject } from '../../shared/engine/plan.ts';
import type { LinkSource } from '../../shared/engine/space-object.ts';
import { groupBy } from '../storage/buckets.ts';
import type { ConnectorSpace } from '../storage/connector-space.ts';
import type { EntraSpace, KnownMember } from '../storage/entra-space.ts';
import type { SyncDependencies } from './dependencies.ts';

/** Those of the source objects that Entra is known to hold. */
export async function presentMembers(entra: EntraSpace, guids: readonly string[]): Promise<readonly KnownMember[]> {
  const known = await entra.loadResolved(guids);
  return guids.flatMap((objectGuid): KnownMember[] => {
    const object = known.get(objectGuid);
    return object?.state === 'present' && object.entraId !== undefined ? [{ objectGuid, entraId: object.entraId }] : [];
  });
}

/** GUIDs of the members that the directories show, by group; `sources` says whose members a group has. */
export async function memberGuids(
  space: ConnectorSpace,
  sources: ReadonlyMap<string, readonly LinkSource[]>,
): Promise<Map<string, readonly string[]>> {
  const wanted = [...sources].flatMap(([group, some]) => some.map((source) => ({ group, source })));
  const members = new Map<string, string[]>([...sources.keys()].map((group) => [group, []]));
  for (const some of groupBy(wanted, ({ source }) => JSON.stringify([source.connector, source.attribute])).values()) {
    const [first] = some;
    if (first === undefined) continue;
    const { connector, attribute } = first.source;
    const guids = some.map(({ source }) => source.objectGuid);
    const links = await space.linksOf(connector, guids, attribute);
    for (const { group, source } of some) {
      members.get(group)?.push(...(links.get(source.objectGuid) ?? []).map(({ target }) => target));
    }
  }
  return members;
}

/** The difference between the members that the directories show and those that Entra is known to hold. */
export interface MemberDifference {
  readonly add: readonly KnownMember[];
  readonly remove: readonly KnownMember[];
  /** Source objects that Entra does not hold yet. */
  readonly absent: readonly string[];
}

/** Compares the members of groups; `sources` says whose members each has. */
export async function memberDifferences(
  { space, entra }: Pick<SyncDependencies, 'space' | 'entra'>,
  sources: ReadonlyMap<string, readonly LinkSource[]>,
): Promise<Map<string, MemberDifference>> {
  const desired = await memberGuids(space, sources);
  const current = await entra.membersOf([...sources.keys()]);
  const named = new Set([...desired.values()].flat());
  for (const members of current.values()) for (const member of members) named.add(member.objectGuid);
  const objects = await entra.loadResolved([...named]);
  const differences = new Map<string, MemberDifference>();
  for (const guid of sources.keys()) {
    const wanted = desired.get(guid) ?? [];
    const held = new Set((current.get(guid) ?? []).map((member) => member.entraId));
    // Joined objects of several directories are one object in Entra.
    const add = new Map<string, KnownMember>();
    const stays = new Set<string>(wanted);
    const absent: string[] = [];
    for (const target of wanted) {
      const entraId = presentId(objects.get(target));
      if (entraId === undefined) {
        absent.push(target);
        continue;
      }
      stays.add(entraId);
      if (!held.has(entraId)) add.set(entraId, { objectGuid: target, entraId });
    }
    // A deleted member has left every group by itself, and comes back to it when it is restored: see Slice.finish.
    const remove = (current.get(guid) ?? []).filter(
      (member) =>
        !stays.has(member.objectGuid) &&
        !stays.has(member.entraId) &&
        objects.get(member.objectGuid)?.state !== 'deleted',
    );
    differences.set(guid, { add: [...add.values()], remove, absent });
  }
  return differences;
}

function presentId(known: KnownObject | undefined): string | undefined {
  return known?.state === 'present' ? known.entraId : undefined;
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

/** {@link learnMembers} with the members that the directories show as candidates. */
export async function learnGroup(dependencies: SyncDependencies, group: string, known: KnownObject): Promise<boolean> {
  const sources = known.members.map((member) => ({ ...member, attribute: 'member' }));
  const shown = await memberGuids(dependencies.space, new Map([[group, sources]]));
  const candidates = await presentMembers(dependencies.entra, shown.get(group) ?? []);
  return await learnMembers(dependencies, group, known.entraId ?? '', candidates);
}
