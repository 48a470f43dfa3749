/** One setting: how it is given and what `--help` says of it. */
export interface SettingName {
  /** Option on the command line, without the dashes; some settings have none. */
  readonly flag?: string;
  /** Placeholder of the option's value; a switch has none. */
  readonly value?: string;
  readonly environment: string;
  readonly help: string;
  /** What it is said of: one directory, or the relay as a whole. */
  readonly of: 'directory' | 'relay';
  /** It may have several values; in one text they stand with this between them. */
  readonly separator?: ',' | ';';
  /** It never stands in a file of settings. */
  readonly secret?: true;
}

export type SettingKey =
  | 'config'
  | 'directory'
  | 'domain'
  | 'site'
  | 'bindDn'
  | 'bindPasswordFile'
  | 'bindPassword'
  | 'bindPasswordVault'
  | 'bindPasswordProtected'
  | 'kerberos'
  | 'baseDn'
  | 'include'
  | 'exclude'
  | 'filter'
  | 'pilotGroup'
  | 'acceptScope'
  | 'writeConsistencyGuid'
  | 'ca'
  | 'startTls'
  | 'allowPlainLdap'
  | 'connector'
  | 'pollSeconds'
  | 'busConnectionString'
  | 'busNamespace'
  | 'busClientId'
  | 'busTenantId'
  | 'busCertificateFile'
  | 'busFederatedTokenFile'
  | 'webSockets'
  | 'proxy'
  | 'proxyPasswordFile'
  | 'healthPort'
  | 'controlFile';

