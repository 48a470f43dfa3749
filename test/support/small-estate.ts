import { base, domain, entry, account, groupKinds, newNumbers, toRecord, uac } from '../sandbox/estate/entries.ts';
import type { EstateEntry } from '../sandbox/estate/entries.ts';
import { guidBytes } from '../sandbox/estate/identifiers.ts';
import { writeRecord } from '../sandbox/estate/write-ldif.ts';

/** An estate with everything that has an order: managers before reports and the reverse, nested groups and a cycle of them. */
export interface SmallEstate {
  readonly ldif: string;
  readonly users: number;
  readonly groups: number;
}

export function smallEstate(users = 30, groups = 6): SmallEstate {
  const numbers = newNumbers();
  const root: EstateEntry = {
    dn: base,
    record: toRecord(base, {
      objectClass: ['top', 'domain', 'domainDNS'],
      dc: 'contoso',
      name: 'contoso',
      distinguishedName: base,
      objectGUID: guidBytes(base.toLowerCase()),
    }),
  };
  const unit = entry('organizationalUnit', 'Small', base, numbers, { ou: 'Small' });
  const nameOf = (n: number): string => `Person ${n.toString().padStart(3, '0')}`;
  const dnOf = (n: number): string => `CN=${nameOf(n)},${unit.dn}`;
  const people = Array.from({ length: users }, (_, n) =>
    account('user', nameOf(n), unit.dn, numbers, {
      sAMAccountName: `p${n}`,
      userPrincipalName: `p${n}@${domain}`,
      displayName: nameOf(n),
      givenName: 'Person',
      sn: String(n),
      mail: `p${n}@${domain}`,
      userAccountControl: String(n % 7 === 3 ? uac.disabled : uac.normal),
      // Some managers come before those who report to them, some after, and two report to each other.
      manager: n === 0 ? dnOf(1) : dnOf((n * 11) % users === n ? 0 : (n * 11) % users),
    }),
  );
  const groupDn = (n: number): string => `CN=Group ${n},${unit.dn}`;
  const teams = Array.from({ length: groups }, (_, n) =>
    entry('group', `Group ${n}`, unit.dn, numbers, {
      sAMAccountName: `g${n}`,
      groupType: groupKinds.global.groupType,
      // Each contains the next, and the last the first: a cycle. The first has more members than one request takes.
      member: [
        ...Array.from({ length: n === 0 ? users : Math.floor(users / 2) }, (_member, k) => dnOf((k + n) % users)),
        groupDn((n + 1) % groups),
      ],
    }),
  );
  const ldif = ['version: 1\n\n', ...[root, unit, ...people, ...teams].map(({ record }) => writeRecord(record))].join(
    '',
  );
  return { ldif, users, groups };
}
