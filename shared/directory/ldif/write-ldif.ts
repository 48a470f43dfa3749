import { definitionsByName } from '../canonical.ts';
import { base64Bytes, base64Text } from '../bytes.ts';
import type { ObjectClass } from '../change.ts';
import { guidToBytes } from '../guid.ts';
import { sidToBytes } from '../sid.ts';

/** An attribute's name and one of its values. */
export type LdifLine = readonly [name: string, value: string | Uint8Array];

/** One object, as it is to be written. References and links are DNs. */
export interface LdifRecord {
  readonly objectGuid: string;
  readonly objectClass: ObjectClass;
  readonly dn: string;
  /** In canonical text (see AttributeSyntax), but references as DNs. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

/** The chain of structural classes, as a directory shows it (MS-ADSC). */
const classChains: Readonly<Record<ObjectClass, readonly string[]>> = {
  user: ['top', 'person', 'organizationalPerson', 'user'],
  inetOrgPerson: ['top', 'person', 'organizationalPerson', 'user', 'inetOrgPerson'],
  computer: ['top', 'person', 'organizationalPerson', 'user', 'computer'],
  contact: ['top', 'person', 'organizationalPerson', 'contact'],
  group: ['top', 'group'],
  foreignSecurityPrincipal: ['top', 'foreignSecurityPrincipal'],
};

/** The text of one object. Its values are in the form in which a directory holds them, so other tools read it too. */
export function objectRecord({ dn, objectGuid, objectClass, values }: LdifRecord): string {
  return ldifRecord(dn, [
    ...classChains[objectClass].map((name): LdifLine => ['objectClass', name]),
    ['objectGUID', guidToBytes(objectGuid)],
    ...Object.entries(values).flatMap(([name, all]) => all.map((value): LdifLine => [name, rawValue(name, value)])),
  ]);
}

function rawValue(name: string, canonical: string): string | Uint8Array {
  switch (definitionsByName.get(name.toLowerCase())?.syntax) {
    case 'guid':
      return guidToBytes(canonical);
    case 'sid':
      return sidToBytes(canonical);
    case 'binary':
      return base64Bytes(canonical);
    default:
      return canonical;
  }
}

/** A content record of RFC 2849, with the empty line that ends it. */
export function ldifRecord(dn: string, lines: readonly LdifLine[]): string {
  return [['dn', dn] as const, ...lines, null].map((line) => (line === null ? '\n' : ldifLine(line))).join('');
}

/** What RFC 2849 lets stand as it is, without control characters; a space at the end is allowed there and lost by many. */
const safe = /^(?![ :<])[ -~]*(?<! )$/;

function ldifLine([name, value]: LdifLine): string {
  if (typeof value === 'string' && safe.test(value)) return folded(value === '' ? `${name}:` : `${name}: ${value}`);
  return folded(`${name}:: ${base64Text(typeof value === 'string' ? new TextEncoder().encode(value) : value)}`);
}

const width = 76;

/** Long lines go on in the next one, behind a space (RFC 2849, note 2). */
function folded(line: string): string {
  let text = `${line.slice(0, width)}\n`;
  for (let at = width; at < line.length; at += width - 1) text += ` ${line.slice(at, at + width - 1)}\n`;
  return text;
}
