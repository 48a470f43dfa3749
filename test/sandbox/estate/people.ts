import type { EstateEntry, Numbers, Values } from './entries.ts';
import { account, base, domain, entry, uac } from './entries.ts';
import { childDn } from './distinguished-name.ts';
import { guidBytes, seededRandom } from './identifiers.ts';
import type { Department, Name } from './names.ts';
import { departments, givenNames, sites, surnames } from './names.ts';

/** A person of the estate, as groups and tests need them. */
export interface Person extends EstateEntry {
  readonly department: string;
  readonly enabled: boolean;
  readonly lead: boolean;
}

export const peopleOu: string = childDn('OU', 'People', base);

/** How many people a team lead has. */
const teamSize = 8;

/** The staff: one chief executive, a head for each department, leads, teams. Everybody but the chief has a manager. */
export function staff(numbers: Numbers): { units: EstateEntry[]; people: Person[] } {
  const random = seededRandom(20250310);
  const names = namesInOrder(random);
  const units = [
    entry('organizationalUnit', 'People', base, numbers, {
      ou: 'People',
      description: ['Everybody on the payroll', 'One unit for each department'],
    }),
  ];
  const people: Person[] = [];
  const hire = (department: Department, title: string, manager: string | undefined, lead: boolean): Person => {
    const name = names.next().value;
    if (name === undefined) throw new Error('The estate has more people than names.');
    const person = toPerson(people.length, name, department, title, manager, lead, numbers, random);
    people.push(person);
    return person;
  };
  const board: Department = { name: 'Board', people: 1, titles: [] };
  units.push(unit(board, numbers));
  const chief = hire(board, 'Chief Executive Officer', undefined, true);
  for (const department of departments) {
    units.push(unit(department, numbers));
    const head = hire(department, `Head of ${department.name}`, chief.dn, true);
    let manager = head;
    for (let i = 1; i < department.people; i++) {
      const isLead = i % (teamSize + 1) === 1;
      const title = department.titles[Math.floor(random() * department.titles.length)] ?? '';
      const hired = hire(department, isLead ? `Lead ${title}` : title, (isLead ? head : manager).dn, isLead);
      if (isLead) manager = hired;
    }
  }
  return { units, people };
}

function unit(department: Department, numbers: Numbers): EstateEntry {
  return entry('organizationalUnit', department.name, peopleOu, numbers, {
    description: `Department ${department.name}`,
  });
}

/** Each pair of names once, mixed, the same for every generation. */
function* namesInOrder(random: () => number): Generator<{ given: Name; surname: Name }, undefined> {
  const pairs = givenNames.flatMap((given) => surnames.map((surname) => ({ given, surname })));
  while (pairs.length > 0) {
    const [pair] = pairs.splice(Math.floor(random() * pairs.length), 1);
    if (pair !== undefined) yield pair;
  }
  return undefined;
}

function toPerson(
  index: number,
  { given, surname }: { given: Name; surname: Name },
  department: Department,
  title: string,
  manager: string | undefined,
  lead: boolean,
  numbers: Numbers,
  random: () => number,
): Person {
  const signIn = `${given[1]}.${surname[1]}`;
  const name = `${given[0]} ${surname[0]}`;
  const parent = childDn('OU', department.name, peopleOu);
  const dn = childDn('CN', name, parent);
  // A lead whose account is disabled stays the manager of a team: index 60 is one.
  const enabled = index !== 60 && (lead || index % 19 !== 7);
  const created = account('user', name, parent, numbers, {
    sn: surname[0],
    givenName: given[0],
    initials: index % 4 === 0 ? `${given[1].charAt(0)}${surname[1].charAt(0)}`.toUpperCase() : undefined,
    displayName: index % 31 === 30 ? undefined : name,
    title,
    ...whereabouts(index, department, random),
    // Connect writes the anchor back for those it has seen; the others have none yet.
    'mS-DS-ConsistencyGuid':
      index % 5 === 0 ? guidBytes(index % 50 === 0 ? `moved ${dn}` : dn.toLowerCase()) : undefined,
    userAccountControl: String(enabled ? uac.normal : uac.disabled),
    sAMAccountName: `${given[1].charAt(0)}${surname[1]}`.slice(0, 14) + String(100 + index),
    userPrincipalName: index % 29 === 11 ? undefined : `${signIn}@${domain}`,
    ...addresses(index, signIn),
    manager,
  });
  return { ...created, department: department.name, enabled, lead };
}

function whereabouts(index: number, department: Department, random: () => number): Values {
  const site = sites[Math.floor(random() * sites.length)] ?? sites[0];
  if (site === undefined) return {};
  const extension = String(100 + index);
  const house = String(1 + Math.floor(random() * 60));
  return {
    department: department.name,
    company: 'Contoso',
    description: index % 13 === 5 ? longDescription(index, department) : undefined,
    // Two lines, as the console's address field stores them.
    streetAddress: index % 7 === 3 ? `${site.street} ${house}\r\nHouse B` : `${site.street} ${house}`,
    l: site.city,
    st: site.state,
    postalCode: site.postalCode,
    c: site.code,
    co: site.country,
    countryCode: site.numeric,
    physicalDeliveryOfficeName: `${site.city} ${house}/${String(1 + (index % 9))}`,
    telephoneNumber: index % 6 === 5 ? undefined : `${site.dial}${extension}`,
    mobile: index % 3 === 0 ? `${site.dial}9${extension}` : undefined,
    facsimileTelephoneNumber: index % 12 === 0 ? `${site.dial}8${extension}` : undefined,
    preferredLanguage: site.language,
    employeeID: `E${String(100_000 + index)}`,
    employeeType: index % 11 === 4 ? 'Contractor' : 'Employee',
    msExchUsageLocation: index % 2 === 0 ? site.code : undefined,
  };
}

function addresses(index: number, signIn: string): Values {
  if (index % 17 === 9) return {};
  const remote = index % 10 === 2;
  return {
    mail: `${signIn}@${domain}`,
    proxyAddresses: [`SMTP:${signIn}@${domain}`, ...(index % 4 === 1 ? [`smtp:${signIn}@mail.${domain}`] : [])],
    mailNickname: index % 2 === 0 ? signIn : undefined,
    // RemoteUserMailbox, beyond 31 bits.
    msExchRecipientTypeDetails: remote ? '2147483648' : undefined,
  };
}

function longDescription(index: number, department: Department): string {
  return (
    `Joined ${department.name} as number ${String(index)}. Deputy in the absence of the lead; keeps the shared ` +
    'calendar of the department, orders what the team needs and shows visitors around. Entitled to the car park of ' +
    'the building and to the archive on the ground floor; the key is in the safe of the reception.'
  );
}
