/** One setting: how it is given and what `--help` says of it. */
export interface SettingName {
  /** Option on the command line, without the dashes; some settings have none. */
  readonly flag?: string;
  /** Placeholder of the option's value; a switch has none. */
  readonly value?: string;
  readonly environment: string;
  readonly help: string;
}

export type SettingKey =
  | 'directory'
  | 'domain'
  | 'site'
  | 'bindDn'
  | 'bindPasswordFile'
  | 'bindPassword'
  | 'baseDn'
  | 'ca'
  | 'startTls'
  | 'allowPlainLdap'
  | 'connector'
  | 'pollSeconds'
  | 'busConnectionString'
  | 'busNamespace'
  | 'busClientId'
  | 'busTenantId'
  | 'busCertificateFile';

/** Every setting. The command line wins over the environment. A secret is never an option: other users can list those. */
export const settingNames: Readonly<Record<SettingKey, SettingName>> = {
  directory: {
    flag: 'directory',
    value: 'URL|FILE',
    environment: 'LOCKSTEP_DIRECTORY',
    help: 'ldaps://host[:636] or ldap://host[:389], several with commas between them, or the path of an LDIF file.',
  },
  domain: {
    flag: 'domain',
    value: 'NAME',
    environment: 'LOCKSTEP_DOMAIN',
    help: 'DNS name of a domain whose domain controllers DNS names; instead of --directory.',
  },
  site: {
    flag: 'site',
    value: 'NAME',
    environment: 'LOCKSTEP_SITE',
    help: 'Site whose domain controllers are tried first; only with --domain.',
  },
  bindDn: {
    flag: 'bind-dn',
    value: 'NAME',
    environment: 'LOCKSTEP_BIND_DN',
    help: 'Account to bind as: a DN, user@domain, or DOMAIN\\user. Required for LDAP.',
  },
  bindPasswordFile: {
    flag: 'bind-password-file',
    value: 'FILE',
    environment: 'LOCKSTEP_BIND_PASSWORD_FILE',
    help: "File with the account's password, read at each sign-in; a newline at its end does not count.",
  },
  bindPassword: {
    environment: 'LOCKSTEP_BIND_PASSWORD',
    help: 'The password itself, where a file will not do.',
  },
  baseDn: {
    flag: 'base-dn',
    value: 'DN',
    environment: 'LOCKSTEP_BASE_DN',
    help: "Naming context to read. Default: the server's domain.",
  },
  ca: {
    flag: 'ca',
    value: 'FILE',
    environment: 'LOCKSTEP_CA',
    help: "PEM file of the authority that issued the server's certificate. Default: the system's authorities.",
  },
  startTls: {
    flag: 'start-tls',
    environment: 'LOCKSTEP_START_TLS',
    help: 'Turn an ldap:// connection (of a domain: port 389) into TLS before anything else.',
  },
  allowPlainLdap: {
    flag: 'allow-plain-ldap',
    environment: 'LOCKSTEP_ALLOW_PLAIN_LDAP',
    help: 'Allow ldap:// without TLS, to a loopback address only.',
  },
  connector: {
    flag: 'connector',
    value: 'NAME',
    environment: 'LOCKSTEP_CONNECTOR',
    help: "Name of this directory in the cloud: a-z 0-9 . - Default: the domain's DNS name.",
  },
  pollSeconds: {
    flag: 'poll-seconds',
    value: 'N',
    environment: 'LOCKSTEP_POLL_SECONDS',
    help: 'Seconds between two reads when the directory does not notify (1 to 3600). Default: 30.',
  },
  busConnectionString: {
    environment: 'LockstepBus',
    help: 'Service Bus connection string (emulator and trials).',
  },
  busNamespace: {
    flag: 'bus-namespace',
    value: 'NAME',
    environment: 'LockstepBus__fullyQualifiedNamespace',
    help: 'Service Bus namespace, such as contoso.servicebus.windows.net; signs in as a managed identity or with a certificate.',
  },
  busClientId: {
    flag: 'bus-client-id',
    value: 'ID',
    environment: 'LockstepBus__clientId',
    help: 'Client id of a user-assigned identity, or of the application that the certificate belongs to.',
  },
  busTenantId: {
    flag: 'bus-tenant-id',
    value: 'ID',
    environment: 'LockstepBus__tenantId',
    help: 'Tenant of the application; only with a certificate.',
  },
  busCertificateFile: {
    flag: 'bus-certificate',
    value: 'FILE',
    environment: 'LockstepBus__certificateFile',
    help: 'PEM file with certificate and private key of the application.',
  },
};

/** The setting as an operator knows it: `--bind-dn (LOCKSTEP_BIND_DN)`. */
export function labelOf(key: SettingKey): string {
  const setting = settingNames[key];
  return setting.flag === undefined ? setting.environment : `--${setting.flag} (${setting.environment})`;
}

/** The text of `--help`. */
export function helpText(): string {
  const lines = Object.values(settingNames).map((setting) => {
    const option = setting.flag === undefined ? '' : `--${setting.flag}${setting.value ? ` ${setting.value}` : ''}`;
    return `  ${option.padEnd(30)}${setting.environment}\n      ${setting.help}`;
  });
  return [
    'lockstep-relay: streams the changes of one directory to Service Bus.',
    '',
    'Each setting is an option, an environment variable, or both; the option wins.',
    '',
    ...lines,
    `  ${'--help'.padEnd(30)}\n      Show this text.`,
    '',
    'Log: one JSON object a line on standard error. Ends with 0 after SIGTERM or SIGINT, with 2 when it cannot start as',
    'it is set up (codes LS1001 to LS1104 and LS12xx), with 1 after a fault of its own.',
    '',
  ].join('\n');
}
