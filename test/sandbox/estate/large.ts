import { createHash } from 'node:crypto';
import { fqdnOfDn } from '../../../shared/directory/dn.ts';
import { seededRandom } from './identifiers.ts';
import { givenNames, surnames } from './names.ts';
import { writeRecord } from './write-ldif.ts';

export interface LargeEstate {
  readonly users: number;
  readonly groups: number;
  readonly membersPerGroup: number;
  /** Naming context of the domain, as `DC=contoso,DC=test`. */
  readonly baseDn: string;
  /** Another seed gives other members, managers and departments. */
  readonly seed: number;
}

/** How many accounts one organizational unit holds. */
const unitSize = 1000;
const teamSize = 12;
const departments = 40;

/**
 * LDIF of many enabled users and of groups of users for `SambaDc.bulkLoad`, the same for the same input. Everything is in
 * the unit OU=Large, and account names are numbered (`u00001`, `g001`), so it goes together with the example estate. Every
 * twelfth user is the manager of the eleven after it; each manager's own manager is the first user.
 *
 * All users have one password that nobody knows, given by its hash: a clear one would cost the server 16 ms each.
 */
export function generateLarge(estate: LargeEstate): string {
  const random = seededRandom(estate.seed);
  const root = `OU=Large,${estate.baseDn}`;
  const users = Array.from({ length: estate.users }, (_, index) => userDn(index, root));
  const units = Array.from({ length: Math.ceil(estate.users / unitSize) }, (_, index) => unitDn(index, root));
  const groupsOu = `OU=Groups,${root}`;
  return [
    ...[root, ...units, groupsOu].map((dn) => writeRecord({ dn, attributes: [['objectClass', 'organizationalUnit']] })),
    ...users.map((dn, index) => user(dn, index, users, estate, random)),
    ...Array.from({ length: estate.groups }, (_, index) => group(index, groupsOu, users, estate, random)),
  ].join('');
}

const unitDn = (index: number, root: string): string => `OU=Unit ${index + 1},${root}`;

function userDn(index: number, root: string): string {
  return `CN=${accountName(index)},${unitDn(Math.floor(index / unitSize), root)}`;
}

const accountName = (index: number): string => `u${String(index + 1).padStart(5, '0')}`;

function user(dn: string, index: number, users: readonly string[], estate: LargeEstate, random: () => number): string {
  const [given, givenAscii] = pick(givenNames, random);
  const [surname, surnameAscii] = pick(surnames, random);
  const account = accountName(index);
  const domain = fqdnOfDn(estate.baseDn);
  const address = `${givenAscii}.${surnameAscii}.${account}@${domain}`;
  const manager = index % teamSize === 0 ? 0 : index - (index % teamSize);
  return writeRecord({
    dn,
    attributes: [
      ['objectClass', 'user'],
      ['sAMAccountName', account],
      ['userPrincipalName', `${account}@${domain}`],
      ['userAccountControl', '512'],
      ['ntHash', passwordHash(estate.seed)],
      ['givenName', given],
      ['sn', surname],
      ['displayName', `${given} ${surname}`],
      ['mail', address],
      ['proxyAddresses', `SMTP:${address}`],
      ['department', `Department ${1 + Math.floor(random() * departments)}`],
      ['employeeID', `L${index + 1}`],
      // Managers stand before their people, so the link needs no record of its own.
      ...(index === 0 ? [] : [['manager', users[manager] ?? ''] as const]),
    ],
  });
}

/** Any 16 bytes are the MD4 hash of something; these of nothing that anybody could know. */
function passwordHash(seed: number): string {
  return createHash('sha256').update(`no password ${seed}`).digest('hex').slice(0, 32);
}

function group(index: number, ou: string, users: readonly string[], estate: LargeEstate, random: () => number): string {
  const name = `g${String(index + 1).padStart(3, '0')}`;
  const wanted = Math.min(estate.membersPerGroup, users.length);
  const members = new Set<string>();
  while (members.size < wanted) members.add(pick(users, random));
  return writeRecord({
    dn: `CN=${name},${ou}`,
    attributes: [
      ['objectClass', 'group'],
      ['sAMAccountName', name],
      ['displayName', `Large group ${index + 1}`],
      ...[...members].map((member) => ['member', member] as const),
    ],
  });
}

function pick<T>(from: readonly T[], random: () => number): T {
  const picked = from[Math.floor(random() * from.length)];
  if (picked === undefined) throw new Error('There is nothing to pick from.');
  return picked;
}
