import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { HttpsRequest, HttpsResponse } from '../../../onprem-relay/network/https.ts';
import { passwordSource, type VaultSecret } from '../../../onprem-relay/secrets/bind-password.ts';
import { unprotect } from '../../../onprem-relay/secrets/data-protection.ts';
import { readVaultSecret } from '../../../onprem-relay/secrets/key-vault.ts';

const address = 'https://contoso.vault.azure.net/secrets/relay';
const credential = { getToken: () => Promise.resolve({ token: 'a-token', expiresOnTimestamp: 0 }) };

async function ask(answer: Partial<HttpsResponse>): Promise<{ readonly asked: HttpsRequest; readonly secret: string }> {
  const requests: HttpsRequest[] = [];
  const https = (request: HttpsRequest): Promise<HttpsResponse> => {
    requests.push(request);
    return Promise.resolve({ status: 200, headers: {}, body: '', ...answer });
  };
  const secret = await readVaultSecret(address, { credential, https });
  return { asked: requests[0] ?? { method: 'GET', url: '' }, secret };
}

describe('a secret of Key Vault', () => {
  it('is asked for with a token, and is the value of the answer', async () => {
    const { asked, secret } = await ask({ body: JSON.stringify({ value: 'hunter2', id: address }) });
    expect(secret).toBe('hunter2');
    expect(asked).toEqual({
      method: 'GET',
      url: `${address}?api-version=7.4`,
      headers: { authorization: 'Bearer a-token' },
    });
  });

  it('is not there when the vault refuses, and the refusal says why', async () => {
    const body = JSON.stringify({ error: { code: 'Forbidden', message: 'Caller is not authorized.\nAppId: x' } });
    await expect(ask({ status: 403, body })).rejects.toThrow('403: Forbidden, Caller is not authorized.');
    await expect(ask({ status: 502, body: '<html>' })).rejects.toThrow('502: no reason');
  });

  it('is never part of an error', async () => {
    const failure = await ask({ body: '{"values":"hunter2"}' }).catch((error: unknown) => String(error));
    expect(failure).not.toContain('hunter2');
    expect(failure).not.toContain('a-token');
  });
});

describe('a password that Windows encrypted', () => {
  it('is decrypted by PowerShell: neither what is encrypted nor what comes out is in a command line', async () => {
    const scripts: string[] = [];
    const password = await unprotect(' AQAAANCM\r\n', (script, environment) => {
      scripts.push(script);
      expect(environment).toEqual({ LOCKSTEP_PROTECTED: 'AQAAANCM' });
      return Promise.resolve(`${Buffer.from('pässwörd').toString('base64')}\r\n`);
    });
    expect(password).toBe('pässwörd');
    expect(scripts[0]).not.toContain('AQAAANCM');
  });

  /** What is started under the name of PowerShell. */
  async function powerShellThat(does: string): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'powershell-'));
    await writeFile(join(folder, 'powershell.exe'), `#!/bin/sh\n${does}\n`, { mode: 0o755 });
    vi.stubEnv('PATH', `${folder}:${process.env['PATH'] ?? ''}`);
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await rm(folder, { recursive: true });
    });
  }

  it('is handed to the PowerShell of the machine, which has nothing to wait for on its input', async () => {
    await powerShellThat('cat; [ "$3" = -Command ] && printf %s "$LOCKSTEP_PROTECTED"');
    expect(await unprotect(Buffer.from('pässwörd').toString('base64'))).toBe('pässwörd');
  });

  it.each([
    [
      'echo "Key not valid for use in specified state." >&2; echo "At line:1" >&2; exit 1',
      'Key not valid for use in specified state.',
    ],
    ['exit 3', 'PowerShell cannot be run, or said nothing'],
  ])('that cannot be decrypted is told with what PowerShell said first: %s', async (does, said) => {
    await powerShellThat(does);
    await expect(unprotect('AQAAANCM')).rejects.toThrow(new Error(said));
  });
});

describe('the source of a password', () => {
  const secret: VaultSecret = { vaultSecret: address, identity: { kind: 'managed-identity' } };

  it('asks anew each time, so that a changed one is found', async () => {
    const passwords = ['old', 'new'];
    const source = passwordSource(secret, { vault: () => () => Promise.resolve(passwords.shift() ?? '') });
    expect([await source(), await source()]).toEqual(['old', 'new']);
    await expect(source()).rejects.toMatchObject({ code: 'LS1007', retryable: true, object: address });
  });

  it('says with a code of its own that there is none', async () => {
    const source = passwordSource(secret, {
      vault: () => () => Promise.reject(new Error('the vault answered with 403')),
    });
    await expect(source()).rejects.toMatchObject({
      code: 'LS1007',
      retryable: true,
      message: 'The password of the account cannot be had: the vault answered with 403.',
    });
  });

  it('decrypts a protected file at each sign-in', async () => {
    const readers = {
      vault: () => () => Promise.reject(new Error()),
      unprotect: (text: string) => Promise.resolve(`<${text}`),
    };
    expect(await passwordSource({ protectedFile: import.meta.filename }, readers)()).toMatch(/^<import/);
    await expect(passwordSource({ protectedFile: '/no/such/file' }, readers)()).rejects.toMatchObject({
      code: 'LS1002',
    });
  });
});
