import type { EstateEntry, Numbers, Values } from './entries.ts';
import { base, domain, entry, groupKinds } from './entries.ts';
import { childDn } from './distinguished-name.ts';
import { builtinSidBytes, sidBytes } from './identifiers.ts';
import { departments } from './names.ts';
import type { Person } from './people.ts';
import { contactsOu, serviceOu, usersContainer } from './special-accounts.ts';

export const groupsOu: string = childDn('OU', 'Groups', base);
const builtinContainer = childDn('CN', 'Builtin', base);

const groupDn = (name: string): string => childDn('CN', name, groupsOu);
const administrator = childDn('CN', 'Administrator', usersContainer);

type GroupKind = keyof typeof groupKinds;

/** All groups of the estate; `people` are the staff in the order in which they were hired. */
export function groups(people: readonly Person[], numbers: Numbers): EstateEntry[] {
  const group = (kind: GroupKind, name: string, members: readonly string[], values: Values = {}): EstateEntry =>
    entry('group', name, groupsOu, numbers, {
      objectSid: sidBytes(numbers.nextRid()),
      sAMAccountName: accountName(name),
      ...groupKinds[kind],
      member: members,
      ...values,
    });
  const dns = (wanted: (person: Person) => boolean): string[] => people.filter(wanted).map((person) => person.dn);
  return [
    entry('organizationalUnit', 'Groups', base, numbers, {}),
    ...builtInGroups(numbers),
    ...departments.map(({ name }) =>
      group(
        'global',
        `Dept ${name}`,
        dns((p) => p.department === name),
        { description: `Everybody in ${name}` },
      ),
    ),
    group(
      'global',
      'All Staff',
      dns((p) => p.enabled),
      { description: 'Everybody whose account is enabled' },
    ),
    group(
      'global',
      'Team Leads',
      dns((p) => p.lead),
    ),
    ...departments.slice(0, 6).map(({ name }) =>
      group('universal', `Access ${name} Files`, [groupDn(`Dept ${name}`), groupDn('Team Leads')], {
        description: `Read and write on the shares of ${name}`,
      }),
    ),
    ...nestedGroups(group),
    ...mailGroups(group, people),
    ...unusualGroups(group, people),
  ];
}

type NewGroup = (kind: GroupKind, name: string, members: readonly string[], values?: Values) => EstateEntry;

function nestedGroups(group: NewGroup): EstateEntry[] {
  return [
    group('universal', 'VPN Users', [groupDn('VPN Users Europe'), groupDn('Team Leads')]),
    group('universal', 'VPN Users Europe', [groupDn('VPN Users Austria'), groupDn('Dept Sales')]),
    group('universal', 'VPN Users Austria', [groupDn('Dept IT')]),
    group('universal', 'Project Orion', [groupDn('Project Orion Core')], {
      description: 'The three groups of this project contain each other in a circle',
    }),
    group('universal', 'Project Orion Core', [groupDn('Project Orion Review')]),
    group('universal', 'Project Orion Review', [groupDn('Project Orion')]),
  ];
}

function mailGroups(group: NewGroup, people: readonly Person[]): EstateEntry[] {
  const mail = (name: string): Values => ({
    displayName: `${name} (mail)`,
    mail: `${accountName(name).toLowerCase()}@${domain}`,
    proxyAddresses: `SMTP:${accountName(name).toLowerCase()}@${domain}`,
    mailNickname: accountName(name),
  });
  const some = people.slice(20, 45).map((person) => person.dn);
  return [
    group('distribution', 'Newsletter', some, mail('Newsletter')),
    group('distribution', 'Canteen Menu', some.slice(0, 5), mail('Canteen Menu')),
    group('universal', 'Crisis Team', some.slice(5, 12), mail('Crisis Team')),
  ];
}

function unusualGroups(group: NewGroup, people: readonly Person[]): EstateEntry[] {
  const person = (index: number): string => people[index]?.dn ?? administrator;
  return [
    group('global', 'Empty Room', [], { description: 'Nobody' }),
    group('universal', 'Partners', [
      childDn('CN', 'Fabrikam Support', contactsOu),
      childDn('CN', 'Litware Purchasing', contactsOu),
      person(3),
    ]),
    group('universal', 'Server Operators Vienna', [
      administrator,
      childDn('CN', 'WS-1001', childDn('CN', 'Computers', base)),
      childDn('CN', 'MSOL_5d1f0c9be27a', usersContainer),
      childDn('CN', 'svc-backup', serviceOu),
      person(130),
    ]),
    group('domainLocal', 'Printer Access; <2nd floor>, "colour" + #1', [groupDn('Dept Legal')], {
      sAMAccountName: 'PrinterAccess2',
      displayName: 'Printer access, 2nd floor',
    }),
    group('domainLocal', 'Zutritt Gebäude Süd', [groupDn('Dept Production'), groupDn('Dept Logistics')], {
      sAMAccountName: 'Zutritt-Sued',
      description: 'Türen im Erdgeschoß',
    }),
    group('universal', 'Written Back Group', [person(7)], {
      adminDescription: 'Group_91a3b2b0-2f61-4c1e-8d0a-1b5f2a7c9e33',
    }),
    ...['First Aid', 'Fire Wardens', 'Works Council', 'Night Shift', 'Key Holders'].map((name, index) =>
      group(
        'global',
        name,
        [5, 11, 17, 23, 29].map((step) => person(step + index * 31)),
      ),
    ),
  ];
}

function builtInGroups(numbers: Numbers): EstateEntry[] {
  const critical = (name: string, parent: string, kind: GroupKind, sid: Uint8Array, member?: string): EstateEntry =>
    entry('group', name, parent, numbers, {
      objectSid: sid,
      sAMAccountName: name,
      ...groupKinds[kind],
      isCriticalSystemObject: 'TRUE',
      member: member === undefined ? [] : [member],
    });
  return [
    critical('Domain Admins', usersContainer, 'global', sidBytes(512), administrator),
    critical('Domain Users', usersContainer, 'global', sidBytes(513)),
    critical('Domain Guests', usersContainer, 'global', sidBytes(514)),
    critical('Domain Computers', usersContainer, 'global', sidBytes(515)),
    critical('Administrators', builtinContainer, 'builtin', builtinSidBytes(544), administrator),
    critical('Users', builtinContainer, 'builtin', builtinSidBytes(545), childDn('CN', 'Domain Users', usersContainer)),
  ];
}

function accountName(name: string): string {
  return name.replaceAll('&', 'and').replaceAll(' ', '-');
}
