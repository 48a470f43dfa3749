import { directoryAttributes, type AttributeDefinition } from './attributes.ts';
import { base64Text, latin1Text, utf8Text } from './bytes.ts';
import type { ObjectClass } from './change.ts';
import { guidFromBytes } from './guid.ts';
import { sidFromBytes } from './sid.ts';

/** The attributes of the change stream by lower-case name: LDAP names are case-insensitive (RFC 4512 section 2.5). */
export const definitionsByName: ReadonlyMap<string, AttributeDefinition> = new Map(
  directoryAttributes.map((definition) => [definition.name.toLowerCase(), definition]),
);

const guidText = /^\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?$/i;

/**
 * The canonical text of one value (see AttributeSyntax), or `undefined` when the value has no such form: a GUID attribute
 * is an octet string in the schema and may hold anything. References are not decided here, their adapters resolve them.
 */
export function canonicalValue(definition: AttributeDefinition, value: Uint8Array): string | undefined {
  switch (definition.syntax) {
    case 'guid':
      return guidValue(value);
    case 'sid':
      return sidValue(value);
    case 'binary':
      return base64Text(value);
    case 'boolean':
      return utf8Text(value).toUpperCase() === 'TRUE' ? 'TRUE' : 'FALSE';
    case 'integer':
      return /^-?\d+$/.test(latin1Text(value)) ? latin1Text(value) : undefined;
    case 'string':
    case 'reference':
    case 'links':
      return utf8Text(value);
  }
}

/** All values of one attribute in canonical text; values without such a form are left out. */
export function canonicalValues(definition: AttributeDefinition, values: readonly Uint8Array[]): string[] {
  return values.map((value) => canonicalValue(definition, value)).filter((value) => value !== undefined);
}

/** A GUID from its 16 bytes, or from text as an LDIF file may carry it. */
export function guidValue(value: Uint8Array): string | undefined {
  if (value.length === 16) return guidFromBytes(value);
  return guidText.exec(latin1Text(value))?.[1]?.toLowerCase();
}

function sidValue(value: Uint8Array): string | undefined {
  const text = latin1Text(value);
  if (/^S-1(-\d+)+$/.test(text)) return text;
  try {
    return sidFromBytes(value);
  } catch {
    return undefined;
  }
}

/**
 * The class under which an object travels, from the values of objectClass; `undefined` for what does not travel. Computers
 * are a subclass of user in the schema (MS-ADSC), and (group) managed service accounts one of computers.
 */
export function travellingClass(objectClass: readonly string[]): ObjectClass | undefined {
  const classes = new Set(objectClass.map((name) => name.toLowerCase()));
  if (classes.has('msds-managedserviceaccount') || classes.has('msds-groupmanagedserviceaccount')) return undefined;
  if (classes.has('computer')) return 'computer';
  if (classes.has('inetorgperson') && classes.has('user')) return 'inetOrgPerson';
  if (classes.has('user')) return 'user';
  if (classes.has('group')) return 'group';
  if (classes.has('contact')) return 'contact';
  if (classes.has('foreignsecurityprincipal')) return 'foreignSecurityPrincipal';
  return undefined;
}
