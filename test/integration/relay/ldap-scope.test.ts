import { beforeAll, describe, expect, it } from 'vitest';
import type { ScopeSettings } from '../../../onprem-relay/directory/ldap/scope/scope-settings.ts';
import { scopeFingerprint } from '../../../onprem-relay/directory/ldap/scope/scope-settings.ts';
import type { DirectoryChange } from '../../../shared/directory/change.ts';
import { DirectoryAdmin } from '../../support/directory-admin.ts';
import { LdapReader, ldapOptions } from '../../support/relay/ldap-reader.ts';
import { describeWithSamba } from '../../support/samba.ts';

const everything: ScopeSettings = { include: [], exclude: [] };

/** What came of each object: nothing of its values. */
function outline(changes: readonly DirectoryChange[]): Record<string, string> {
  return Object.fromEntries(
    changes.map((change) => [
      change.objectGuid,
      change.kind === 'present' ? (change.whole ? 'whole' : 'changed') : change.kind,
    ]),
  );
}

describeWithSamba('A relay with a scope', (dc) => {
  let admin: DirectoryAdmin;
  let units = 0;
  beforeAll(async () => {
    admin = await DirectoryAdmin.signIn(dc());
    return () => admin[Symbol.asyncDispose]();
  });

  /** A unit of this test's own, with so many units in it. */
  async function unit(...below: string[]): Promise<string> {
    const dn = `OU=Unit ${++units},${dc().baseDn}`;
    await admin.add(dn, { objectClass: 'organizationalUnit' });
    for (const name of below) await admin.add(`OU=${name},${dn}`, { objectClass: 'organizationalUnit' });
    return dn;
  }

  async function person(name: string, parent: string, values: Record<string, string> = {}): Promise<string> {
    await admin.addUser(`CN=${name},${parent}`, `${name}-${units}`, values);
    return admin.guidOf(`CN=${name},${parent}`);
  }

  async function reader(scope: ScopeSettings, acceptScope?: string): Promise<LdapReader> {
    return new LdapReader({ ...(await ldapOptions(dc())), scope, acceptScope });
  }

  const people = (changes: readonly DirectoryChange[]): string[] =>
    changes.flatMap((one) =>
      one.kind === 'present' && one.objectClass !== 'foreignSecurityPrincipal' ? [one.objectGuid] : [],
    );

  describe('by containers', () => {
    it('reads what is below them, and what every membership may need', async () => {
      const top = await unit('In', 'Out');
      const inside = await person('inside', `OU=In,${top}`);
      await person('outside', `OU=Out,${top}`);
      await using reads = await reader({ ...everything, include: [`OU=In,${top}`] });
      const { changes } = await reads.everything();
      expect(people(changes)).toEqual([inside]);
      expect(changes.length).toBeGreaterThan(1);
    });

    it('tells an object that moves in, whole, and that one has moved out', async () => {
      const top = await unit('In', 'Out');
      const comes = await person('comes', `OU=Out,${top}`);
      const goes = await person('goes', `OU=In,${top}`);
      await using reads = await reader({ ...everything, include: [`OU=In,${top}`] });
      await reads.everything();
      await admin.move(`CN=comes,OU=Out,${top}`, `CN=comes,OU=In,${top}`);
      await admin.move(`CN=goes,OU=In,${top}`, `CN=goes,OU=Out,${top}`);
      expect(outline(await reads.changes())).toEqual({ [comes]: 'whole', [goes]: 'out-of-scope' });
    });

    it('tells nothing of what happens outside, and of what is inside as usual', async () => {
      const top = await unit('In', 'Out');
      const inside = await person('inside', `OU=In,${top}`);
      await person('outside', `OU=Out,${top}`);
      await using reads = await reader({ ...everything, include: [`OU=In,${top}`] });
      await reads.everything();
      for (const dn of [`CN=inside,OU=In,${top}`, `CN=outside,OU=Out,${top}`])
        await admin.modify(dn, 'replace', { title: 'Clerk' });
      await person('new-outside', `OU=Out,${top}`);
      const created = await person('new-inside', `OU=In,${top}`);
      expect(outline(await reads.changes())).toEqual({ [inside]: 'changed', [created]: 'whole' });
    });

    it('stays with a container that is renamed and moved, though it was named by its old name', async () => {
      const top = await unit('In', 'Elsewhere');
      const inside = await person('inside', `OU=In,${top}`);
      await using reads = await reader({ ...everything, include: [`OU=In,${top}`] });
      await reads.everything();
      await admin.move(`OU=In,${top}`, `OU=Renamed,OU=Elsewhere,${top}`);
      const changes = await reads.changes();
      expect(changes).toMatchObject([
        { objectGuid: inside, whole: true, dn: `CN=inside,OU=Renamed,OU=Elsewhere,${top}` },
      ]);
      await admin.modify(`CN=inside,OU=Renamed,OU=Elsewhere,${top}`, 'replace', { title: 'Clerk' });
      expect(outline(await reads.changes())).toEqual({ [inside]: 'changed' });
    });

    it('tells of everything below a container that leaves, and that comes', async () => {
      const top = await unit('In', 'Out');
      const deep = `OU=Deep,OU=In,${top}`;
      await admin.add(deep, { objectClass: 'organizationalUnit' });
      const below = [await person('one', deep), await person('two', deep)];
      await using reads = await reader({ ...everything, include: [`OU=In,${top}`] });
      await reads.everything();
      await admin.move(deep, `OU=Deep,OU=Out,${top}`);
      expect(outline(await reads.changes())).toEqual(Object.fromEntries(below.map((guid) => [guid, 'out-of-scope'])));
      await admin.move(`OU=Deep,OU=Out,${top}`, deep);
      expect(outline(await reads.changes())).toEqual(Object.fromEntries(below.map((guid) => [guid, 'whole'])));
    });

    it('leaves out what lies in one that is excluded, by its objectGUID', async () => {
      const top = await unit('Old');
      const kept = await person('kept', top);
      await person('old', `OU=Old,${top}`);
      const exclude = [await admin.guidOf(`OU=Old,${top}`)];
      await using reads = await reader({ include: [top], exclude });
      expect(people((await reads.everything()).changes)).toEqual([kept]);
      await admin.move(`CN=kept,${top}`, `CN=kept,OU=Old,${top}`);
      expect(outline(await reads.changes())).toEqual({ [kept]: 'out-of-scope' });
    });

    it('says a deletion as one, wherever it was', async () => {
      const top = await unit('In');
      const gone = await person('gone', `OU=In,${top}`);
      await using reads = await reader({ ...everything, include: [`OU=In,${top}`] });
      await reads.everything();
      await admin.remove(`CN=gone,OU=In,${top}`);
      expect(outline(await reads.changes())).toEqual({ [gone]: 'deleted' });
    });

    it('reads nothing at all when a container is not to be found: LS1111', async () => {
      const top = await unit('In');
      await using never = await reader({ ...everything, include: [`OU=Never,${top}`] });
      await expect(never.everything()).rejects.toMatchObject({ code: 'LS1111' });
      await using reads = await reader({ include: [top], exclude: [`OU=In,${top}`] });
      await person('one', top);
      await reads.everything();
      await admin.remove(`OU=In,${top}`);
      await expect(reads.changes()).rejects.toMatchObject({ code: 'LS1111' });
    });
  });

  describe('by a filter', () => {
    it('reads what matches, and follows objects into it and out of it', async () => {
      const top = await unit();
      const stays = await person('stays', top, { department: 'Sales' });
      const goes = await person('goes', top, { department: 'Sales' });
      const comes = await person('comes', top, { department: 'Law' });
      await using reads = await reader({ include: [top], exclude: [], filter: '(department=Sales)' });
      expect(people((await reads.everything()).changes).sort()).toEqual([stays, goes].sort());
      await admin.modify(`CN=goes,${top}`, 'replace', { department: 'Law' });
      await admin.modify(`CN=comes,${top}`, 'replace', { department: 'Sales' });
      await admin.modify(`CN=stays,${top}`, 'replace', { title: 'Clerk' });
      expect(outline(await reads.changes())).toEqual({ [goes]: 'out-of-scope', [comes]: 'whole', [stays]: 'changed' });
      await admin.modify(`CN=goes,${top}`, 'replace', { title: 'Clerk' });
      expect(outline(await reads.changes())).toEqual({});
    });

    it('asks also by attributes that are not synchronised', async () => {
      const top = await unit();
      const guid = await person('one', top);
      await using reads = await reader({ include: [top], exclude: [], filter: '(carLicense=yes)' });
      await reads.everything();
      await admin.modify(`CN=one,${top}`, 'replace', { carLicense: 'yes' });
      expect(outline(await reads.changes())).toEqual({ [guid]: 'whole' });
    });
  });

  describe('by a pilot group', () => {
    it('reads its members, and follows those who join and leave', async () => {
      const top = await unit();
      const [first, second, third] = [await person('1', top), await person('2', top), await person('3', top)];
      const group = `CN=Pilot ${units},${top}`;
      await admin.add(group, { objectClass: 'group', sAMAccountName: `pilot-${units}`, member: `CN=1,${top}` });
      const pilotGroup = await admin.guidOf(group);
      await using reads = await reader({ ...everything, pilotGroup });
      expect(people((await reads.everything()).changes)).toEqual([first]);
      await admin.modify(`CN=2,${top}`, 'replace', { title: 'Clerk' });
      await admin.modify(group, 'add', { member: `CN=2,${top}` });
      await admin.modify(`CN=3,${top}`, 'replace', { title: 'Clerk' });
      expect(outline(await reads.changes())).toEqual({ [second]: 'whole' });
      await admin.modify(group, 'delete', { member: `CN=1,${top}` });
      await admin.modify(group, 'add', { member: `CN=3,${top}` });
      await admin.modify(`CN=2,${top}`, 'replace', { title: 'Boss' });
      expect(outline(await reads.changes())).toEqual({
        [first]: 'out-of-scope',
        [second]: 'changed',
        [third]: 'whole',
      });
    });

    it('goes on from the cookie after a restart', async () => {
      const top = await unit();
      const [stays, comes] = [await person('stays', top), await person('comes', top)];
      const group = `CN=Pilot ${units},${top}`;
      await admin.add(group, { objectClass: 'group', sAMAccountName: `pilot-${units}`, member: `CN=stays,${top}` });
      const scope = { ...everything, pilotGroup: group };
      await using before = await reader(scope);
      await before.everything();
      await admin.modify(`CN=stays,${top}`, 'replace', { title: 'Clerk' });
      await admin.modify(group, 'add', { member: `CN=comes,${top}` });
      await using after = await reader(scope);
      after.continueFrom(before);
      expect(outline(await after.changes())).toEqual({ [stays]: 'changed', [comes]: 'whole' });
    });
  });

  describe('that is set to another one', () => {
    it('is not used while objects would leave it, until somebody accepts it by its name', async () => {
      const top = await unit('In', 'Out');
      const inside = await person('inside', `OU=In,${top}`);
      await person('outside', `OU=Out,${top}`);
      await using before = await reader({ ...everything, include: [top] });
      await before.everything();
      const narrow = { ...everything, include: [`OU=In,${top}`] };
      await using narrower = await reader(narrow);
      narrower.continueFrom(before);
      const fingerprint = scopeFingerprint(narrow);
      await expect(narrower.changes()).rejects.toThrow('does not know the cookie');
      await expect(narrower.everything()).rejects.toMatchObject({
        code: 'LS1113',
        message: expect.stringMatching(`1 objects would leave the scope: CN=outside,.* ${fingerprint}\\.$`) as unknown,
      });
      await using accepted = await reader(narrow, fingerprint);
      accepted.continueFrom(before);
      await expect(accepted.changes()).rejects.toThrow('does not know the cookie');
      expect(people((await accepted.everything()).changes)).toEqual([inside]);
    });

    it('leads to a full read at once when nothing leaves it', async () => {
      const top = await unit('In');
      const inside = await person('inside', `OU=In,${top}`);
      await using before = await reader({ ...everything, include: [`OU=In,${top}`] });
      await before.everything();
      await using wider = await reader({ ...everything, include: [top] });
      wider.continueFrom(before);
      await expect(wider.changes()).rejects.toThrow('does not know the cookie');
      expect(people((await wider.everything()).changes)).toEqual([inside]);
    });
  });
});
