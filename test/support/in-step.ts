import type { GroupSnapshot, TenantSnapshot, UserSnapshot } from '../sandbox/graph/simulator.ts';
import { engineOf } from '../../shared/engine/engine-of.ts';
import type { DirectoryObject } from '../../shared/directory/object.ts';
import { uniqueNameOf } from '../../shared/engine/anchor.ts';
import { ClusterIndex } from '../../shared/engine/cluster-index.ts';
import { spaceObjectOf } from '../../shared/engine/directory-object.ts';
import type { Engine } from '../../shared/engine/engine.ts';
import type { EngineEnvironment } from '../../shared/engine/environment.ts';
import type { IntendedGroup, IntendedUser, PropertyValue } from '../../shared/engine/intended.ts';
import { sameValue } from '../../shared/engine/plan.ts';
import { objectKey, type SpaceObject } from '../../shared/engine/space-object.ts';
import { carry } from '../../shared/entra/carry.ts';
import { extensionTargets } from '../../shared/entra/directory-extensions.ts';
import { valueAt } from '../../shared/entra/nested-properties.ts';
import type { TenantDomains } from '../../shared/entra/sign-in-name.ts';
import { builtInRules } from '../../shared/rules/built-in/built-in.ts';
import type { RuleSet } from '../../shared/rules/model.ts';
import { instantOf } from '../../shared/rules/value.ts';

/** The directories as a test knows them: living objects and the members of each group. */
export interface DirectoryState {
  readonly objects: readonly DirectoryObject[];
  readonly members: ReadonlyMap<string, readonly string[]>;
  /** Connector of each object; all of one when not given. */
  readonly connectorOf?: (object: DirectoryObject) => string;
}

export const testTenantDomains: TenantDomains = {
  verified: new Set(['contoso.test', 'contoso.onmicrosoft.com']),
  initial: 'contoso.onmicrosoft.com',
};

/** Nothing depends on the moment, on chance, or on what the tenant holds. */
export const stillEnvironment: EngineEnvironment = {
  now: () => instantOf(new Date('2026-01-01T00:00:00Z')),
  random: () => 0.5,
  guid: () => '00000000-0000-4000-8000-000000000000',
  counterpart: () => undefined,
};

export interface Wanted {
  readonly sources: readonly DirectoryObject[];
  readonly intended: IntendedUser | IntendedGroup;
}

/** What the rules want of whole directories, evaluated in one go. */
export function wantedOf(directory: DirectoryState, ruleSet: RuleSet = builtInRules()): readonly Wanted[] {
  const connectorOf = directory.connectorOf ?? (() => 'contoso.test');
  const engine: Engine = engineOf(ruleSet, [...new Set(directory.objects.map(connectorOf))]);
  const extensions = extensionTargets(ruleSet);
  const index = new ClusterIndex();
  const objects = new Map<string, { readonly source: DirectoryObject; readonly object: SpaceObject }>();
  for (const source of directory.objects) {
    const members = directory.members.get(source.objectGuid)?.length ?? 0;
    const counts = new Map(members > 0 ? [['member', members]] : []);
    const object = spaceObjectOf(connectorOf(source), source, { counts, memberOf: new Set() });
    objects.set(objectKey(object), { source, object });
    index.set(object, engine.joinKeys(object, stillEnvironment));
  }
  return [...index.clusters()].flatMap((cluster) => {
    const result = engine.evaluate(
      cluster.flatMap((reference) => objects.get(objectKey(reference))?.object ?? []),
      stillEnvironment,
    );
    return result.metaverse.flatMap((one): Wanted[] => {
      const intended = carry(one, {
        domains: testTenantDomains,
        extensions,
        signInName: undefined,
        heldNickname: undefined,
      });
      if (intended.kind !== 'user' && intended.kind !== 'group') return [];
      return [{ intended, sources: one.members.flatMap((member) => objects.get(objectKey(member))?.source ?? []) }];
    });
  });
}

/**
 * Every way in which the tenant differs from the rules applied to the directories, one line each; an empty list is "in
 * step". It compares in both directions: what is missing, and what should not be there.
 */
