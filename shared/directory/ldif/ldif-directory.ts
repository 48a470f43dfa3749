import { sha256 } from '@noble/hashes/sha2.js';
import type { DomainFacts } from '../../contracts/change-batch.ts';
import { directoryAttributes } from '../attributes.ts';
import type { ObjectClass } from '../change.ts';
import { fqdnOfDn, nameOfDn, normalizeDn, parentDn } from '../dn.ts';
import { guidFromBytes } from '../guid.ts';
import { LockstepError } from '../../errors/lockstep-error.ts';
import { utf8Text } from '../bytes.ts';
import { canonicalValues, guidValue, travellingClass } from '../canonical.ts';
import type { LdifEntry } from './parse-ldif.ts';

/** One synchronisable object of the file, in canonical form. */
export interface LdifObject {
  readonly objectGuid: string;
  readonly objectClass: ObjectClass;
  readonly dn: string;
  readonly parentGuid: string | undefined;
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  /** By attribute; one without links is not there. */
  readonly links: Readonly<Record<string, readonly string[]>>;
}

/** An LDIF file read as a directory. */
export interface LdifDirectory {
  readonly domain: DomainFacts;
  /** By object GUID, in the file's order. */
  readonly objects: ReadonlyMap<string, LdifObject>;
}

/** An entry with the names by which others refer to it. */
interface IndexedEntry {
  readonly entry: LdifEntry;
  readonly key: string;
  readonly guid: string;
}

/**
 * Canonical objects from the entries of a file, as a domain controller would have shown them. Members, managers and other
 * references are resolved by DN among all entries of the file; those that are not in it are left out. An entry without objectGUID gets
 * one that is derived from its DN: stable as long as the object is not renamed or moved, which then looks like a
 * deletion and a creation.
 *
 * @throws LockstepError LS1202.
 */
export function readDirectory(entries: readonly LdifEntry[], file: string): LdifDirectory {
  const index = indexEntries(entries, file);
  const byDn = new Map(index.map((item) => [item.key, item.guid]));
  const objects = new Map<string, LdifObject>();
  for (const item of index) {
    const object = toObject(item, byDn);
    if (object !== undefined) objects.set(object.objectGuid, object);
  }
  return { domain: domainFacts(entries), objects };
}

function indexEntries(entries: readonly LdifEntry[], file: string): IndexedEntry[] {
  const seen = new Map<string, LdifEntry>();
  return entries.map((entry) => {
    const fail = (why: string): never => {
      throw new LockstepError('LS1202', `Line ${entry.line}: ${why}`, { object: `${file}: ${entry.dn}` });
    };
    const key = keyOf(entry.dn) ?? fail(`"${entry.dn}" is not a distinguished name.`);
    if (!entry.attributes.has('objectclass')) fail('the entry has no objectClass.');
    const guid = entry.attributes.has('objectguid')
      ? // Never another one instead: the object would look like a deletion and a creation.
        (readGuid(entry) ?? fail('the objectGUID is not a GUID.'))
      : ldifGuidOf(key);
    for (const [id, what] of [
      [`dn ${key}`, 'DN'],
      [`guid ${guid}`, 'objectGUID'],
    ] as const) {
      const other = seen.get(id);
      if (other !== undefined) fail(`the entry has the same ${what} as the one at line ${other.line}.`);
      seen.set(id, entry);
    }
    return { entry, key, guid };
  });
}

function toObject({ entry, guid }: IndexedEntry, byDn: ReadonlyMap<string, string>): LdifObject | undefined {
  const objectClass = travellingClass(texts(entry, 'objectclass'));
  if (objectClass === undefined || texts(entry, 'isdeleted')[0]?.toUpperCase() === 'TRUE') return undefined;
  const resolve = (dns: readonly string[]): string[] =>
    dns.map((dn) => byDn.get(keyOf(dn) ?? '')).filter((target) => target !== undefined);
  const attributes: Record<string, readonly string[]> = {};
  const links: Record<string, readonly string[]> = {};
  for (const definition of directoryAttributes) {
    const name = definition.name.toLowerCase();
    if (definition.syntax === 'links') {
      const targets = [...new Set(resolve(texts(entry, name)))];
      if (targets.length > 0) links[definition.name] = targets;
      continue;
    }
    const values =
      definition.syntax === 'reference'
        ? resolve(texts(entry, name))
        : canonicalValues(definition, entry.attributes.get(name) ?? []);
    if (values.length > 0) attributes[definition.name] = definition.multiValued ? values : values.slice(0, 1);
  }
  // A domain controller always shows it: the value of the RDN (MS-ADTS 3.1.1.1.4).
  attributes['name'] ??= [nameOfDn(entry.dn)];
  return {
    objectGuid: guid,
    objectClass,
    dn: entry.dn,
    parentGuid: byDn.get(keyOf(parentDn(entry.dn)) ?? ''),
    attributes,
    links,
  };
}

function domainFacts(entries: readonly LdifEntry[]): DomainFacts {
  const root = entries.find((entry) => texts(entry, 'objectclass').some((name) => /^domain(DNS)?$/i.test(name)));
  const namingContext = root?.dn ?? domainPart(entries[0]?.dn ?? '');
  const fqdn = fqdnOfDn(namingContext);
  const netbios = entries.map((entry) => texts(entry, 'netbiosname')[0]).find((name) => name !== undefined);
  return { namingContext, fqdn, netbios };
}

/** The `DC=` parts at the end of a DN, as they are spelled. */
function domainPart(dn: string): string {
  return /(?:^|,)\s*(DC=[^,]+(?:,\s*DC=[^,]+)*)$/i.exec(dn)?.[1] ?? '';
}

function texts(entry: LdifEntry, name: string): string[] {
  return (entry.attributes.get(name) ?? []).map((value) => utf8Text(value));
}

function readGuid(entry: LdifEntry): string | undefined {
  const [value] = entry.attributes.get('objectguid') ?? [];
  return value && guidValue(value);
}

/** A GUID of version 8 (RFC 9562 section 5.8) from the hash of the normalised DN, for an entry that has none. */
export function ldifGuidOf(key: string): string {
  const bytes = sha256(new TextEncoder().encode(`lockstep ldif ${key}`)).slice(0, 16);
  // The text form swaps the first three fields, so the version's half byte stands in byte 7 of the stored form.
  bytes[7] = ((bytes[7] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return guidFromBytes(bytes);
}

function keyOf(dn: string): string | undefined {
  try {
    return normalizeDn(dn);
  } catch {
    return undefined;
  }
}
