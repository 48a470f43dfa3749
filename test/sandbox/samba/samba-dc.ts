import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { issueCertificates } from './certificates.ts';
import { startDaemon } from './daemon.ts';
import type { Daemon } from './daemon.ts';
import { unusedLoopbackAddress } from './loopback-address.ts';
import { settingsOf } from './options.ts';
import type { SambaOptions, SambaSettings } from './options.ts';
import {
  adminPasswordFile,
  defaultCacheDir,
  pristineDomain,
  syncAccount,
  syncPasswordFile,
  systemPython,
} from './pristine.ts';
import { runCommand } from '../machine/run-command.ts';
import { smbConf } from './smb-conf.ts';

/** A running Samba domain controller. */
export interface SambaDc {
  readonly address: string;
  /** `ldaps://address:636`. */
  readonly ldapsUrl: string;
  /** `ldap://address:389`; a simple bind there needs StartTLS first. */
  readonly ldapUrl: string;
  /** Naming context of the domain, as `DC=contoso,DC=test`. */
  readonly baseDn: string;
  readonly realm: string;
  /** PEM file of the authority that issued the server's certificate (names: host, domain, localhost, the address). */
  readonly caFile: string;
  readonly adminDn: string;
  readonly adminUpn: string;
  /** File (0600) with Administrator's password and a newline. */
  readonly adminPasswordFile: string;
  /** The account to sync with: Replicating Directory Changes, and sight of Deleted Objects; no password hashes. */
  readonly bindDn: string;
  readonly bindUpn: string;
  /** File (0600) with its password and a newline. */
  readonly bindPasswordFile: string;
  readonly pid: number;
  readonly smbConf: string;
  /**
   * Applies LDIF to the directory in one transaction, past the server. Every DN must exist when it
   * is referred to: links come after their targets. Watchers of the server notice within 5 s, searches at once.
   * @throws Error that names the refused record; nothing is applied then.
   */
  bulkLoad(ldifText: string): Promise<void>;
  /** Ends the server; its data stays in the folder. */
  stop(): Promise<void>;
  /** Ends the server and deletes its folder. */
  wipe(): Promise<void>;
}

const bulkLoadScript = join(import.meta.dirname, 'python/bulk_load.py');

/** Written last into an instance's folder: without it the folder holds at most the start of a copy. */
const markerFile = 'instance.json';
const marker = z.object({ realm: z.string(), domain: z.string(), host: z.string() });

/** Everything that a start puts into an instance's folder. */
const ownFolders: readonly string[] = ['bind-dns', 'cache', 'etc', 'log', 'private', 'run', 'secrets', 'state', 'tls'];

/**
 * Starts a Samba domain controller in `options.dir` and returns when it answers over LDAPS: within a second when a domain
 * of these names was provisioned before, about 4 s the first time. It needs root (LDAP's ports are below 1024) and ends
 * with this process. Instances of the same names are copies: they share the domain's SID, its objectGUIDs, its passwords
 * and the invocationId, so to a client they look like one domain controller at different points of its history.
 *
 * @throws Error when an option makes no sense, the folder holds an instance with other names, or Samba does not start.
 */
export async function startSamba(options: SambaOptions): Promise<SambaDc> {
  const settings = settingsOf(options);
  const log = options.log ?? (() => undefined);
  await makeInstance(settings, options.cacheDir ?? defaultCacheDir(), log);
  const address = settings.address ?? (await unusedLoopbackAddress());
  const { dir, host, realm } = settings;
  const caFile = await issueCertificates(dir, { address, host, dnsDomain: realm.toLowerCase() });
  const conf = join(dir, 'etc/smb.conf');
  await writeFile(conf, smbConf({ ...settings, address }));
  const ldapsUrl = `ldaps://${address}:636`;
  const daemon = await startDaemon({
    conf,
    model: settings.model,
    logFile: join(dir, 'log/samba.log'),
    ldapsUrl,
    ca: await readFile(caFile, 'utf8'),
  });
  log(`Samba serves ${realm} on ${ldapsUrl}, process ${daemon.pid}`);
  return describeDc(settings, address, { daemon, conf, caFile });
}

function describeDc(
  settings: SambaSettings,
  address: string,
  running: { readonly daemon: Daemon; readonly conf: string; readonly caFile: string },
): SambaDc {
  const { dir, realm } = settings;
  const { daemon, conf, caFile } = running;
  const dnsDomain = realm.toLowerCase();
  const baseDn = dnsDomain
    .split('.')
    .map((label) => `DC=${label}`)
    .join(',');
  return {
    address,
    ldapsUrl: `ldaps://${address}:636`,
    ldapUrl: `ldap://${address}:389`,
    baseDn,
    realm,
    caFile,
    adminDn: `CN=Administrator,CN=Users,${baseDn}`,
    adminUpn: `Administrator@${dnsDomain}`,
    adminPasswordFile: join(dir, adminPasswordFile),
    bindDn: `CN=${syncAccount},CN=Users,${baseDn}`,
    bindUpn: `${syncAccount}@${dnsDomain}`,
    bindPasswordFile: join(dir, syncPasswordFile),
    pid: daemon.pid,
    smbConf: conf,
    async bulkLoad(ldifText) {
      await runCommand(systemPython, ['-B', bulkLoadScript, conf], { input: ldifText });
    },
    stop: () => daemon.stop(),
    async wipe() {
      await daemon.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Puts a copy of the provisioned domain into the instance's folder unless it holds one already. */
async function makeInstance(settings: SambaSettings, cacheDir: string, log: (line: string) => void): Promise<void> {
  const { dir, realm, domain, host } = settings;
  const present = await readFile(join(dir, markerFile), 'utf8').catch(() => undefined);
  if (present !== undefined) {
    await checkInstance(settings, present);
    return;
  }
  const source = await pristineDomain(cacheDir, settings, log);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  for (const folder of ownFolders) await rm(join(dir, folder), { recursive: true, force: true });
  // cp keeps modes and the extended attributes in which the system volume has its access control lists.
  await runCommand('cp', ['--archive', '--reflink=auto', `${source}/.`, dir]);
  for (const folder of ['log', 'run', 'tls']) await mkdir(join(dir, folder), { recursive: true, mode: 0o700 });
  await writeFile(join(dir, markerFile), JSON.stringify({ realm, domain, host }));
}

async function checkInstance(settings: SambaSettings, present: string): Promise<void> {
  const { realm, domain, host } = marker.parse(JSON.parse(present));
  if (realm !== settings.realm || domain !== settings.domain || host !== settings.host) {
    throw new Error(
      `${settings.dir} holds the domain controller ${host} of ${realm} (${domain}), not the one asked for.`,
    );
  }
  if (settings.adminPassword === undefined) return;
  const kept = await readFile(join(settings.dir, adminPasswordFile), 'utf8');
  if (kept.trimEnd() !== settings.adminPassword) {
    throw new Error(`${settings.dir} holds a domain controller with another password for Administrator.`);
  }
}
