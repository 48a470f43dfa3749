import { fqdnOfDn, normalizeDn, parseDn } from '../../../shared/directory/dn.ts';
import { readLdif } from './read-ldif.ts';
import { isWritable, linkAttributes } from './samba-schema.ts';
import type { LdifRecord, LdifValue } from './write-ldif.ts';
import { writeLine, writeRecord } from './write-ldif.ts';

/** `absent`: a fresh domain neither has the object nor takes it. */
type Origin = 'added' | 'built-in' | 'absent';

/**
 * Turns a dump of a domain into LDIF that fills a fresh domain with the same people, groups, contacts, computers and units:
 * first the objects, containers before what is in them, then their links, which may be circular. What every domain has is
 * not added again but keeps its links to added objects. When `baseDn` names another domain, DNs, user principal names and
 * addresses move there with it. Accounts come without a password.
 *
 * @throws Error when the text is not a dump, or has no entry of the domain itself.
 */
export function estateForSamba(ldifText: string, baseDn: string): string {
  const records = readLdif(ldifText);
  const domain = records.find((record) => valuesOf(record, 'objectClass').includes('domainDNS'));
  if (domain === undefined) throw new Error('The dump has no entry of its domain (objectClass domainDNS).');
  const origins = new Map(records.map((record) => [normalizeDn(record.dn), originOf(record, domain.dn)]));
  const moved = moveTo(domain.dn, baseDn);
  const added = records
    .filter((record) => origins.get(normalizeDn(record.dn)) === 'added')
    .map((record) => ({ record, depth: parseDn(record.dn).length }))
    .sort((a, b) => a.depth - b.depth);
  const objects = added.map(({ record }) =>
    writeRecord({
      dn: moved.dn(record.dn),
      attributes: record.attributes
        .filter(([name]) => isWritable(name))
        .map(([name, value]) => [name, moved.value(name, value)]),
    }),
  );
  const links = records.map((record) => linksOf(record, origins, moved));
  return [...objects, ...links].join('');
}

function originOf(record: LdifRecord, domainDn: string): Origin {
  if (record.dn === domainDn) return 'built-in';
  const place = normalizeDn(record.dn);
  const below = (container: string): boolean => place.endsWith(`,${normalizeDn(`${container}${domainDn}`)}`);
  if (!below('') || below('CN=Configuration,') || below('CN=System,') || below('CN=Deleted Objects,')) return 'absent';
  if (valuesOf(record, 'isCriticalSystemObject').includes('TRUE')) return hasOwnNumber(record) ? 'absent' : 'built-in';
  const travels = ['user', 'group', 'contact', 'organizationalUnit', 'container'];
  return valuesOf(record, 'objectClass').some((name) => travels.includes(name)) ? 'added' : 'absent';
}

/** RIDs from 1000 on are given out by the domain (MS-ADTS 6.1.1.6): a critical object with one is a domain controller. */
function hasOwnNumber(record: LdifRecord): boolean {
  const [, sid] = record.attributes.find(([name]) => name.toLowerCase() === 'objectsid') ?? [];
  if (sid === undefined) return false;
  if (typeof sid === 'string' && sid.startsWith('S-1-')) return Number(sid.split('-').at(-1)) >= 1000;
  const bytes = Buffer.from(sid);
  return bytes.readUInt32LE(bytes.length - 4) >= 1000;
}

/** A record that adds the links of an object of which at least one end is new; empty when there are none. */
function linksOf(record: LdifRecord, origins: ReadonlyMap<string, Origin>, moved: Move): string {
  const origin = origins.get(normalizeDn(record.dn));
  if (origin === 'absent') return '';
  const wanted = record.attributes.filter(([name, target]) => {
    if (!linkAttributes.has(name.toLowerCase()) || typeof target !== 'string') return false;
    const there = origins.get(normalizeDn(target));
    // Links between two objects of a fresh domain are there already, and adding one again is an error.
    return there === 'added' || (there === 'built-in' && origin === 'added');
  });
  if (wanted.length === 0) return '';
  const names = new Set(wanted.map(([name]) => name));
  const changes = [...names].flatMap((attribute) => {
    const values = wanted
      .filter(([name]) => name === attribute)
      .map(([, target]) => writeLine(attribute, moved.dn(String(target))));
    return [`add: ${attribute}`, ...values, '-'];
  });
  return [writeLine('dn', moved.dn(record.dn)), 'changetype: modify', ...changes, '', ''].join('\n');
}

interface Move {
  dn(dn: string): string;
  value(attribute: string, value: LdifValue): LdifValue;
}

/** Attributes that carry the domain's DNS name: after `@`, as a host's suffix, or in a service principal name. */
const namedAfterDomain = /^(?:userPrincipalName|mail|proxyAddresses|dNSHostName|servicePrincipalName)$/i;

function moveTo(from: string, to: string): Move {
  const [oldName, newName] = [fqdnOfDn(from), fqdnOfDn(to)];
  const name = new RegExp(`(?<=^|[@./])${oldName.replaceAll('.', '\\.')}(?=$|[:/])`, 'i');
  return {
    dn: (dn) => (dn.toLowerCase().endsWith(from.toLowerCase()) ? dn.slice(0, -from.length) + to : dn),
    value: (attribute, value) =>
      typeof value === 'string' && namedAfterDomain.test(attribute) ? value.replace(name, newName) : value,
  };
}

/** The values of an attribute that are text. */
function valuesOf(record: LdifRecord, attribute: string): string[] {
  const wanted = attribute.toLowerCase();
  return record.attributes.flatMap(([name, value]) =>
    name.toLowerCase() === wanted && typeof value === 'string' ? [value] : [],
  );
}
