import type { GroupSnapshot, TenantSnapshot, UserSnapshot } from '../sandbox/graph/simulator.ts';
import { anchorOf, immutableIdOf, uniqueNameOf } from '../../shared/engine/anchor.ts';
import type { PropertyValue } from '../../shared/engine/intended.ts';
import { sameValue } from '../../shared/engine/plan.ts';
import type { DirectoryObject } from '../../shared/directory/object.ts';
import type { MappingContext } from '../../shared/rules/default-mapping.ts';
import { intend } from '../../shared/rules/default-mapping.ts';

/** The directory as a test knows it: living objects and the members of each group. */
export interface DirectoryState {
  readonly objects: readonly DirectoryObject[];
  readonly members: ReadonlyMap<string, readonly string[]>;
}

export const testContext: MappingContext = {
  domainFqdn: 'contoso.test',
  verifiedDomains: new Set(['contoso.test', 'contoso.onmicrosoft.com']),
};

/**
 * Every way in which the tenant differs from the rules applied to the directory, one line each; an empty list is "in step".
 * It compares in both directions: what is missing, and what should not be there.
 */
export function differences(
  directory: DirectoryState,
  tenant: TenantSnapshot,
  ignored: readonly string[] = [],
): string[] {
  const found: string[] = [];
  const users = indexBy(tenant.users, 'onPremisesImmutableId', found);
  const groups = indexBy(tenant.groups, 'uniqueName', found);
  const idOf = new Map<string, string>();
  const wanted = directory.objects.map((object) => ({ object, intended: intend(object, testContext) }));
  for (const { object, intended } of wanted) {
    const anchor = anchorOf(object);
    const counterpart =
      intended.kind === 'user'
        ? users.get(immutableIdOf(anchor))
        : intended.kind === 'group'
          ? groups.get(uniqueNameOf(anchor))
          : undefined;
    if (counterpart !== undefined) idOf.set(object.objectGuid, counterpart.id);
  }
  for (const { object, intended } of wanted) {
    if (intended.kind !== 'user' && intended.kind !== 'group') continue;
    const anchor = anchorOf(object);
    const counterpart: UserSnapshot | GroupSnapshot | undefined =
      intended.kind === 'user' ? users.get(immutableIdOf(anchor)) : groups.get(uniqueNameOf(anchor));
    if (counterpart === undefined) {
      found.push(`${object.dn} is not in the tenant`);
      continue;
    }
    for (const [property, value] of Object.entries(intended.properties)) {
      const actual = (counterpart.properties[property] ?? null) as PropertyValue;
      const unclearable = value === null && ['mail', 'usageLocation'].includes(property);
      if (!sameValue(value, actual) && !unclearable && !ignored.includes(`${object.objectGuid}.${property}`)) {
        found.push(`${object.dn} ${property}: wanted ${JSON.stringify(value)}, is ${JSON.stringify(actual)}`);
      }
    }
    if (intended.kind === 'user' && 'managerId' in counterpart)
      compareManager(object, intended.manager, counterpart, tenant, idOf, found);
    if (intended.kind === 'group' && 'memberIds' in counterpart) {
      const members = (directory.members.get(object.objectGuid) ?? []).flatMap((guid) => idOf.get(guid) ?? []);
      if (JSON.stringify([...members].sort()) !== JSON.stringify([...counterpart.memberIds].sort())) {
        found.push(`${object.dn} members: wanted ${members.length}, has ${counterpart.memberIds.length}`);
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
