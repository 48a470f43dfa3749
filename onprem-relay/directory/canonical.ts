import { directoryAttributes, type AttributeDefinition } from '../../shared/directory/attributes.ts';
import type { ObjectClass } from '../../shared/directory/change.ts';
import { guidFromBytes } from '../../shared/directory/guid.ts';
import { sidFromBytes } from '../../shared/directory/sid.ts';

/** The attributes of the change stream by lower-case name: LDAP names are case-insensitive (RFC 4512 section 2.5). */
export const definitionsByName: ReadonlyMap<string, AttributeDefinition> = new Map(
  directoryAttributes.map((definition) => [definition.name.toLowerCase(), definition]),
);

const guidText = /^\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?$/i;

/**
 * The canonical text of one value (see AttributeSyntax), or `undefined` when the value has no such form: a GUID attribute
 * is an octet string in the schema and may hold anything. References are not decided here, their adapters resolve them.
 */
export function canonicalValue(definition: AttributeDefinition, value: Buffer): string | undefined {
  switch (definition.syntax) {
    case 'guid':
      return guidValue(value);
    case 'sid':
      return sidValue(value);
    case 'binary':
      return value.toString('base64');
    case 'boolean':
      return value.toString('utf8').toUpperCase() === 'TRUE' ? 'TRUE' : 'FALSE';
    case 'integer':
      return /^-?\d+$/.test(value.toString('latin1')) ? value.toString('latin1') : undefined;
    case 'string':
    case 'reference':
    case 'links':
      return value.toString('utf8');
  }
}

/** All values of one attribute in canonical text; values without such a form are left out. */
export function canonicalValues(definition: AttributeDefinition, values: readonly Buffer[]): string[] {
  return values.map((value) => canonicalValue(definition, value)).filter((value) => value !== undefined);
}

/** A GUID from its 16 bytes, or from text as an LDIF file may carry it. */
export function guidValue(value: Buffer): string | undefined {
  if (value.length === 16) return guidFromBytes(value);
  return guidText.exec(value.toString('latin1'))?.[1]?.toLowerCase();
}

function sidValue(value: Buffer): string | undefined {
  const text = value.toString('latin1');
  if (/^S-1(-\d+)+$/.test(text)) return text;
  try {
    return sidFromBytes(value);
  } catch {
    return undefined;
  }
}

/**
 * The class under which an object travels, from the values of objectClass; `undefined` for what does not travel. Computers
 * and (group) managed service accounts are subclasses of user in the schema (MS-ADSC) and are not people.
 */
export function travellingClass(objectClass: readonly string[]): ObjectClass | undefined {
  const classes = new Set(objectClass.map((name) => name.toLowerCase()));
  if (classes.has('computer')) return undefined;
  if (classes.has('inetorgperson') && classes.has('user')) return 'inetOrgPerson';
  if (classes.has('user')) return 'user';
  if (classes.has('group')) return 'group';
  if (classes.has('contact')) return 'contact';
  return undefined;
}
