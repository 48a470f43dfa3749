import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withFileLock } from './file-lock.ts';
import { runCommand, succeeds } from './run-command.ts';

const installing = { DEBIAN_FRONTEND: 'noninteractive' };
/** Asked by Debian's maintainer scripts before they start a service; 101 forbids it (invoke-rc.d(8)). */
const servicePolicy = '/usr/sbin/policy-rc.d';

/** `lockstep` in the user's cache folder (XDG base directories): what is made once for this machine. */
export function cacheFolder(): string {
  const configured = process.env['XDG_CACHE_HOME'];
  return join(configured?.startsWith('/') === true ? configured : join(homedir(), '.cache'), 'lockstep');
}

/** What a test or the sandbox needs of the machine. */
export interface Need {
  /** What to type where it is missing, as "Install Samba: apt-get install samba". */
  readonly instruction: string;
  readonly isThere: () => Promise<boolean>;
  /** Makes it be there. May throw. */
  readonly install: () => Promise<void>;
}

/**
 * Sees to it that what is needed is there: `true` when it is, after it was installed if it has to be and can be (as root on
 * Debian and its relatives). Otherwise one line that tells a person what to do. One process at a time installs.
 */
export async function ensure({ instruction, isThere, install }: Need): Promise<true | string> {
  if (await isThere()) return true;
  if (!(await isDebian()) || process.getuid?.() !== 0) return `${instruction} (or what your distribution calls these).`;
  const cache = cacheFolder();
  await mkdir(cache, { recursive: true, mode: 0o700 });
  return withFileLock(join(cache, 'install.lock'), async () => {
    // Another process may have installed it while this one waited.
    if (await isThere()) return true;
    try {
      await install();
    } catch (error) {
      return `${instruction} (tried, but ${oneLine(error)})`;
    }
    return (await isThere()) || `${instruction} (done, but it still cannot be used).`;
  });
}

async function isDebian(): Promise<boolean> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^ID(?:_LIKE)?=.*\b(?:debian|ubuntu)\b/m.test(release);
}

/** Installs packages; those that the distribution does not have are left out where `ifKnown` names them. No service is started. */
export async function installPackages(packages: readonly string[], ifKnown: readonly string[] = []): Promise<void> {
  await aptGet('update');
  const known: string[] = [];
  for (const name of ifKnown) {
    if (await succeeds('apt-cache', ['show', name])) known.push(name);
  }
  // `wx`: a policy that the machine has stays in force, and stays.
  const policyIsOurs = await writeFile(servicePolicy, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' }).then(
    () => true,
    () => false,
  );
  try {
    await aptGet('install', '--yes', '--no-install-recommends', ...packages, ...known);
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
