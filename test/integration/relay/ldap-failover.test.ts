import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { passwordSource } from '../../../onprem-relay/secrets/bind-password.ts';
import { listedControllers } from '../../../onprem-relay/directory/ldap/domain-controllers.ts';
import { LdapSource } from '../../../onprem-relay/directory/ldap/ldap-source.ts';
import { CuttingProxy } from '../../support/cutting-proxy.ts';
import { DirectoryAdmin } from '../../support/directory-admin.ts';
import { accountOf, ldapAddress, LdapReader, ldapOptions, readToEnd } from '../../support/relay/ldap-reader.ts';
import { Rings } from '../../support/relay/rings.ts';
import { describeWithSamba } from '../../support/samba.ts';

const noVault = { vault: () => () => Promise.reject(new Error('There is no vault.')) };
const never = new AbortController().signal;

describeWithSamba('A relay with several domain controllers', (dc) => {
  it('stays with one, and goes on from its cookie at the next when that one is gone', async () => {
    await using admin = await DirectoryAdmin.signIn(dc());
    await using first = await CuttingProxy.open(dc().address, 636);
    await using second = await CuttingProxy.open(dc().address, 636);
    const servers: string[] = [];
    const expected = [first, second].map(({ port }) => `ldaps://localhost:${port}`);
    const address = await ldapAddress(dc(), { host: 'localhost' });
    await using reader = new LdapReader({
      ...(await ldapOptions(dc())),
      controllers: listedControllers([first, second].map(({ port }) => ({ ...address, port }))),
      onServer: (server) => servers.push(server),
    });
    await reader.everything();
    await admin.addUser(`CN=Stays,CN=Users,${dc().baseDn}`, 'stays');
    expect(await reader.changes()).toMatchObject([{ kind: 'present', whole: true }]);
    await admin.modify(`CN=Stays,CN=Users,${dc().baseDn}`, 'replace', { title: 'Clerk' });
    await first[Symbol.asyncDispose]();
    await expect(reader.changes()).rejects.toMatchObject({ code: 'LS1108', retryable: true });
    expect(await reader.changes()).toMatchObject([{ kind: 'present', attributes: { title: ['Clerk'] } }]);
    expect(servers).toEqual(expected);
  });

  it('moves its doorbell to the domain controller that it reads', async () => {
    await using admin = await DirectoryAdmin.signIn(dc());
    await using first = await CuttingProxy.open(dc().address, 636);
    await using second = await CuttingProxy.open(dc().address, 636);
    const address = await ldapAddress(dc(), { host: 'localhost' });
    const source = new LdapSource({
      ...(await ldapOptions(dc())),
      controllers: listedControllers([first, second].map(({ port }) => ({ ...address, port }))),
    });
    const stop = new AbortController();
    const rings = new Rings();
    const done = source.doorbell({ ring: rings.ring, problem: () => undefined }, stop.signal);
    try {
      await rings.next();
      first.cut();
      await rings.next();
      await admin.modify(`CN=Users,${dc().baseDn}`, 'replace', { description: `Changed` });
      await rings.next();
      expect((await readToEnd(source.fullRead(never))).changes.length).toBeGreaterThan(0);
    } finally {
      stop.abort();
      await done;
      await source.close();
    }
  });

  it('tells every one that it tried when none answers', async () => {
    const address = await ldapAddress(dc());
    const closed = { ...address, host: '127.0.0.1', port: 1 };
    const source = new LdapSource({
      ...(await ldapOptions(dc())),
      controllers: listedControllers([closed, { ...closed, port: 2 }]),
    });
    await expect(source.describe(never)).rejects.toMatchObject({
      code: 'LS1101',
      retryable: true,
      message: expect.stringMatching(/None of 2 domain controllers .*127\.0\.0\.1:1 .*127\.0\.0\.1:2 /) as unknown,
    });
  });

  it('tries a wrong password at one of them only, so that the account is not locked', async () => {
    await using proxy = await CuttingProxy.open(dc().address, 636);
    const address = await ldapAddress(dc());
    const source = new LdapSource({
      ...(await ldapOptions(dc())),
      controllers: listedControllers([address, { ...address, host: 'localhost', port: proxy.port }]),
      account: { ...(await accountOf(dc())), password: () => Promise.resolve('Wr0ng-secret') },
    });
    await expect(source.describe(never)).rejects.toMatchObject({ code: 'LS1102' });
    expect(proxy.connections).toBe(0);
  });

  it('takes the password that was changed in its file meanwhile', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-password-'));
    const file = join(folder, 'password');
    try {
      const account = await accountOf(dc());
      const right = await account.password();
      await writeFile(file, 'Wr0ng-secret\n');
      await using reader = new LdapReader({
        ...(await ldapOptions(dc())),
        account: { ...account, password: passwordSource({ file }, noVault) },
      });
      await expect(reader.everything()).rejects.toMatchObject({ code: 'LS1102' });
      await writeFile(file, `${right}\n`);
      expect((await reader.everything()).changes.length).toBeGreaterThan(0);
      await rm(file);
      await expect(passwordSource({ file }, noVault)()).rejects.toMatchObject({ code: 'LS1002', retryable: true });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
