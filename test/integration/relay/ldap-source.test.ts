import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DirectoryChange } from '../../../shared/directory/change.ts';
import { fillWithEstate } from '../../sandbox/estate/fill-samba.ts';
import { DirectoryAdmin } from '../../support/directory-admin.ts';
import { accountOf, LdapReader, ldapOptions, type Present } from '../../support/relay/ldap-reader.ts';
import { describeWithSamba } from '../../support/samba.ts';

const never = new AbortController().signal;
const travelling = '(|(objectClass=user)(objectClass=group)(objectClass=contact))';
/** Samba's DirSync leaves some of the well-known ones out, which every domain has. */
const foreign = '(objectClass=foreignSecurityPrincipal)';

/** What a domain controller gives every new account (MS-SAMR 3.1.1.8): it never expires, and had no password yet. */
const atCreation = { accountExpires: ['9223372036854775807'], pwdLastSet: ['0'], countryCode: ['0'] };

describeWithSamba('Reading a real directory', (dc) => {
  let admin: DirectoryAdmin;

  beforeAll(async () => {
    await fillWithEstate(dc());
    admin = await DirectoryAdmin.signIn(dc());
  });
  afterAll(() => admin[Symbol.asyncDispose]());

  /** Of everything in the domain. */
  async function guidsByDn(): Promise<Map<string, string>> {
    const dns = await admin.valuesOf('(objectClass=*)', 'distinguishedName');
    return new Map(await Promise.all(dns.map(async (dn) => [dn, await admin.guidOf(dn)] as const)));
  }

  describe('whole', () => {
    it('tells the domain with its names, and what to call the source', async () => {
      await using reader = new LdapReader(await ldapOptions(dc()));
      expect(await reader.source.describe(never)).toEqual({
        domain: { namingContext: 'DC=contoso,DC=test', fqdn: 'contoso.test', netbios: 'CONTOSO' },
        connector: 'contoso.test',
        label: `${dc().ldapsUrl}/DC=contoso,DC=test`,
      });
    });

    it.each([
      ['LDAPS', { port: 636, security: 'tls' }],
      ['StartTLS', { port: 389, security: 'start-tls' }],
    ] as const)('gives every person, group, contact and computer once over %s, and a cookie', async (_, address) => {
      await using reader = new LdapReader(await ldapOptions(dc(), address));
      const { changes } = await reader.everything();
      const guids = changes.map((change) => change.objectGuid);
      const principals = new Set(await admin.guidsOf(foreign));
      const others = guids.filter((guid) => !principals.has(guid));
      expect(others.sort()).toEqual((await admin.guidsOf(travelling)).sort());
      expect(guids.length).toBeGreaterThan(others.length);
      expect(new Set(guids).size).toBe(guids.length);
      expect(changes.every((change) => change.kind === 'present' && change.whole)).toBe(true);
      expect(await reader.changes()).toEqual([]);
    });

    it('takes the base DN in any spelling, and the account by its user principal name', async () => {
      const account = { ...(await accountOf(dc())), bindDn: dc().bindUpn };
      const options = { ...(await ldapOptions(dc())), account, baseDn: 'dc=Contoso, dc=TEST' };
      await using reader = new LdapReader(options);
      expect((await reader.source.describe(never)).domain.namingContext).toBe('DC=contoso,DC=test');
      expect((await reader.everything()).changes.length).toBeGreaterThan(362);
    });

    it('gives all values of a person in canonical form', async () => {
      await using reader = new LdapReader(await ldapOptions(dc()));
      const dn = `CN=Ida Nyström,OU=Front Desk,OU=People,${dc().baseDn}`;
      const { changes } = await reader.everything();
      expect(only(changes, await admin.guidOf(dn))).toEqual({
        kind: 'present',
        objectGuid: await admin.guidOf(dn),
        objectClass: 'inetOrgPerson',
        whole: true,
        dn,
        parentGuid: await admin.guidOf(`OU=Front Desk,OU=People,${dc().baseDn}`),
        attributes: {
          name: ['Ida Nyström'],
          sn: ['Nyström'],
          givenName: ['Ida'],
          displayName: ['Ida Nyström'],
          sAMAccountName: ['ida.nystroem'],
          userPrincipalName: ['ida.nystroem@contoso.test'],
          mail: ['ida.nystroem@contoso.test'],
          department: ['Front Desk'],
          userAccountControl: ['512'],
          ...atCreation,
          objectSid: [expect.stringMatching(/^S-1-5-21(-\d+){4}$/)],
        },
        links: [],
      });
    });

    it('gives the members of every group and the manager of everybody as GUIDs', async () => {
      await using reader = new LdapReader(await ldapOptions(dc()));
      const present = (await reader.everything()).changes.filter((change) => change.kind === 'present');
      const guids = await guidsByDn();
      const expected = async (attribute: string): Promise<[string, string[]][]> =>
        [...(await admin.valuesByDn(attribute))].map(([dn, targets]) => [
          dn,
          targets.map((target) => guids.get(target) ?? ''),
        ]);
      const found = (values: (change: Present) => readonly string[]): [string, string[]][] =>
        present
          .map((change) => [change.dn ?? '', [...values(change)]] as [string, string[]])
          .filter(([, v]) => v.length > 0);
      const members = found((change) => change.links.flatMap((link) => link.added));
      expect(inOrder(members)).toEqual(inOrder(await expected('member')));
      const managers = found((change) => change.attributes['manager'] ?? []);
      expect(inOrder(managers)).toEqual(inOrder(await expected('manager')));
    });
  });

  describe('from a cookie', () => {
    let reader: LdapReader;
    let people: string;
    let groups: string;

    beforeAll(async () => {
      reader = new LdapReader(await ldapOptions(dc()));
      await reader.everything();
      people = `OU=Sales,OU=People,${dc().baseDn}`;
      groups = `OU=Groups,${dc().baseDn}`;
    });
    afterAll(() => reader[Symbol.asyncDispose]());

    /** Adds an account and forgets that it is new. */
    async function knownUser(name: string, values: Record<string, string> = {}): Promise<{ dn: string; guid: string }> {
      const dn = `CN=${name},${people}`;
      await admin.addUser(dn, name.replaceAll(' ', '.'), values);
      await reader.changes();
      return { dn, guid: await admin.guidOf(dn) };
    }

    it('a new object comes whole', async () => {
      const dn = `CN=New One,${people}`;
      await admin.addUser(dn, 'new.one', { givenName: 'New', description: 'Größe' });
      expect(await reader.changes()).toEqual([
        {
          kind: 'present',
          objectGuid: await admin.guidOf(dn),
          objectClass: 'user',
          whole: true,
          dn,
          parentGuid: await admin.guidOf(people),
          attributes: {
            name: ['New One'],
            sAMAccountName: ['new.one'],
            givenName: ['New'],
            description: ['Größe'],
            userAccountControl: ['514'],
            ...atCreation,
            objectSid: [expect.stringMatching(/^S-1-5-21-/)],
          },
          links: [],
        },
      ]);
    });

    it('a changed object comes with the changed values only, a cleared one with the empty list', async () => {
      const { dn, guid } = await knownUser('Changing', { title: 'Clerk', company: 'Contoso' });
      await admin.modify(dn, 'replace', { title: 'Head' });
      await admin.modify(dn, 'replace', { company: [] });
      expect(await reader.changes()).toEqual([part(guid, { title: ['Head'], company: [] })]);
    });

    it('a new manager comes as a GUID, a manager taken away as the empty list', async () => {
      const boss = await knownUser('Boss');
      const { dn, guid } = await knownUser('Managed');
      await admin.modify(dn, 'add', { manager: boss.dn });
      expect(only(await reader.changes(), guid)).toEqual(part(guid, { manager: [boss.guid] }));
      await admin.modify(dn, 'replace', { manager: [] });
      expect(only(await reader.changes(), guid)).toEqual(part(guid, { manager: [] }));
    });

    it('a renamed object comes whole under its new name', async () => {
      const { dn, guid } = await knownUser('Maiden Name', { title: 'Clerk' });
      const newDn = `CN=Married\\, Name,${people}`;
      await admin.move(dn, newDn);
      expect(only(await reader.changes(), guid)).toMatchObject({
        whole: true,
        dn: newDn,
        attributes: { name: ['Married, Name'], title: ['Clerk'] },
      });
    });

    it('a moved object comes whole with its new place', async () => {
      const { dn, guid } = await knownUser('Moving');
      const parent = `OU=IT,OU=People,${dc().baseDn}`;
      await admin.move(dn, `CN=Moving,${parent}`);
      expect(only(await reader.changes(), guid)).toMatchObject({
        whole: true,
        dn: `CN=Moving,${parent}`,
        parentGuid: await admin.guidOf(parent),
      });
    });

    it.each([
      ['renamed', 'OU=Renamed', ''],
      ['moved', 'OU=Branch', 'OU=People,'],
    ])('what is below a unit that was %s comes whole under its new name', async (how, name, parent) => {
      const root = `OU=${how === 'moved' ? 'Branch' : 'Before'},${dc().baseDn}`;
      const deep = `OU=Deep,${root}`;
      for (const dn of [root, deep]) await admin.add(dn, { objectClass: 'organizationalUnit' });
      await admin.addUser(`CN=Near ${how},${root}`, `near.${how}`);
      await admin.addUser(`CN=Far ${how},${deep}`, `far.${how}`, { title: 'Clerk' });
      await reader.changes();
      const far = await admin.guidOf(`CN=Far ${how},${deep}`);
      const near = await admin.guidOf(`CN=Near ${how},${root}`);
      const newRoot = `${name},${parent}${dc().baseDn}`;
      await admin.move(root, newRoot);
      const changes = await reader.changes();
      expect(changes).toHaveLength(2);
      expect(only(changes, near)).toMatchObject({ whole: true, dn: `CN=Near ${how},${newRoot}` });
      expect(only(changes, far)).toMatchObject({
        whole: true,
        dn: `CN=Far ${how},OU=Deep,${newRoot}`,
        attributes: { title: ['Clerk'] },
      });
      expect(await reader.changes()).toEqual([]);
    });

    it('members that were added and removed come as such, not as the whole list', async () => {
      const [a, b] = [await knownUser('Member A'), await knownUser('Member B')];
      const dn = `CN=All Staff,${groups}`;
      const guid = await admin.guidOf(dn);
      await admin.modify(dn, 'add', { member: [a.dn, b.dn] });
      expect(sorted(only(await reader.changes(), guid))).toEqual(links(guid, [a.guid, b.guid], []));
      await admin.modify(dn, 'delete', { member: a.dn });
      expect(sorted(only(await reader.changes(), guid))).toEqual(links(guid, [], [a.guid]));
    });

    it('a member of another forest comes as a foreign security principal, and as a member', async () => {
      const dn = `CN=All Staff,${groups}`;
      const sid = 'S-1-5-21-1004336348-1177238915-682003330-1107';
      await admin.modify(dn, 'add', { member: `<SID=${sid}>` });
      const changes = await reader.changes();
      const foreign = await admin.guidOf(`CN=${sid},CN=ForeignSecurityPrincipals,${dc().baseDn}`);
      expect(only(changes, foreign)).toMatchObject({
        objectClass: 'foreignSecurityPrincipal',
        whole: true,
        attributes: { objectSid: [sid] },
      });
      const guid = await admin.guidOf(dn);
      expect(only(changes, guid)).toEqual(links(guid, [foreign], []));
    });

    it('a new primary group loses its member, and the old one gets it', async () => {
      const { dn, guid } = await knownUser('Primary');
      const [group, users] = [`CN=Primary group,${groups}`, `CN=Domain Users,CN=Users,${dc().baseDn}`];
      await admin.add(group, { objectClass: 'group', sAMAccountName: 'primary-group', member: dn });
      await reader.changes();
      const [groupGuid, usersGuid] = [await admin.guidOf(group), await admin.guidOf(users)];
      // S-1-5-21-…-RID: the last number is what primaryGroupID names.
      const [sid = ''] = [...(await reader.everything()).changes].flatMap((one) =>
        one.kind === 'present' && one.objectGuid === groupGuid ? (one.attributes['objectSid'] ?? []) : [],
      );
      await admin.modify(dn, 'replace', { primaryGroupID: sid.split('-').at(-1) ?? '' });
      const changes = await reader.changes();
      expect(only(changes, groupGuid)).toEqual(links(groupGuid, [], [guid]));
      expect(only(changes, usersGuid)).toEqual(links(usersGuid, [guid], []));
    });

    it('binary values come in their canonical form, whatever bytes they have', async () => {
      const { dn, guid } = await knownUser('Binary');
      const bytes = Buffer.from('00ff0a0d80c0fe22000100ffee3c3e27', 'hex');
      await admin.modify(dn, 'replace', { 'mS-DS-ConsistencyGuid': bytes });
      expect(only(await reader.changes(), guid)).toEqual(
        part(guid, { 'mS-DS-ConsistencyGuid': ['0d0aff00-c080-22fe-0001-00ffee3c3e27'] }),
      );
      await admin.modify(dn, 'replace', { 'mS-DS-ConsistencyGuid': [] });
      expect(only(await reader.changes(), guid)).toEqual(part(guid, { 'mS-DS-ConsistencyGuid': [] }));
    });

    it('a list that gains and loses values comes with all that it has now', async () => {
      const { dn, guid } = await knownUser('Listed', { otherTelephone: '+41 1' });
      await admin.modify(dn, 'add', { otherTelephone: ['+41 2', '+41 3'] });
      const added = only(await reader.changes(), guid);
      expect(added.kind === 'present' && added.attributes['otherTelephone']?.toSorted()).toEqual([
        '+41 1',
        '+41 2',
        '+41 3',
      ]);
      await admin.modify(dn, 'delete', { otherTelephone: ['+41 1', '+41 3'] });
      expect(only(await reader.changes(), guid)).toEqual(part(guid, { otherTelephone: ['+41 2'] }));
    });

    it('an account that is enabled and disabled comes with its control flags', async () => {
      const { dn, guid } = await knownUser('Toggled');
      await admin.modify(dn, 'replace', { userAccountControl: '544' });
      expect(only(await reader.changes(), guid)).toEqual(part(guid, { userAccountControl: ['544'] }));
      await admin.modify(dn, 'replace', { userAccountControl: '546' });
      expect(only(await reader.changes(), guid)).toEqual(part(guid, { userAccountControl: ['546'] }));
    });

    it('an object that took the name of a deleted one is another object', async () => {
      const { dn, guid } = await knownUser('Namesake');
      await admin.remove(dn);
      await admin.addUser(dn, 'Namesake');
      const changes = await reader.changes();
      const successor = await admin.guidOf(dn);
      expect(successor).not.toBe(guid);
      expect(changes.filter((change) => [guid, successor].includes(change.objectGuid))).toEqual(
        expect.arrayContaining([
          { kind: 'deleted', objectGuid: guid },
          expect.objectContaining({ objectGuid: successor, whole: true, dn }),
        ]),
      );
    });

    it('a group in a group comes as a member, and a deleted group as deleted, without its members', async () => {
      const [inner, outer] = ['Inner', 'Outer'].map((name) => `CN=${name} Ring,${groups}`) as [string, string];
      const member = await knownUser('Ringed');
      for (const [dn, account] of [
        [inner, 'ring.in'],
        [outer, 'ring.out'],
      ] as const)
        await admin.add(dn, { objectClass: 'group', sAMAccountName: account });
      await reader.changes();
      const [innerGuid, outerGuid] = [await admin.guidOf(inner), await admin.guidOf(outer)];
      await admin.modify(inner, 'add', { member: member.dn });
      await admin.modify(outer, 'add', { member: inner });
      const joined = await reader.changes();
      expect(only(joined, innerGuid)).toEqual(links(innerGuid, [member.guid], []));
      expect(only(joined, outerGuid)).toEqual(links(outerGuid, [innerGuid], []));
      await admin.remove(inner);
      const gone = await reader.changes();
      expect(only(gone, innerGuid)).toEqual({ kind: 'deleted', objectGuid: innerGuid });
      expect(gone.some((change) => change.objectGuid === member.guid)).toBe(false);
    });

    it('names that must be escaped, and letters of any script, come as they are', async () => {
      const names = ['Plus + and "quotes"', 'Back\\slash; <angle>', '#Hash and trailing', '李小龍 Ωmega ñ 🦊'];
      const escaped = ['Plus \\+ and \\"quotes\\"', 'Back\\\\slash\\; \\<angle\\>', '\\#Hash and trailing', names[3]];
      for (const [i, name] of names.entries()) {
        const dn = `CN=${escaped[i] ?? ''},${people}`;
        await admin.addUser(dn, `odd.${i}`, { displayName: name });
        const guid = await admin.guidOf(dn);
        expect(only(await reader.changes(), guid)).toMatchObject({
          attributes: { name: [name], displayName: [name] },
        });
      }
    });

    it('a deleted object comes as deleted, and as nothing else', async () => {
      const { dn, guid } = await knownUser('Leaving');
      await admin.remove(dn);
      expect((await reader.changes()).filter((change) => change.objectGuid === guid)).toEqual([
        { kind: 'deleted', objectGuid: guid },
      ]);
    });

    it('a deleted object that was brought back comes whole', async () => {
      const { dn, guid } = await knownUser('Returning');
      await admin.remove(dn);
      await reader.changes();
      await admin.restore(guid, dn);
      expect(only(await reader.changes(), guid)).toMatchObject({
        kind: 'present',
        whole: true,
        objectClass: 'user',
        dn,
        attributes: { name: ['Returning'], sAMAccountName: ['Returning'] },
      });
    });

    it('an object that came and went in between leaves no trace but its deletion', async () => {
      const dn = `CN=Brief,${people}`;
      await admin.addUser(dn, 'brief');
      const guid = await admin.guidOf(dn);
      await admin.remove(dn);
      const changes = await reader.changes();
      expect(changes.filter((change) => change.objectGuid === guid && change.kind === 'present')).toEqual([]);
    });

    it('a computer comes as one, and a unit does not, however it changes', async () => {
      const unit = `OU=Unseen,${dc().baseDn}`;
      await admin.add(unit, { objectClass: 'organizationalUnit' });
      await admin.add(`CN=WS-9,${unit}`, { objectClass: 'computer', sAMAccountName: 'WS-9$' });
      await admin.modify(`CN=WS-9,${unit}`, 'replace', { description: 'A computer' });
      await admin.modify(unit, 'replace', { description: 'A unit' });
      const computer = only(await reader.changes(), await admin.guidOf(`CN=WS-9,${unit}`));
      expect(computer).toMatchObject({
        kind: 'present',
        objectClass: 'computer',
        attributes: { sAMAccountName: ['WS-9$'], description: ['A computer'] },
      });
      expect(await reader.changes()).toEqual([]);
    });
  });
});

/** Objects and their values in one order: a directory has none. */
function inOrder(values: readonly [string, string[]][]): [string, string[]][] {
  return values.map(([dn, list]): [string, string[]] => [dn, list.sort()]).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The one change about an object. */
function only(changes: readonly DirectoryChange[], objectGuid: string): DirectoryChange {
  const [change, ...others] = changes.filter((candidate) => candidate.objectGuid === objectGuid);
  if (change === undefined || others.length > 0) throw new Error(`Not one change about ${objectGuid}.`);
  return change;
}

function part(objectGuid: string, attributes: Present['attributes']): Present {
  return { kind: 'present', objectGuid, whole: false, attributes, links: [] };
}

function links(objectGuid: string, added: string[], removed: string[]): Present {
  const link = { attribute: 'member', added: added.sort(), removed };
  return { ...part(objectGuid, {}), links: [link] };
}

/** The change with its links in one order: the directory gives them in any. */
function sorted(change: DirectoryChange): DirectoryChange {
  if (change.kind !== 'present') return change;
  return { ...change, links: change.links.map((link) => ({ ...link, added: [...link.added].sort() })) };
}
