import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { LdapSource, type LdapSourceOptions } from '../../../onprem-relay/directory/ldap/ldap-source.ts';
import type { DirectoryPage } from '../../../onprem-relay/directory/directory-source.ts';
import { readSettings, type SettingsError } from '../../../onprem-relay/settings/read-settings.ts';
import type { LockstepError } from '../../../shared/errors/lockstep-error.ts';
import { uac } from '../../sandbox/estate/entries.ts';
import { fillWithEstate } from '../../sandbox/estate/fill-samba.ts';
import { CuttingProxy } from '../../support/cutting-proxy.ts';
import { DirectoryAdmin } from '../../support/directory-admin.ts';
import { accountOf, ldapOptions } from '../../support/relay/ldap-reader.ts';
import { describeWithSamba } from '../../support/samba.ts';

const never = new AbortController().signal;

interface Refusal {
  /** The codes of the errors that a description, a whole read, a read from a cookie and the doorbell end in. */
  readonly codes: readonly string[];
  readonly message: string;
  readonly retryable: boolean;
}

/** Asks everything that the source can be asked; a page of any read fails the test. */
async function refusalOf(options: LdapSourceOptions): Promise<Refusal> {
  const source = new LdapSource(options);
  const pages: DirectoryPage[] = [];
  const attempts: (() => Promise<unknown>)[] = [
    () => source.describe(never),
    async () => {
      for await (const page of source.fullRead(never)) pages.push(page);
    },
    () => source.changesSince('', never),
    () => source.doorbell({ ring: () => undefined, problem: () => undefined }, never),
  ];
  const errors: LockstepError[] = [];
  for (const attempt of attempts) {
    await attempt().catch((error: unknown) => errors.push(error as LockstepError));
  }
  await source.close();
  expect(pages).toEqual([]);
  const [first] = errors;
  return {
    codes: errors.map((error) => error.code),
    message: first?.message ?? '',
    retryable: first?.retryable ?? false,
  };
}

const everywhere = (code: string): string[] => Array.from({ length: 4 }, () => code);

/** A port on which nothing listens: it was just given back. */
async function closedPort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describeWithSamba('A directory that cannot be read gives a stable code and no data', (dc) => {
  it('LS1101, to be tried again, when nothing answers at the address', async () => {
    const options = await ldapOptions(dc(), { port: await closedPort(dc().address) });
    expect(await refusalOf(options)).toMatchObject({ codes: everywhere('LS1101'), retryable: true });
  });

  it('LS1102 when the password is wrong, without the password in the message', async () => {
    const account = { ...(await accountOf(dc())), password: () => Promise.resolve('Wr0ng-secret') };
    const options = { ...(await ldapOptions(dc())), account };
    const refusal = await refusalOf(options);
    expect(refusal).toMatchObject({ codes: everywhere('LS1102'), retryable: false });
    expect(refusal.message).not.toContain('Wr0ng-secret');
  });

  it('LS1102 when there is no such account', async () => {
    const account = { ...(await accountOf(dc())), bindDn: `CN=nobody,CN=Users,${dc().baseDn}` };
    const options = { ...(await ldapOptions(dc())), account };
    expect(await refusalOf(options)).toMatchObject({ codes: everywhere('LS1102'), retryable: false });
  });

  it('LS1102 that says why when the account is disabled', async () => {
    await using admin = await DirectoryAdmin.signIn(dc());
    // The account's own bits (MS-ADTS 2.2.16), without and with ACCOUNTDISABLE.
    const setAccount = (bits: number): Promise<void> =>
      admin.modify(dc().bindDn, 'replace', { userAccountControl: String(bits) });
    await setAccount(uac.neverExpires | uac.disabled);
    const options = await ldapOptions(dc());
    const refusal = await refusalOf(options).finally(() => setAccount(uac.neverExpires));
    expect(refusal).toMatchObject({ codes: everywhere('LS1102'), retryable: false });
    expect(refusal.message).toContain('the account is disabled');
  });

  it.each([
    ['LDAPS', { port: 636, security: 'tls' }],
    ['StartTLS', { port: 389, security: 'start-tls' }],
  ] as const)('LS1103 when the certificate of %s comes from an unknown authority', async (_, address) => {
    const options = await ldapOptions(dc(), { ...address, ca: undefined });
    expect(await refusalOf(options)).toMatchObject({ codes: everywhere('LS1103'), retryable: false });
  });

  it('LS1103 when the certificate carries another name than the one that was asked for', async () => {
    await using proxy = await CuttingProxy.open(dc().address, 636);
    const options = await ldapOptions(dc(), { host: '127.0.0.1', port: proxy.port });
    expect(await refusalOf(options)).toMatchObject({ codes: everywhere('LS1103'), retryable: false });
  });

  it('LS1104 that lists the naming contexts when the base DN is a unit or another domain', async () => {
    await fillWithEstate(dc());
    for (const baseDn of [`OU=People,${dc().baseDn}`, 'DC=fabrikam,DC=test']) {
      const refusal = await refusalOf({ ...(await ldapOptions(dc())), baseDn });
      expect(refusal).toMatchObject({ codes: everywhere('LS1104'), retryable: false });
      expect(refusal.message).toContain(`CN=Configuration,${dc().baseDn}`);
    }
  });

  it('LS1102 that says how to encrypt when the server refuses a password in clear', async () => {
    const options = await ldapOptions(dc(), { port: 389, security: 'plain' });
    const refusal = await refusalOf(options);
    expect(refusal).toMatchObject({ codes: everywhere('LS1102'), retryable: false });
    expect(refusal.message).toContain('encrypted');
  });

  it('LS1003 for plain LDAP to another machine, before anything is sent', async () => {
    // TEST-NET-1 (RFC 5737): nobody would answer, but nobody is asked.
    const options = await ldapOptions(dc(), { host: '192.0.2.1', port: 389, security: 'plain' });
    expect(await refusalOf(options)).toMatchObject({ codes: everywhere('LS1003'), retryable: false });
  });

  it('LS1003 in the settings for plain LDAP, unless it was asked for and stays on this machine', () => {
    const settings = (directory: string, ...more: string[]): string[] => {
      const files = ['--bind-dn', dc().bindDn, '--bind-password-file', dc().bindPasswordFile];
      try {
        readSettings(['--directory', directory, ...files, ...more], { LockstepBus: 'Endpoint=sb://localhost' });
        return [];
      } catch (error) {
        return (error as SettingsError).errors.map(({ code }) => code);
      }
    };
    expect(settings(dc().ldapUrl)).toEqual(['LS1003']);
    expect(settings('ldap://192.0.2.1', '--allow-plain-ldap')).toEqual(['LS1003']);
    expect(settings(dc().ldapUrl, '--allow-plain-ldap')).toEqual([]);
    expect(settings(dc().ldapUrl, '--start-tls', '--ca', dc().caFile)).toEqual([]);
    expect(settings(dc().ldapsUrl, '--ca', dc().caFile)).toEqual([]);
  });
});