export function differences(
  directory: DirectoryState,
  tenant: TenantSnapshot,
  ignored: readonly string[] = [],
  ruleSet?: RuleSet,
): string[] {
  const found: string[] = [];
  const users = indexBy(tenant.users, 'onPremisesImmutableId', found);
  const groups = indexBy(tenant.groups, 'uniqueName', found);
  const idOf = new Map<string, string>();
  const wanted = wantedOf(directory, ruleSet).map(({ sources, intended }) => {
    const counterpart: UserSnapshot | GroupSnapshot | undefined =
      intended.kind === 'user' ? users.get(intended.sourceAnchor) : groups.get(uniqueNameOf(intended.sourceAnchor));
    if (counterpart !== undefined) for (const { objectGuid } of sources) idOf.set(objectGuid, counterpart.id);
    return { sources, intended, counterpart };
  });
  for (const { sources, intended, counterpart } of wanted) {
    const [object] = sources;
    if (object === undefined) continue;
    if (counterpart === undefined) {
      found.push(`${object.dn} is not in the tenant`);
      continue;
    }
    for (const [property, value] of Object.entries(intended.properties)) {
      const actual = (valueAt(counterpart.properties, property) ?? null) as PropertyValue;
      const unclearable = value === null && ['mail', 'usageLocation'].includes(property);
      if (
        !sameValue(value, actual) &&
        !unclearable &&
        !hasHistory(intended, property) &&
        !ignored.includes(`${object.objectGuid}.${property}`)
      ) {
        found.push(`${object.dn} ${property}: wanted ${JSON.stringify(value)}, is ${JSON.stringify(actual)}`);
      }
    }
    if (intended.kind === 'user' && 'managerId' in counterpart)
      compareManager(object, intended.manager ?? null, counterpart, tenant, idOf, found);
    if (intended.kind === 'group' && 'memberIds' in counterpart) {
      const guids = sources.flatMap(({ objectGuid }) => directory.members.get(objectGuid) ?? []);
      const members = new Set(guids.flatMap((guid) => idOf.get(guid) ?? []));
      if (JSON.stringify([...members].sort()) !== JSON.stringify([...counterpart.memberIds].sort())) {
        found.push(`${object.dn} members: wanted ${members.size}, has ${counterpart.memberIds.length}`);
      }
    }
  }
  const known = new Set(idOf.values());
  for (const object of [...tenant.users, ...tenant.groups]) {
    if (!known.has(object.id))
      found.push(
        `${object.id} (${JSON.stringify(object.properties['displayName'])}) is in the tenant and should not be`,
      );
  }
  return found;
}

/** Names that the tenant keeps from the day they were made: what they are now does not follow from the directory alone. */
function hasHistory(intended: IntendedUser | IntendedGroup, property: string): boolean {
  if (intended.kind !== 'user') return false;
  const { sourceNickname, usable } = intended.signInName;
  return (property === 'mailNickname' && sourceNickname === null) || (property === 'userPrincipalName' && !usable);
}

function compareManager(
  object: DirectoryObject,
  manager: string | null,
  counterpart: UserSnapshot,
  tenant: TenantSnapshot,
  idOf: ReadonlyMap<string, string>,
  found: string[],
): void {
  // The simulator's snapshot names a soft-deleted manager too; nobody who asks Graph sees one.
  const living = tenant.users.some((user) => user.id === counterpart.managerId) ? counterpart.managerId : null;
  const wanted = manager === null ? null : (idOf.get(manager) ?? null);
  if (living !== wanted) found.push(`${object.dn} manager: wanted ${wanted}, is ${living}`);
}

function indexBy<T extends UserSnapshot | GroupSnapshot>(
  objects: readonly T[],
  property: string,
  found: string[],
): Map<string, T> {
  const index = new Map<string, T>();
  for (const object of objects) {
    const key = object.properties[property];
    if (typeof key !== 'string') continue;
    if (index.has(key)) found.push(`${property} ${key} is in the tenant twice`);
    index.set(key, object);
  }
  return index;
}
