import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { LdapSourceOptions } from '../../../onprem-relay/directory/ldap/ldap-source.ts';
import { probeDirectory } from '../../../onprem-relay/directory/ldap/probe.ts';
import { guidFromBytes } from '../../../shared/directory/guid.ts';
import type { LockstepError } from '../../../shared/errors/lockstep-error.ts';
import { DirectoryAdmin } from '../../support/directory-admin.ts';
import { LdapReader, ldapOptions } from '../../support/relay/ldap-reader.ts';
import { describeWithSamba } from '../../support/samba.ts';

const never = new AbortController().signal;

describeWithSamba('A relay that writes anchors back', (dc) => {
  /** Administrator may write them, the account of the relay may not. */
  async function mayWrite(): Promise<LdapSourceOptions> {
    const password = (await readFile(dc().adminPasswordFile, 'utf8')).trimEnd();
    const account = { bindDn: dc().adminDn, password: () => Promise.resolve(password) };
    return { ...(await ldapOptions(dc())), account, writeAnchors: true };
  }

  it('gives users their objectGUID, once, and leaves alone what has one and what is not a person', async () => {
    await using admin = await DirectoryAdmin.signIn(dc());
    const dn = (name: string): string => `CN=${name},CN=Users,${dc().baseDn}`;
    const own = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
    await admin.addUser(dn('without'), 'without');
    await admin.addUser(dn('with'), 'with', { 'mS-DS-ConsistencyGuid': own });
    await admin.add(dn('group'), { objectClass: 'group', sAMAccountName: 'anchorless' });
    await using reader = new LdapReader(await mayWrite());
    await reader.everything();
    const anchors = await admin.bytesByDn('mS-DS-ConsistencyGuid');
    const text = (name: string): string => guidFromBytes(anchors.get(dn(name)) ?? Buffer.alloc(16));
    expect(text('without')).toBe(await admin.guidOf(dn('without')));
    expect(anchors.get(dn('with'))).toEqual(own);
    expect([dn('group'), dn('Administrator'), dn('krbtgt')].filter((name) => anchors.has(name))).toEqual([]);
    const written = await reader.changes();
    expect(written).toContainEqual(
      expect.objectContaining({ attributes: { 'mS-DS-ConsistencyGuid': [await admin.guidOf(dn('without'))] } }),
    );
    expect(await reader.changes()).toEqual([]);
  });

  it('gives one to a user that is created later', async () => {
    await using admin = await DirectoryAdmin.signIn(dc());
    await using reader = new LdapReader(await mayWrite());
    await reader.everything();
    await admin.addUser(`CN=later,CN=Users,${dc().baseDn}`, 'later');
    const guid = await admin.guidOf(`CN=later,CN=Users,${dc().baseDn}`);
    await reader.changes();
    expect(await reader.changes()).toMatchObject([
      { objectGuid: guid, attributes: { 'mS-DS-ConsistencyGuid': [guid] } },
    ]);
  });

  it('reads on without the right, says once how many it could not write, and what to grant', async () => {
    await using admin = await DirectoryAdmin.signIn(dc());
    for (const name of ['first', 'second']) await admin.addUser(`CN=${name},CN=Users,${dc().baseDn}`, name);
    const problems: LockstepError[] = [];
    const onProblem = (error: LockstepError): unknown => problems.push(error);
    const options = { ...(await ldapOptions(dc())), writeAnchors: true, onProblem };
    await using reader = new LdapReader(options);
    expect((await reader.everything()).changes.length).toBeGreaterThan(2);
    expect(problems).toMatchObject([
      { code: 'LS1114', message: expect.stringMatching(/^\d+ users got no /) as unknown },
    ]);
    expect(await anchorFindings(options)).toMatchObject([{ outcome: 'problem', code: 'LS1114' }]);
    expect(await anchorFindings(await mayWrite())).toMatchObject([{ outcome: 'ok' }]);
  });

  it('writes nothing unless it is told to', async () => {
    await using admin = await DirectoryAdmin.signIn(dc());
    const dn = `CN=untouched,CN=Users,${dc().baseDn}`;
    await admin.addUser(dn, 'untouched');
    await using reader = new LdapReader({ ...(await mayWrite()), writeAnchors: undefined });
    await reader.everything();
    expect((await admin.bytesByDn('mS-DS-ConsistencyGuid')).has(dn)).toBe(false);
  });

  async function anchorFindings(options: LdapSourceOptions): Promise<unknown[]> {
    const findings: unknown[] = [];
    for await (const finding of probeDirectory(options, never))
      if (finding.check === 'write anchors') findings.push(finding);
    return findings;
  }
});
