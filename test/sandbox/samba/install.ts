import { ensure, installPackages } from '../machine/packages.ts';
import { runCommand } from '../machine/run-command.ts';
import { systemPython } from './pristine.ts';

/** What an instance is started with: the server, its database and provisioning, and certificates. */
const packages: readonly string[] = ['samba', 'samba-dsdb-modules', 'samba-vfs-modules', 'python3-samba', 'openssl'];
/** Debian 12 and Ubuntu 23.04 took the provisioning files out of `samba`; earlier releases have no such package. */
const laterPackage = 'samba-ad-provision';

/** What to type where Samba is missing. */
export const instruction: string = ['Install Samba: apt-get install', ...packages, laterPackage].join(' ');

/** Sees to it that domain controllers can be started on this machine; `true` when they can, else what a person is to do. */
export async function ensureSambaInstalled(): Promise<true | string> {
  if (process.platform !== 'linux') return 'Samba domain controllers run on Linux only.';
  if (process.getuid?.() !== 0) return 'Samba domain controllers need root, because the ports of LDAP are below 1024.';
  return ensure({ instruction, isThere: isSambaUsable, install: () => installPackages(packages, [laterPackage]) });
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
