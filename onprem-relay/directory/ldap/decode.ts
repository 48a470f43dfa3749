import { directoryAttributes } from '../../../shared/directory/attributes.ts';
import type { DirectoryChange, LinkChange } from '../../../shared/directory/change.ts';
import { guidFromBytes } from '../../../shared/directory/guid.ts';
import { canonicalValues, definitionsByName, travellingClass } from '../../../shared/directory/canonical.ts';
import { parseExtendedDn, type DirectoryEntry, type EntryAttribute } from './entry.ts';

/** What the relay asks of every object. `cn` is not among them: DirSync never returns the naming attribute, `name` does. */
export const requestedAttributes: readonly string[] = [
  'objectGUID',
  'objectClass',
  'parentGUID',
  'whenCreated',
  'isDeleted',
  ...directoryAttributes.map((definition) => definition.name),
];

type Present = Extract<DirectoryChange, { kind: 'present' }>;

/** Everything that there is of an object. */
export type WholeObject = Present & { readonly whole: true } & Required<Pick<Present, 'objectClass' | 'dn'>>;

/** What one entry of a DirSync answer says. */
export type DecodedEntry =
  | { readonly kind: 'change'; readonly change: DirectoryChange }
  /** The entry alone does not tell the whole story: read the object. */
  | { readonly kind: 'read-whole'; readonly objectGuid: string }
  /** Not a kind of object that travels, or nothing about it that does. */
  | { readonly kind: 'nothing' };

/**
 * An entry of a DirSync answer that continues from a cookie. It holds only what changed, so:
 * - `isDeleted` TRUE is a deletion.
 * - `whenCreated` never changes after creation: where it comes, the object is new and the entry is complete.
 * - a changed name, parent, class or `isDeleted` without it is a rename, a move, or a deleted object that came back; only
 *   the object itself tells which, and what it kept.
 */
export function decodeDelta(entry: DirectoryEntry): DecodedEntry {
  const objectGuid = entry.guid;
  if (objectGuid === undefined) return { kind: 'nothing' };
  const { attributes } = entry;
  if (isDeleted(entry)) return { kind: 'change', change: { kind: 'deleted', objectGuid } };
  if (has(attributes.get('whencreated')) && has(attributes.get('objectclass'))) return wholeOrNothing(entry);
  const reshaped = ['name', 'parentguid', 'objectclass', 'isdeleted'].some((name) => attributes.has(name));
  if (reshaped) return { kind: 'read-whole', objectGuid };
  const change: DirectoryChange = {
    kind: 'present',
    objectGuid,
    whole: false,
    attributes: attributeValues(entry, 'changed'),
    links: linkChanges(entry),
  };
  const silent = Object.keys(change.attributes).length === 0 && change.links.length === 0;
  return silent ? { kind: 'nothing' } : { kind: 'change', change };
}

/**
 * An entry that shows an object whole: one of a DirSync answer to an empty cookie, or of a read of the object itself.
 * `undefined` for what does not travel, and for deleted objects.
 */
export function decodeWhole(entry: DirectoryEntry): WholeObject | undefined {
  const objectClass = travellingClass(
    (entry.attributes.get('objectclass')?.whole ?? []).map((v) => v.toString('utf8')),
  );
  if (objectClass === undefined || entry.guid === undefined || isDeleted(entry)) return undefined;
  const parent = entry.attributes.get('parentguid')?.whole?.[0];
  return {
    kind: 'present',
    objectGuid: entry.guid,
    objectClass,
    whole: true,
    dn: entry.dn,
    parentGuid: parent?.length === 16 ? guidFromBytes(parent) : undefined,
    attributes: attributeValues(entry, 'present'),
    links: linkChanges(entry),
  };
}

export function isDeleted(entry: DirectoryEntry): boolean {
  return entry.attributes.get('isdeleted')?.whole?.[0]?.toString('latin1').toUpperCase() === 'TRUE';
}

function wholeOrNothing(entry: DirectoryEntry): DecodedEntry {
  const change = decodeWhole(entry);
  return change === undefined ? { kind: 'nothing' } : { kind: 'change', change };
}

function has(attribute: EntryAttribute | undefined): boolean {
  return (attribute?.whole?.length ?? 0) > 0;
}

/** `changed` keeps empty lists (*cleared*); `present` drops them, for a whole object says *without value* by absence. */
function attributeValues(entry: DirectoryEntry, keep: 'changed' | 'present'): Record<string, readonly string[]> {
  const values: Record<string, readonly string[]> = {};
  for (const [name, attribute] of entry.attributes) {
    const definition = definitionsByName.get(name);
    if (definition === undefined || definition.syntax === 'links') continue;
    const canonical =
      definition.syntax === 'reference'
        ? targets(attribute.added ?? attribute.whole ?? []).slice(0, 1)
        : canonicalValues(definition, attribute.whole ?? []);
    if (canonical.length > 0 || keep === 'changed') values[definition.name] = canonical;
  }
  return values;
}

function linkChanges(entry: DirectoryEntry): LinkChange[] {
  return directoryAttributes
    .filter((definition) => definition.syntax === 'links')
    .flatMap(({ name }) => {
      const attribute = entry.attributes.get(name.toLowerCase());
      const added = targets(attribute?.added ?? attribute?.whole ?? []);
      const removed = targets(attribute?.removed ?? []);
      return added.length + removed.length > 0 ? [{ attribute: name, added, removed }] : [];
    });
}

/** The GUIDs in extended DNs. A value without one (its target is gone) tells nothing that could be followed. */
function targets(values: readonly Buffer[]): string[] {
  return values.map((value) => parseExtendedDn(value.toString('utf8')).guid).filter((guid) => guid !== undefined);
}
