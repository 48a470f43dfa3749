import { childDn } from './distinguished-name.ts';
import { guidBytes, sidBytes } from './identifiers.ts';
import type { LdifRecord, LdifValue } from './write-ldif.ts';

export const base = 'DC=contoso,DC=test';
export const domain = 'contoso.test';
const schema = `CN=Schema,CN=Configuration,${base}`;

/** Attributes of an entry before they are put in order; `undefined` leaves one out. */
export type Values = Readonly<Record<string, LdifValue | readonly LdifValue[] | undefined>>;

/** One object of the estate, and what others need to refer to it. */
export interface EstateEntry {
  readonly record: LdifRecord;
  readonly dn: string;
}

interface Shape {
  readonly classes: readonly string[];
  readonly category: string;
}

export type Kind = 'user' | 'inetOrgPerson' | 'computer' | 'group' | 'contact' | 'organizationalUnit' | 'container';

const shapes: Readonly<Record<Kind, Shape>> = {
  user: { classes: ['top', 'person', 'organizationalPerson', 'user'], category: 'Person' },
  inetOrgPerson: {
    classes: ['top', 'person', 'organizationalPerson', 'user', 'inetOrgPerson'],
    category: 'Person',
  },
  computer: { classes: ['top', 'person', 'organizationalPerson', 'user', 'computer'], category: 'Computer' },
  group: { classes: ['top', 'group'], category: 'Group' },
  contact: { classes: ['top', 'person', 'organizationalPerson', 'contact'], category: 'Person' },
  organizationalUnit: { classes: ['top', 'organizationalUnit'], category: 'Organizational-Unit' },
  container: { classes: ['top', 'container'], category: 'Container' },
};

/** Bits of userAccountControl (MS-ADTS 2.2.16) that the estate's accounts have. */
export const uac = {
  normal: 0x200,
  disabled: 0x202,
  neverExpires: 0x10200,
  workstation: 0x1000,
  domainController: 0x82000,
} as const;

/** groupType (MS-ADTS 2.2.12) and the sAMAccountType (MS-ADTS 2.2.7) that goes with it. */
export const groupKinds = {
  global: { groupType: '-2147483646', sAMAccountType: '268435456' },
  domainLocal: { groupType: '-2147483644', sAMAccountType: '536870912' },
  universal: { groupType: '-2147483640', sAMAccountType: '268435456' },
  builtin: { groupType: '-2147483643', sAMAccountType: '536870912' },
  distribution: { groupType: '8', sAMAccountType: '268435457' },
} as const;

/** Numbers that a domain controller hands out; one counter an estate, so that every generation gives the same ones. */
export interface Numbers {
  nextRid(): number;
  nextUsn(): number;
}

export function newNumbers(): Numbers {
  // RIDs below 1000 belong to the built-in principals (MS-ADTS 6.1.1.6).
  let rid = 1103;
  let usn = 8210;
  return { nextRid: () => rid++, nextUsn: () => (usn += 3) };
}

/** An entry with what a domain controller adds by itself: class chain, GUID, times, USNs, category. */
export function entry(
  kind: Kind,
  name: string,
  parent: string,
  numbers: Numbers,
  values: Values,
  comment?: string,
): EstateEntry {
  const rdn = kind === 'organizationalUnit' ? 'OU' : 'CN';
  const dn = childDn(rdn, name, parent);
  const usn = numbers.nextUsn();
  const record = toRecord(
    dn,
    {
      objectClass: [...shapes[kind].classes],
      [rdn.toLowerCase()]: name,
      ...values,
      distinguishedName: dn,
      instanceType: '4',
      whenCreated: '20240115080000.0Z',
      whenChanged: '20250310091500.0Z',
      uSNCreated: String(usn),
      uSNChanged: String(usn + 1),
      name,
      objectGUID: guidBytes(dn.toLowerCase()),
      objectCategory: `CN=${shapes[kind].category},${schema}`,
    },
    comment,
  );
  return { record, dn };
}

/** An account with what its class chain makes a domain controller add: SID, primary group, account type. */
export function account(
  kind: 'user' | 'inetOrgPerson' | 'computer',
  name: string,
  parent: string,
  numbers: Numbers,
  values: Values,
  comment?: string,
): EstateEntry {
  const computer = kind === 'computer';
  return entry(
    kind,
    name,
    parent,
    numbers,
    {
      userAccountControl: String(uac.normal),
      codePage: '0',
      pwdLastSet: '133500000000000000',
      accountExpires: '9223372036854775807',
      primaryGroupID: computer ? '515' : '513',
      sAMAccountType: computer ? '805306369' : '805306368',
      objectSid: sidBytes(typeof values['objectSid'] === 'undefined' ? numbers.nextRid() : undefined),
      ...values,
    },
    comment,
  );
}

export function toRecord(dn: string, values: Values, comment?: string): LdifRecord {
  const attributes = Object.entries(values).flatMap(([name, value]): [string, LdifValue][] => {
    if (value === undefined) return [];
    return Array.isArray(value) ? value.map((one: LdifValue) => [name, one]) : [[name, value as LdifValue]];
  });
  return { dn, attributes, comment };
}
