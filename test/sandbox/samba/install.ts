import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withFileLock } from './file-lock.ts';
import { defaultCacheDir, systemPython } from './pristine.ts';
import { runCommand } from './run-command.ts';

/** What an instance is started with: the server, its database and provisioning, and certificates. */
const packages: readonly string[] = ['samba', 'samba-dsdb-modules', 'samba-vfs-modules', 'python3-samba', 'openssl'];
/** Debian 12 and Ubuntu 23.04 took the provisioning files out of `samba`; earlier releases have no such package. */
const laterPackage = 'samba-ad-provision';

/** What to type where Samba is missing. */
export const instruction: string = ['Install Samba: apt-get install', ...packages, laterPackage].join(' ');

const installing = { DEBIAN_FRONTEND: 'noninteractive' };
/** Asked by Debian's maintainer scripts before they start a service; 101 forbids it (invoke-rc.d(8)). */
const servicePolicy = '/usr/sbin/policy-rc.d';

/**
 * Sees to it that domain controllers can be started on this machine: `true` when they can, after Samba was installed if it
 * has to be and can be (as root on Debian and its relatives; the machine's own file server is not started). Otherwise one
 * line that tells a person what to do.
 */
export async function ensureSambaInstalled(): Promise<true | string> {
  if (process.platform !== 'linux') return 'Samba domain controllers run on Linux only.';
  if (process.getuid?.() !== 0) return 'Samba domain controllers need root, because the ports of LDAP are below 1024.';
  if (await isSambaUsable()) return true;
  if (!(await isDebian())) return `${instruction} (or what your distribution calls these).`;
  const cache = defaultCacheDir();
  await mkdir(cache, { recursive: true, mode: 0o700 });
  return withFileLock(join(cache, 'install.lock'), async () => {
    // Another process may have installed it while this one waited.
    if (await isSambaUsable()) return true;
    try {
      await install();
    } catch (error) {
      return `${instruction} (tried, but ${oneLine(error)})`;
    }
    return (await isSambaUsable()) || `${instruction} (done, but Samba still cannot be used).`;
  });
}

/** Whether everything is there that a domain controller is started with. */
export async function isSambaUsable(): Promise<boolean> {
  try {
    await runCommand('samba', ['--version']);
    await runCommand('openssl', ['version']);
    // Each of these files is in a package of its own: the directory's database modules, the templates of provisioning.
    const files = 'samba.param.modules_dir() + "/ldb/samba_dsdb.so", samba.param.setup_dir() + "/provision.ldif"';
    const check = `import os, samba, samba.samdb; assert all(map(os.path.exists, [${files}]))`;
    await runCommand(systemPython, ['-B', '-c', check]);
    return true;
  } catch {
    return false;
  }
}

async function isDebian(): Promise<boolean> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^ID(?:_LIKE)?=.*\b(?:debian|ubuntu)\b/m.test(release);
}

async function install(): Promise<void> {
  await aptGet('update');
  const hasLater = await runCommand('apt-cache', ['show', laterPackage]).then(
    () => true,
    () => false,
  );
  // `wx`: a policy that the machine has stays in force, and stays.
  const policyIsOurs = await writeFile(servicePolicy, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' }).then(
    () => true,
    () => false,
  );
  try {
    await aptGet('install', '--yes', '--no-install-recommends', ...packages, ...(hasLater ? [laterPackage] : []));
  } finally {
    if (policyIsOurs) await rm(servicePolicy, { force: true });
  }
}

async function aptGet(...args: readonly string[]): Promise<void> {
  // The machine itself may be installing something: wait for it rather than fail.
  await runCommand('apt-get', ['--quiet', '-o', 'DPkg::Lock::Timeout=300', ...args], { env: installing });
}

function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s+/g, ' ').slice(-300);
}
