import type { DirectoryChange, LinkChange } from '../../../shared/directory/change.ts';
import type { LdifDirectory, LdifObject } from '../../../shared/directory/ldif/ldif-directory.ts';

/** An object as a fact that holds everything it has. */
export function wholeObject(object: LdifObject): DirectoryChange {
  const { objectGuid, objectClass, dn, parentGuid, attributes } = object;
  const links = diffLinks({}, object.links);
  return { kind: 'present', objectGuid, objectClass, whole: true, dn, parentGuid, attributes, links };
}

/** The facts that lead from one reading of the file to the next; deletions come last, as in a directory they come later. */
export function diffDirectories(before: LdifDirectory, after: LdifDirectory): DirectoryChange[] {
  const changes: DirectoryChange[] = [];
  for (const object of after.objects.values()) {
    const old = before.objects.get(object.objectGuid);
    const change = old?.objectClass === object.objectClass ? diffObject(old, object) : wholeObject(object);
    if (change !== undefined) changes.push(change);
  }
  for (const objectGuid of before.objects.keys())
    if (!after.objects.has(objectGuid)) changes.push({ kind: 'deleted', objectGuid });
  return changes;
}

function diffObject(before: LdifObject, after: LdifObject): DirectoryChange | undefined {
  const attributes = diffAttributes(before.attributes, after.attributes);
  const links = diffLinks(before.links, after.links);
  const moved = before.dn !== after.dn || before.parentGuid !== after.parentGuid;
  if (!moved && Object.keys(attributes).length === 0 && links.length === 0) return undefined;
  const place = moved ? { dn: after.dn, parentGuid: after.parentGuid } : {};
  return { kind: 'present', objectGuid: after.objectGuid, whole: false, ...place, attributes, links };
}

function diffAttributes(
  before: LdifObject['attributes'],
  after: LdifObject['attributes'],
): Record<string, readonly string[]> {
  const changed: Record<string, readonly string[]> = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const values = after[name] ?? [];
    if (!sameSet(before[name] ?? [], values)) changed[name] = values;
  }
  return changed;
}

function diffLinks(before: LdifObject['links'], after: LdifObject['links']): LinkChange[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((attribute) => {
    const [old, now] = [new Set(before[attribute]), new Set(after[attribute])];
    const added = [...now].filter((target) => !old.has(target));
    const removed = [...old].filter((target) => !now.has(target));
    return added.length + removed.length === 0 ? [] : [{ attribute, added, removed }];
  });
}

/** Values of an attribute have no order (RFC 4512 section 2.2). */
function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.toSorted().join('\0') === b.toSorted().join('\0');
}
