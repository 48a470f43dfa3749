import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withFileLock } from '../machine/file-lock.ts';
import type { SambaSettings } from './options.ts';
import { cacheFolder } from '../machine/packages.ts';
import { runCommand } from '../machine/run-command.ts';
import { provisioningConf, smbConf } from './smb-conf.ts';

/** Debian's Samba modules live in the system's Python; another one that comes first in PATH cannot import them. */
export const systemPython = '/usr/bin/python3';

/** The account that a sync service binds with, in every instance. */
export const syncAccount = 'svc-lockstep';

/** Passwords of an instance, one file (mode 0600) each, relative to its folder. */
export const adminPasswordFile = 'secrets/admin-password';
export const syncPasswordFile = 'secrets/sync-password';

const prepareScript = join(import.meta.dirname, 'python/prepare_domain.py');

/** Where provisioned domains are kept: `lockstep/samba` in the user's cache folder (XDG base directories). */
export function defaultCacheDir(): string {
  return join(cacheFolder(), 'samba');
}

/**
 * The folder of a provisioned domain with the given names that was never started: to be copied, never to be used itself.
 * The first call makes it (about 3 s); later ones, in any process, find it. Provisioning happens under a lock and in a
 * folder of its own that gets its final name when it is complete.
 *
 * @param log receives a line when a domain has to be made.
 * @throws Error with the output of the tool when provisioning fails.
 */
export async function pristineDomain(
  cacheDir: string,
  settings: SambaSettings,
  log: (line: string) => void,
): Promise<string> {
  // The folder holds the passwords of every instance copied from it.
  await mkdir(cacheDir, { recursive: true, mode: 0o700 });
  const key = await cacheKey(settings);
  const finished = join(cacheDir, key);
  if (await exists(finished)) return finished;
  return withFileLock(join(cacheDir, `${key}.lock`), async () => {
    if (await exists(finished)) return finished;
    const unfinished = `${finished}.tmp`;
    await rm(unfinished, { recursive: true, force: true });
    log(`provisioning the domain ${settings.realm}`);
    await provision(unfinished, settings);
    await rename(unfinished, finished);
    return finished;
  });
}

/** Everything that the content of a provisioned domain depends on. */
async function cacheKey(settings: SambaSettings): Promise<string> {
  const { realm, domain, host, adminPassword } = settings;
  const [version, script, own] = await Promise.all([
    runCommand('samba', ['--version']),
    readFile(prepareScript, 'utf8'),
    readFile(import.meta.filename, 'utf8'),
  ]);
  const facts = JSON.stringify({ realm, domain, host, adminPassword, version, script, own });
  const digest = createHash('sha256').update(facts).digest('hex').slice(0, 16);
  return `${realm.toLowerCase()}-${host}-${digest}`;
}

async function provision(dir: string, settings: SambaSettings): Promise<void> {
  const { realm, domain, host } = settings;
  // Provisioning serves nothing; the address only stands in its configuration.
  const address = '127.0.0.1';
  for (const folder of ['etc', 'log', 'secrets']) await mkdir(join(dir, folder), { recursive: true, mode: 0o700 });
  const base = join(dir, 'etc/provisioning.conf');
  await writeFile(base, provisioningConf({ address, host }));
  const names = [`--realm=${realm}`, `--domain=${domain}`, `--host-name=${host}`, `--host-ip=${address}`];
  const kind = ['--server-role=dc', '--dns-backend=NONE', '--backend-store=tdb', '--use-rfc2307'];
  await runCommand('samba-tool', [
    ...['domain', 'provision', '--quiet', `--configfile=${base}`],
    ...names,
    ...kind,
    `--targetdir=${dir}`,
  ]);
  await prepareDomain(dir, settings, smbConf({ dir, address, realm, domain, host, extraConfig: [] }));
  await rm(base);
}

/** Passwords and the sync account; the configuration is written for this step and again at every start. */
async function prepareDomain(dir: string, settings: SambaSettings, configuration: string): Promise<void> {
  const conf = join(dir, 'etc/smb.conf');
  await writeFile(conf, configuration);
  const adminPassword = settings.adminPassword ?? generatedPassword();
  const accountPassword = generatedPassword();
  const order = { adminPassword, account: syncAccount, accountPassword };
  await runCommand(systemPython, ['-B', prepareScript, conf], { input: JSON.stringify(order) });
  await writeSecret(join(dir, adminPasswordFile), adminPassword);
  await writeSecret(join(dir, syncPasswordFile), accountPassword);
}

/** 144 random bits, with one character of every class that the complexity rule of the domain wants (MS-SAMR 3.1.1.7.2). */
function generatedPassword(): string {
  return `${randomBytes(18).toString('base64url')}-aA1`;
}

async function writeSecret(file: string, secret: string): Promise<void> {
  await writeFile(file, `${secret}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
}

/** Whether a folder exists and has anything in it. */
async function exists(dir: string): Promise<boolean> {
  const found = await stat(dir).catch(() => undefined);
  return found?.isDirectory() === true && (await readdir(dir)).length > 0;
}
