import type { DirectoryObject } from '../directory-object.ts';
import { badRequest, GraphFailure } from '../failure.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { isExtensionName, metadata, type ObjectKind } from '../metadata.ts';

/** Kept by SharePoint: not readable on a collection. */
const sharePointBacked = new Set([
  'aboutMe',
  'birthday',
  'interests',
  'mySite',
  'pastProjects',
  'responsibilities',
  'schools',
  'skills',
  'hireDate',
  'preferredName',
]);

/** Splits a `$select`; `400` for a property that the type does not have. Navigation names are kept: delta selects them. */
export function parseSelect(text: string | undefined, kind: ObjectKind): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) return undefined;
  const { properties, navigation } = metadata[kind];
  const spellings = new Map([...properties.keys(), ...navigation].map((name) => [name.toLowerCase(), name]));
  return names.map((name) => {
    const root = name.split('/')[0] ?? name;
    const spelling = isExtensionName(root) || root === '*' ? root : spellings.get(root.toLowerCase());
    if (spelling === undefined)
      throw badRequest(`Could not find a property named '${root}' on type 'microsoft.graph.${kind}'.`);
    return spelling;
  });
}

/** Splits the `$select` of a list of users and groups together: each shows those of the properties that it has. */
export function parseMixedSelect(text: string | undefined): readonly string[] | undefined {
  return text
    ?.split(',')
    .filter((name) => name.trim() !== '')
    .flatMap((name) => {
      try {
        return parseSelect(name, 'user') ?? [];
      } catch {
        return parseSelect(name, 'group') ?? [];
      }
    });
}

/** `501` for properties that a collection cannot serve. */
export function checkCollectionSelect(select: readonly string[] | undefined): void {
  if (select?.some((name) => sharePointBacked.has(name)) === true)
    throw new GraphFailure(501, 'NotImplemented', 'This operation target is not yet supported.');
}

const extensionAttributes = Array.from({ length: 15 }, (_, index) => `extensionAttribute${index + 1}`);

/** The value of a property as an answer shows it. */
export function valueOf(object: DirectoryObject, name: string): Json {
  if (name === 'id') return object.id;
  if (name === 'deletedDateTime')
    return object.deletedAt === null ? null : `${new Date(object.deletedAt).toISOString().slice(0, 19)}Z`;
  if (name === 'passwordProfile') return null;
  const value = object.properties[name] ?? null;
  if (name === 'onPremisesExtensionAttributes' && object.kind === 'user') {
    const given = isJsonObject(value) ? value : {};
    return Object.fromEntries(extensionAttributes.map((key) => [key, given[key] ?? null]));
  }
  const type = metadata[object.kind].properties.get(name)?.type;
  return value === null && (type === 'strings' || type === 'objects') ? [] : value;
}

/** The object with the selected properties, or the default ones. */
export function project(object: DirectoryObject, select: readonly string[] | undefined): JsonObject {
  const { properties, defaults } = metadata[object.kind];
  const names = select === undefined ? defaults : select.includes('*') ? ['id', ...properties.keys()] : select;
  const shown: JsonObject = {};
  for (const name of names)
    if (name === 'id' || properties.has(name) || object.properties[name] !== undefined)
      shown[name] = valueOf(object, name);
  return shown;
}
