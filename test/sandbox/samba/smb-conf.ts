import { join } from 'node:path';

export interface SmbConfInput {
  /** Folder of the instance; every path of the server lies below it. */
  readonly dir: string;
  readonly address: string;
  readonly realm: string;
  readonly domain: string;
  readonly host: string;
  /** More lines for the section [global], as `old password allowed period = 0`. */
  readonly extraConfig: readonly string[];
}

/**
 * The configuration that provisioning starts from. Without one it would inherit the machine's own /etc/samba/smb.conf,
 * with its printers, its PAM rules and its paths below /var.
 */
export function provisioningConf(input: Pick<SmbConfInput, 'address' | 'host'>): string {
  return section('global', [...identity(input), 'ldb:nosync = true']);
}

/** The whole smb.conf of a running instance: everything below its folder, one address, only the services of a directory. */
export function smbConf(input: SmbConfInput): string {
  const { dir } = input;
  const sysvol = join(dir, 'state/sysvol');
  const global = section('global', [
    ...identity(input),
    `workgroup = ${input.domain}`,
    `realm = ${input.realm}`,
    'server role = active directory domain controller',
    'server services = ldap, cldap, rpc, kdc',
    'dcerpc endpoint servers = epmapper, samr, lsarpc, netlogon, drsuapi, dssetup',
    'disable netbios = yes',
    ...paths(dir),
    'log level = 1',
    'tls enabled = yes',
    `tls keyfile = ${join(dir, 'tls/server-key.pem')}`,
    `tls certfile = ${join(dir, 'tls/server.pem')}`,
    `tls cafile = ${join(dir, 'tls/ca.pem')}`,
    'tls verify peer = no_check',
    'idmap_ldb:use rfc2307 = yes',
    // The directory is a throw-away: losing it with the power is fine, and without fsync a write takes half the time.
    'ldb:nosync = true',
    ...input.extraConfig,
  ]);
  // A domain controller refuses to start without its two shares, though nothing here serves files.
  const shares = [
    section('sysvol', [`path = ${sysvol}`, 'read only = no']),
    section('netlogon', [`path = ${join(sysvol, input.realm.toLowerCase(), 'scripts')}`, 'read only = no']),
  ];
  return [global, ...shares].join('\n');
}

function identity(input: Pick<SmbConfInput, 'address' | 'host'>): string[] {
  return [
    `netbios name = ${input.host.toUpperCase()}`,
    // The mask of the whole loopback network is needed: given the bare address (or /32) Samba binds nothing, silently.
    `interfaces = ${input.address}/8`,
    'bind interfaces only = yes',
  ];
}

function paths(dir: string): string[] {
  return [
    `binddns dir = ${join(dir, 'bind-dns')}`,
    `cache directory = ${join(dir, 'cache')}`,
    `lock directory = ${dir}`,
    `private dir = ${join(dir, 'private')}`,
    `state directory = ${join(dir, 'state')}`,
    `pid directory = ${join(dir, 'run')}`,
    `ncalrpc dir = ${join(dir, 'run/ncalrpc')}`,
    `winbindd socket directory = ${join(dir, 'run/winbindd')}`,
    `ntp signd socket directory = ${join(dir, 'run/ntp_signd')}`,
    `log file = ${join(dir, 'log/log.%m')}`,
  ];
}

function section(name: string, lines: readonly string[]): string {
  return [`[${name}]`, ...lines.map((line) => `\t${line}`), ''].join('\n');
}
