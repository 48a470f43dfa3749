import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../sandbox/machine/run-command.ts';
import { canTest } from '../../support/can-test.ts';
import { DirectoryAdmin } from '../../support/directory-admin.ts';
import { ensureKerberos, putBeside } from '../../support/kerberos/ensure-kerberos.ts';
import { relayBundle } from '../../support/relay/relay-process.ts';
import { describeWithSamba } from '../../support/samba.ts';

const ready = canTest('Sign-in by Kerberos', await ensureKerberos());

interface Answer {
  readonly code: number;
  readonly out: string;
}

describe.skipIf(!ready)('Sign-in by Kerberos', () => {
  describeWithSamba(
    'to a domain controller',
    (dc) => {
      let folder: string;
      beforeAll(async () => {
        folder = await mkdtemp(join(tmpdir(), 'kerberos-'));
        await cp(relayBundle, join(folder, 'relay.cjs'));
        await using admin = await DirectoryAdmin.signIn(dc());
        const [itself = ''] = await admin.guidsOf('(userAccountControl:1.2.840.113556.1.4.803:=8192)');
        // Its name is in no DNS here, so that it is known by its address.
        await admin.modify(`<GUID=${itself}>`, 'add', { servicePrincipalName: `ldap/${dc().address}` });
        const { realm, address } = dc();
        await writeFile(
          join(folder, 'krb5.conf'),
          [
            `[libdefaults]\ndefault_realm = ${realm}\ndns_lookup_kdc = false`,
            `dns_canonicalize_hostname = false\nrdns = false`,
            `[realms]\n${realm} = {\nkdc = ${address}:88\n}\n`,
          ].join('\n'),
        );
      });
      afterAll(() => rm(folder, { recursive: true }));

      const environment = (): Record<string, string> => ({
        KRB5_CONFIG: join(folder, 'krb5.conf'),
        KRB5CCNAME: `FILE:${join(folder, 'tickets')}`,
      });

      async function check(): Promise<Answer> {
        const directory = ['--kerberos', '--directory', `ldaps://${dc().address}`, '--ca', dc().caFile];
        // Only the directory is of interest; nothing answers there for Service Bus.
        const bus = 'Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=x;SharedAccessKey=eA==;UseDevelopmentEmulator=true';
        const args = [join(folder, 'relay.cjs'), 'check', ...directory];
        const env = { PATH: process.env['PATH'] ?? '', LockstepBus: bus, ...environment() };
        try {
          return { code: 0, out: (await promisify(execFile)(process.execPath, args, { env })).stdout };
        } catch (error) {
          const { code, stdout } = error as { readonly code: number; readonly stdout: string };
          return { code, out: stdout };
        }
      }

      it('needs the npm package beside the program, and says so', async () => {
        expect((await check()).out).toMatch(/LS1115 The npm package "kerberos" cannot be used: Cannot find module/);
      });

      it('needs a ticket, and says so', async () => {
        await putBeside(folder);
        expect((await check()).out).toMatch(/LS1115 No sign-in to 127\S+ by Kerberos: .*[Cc]redential/);
      });

      it('reads the directory without any password in the settings', async () => {
        const input = await readFile(dc().bindPasswordFile, 'utf8');
        const [name = ''] = dc().bindUpn.split('@');
        await runCommand('kinit', [name], { env: environment(), input: `${input.trimEnd()}\n` });
        const { out } = await check();
        expect(out).toContain('connected, secured and signed in; it serves DC=contoso,DC=test');
        expect(out).toContain('DirSync answers and shows objects');
        expect(out).toContain('the account is in no administrative group');
      });
    },
    // On TLS it takes sign-in without a layer of its own only when told so; Windows does by itself.
    { extraConfig: ['ldap server require strong auth = allow_sasl_over_tls'] },
  );
});