/** Every setting. The command line wins over the environment. A secret is never an option: other users can list those. */
export const settingNames: Readonly<Record<SettingKey, SettingName>> = {
  config: {
    flag: 'config',
    value: 'FILE',
    environment: 'LOCKSTEP_CONFIG',
    help: 'YAML file of settings, by the names that relay.schema.json lists; options and the environment win over it.',
    of: 'relay',
  },
  directory: {
    flag: 'directory',
    value: 'URL|FILE',
    environment: 'LOCKSTEP_DIRECTORY',
    help: 'ldaps://host[:636] or ldap://host[:389], several with commas between them, or the path of an LDIF file.',
    of: 'directory',
    separator: ',',
  },
  domain: {
    flag: 'domain',
    value: 'NAME',
    environment: 'LOCKSTEP_DOMAIN',
    help: 'DNS name of a domain whose domain controllers DNS names; instead of --directory.',
    of: 'directory',
  },
  site: {
    flag: 'site',
    value: 'NAME',
    environment: 'LOCKSTEP_SITE',
    help: 'Site whose domain controllers are tried first; only with --domain.',
    of: 'directory',
  },
  bindDn: {
    flag: 'bind-dn',
    value: 'NAME',
    environment: 'LOCKSTEP_BIND_DN',
    help: 'Account to bind as: a DN, user@domain, or DOMAIN\\user. Required for LDAP.',
    of: 'directory',
  },
  bindPasswordFile: {
    flag: 'bind-password-file',
    value: 'FILE',
    environment: 'LOCKSTEP_BIND_PASSWORD_FILE',
    help: "File with the account's password, read at each sign-in; a newline at its end does not count.",
    of: 'directory',
  },
  bindPassword: {
    environment: 'LOCKSTEP_BIND_PASSWORD',
    help: 'The password itself, where a file will not do.',
    of: 'directory',
    secret: true,
  },
  bindPasswordVault: {
    flag: 'bind-password-vault',
    value: 'URL',
    environment: 'LOCKSTEP_BIND_PASSWORD_VAULT',
    help: 'Address of a secret in Key Vault, https://NAME.vault.azure.net/secrets/NAME, read as the identity that is used for the bus.',
    of: 'directory',
  },
  bindPasswordProtected: {
    flag: 'bind-password-protected',
    value: 'FILE',
    environment: 'LOCKSTEP_BIND_PASSWORD_PROTECTED',
    help: 'File with the password as Windows data protection (DPAPI) encrypted it on this machine, in base64.',
    of: 'directory',
  },
  kerberos: {
    flag: 'kerberos',
    environment: 'LOCKSTEP_KERBEROS',
    help: 'Sign in by Kerberos as whoever runs the relay, instead of --bind-dn; needs the npm package kerberos beside the program.',
    of: 'directory',
  },
  baseDn: {
    flag: 'base-dn',
    value: 'DN',
    environment: 'LOCKSTEP_BASE_DN',
    help: "Naming context to read. Default: the server's domain.",
    of: 'directory',
  },
  include: {
    flag: 'include',
    value: 'DN|GUID;…',
    environment: 'LOCKSTEP_INCLUDE',
    help: 'Containers whose objects are synchronised, by DN or objectGUID, several with ; between them. Default: all.',
    of: 'directory',
    separator: ';',
  },
  exclude: {
    flag: 'exclude',
    value: 'DN|GUID;…',
    environment: 'LOCKSTEP_EXCLUDE',
    help: 'Containers whose objects are not; of two above an object, the nearer one decides.',
    of: 'directory',
    separator: ';',
  },
  filter: {
    flag: 'filter',
    value: 'FILTER',
    environment: 'LOCKSTEP_FILTER',
    help: 'LDAP filter that objects have to match.',
    of: 'directory',
  },
  pilotGroup: {
    flag: 'pilot-group',
    value: 'DN|GUID',
    environment: 'LOCKSTEP_PILOT_GROUP',
    help: 'Group whose direct members are synchronised, and nobody else.',
    of: 'directory',
  },
  acceptScope: {
    flag: 'accept-scope',
    value: 'NAME',
    environment: 'LOCKSTEP_ACCEPT_SCOPE',
    help: 'Use the scope of that name (LS1113 gives it) although objects leave it.',
    of: 'directory',
  },
  writeConsistencyGuid: {
    flag: 'write-consistency-guid',
    environment: 'LOCKSTEP_WRITE_CONSISTENCY_GUID',
    help: 'Write the objectGUID of users that have no mS-DS-ConsistencyGuid there; needs the right to write that attribute.',
    of: 'directory',
  },
  ca: {
    flag: 'ca',
    value: 'FILE',
    environment: 'LOCKSTEP_CA',
    help: "PEM file of the authority that issued the server's certificate. Default: the system's authorities.",
    of: 'directory',
  },
  startTls: {
    flag: 'start-tls',
    environment: 'LOCKSTEP_START_TLS',
    help: 'Turn an ldap:// connection (of a domain: port 389) into TLS before anything else.',
    of: 'directory',
  },
  allowPlainLdap: {
    flag: 'allow-plain-ldap',
    environment: 'LOCKSTEP_ALLOW_PLAIN_LDAP',
    help: 'Allow ldap:// without TLS, to a loopback address only.',
    of: 'directory',
  },
  connector: {
    flag: 'connector',
    value: 'NAME',
    environment: 'LOCKSTEP_CONNECTOR',
    help: "Name of this directory in the cloud: a-z 0-9 . - Default: the domain's DNS name.",
    of: 'directory',
  },
  pollSeconds: {
    flag: 'poll-seconds',
    value: 'N',
    environment: 'LOCKSTEP_POLL_SECONDS',
    help: 'Seconds between two reads when the directory does not notify (1 to 3600). Default: 30.',
    of: 'directory',
  },
  busConnectionString: {
    environment: 'LockstepBus',
    help: 'Service Bus connection string (emulator and trials).',
    of: 'relay',
    secret: true,
  },
  busNamespace: {
    flag: 'bus-namespace',
    value: 'NAME',
    environment: 'LockstepBus__fullyQualifiedNamespace',
    help: 'Service Bus namespace, such as contoso.servicebus.windows.net; signs in as a managed identity, with a certificate or a token.',
    of: 'relay',
  },
  busClientId: {
    flag: 'bus-client-id',
    value: 'ID',
    environment: 'LockstepBus__clientId',
    help: 'Client id of a user-assigned identity, or of the application that the certificate or token belongs to.',
    of: 'relay',
  },
  busTenantId: {
    flag: 'bus-tenant-id',
    value: 'ID',
    environment: 'LockstepBus__tenantId',
    help: 'Tenant of the application; only with a certificate or a token.',
    of: 'relay',
  },
  busCertificateFile: {
    flag: 'bus-certificate',
    value: 'FILE',
    environment: 'LockstepBus__certificateFile',
    help: 'PEM file with certificate and private key of the application.',
    of: 'relay',
  },
  busFederatedTokenFile: {
    flag: 'bus-federated-token',
    value: 'FILE',
    environment: 'LockstepBus__federatedTokenFile',
    help: 'File with a token of this machine that the application trusts; read whenever one is needed.',
    of: 'relay',
  },
  webSockets: {
    flag: 'web-sockets',
    environment: 'LOCKSTEP_WEB_SOCKETS',
    help: 'Reach Service Bus over WebSockets on port 443 instead of AMQP on port 5671.',
    of: 'relay',
  },
  proxy: {
    flag: 'proxy',
    value: 'URL',
    environment: 'LOCKSTEP_PROXY',
    help: 'HTTP proxy for everything outside, http://[user@]host:port; includes --web-sockets.',
    of: 'relay',
  },
  proxyPasswordFile: {
    flag: 'proxy-password-file',
    value: 'FILE',
    environment: 'LOCKSTEP_PROXY_PASSWORD_FILE',
    help: "File with the password of the proxy's user.",
    of: 'relay',
  },
  healthPort: {
    flag: 'health-port',
    value: 'N',
    environment: 'LOCKSTEP_HEALTH_PORT',
    help: 'Port on the loopback interface that answers /healthz and /metrics. Default: none.',
    of: 'relay',
  },
  controlFile: {
    flag: 'control-file',
    value: 'FILE',
    environment: 'LOCKSTEP_CONTROL_FILE',
    help: 'File in which the running relay leaves its local address and key for "status" and "resync". Default: none.',
    of: 'relay',
  },
};

/** The setting as an operator knows it: `--bind-dn (LOCKSTEP_BIND_DN)`. */
export function labelOf(key: SettingKey): string {
  const setting = settingNames[key];
  return setting.flag === undefined ? setting.environment : `--${setting.flag} (${setting.environment})`;
}
