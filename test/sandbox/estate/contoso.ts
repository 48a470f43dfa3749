import { childDn } from './distinguished-name.ts';
import type { EstateEntry, Numbers } from './entries.ts';
import { base, domain, entry, newNumbers, toRecord } from './entries.ts';
import { groups } from './groups.ts';
import { guidBytes, sidBytes } from './identifiers.ts';
import { staff } from './people.ts';
import {
  awkwardPeople,
  builtInAccounts,
  computers,
  conflictObject,
  contacts,
  serviceAccounts,
} from './special-accounts.ts';
import type { LdifRecord } from './write-ldif.ts';
import { writeRecord } from './write-ldif.ts';

const header = `version: 1
# The example estate: the domain contoso.test of a company that does not exist, as a domain controller would export it
# (without back links such as memberOf). Every name and number in it is invented.
#
# Generated: change test/sandbox/estate and run
#   node test/sandbox/estate/generate.ts > test/fixtures/estate/contoso.ldif
# The outcome is the same each time. To see a change synchronised, edit a copy and start the sandbox on it.

`;

/** The example estate as LDIF text (RFC 2849), always the same. */
export function contosoLdif(): string {
  return header + contosoRecords().map(writeRecord).join('');
}

/** The entries of the example estate; a parent stands before its children. */
export function contosoRecords(): LdifRecord[] {
  const numbers = newNumbers();
  const { units, people } = staff(numbers);
  return [
    ...domainEntries(numbers),
    ...[...units, ...builtInAccounts(numbers), ...people, ...awkwardPeople(numbers), conflictObject(numbers)],
    ...[...serviceAccounts(numbers), ...contacts(numbers), ...computers(numbers), ...groups(people, numbers)],
  ].map((item) => item.record);
}

function domainEntries(numbers: Numbers): EstateEntry[] {
  const configuration = `CN=Configuration,${base}`;
  const crossRef = childDn('CN', 'CONTOSO', `CN=Partitions,${configuration}`);
  const record = (dn: string, values: Parameters<typeof toRecord>[1]): EstateEntry => ({
    dn,
    record: toRecord(dn, { ...values, distinguishedName: dn, objectGUID: guidBytes(dn.toLowerCase()) }),
  });
  return [
    record(base, {
      objectClass: ['top', 'domain', 'domainDNS'],
      dc: 'contoso',
      name: 'contoso',
      instanceType: '5',
      objectSid: sidBytes(),
      objectCategory: `CN=Domain-DNS,CN=Schema,${configuration}`,
      'msDS-Behavior-Version': '7',
      isCriticalSystemObject: 'TRUE',
    }),
    // The only entry outside the domain: it says the domain's NetBIOS name (MS-ADTS 6.1.1.2.1.1.1).
    record(crossRef, {
      objectClass: ['top', 'crossRef'],
      cn: 'CONTOSO',
      name: 'CONTOSO',
      nCName: base,
      dnsRoot: domain,
      nETBIOSName: 'CONTOSO',
      systemFlags: '3',
    }),
    ...['Users', 'Computers', 'Builtin'].map((name) =>
      entry('container', name, base, numbers, { isCriticalSystemObject: 'TRUE' }),
    ),
    entry('organizationalUnit', 'Domain Controllers', base, numbers, { isCriticalSystemObject: 'TRUE' }),
  ];
}
