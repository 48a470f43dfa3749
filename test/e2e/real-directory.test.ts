import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { guidToBytes } from '../../shared/directory/guid.ts';
import { fillWithEstate } from '../sandbox/estate/fill-samba.ts';
import type { GraphSimulator, GroupSnapshot, UserSnapshot } from '../sandbox/graph/simulator.ts';
import type { Sandbox } from '../sandbox/supervisor/sandbox.ts';
import { DirectoryAdmin } from '../support/directory-admin.ts';
import { differences } from '../support/in-step.ts';
import { readDirectory } from '../support/read-directory.ts';
import { runSandbox } from '../support/run-sandbox.ts';
import { describeWithSamba } from '../support/samba.ts';
import { expectInStep, startTestSandbox, temporaryFolder } from '../support/sandbox.ts';

const patienceMs = 30_000;

describeWithSamba('Active Directory and the tenant, end to end', (dc) => {
  let folder: string;
  let admin: DirectoryAdmin;
  let sandbox: Sandbox;
  let graph: GraphSimulator;
  let people: string;
  /** Values that Entra refuses because another object has them; the application reports these. */
  let setAside: string[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ls-real-'));
    await fillWithEstate(dc());
    admin = await DirectoryAdmin.signIn(dc());
    people = `OU=Arrivals,${dc().baseDn}`;
    await admin.add(people, { objectClass: 'organizationalUnit' });
    sandbox = await startTestSandbox({ directory: ldapOptions(), data: join(folder, 'data') });
    if (sandbox.simulator === undefined) throw new Error('The sandbox has no simulator.');
    graph = sandbox.simulator;
    await expectInStep(sandbox);
    // Which of the two comes first is the order of their GUIDs, which Samba gives at random.
    setAside = (await admin.guidsOf('(mail=r.kessler@contoso.test)')).map((guid) => `${guid}.mail`);
    expect(setAside).toHaveLength(2);
  });

  afterAll(async () => {
    await sandbox.stop();
    await admin[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  function ldapOptions(): Parameters<typeof startTestSandbox>[0]['directory'] {
    const { ldapsUrl: url, bindDn, bindPasswordFile, baseDn, caFile } = dc();
    return { kind: 'ldap', url, bindDn, bindPasswordFile, baseDn, ca: caFile, allowPlainLdap: false };
  }

  /** Waits until the tenant is what the rules say of the directory, as an independent reader sees it now. */
  async function expectTenantAsWanted(): Promise<void> {
    const deadline = performance.now() + patienceMs;
    let found: string[];
    do {
      found = differences(await readDirectory(dc()), graph.snapshot(), setAside);
      if (found.length === 0) break;
      await delay(100);
    } while (performance.now() < deadline);
    expect(found).toEqual([]);
  }

  async function addPerson(name: string, values: Record<string, string> = {}): Promise<string> {
    const dn = `CN=${name},${people}`;
    await admin.addUser(dn, name.toLowerCase().replaceAll(' ', '.'), {
      userPrincipalName: `${name.toLowerCase().replaceAll(' ', '.')}@contoso.test`,
      displayName: name,
      ...values,
    });
    return dn;
  }

  function immutableId(guid: string): string {
    return Buffer.from(guidToBytes(guid)).toString('base64');
  }

  function entraUser(guid: string): UserSnapshot | undefined {
    return graph.snapshot().users.find((user) => user.properties['onPremisesImmutableId'] === immutableId(guid));
  }

  function entraGroup(guid: string): GroupSnapshot | undefined {
    return graph.snapshot().groups.find((group) => group.properties['uniqueName'] === `ad-${guid}`);
  }

  it('brings the example estate into the tenant as the rules want it', async () => {
    await expectTenantAsWanted();
    expect(graph.snapshot().users.length).toBeGreaterThan(280);
    expect(graph.snapshot().groups.length).toBeGreaterThan(30);
  });

  it('creates a user with her manager', async () => {
    const boss = await addPerson('Ines Chef');
    const guid = await admin.guidOf(
      await addPerson('Aenne Ueber', {
        displayName: 'Änne Über',
        manager: boss,
        department: 'Föhn',
        title: 'Ärztin',
      }),
    );
    await expectTenantAsWanted();
    const user = entraUser(guid);
    expect(user?.properties).toMatchObject({
      displayName: 'Änne Über',
      department: 'Föhn',
      jobTitle: 'Ärztin',
      accountEnabled: false,
    });
    expect(user?.managerId).toBe(entraUser(await admin.guidOf(boss))?.id);
  });

  it('changes, sets and clears properties', async () => {
    const dn = await addPerson('Carla Wandel', { title: 'Before', telephoneNumber: '+49 30 1' });
    await expectTenantAsWanted();
    await admin.modify(dn, 'replace', { title: 'After', telephoneNumber: [], department: 'New' });
    await expectTenantAsWanted();
    const user = entraUser(await admin.guidOf(dn));
    expect(user?.properties).toMatchObject({ jobTitle: 'After', department: 'New', businessPhones: [] });
  });

  it('renames and moves a user and changes her sign-in name, and it stays the same object', async () => {
    const dn = await addPerson('Paula Alt');
    const guid = await admin.guidOf(dn);
    await expectTenantAsWanted();
    const before = entraUser(guid)?.id;
    const unit = `OU=Elsewhere,${dc().baseDn}`;
    await admin.add(unit, { objectClass: 'organizationalUnit' });
    const moved = `CN=Paula Neu,${unit}`;
    await admin.move(dn, moved);
    await admin.modify(moved, 'replace', {
      displayName: 'Paula Neu',
      sn: 'Neu',
      userPrincipalName: 'paula.neu@contoso.test',
    });
    await expectTenantAsWanted();
    const after = entraUser(guid);
    expect(after?.id).toBe(before);
    expect(after?.properties).toMatchObject({ displayName: 'Paula Neu', userPrincipalName: 'paula.neu@contoso.test' });
  });

  it('enables and disables a user', async () => {
    const dn = await addPerson('Dora Schalter');
    const guid = await admin.guidOf(dn);
    await expectTenantAsWanted();
    expect(entraUser(guid)?.properties['accountEnabled']).toBe(false);
    // PASSWD_NOTREQD: an account without a password may be enabled (MS-ADTS 2.2.16).
    await admin.modify(dn, 'replace', { userAccountControl: '544' });
    await expectTenantAsWanted();
    expect(entraUser(guid)?.properties['accountEnabled']).toBe(true);
    await admin.modify(dn, 'replace', { userAccountControl: '546' });
    await expectTenantAsWanted();
    expect(entraUser(guid)?.properties['accountEnabled']).toBe(false);
  });

  it('adds members to a group and takes them out, also nested groups', async () => {
    const [first, second] = [await addPerson('Mia Eins'), await addPerson('Max Zwei')];
    const team = `CN=Team,${people}`;
    const part = `CN=Part,${people}`;
    await admin.add(part, { objectClass: 'group', sAMAccountName: 'e2e-part', member: second });
    await admin.add(team, { objectClass: 'group', sAMAccountName: 'e2e-team', member: first });
    const guid = await admin.guidOf(team);
    await expectTenantAsWanted();
    expect(entraGroup(guid)?.memberIds).toEqual([entraUser(await admin.guidOf(first))?.id]);
    await admin.modify(team, 'add', { member: [second, part] });
    await expectTenantAsWanted();
    expect(entraGroup(guid)?.memberIds).toHaveLength(3);
    await admin.modify(team, 'delete', { member: [first, part] });
    await expectTenantAsWanted();
    expect(entraGroup(guid)?.memberIds).toEqual([entraUser(await admin.guidOf(second))?.id]);
  });

  it('deletes a user and restores the very same one with her memberships', async () => {
    const dn = await addPerson('Rita Wieder');
    const guid = await admin.guidOf(dn);
    const circle = `CN=Circle,${people}`;
    await admin.add(circle, { objectClass: 'group', sAMAccountName: 'e2e-circle', member: dn });
    await expectTenantAsWanted();
    const before = entraUser(guid)?.id;
    await admin.remove(dn);
    await expectTenantAsWanted();
    expect(entraUser(guid)).toBeUndefined();
    expect(graph.snapshot().deletedUsers.map((user) => user.id)).toContain(before);
    expect(entraGroup(await admin.guidOf(circle))?.memberIds).toEqual([]);
    await admin.restore(guid, dn);
    // A tombstone has lost most of what it had, without the recycle bin (MS-ADTS 3.1.1.5.5.1.1).
    await admin.modify(dn, 'replace', { userPrincipalName: 'rita.wieder@contoso.test', displayName: 'Rita Wieder' });
    await admin.modify(circle, 'replace', { member: dn });
    await expectTenantAsWanted();
    expect(entraUser(guid)?.id).toBe(before);
    expect(graph.snapshot().deletedUsers.map((user) => user.id)).not.toContain(before);
    expect(entraGroup(await admin.guidOf(circle))?.memberIds).toEqual([before]);
  });

  it('deletes a group', async () => {
    const dn = `CN=Gone soon,${people}`;
    await admin.add(dn, { objectClass: 'group', sAMAccountName: 'e2e-gone' });
    const guid = await admin.guidOf(dn);
    await expectTenantAsWanted();
    expect(entraGroup(guid)).toBeDefined();
    await admin.remove(dn);
    await expectTenantAsWanted();
    expect(entraGroup(guid)).toBeUndefined();
  });

  it('makes no write when nothing changed, although it starts anew', async () => {
    await expectInStep(sandbox);
    const directory = ldapOptions();
    await sandbox.stop();
    sandbox = await startTestSandbox({ directory, data: join(folder, 'data') });
    if (sandbox.simulator === undefined) throw new Error('The sandbox has no simulator.');
    graph = sandbox.simulator;
    await expectInStep(sandbox);
    expect(graph.usage.writes).toBe(0);
    await expectTenantAsWanted();
  });

  function once(changes: { url?: string; password?: string; base?: string; ca?: string }): string[] {
    const { ldapsUrl, bindDn, bindPasswordFile, baseDn, caFile } = dc();
    return [
      ...['--once', '--data', temporaryFolder(), '--directory', changes.url ?? ldapsUrl, '--bind-dn', bindDn],
      ...['--bind-password-file', changes.password ?? bindPasswordFile, '--base-dn', changes.base ?? baseDn],
      ...(changes.ca === '' ? [] : ['--ca', changes.ca ?? caFile]),
    ];
  }

  it.each([
    { what: 'the password is wrong', code: 'LS1102', args: () => once({ password: wrongPassword() }) },
    { what: 'the certificate is not trusted', code: 'LS1103', args: () => once({ ca: '' }) },
    {
      what: 'the base DN is not a naming context',
      code: 'LS1104',
      args: () => once({ base: 'OU=Arrivals,DC=contoso,DC=test' }),
    },
    { what: 'the base DN does not exist', code: 'LS1104', args: () => once({ base: 'DC=fabrikam,DC=test' }) },
  ])('ends in one clear message and no change to the tenant when $what', async ({ code, args }) => {
    const run = await runSandbox(args());
    expect(run).toMatchObject({ code: 1, result: { inStep: false, graph: { writes: 0 }, errors: [{ code }] } });
    expect(run.stderr.split(`${code} `)).toHaveLength(2);
  });

  it('synchronises over StartTLS too', async () => {
    const run = await runSandbox(once({ url: dc().ldapUrl }));
    expect(run).toMatchObject({ code: 0, result: { inStep: true } });
  });

  function wrongPassword(): string {
    const file = join(temporaryFolder(), 'password');
    writeFileSync(file, 'not-the-password\n');
    return file;
  }
});
