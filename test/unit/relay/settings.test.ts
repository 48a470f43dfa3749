import { Ajv } from 'ajv';
import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configFileSchema } from '../../../onprem-relay/settings/config-file.ts';
import { helpText } from '../../../onprem-relay/commands/commands.ts';
import { settingNames } from '../../../onprem-relay/settings/names.ts';
import {
  readSettings,
  SettingsError,
  type ConnectorSettings,
  type RelaySettings,
} from '../../../onprem-relay/settings/read-settings.ts';
import type { LockstepError } from '../../../shared/errors/lockstep-error.ts';

const ofKind = (kind: string): string =>
  rootCertificates.find((one) => new X509Certificate(one).publicKey.asymmetricKeyType === kind) ?? '';
const certificate = ofKind('rsa');
const key = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----';
const files: Readonly<Record<string, string>> = {
  'estate.ldif': '',
  '/etc/estate one.ldif': '',
  password: 'hunter2\n',
  'windows-password': 'hunter2\r\n',
  'long-password': ' hunter2\n\n',
  'empty-password': '\n',
  'ca.pem': `# a bundle\n${certificate}\n${certificate}`,
  'not-a-ca.pem': 'hello',
  'broken-ca.pem': '-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----',
  'relay.yaml': `
# Both forests of Contoso
busNamespace: contoso.servicebus.windows.net
healthPort: 7389
bindPasswordFile: password
pollSeconds: 60
directories:
  - domain: contoso.test
    bindDn: sync@contoso.test
  - directory: [ldap://dc1.fabrikam.test, ldap://dc2.fabrikam.test]
    startTls: true
    bindDn: sync@fabrikam.test
    connector: fabrikam
    pollSeconds: 10
`,
  'one.yaml': 'directory: estate.ldif\nconnector: of-the-file\n',
  'broken.yaml': 'directory: [estate.ldif\nconnector: x',
  'wrong.yaml': 'directory: estate.ldif\nbindPassword: hunter2\nconector: x\ndirectories: 3\nca: {}\n',
  'list.yaml': '- directory: estate.ldif',
  'app.pem': `${key}\n${certificate}`,
  'ec-app.pem': `${key}\n${ofKind('ec')}`,
  token: 'a.b.c\n',
  'broken-app.pem': `${key}\n-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----`,
};
const readFile = (path: string): string => {
  const text = files[path];
  if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  return text;
};

type Environment = Readonly<Record<string, string | undefined>>;
const bus: Environment = { LockstepBus: 'Endpoint=sb://127.0.0.1;SharedAccessKeyName=n;SharedAccessKey=hunter2' };
const ldif: Environment = { ...bus, LOCKSTEP_DIRECTORY: 'estate.ldif' };
const ldap: Environment = {
  ...bus,
  LOCKSTEP_DIRECTORY: 'ldaps://dc1.contoso.test',
  LOCKSTEP_BIND_DN: 'sync@contoso.test',
  LOCKSTEP_BIND_PASSWORD: 'hunter2',
};
const clientId = '00000001-0000-4000-8000-000000000000';

function readAll(environment: Environment, ...args: readonly string[]): RelaySettings {
  return readSettings(args, environment, readFile);
}

/** The settings of a relay that reads one directory. */
function read(environment: Environment, ...args: readonly string[]): ConnectorSettings & RelaySettings {
  const settings = readAll(environment, ...args);
  const [only, ...others] = settings.connectors;
  if (only === undefined || others.length > 0) throw new Error('The relay reads one directory here.');
  return { ...settings, ...only };
}

function mistakes(environment: Environment, ...args: readonly string[]): readonly LockstepError[] {
  try {
    read(environment, ...args);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    for (const each of error.errors) {
      expect(each.remedy).not.toBe('');
      expect(each.object).not.toBe('');
      expect(`${each.message} ${each.remedy} ${each.object ?? ''}`).not.toMatch(/hunter2|c2VjcmV0/);
    }
    return error.errors;
  }
  throw new Error('The settings were taken.');
}

describe("the relay's settings", () => {
  it('for a file need the file and the bus', () => {
    expect(readAll(ldif)).toEqual({
      connectors: [{ directory: { kind: 'ldif', path: 'estate.ldif' }, connector: undefined, pollMs: 30_000 }],
      bus: { connectionString: bus['LockstepBus'], route: { webSockets: false } },
      healthPort: undefined,
      controlFile: undefined,
    });
  });

  it('may name the file by an address', () => {
    const { directory } = read({ ...bus, LOCKSTEP_DIRECTORY: 'file:///etc/estate%20one.ldif' });
    expect(directory).toEqual({ kind: 'ldif', path: '/etc/estate one.ldif' });
  });

  it('for LDAP need address, account and password', () => {
    expect(read(ldap).directory).toEqual({
      kind: 'ldap',
      servers: [{ host: 'dc1.contoso.test', port: 636, security: 'tls', ca: undefined }],
      account: { bindDn: 'sync@contoso.test', password: { text: 'hunter2' } },
      baseDn: undefined,
      writeAnchors: false,
    });
    expect(read(ldap, '--write-consistency-guid').directory).toMatchObject({ writeAnchors: true });
  });

  it('may limit what is read, with lists in one text or in the file', () => {
    const scope = { include: ['OU=A\\;B,DC=x', 'OU=D,DC=x'], exclude: [], filter: '(mail=*)' };
    const text = { LOCKSTEP_INCLUDE: ` ${scope.include.join(' ; ')};`, LOCKSTEP_FILTER: scope.filter };
    expect(read({ ...ldap, ...text, LOCKSTEP_ACCEPT_SCOPE: '0a1b2c3d' }).directory).toMatchObject({
      scope,
      acceptScope: '0a1b2c3d',
    });
    expect(read({ ...ldap, LOCKSTEP_PILOT_GROUP: 'CN=P,DC=x' }).directory).toMatchObject({
      scope: { include: [], exclude: [], pilotGroup: 'CN=P,DC=x' },
    });
    expect(read(ldap).directory).toMatchObject({ scope: undefined });
  });

  it.each<[string, Environment, object]>([
    ['ldaps://dc1:1636', {}, { host: 'dc1', port: 1636, security: 'tls' }],
    ['LDAPS://dc1/', {}, { host: 'dc1', port: 636, security: 'tls' }],
    ['ldaps://[2001:db8::1]', {}, { host: '2001:db8::1', port: 636, security: 'tls' }],
    ['ldap://dc1', { LOCKSTEP_START_TLS: 'true' }, { port: 389, security: 'start-tls' }],
    ['ldap://dc1', { LOCKSTEP_START_TLS: '1', LOCKSTEP_ALLOW_PLAIN_LDAP: '1' }, { security: 'start-tls' }],
    ['ldap://127.0.0.1', { LOCKSTEP_ALLOW_PLAIN_LDAP: 'true' }, { host: '127.0.0.1', security: 'plain' }],
    ['ldap://localhost:3389', { LOCKSTEP_ALLOW_PLAIN_LDAP: '1' }, { port: 3389, security: 'plain' }],
    ['ldap://[::1]', { LOCKSTEP_ALLOW_PLAIN_LDAP: 'TRUE' }, { host: '::1', security: 'plain' }],
  ])('reach %s with %j', (address, more, expected) => {
    expect(read({ ...ldap, ...more, LOCKSTEP_DIRECTORY: address }).directory).toMatchObject({ servers: [expected] });
  });

  it('name the file with the password, and leave it unread', () => {
    const environment = { ...ldap, LOCKSTEP_BIND_PASSWORD: '', LOCKSTEP_BIND_PASSWORD_FILE: 'password' };
    expect(read(environment).directory).toMatchObject({ account: { password: { file: 'password' } } });
  });

  it('name several domain controllers, or a domain whose domain controllers DNS names', () => {
    expect(read({ ...ldap, LOCKSTEP_DIRECTORY: 'ldaps://dc1, ldaps://dc2:1636' }).directory).toMatchObject({
      servers: [
        { host: 'dc1', port: 636 },
        { host: 'dc2', port: 1636 },
      ],
    });
    const domain = { ...ldap, LOCKSTEP_DIRECTORY: '', LOCKSTEP_DOMAIN: 'contoso.test' };
    expect(read(domain, '--site', 'Zurich', '--ca', 'ca.pem').directory).toMatchObject({
      servers: { domain: 'contoso.test', site: 'Zurich', security: 'tls', ca: files['ca.pem'] },
    });
    expect(read(domain, '--start-tls').directory).toMatchObject({ servers: { security: 'start-tls' } });
  });

  it('let an option win over the environment, and an empty variable be none', () => {
    const environment = { ...ldif, LOCKSTEP_CONNECTOR: 'one', LOCKSTEP_POLL_SECONDS: '60', LOCKSTEP_BASE_DN: '' };
    expect(read(environment, '--connector', 'two.test', '--poll-seconds=5')).toMatchObject({
      connector: 'two.test',
      pollMs: 5_000,
    });
    expect(read(environment)).toMatchObject({ connector: 'one', pollMs: 60_000 });
  });

  it('take a switch as it is written', () => {
    const environment = { ...ldap, LOCKSTEP_DIRECTORY: 'ldap://127.0.0.1' };
    expect(read(environment, '--allow-plain-ldap').directory).toMatchObject({ servers: [{ security: 'plain' }] });
    expect(read(environment, '--allow-plain-ldap=true').directory).toMatchObject({ servers: [{ security: 'plain' }] });
    expect(mistakes(environment, '--allow-plain-ldap=false').map(({ code }) => code)).toEqual(['LS1003']);
    expect(mistakes(environment, '--allow-plain-ldap=perhaps')[0]?.message).toContain('--allow-plain-ldap');
  });

  it('reach Service Bus over WebSockets, and by a proxy over nothing else', () => {
    expect(read(ldif, '--web-sockets').bus.route).toEqual({ webSockets: true });
    const proxy = ['--proxy', 'http://relay@proxy.contoso.test:8080', '--proxy-password-file', 'password'];
    expect(read(ldif, ...proxy).bus.route).toEqual({
      webSockets: true,
      proxy: { url: 'http://relay@proxy.contoso.test:8080', password: 'hunter2' },
    });
  });

  it('take the password from Key Vault, as whom the bus is used, or from what Windows encrypted', () => {
    const others = { ...ldap, LOCKSTEP_BIND_PASSWORD: '' };
    const vaultSecret = 'https://contoso.vault.azure.net/secrets/relay';
    expect(read(others, '--bind-password-vault', vaultSecret).directory).toMatchObject({
      account: { password: { vaultSecret, identity: { kind: 'managed-identity' } } },
    });
    const federated = ['--bus-client-id', clientId, '--bus-tenant-id', 't', '--bus-federated-token', 'token'];
    expect(read(others, '--bind-password-vault', vaultSecret, ...federated).directory).toMatchObject({
      account: {
        password: { vaultSecret, identity: { kind: 'federated', clientId, tenantId: 't', tokenFile: 'token' } },
      },
    });
    expect(read(others, '--bind-password-protected', 'password').directory).toMatchObject({
      account: { password: { protectedFile: 'password' } },
    });
  });

  it('sign in by Kerberos instead, without name and password', () => {
    const kerberos = { ...bus, LOCKSTEP_DIRECTORY: 'ldaps://dc1.contoso.test' };
    expect(read(kerberos, '--kerberos').directory).toMatchObject({ account: 'kerberos' });
    expect(mistakes(ldap, '--kerberos').map(({ message }) => message)).toEqual([
      expect.stringMatching(/^--kerberos .*contradicts --bind-dn .*and LOCKSTEP_BIND_PASSWORD/) as unknown,
    ]);
  });

  it('reach Service Bus as a managed identity, or as an application with a certificate', () => {
    const namespace = {
      LOCKSTEP_DIRECTORY: 'estate.ldif',
      LockstepBus__fullyQualifiedNamespace: 'contoso.servicebus.windows.net',
    };
    expect(read(namespace).bus).toEqual({
      fullyQualifiedNamespace: 'contoso.servicebus.windows.net',
      identity: { kind: 'managed-identity', clientId: undefined },
      route: { webSockets: false },
    });
    expect(read(namespace, '--bus-client-id', clientId).bus).toMatchObject({ identity: { clientId } });
    const application = [
      '--bus-client-id',
      clientId,
      '--bus-tenant-id',
      'contoso.test',
      '--bus-certificate',
      'app.pem',
    ];
    expect(read(namespace, ...application).bus).toMatchObject({
      identity: { kind: 'certificate', tenantId: 'contoso.test', clientId, pem: files['app.pem'] },
    });
  });

  it('trust the authorities of a file', () => {
    const { directory } = read(ldap, '--ca', 'ca.pem');
    expect(directory).toMatchObject({ servers: [{ ca: files['ca.pem'] }] });
  });

  it('may stand in a file, for several directories too, and options and the environment win over it', () => {
    const { connectors, healthPort, bus: address } = readAll({}, '--config', 'relay.yaml');
    expect(connectors).toMatchObject([
      {
        directory: { servers: { domain: 'contoso.test' }, account: { password: { file: 'password' } } },
        pollMs: 60_000,
      },
      {
        directory: { servers: [{ host: 'dc1.fabrikam.test', security: 'start-tls' }, { host: 'dc2.fabrikam.test' }] },
        connector: 'fabrikam',
        pollMs: 10_000,
      },
    ]);
    expect(healthPort).toBe(7389);
    expect(address).toMatchObject({ fullyQualifiedNamespace: 'contoso.servicebus.windows.net' });
    expect(read({ ...bus, LOCKSTEP_CONFIG: 'one.yaml' })).toMatchObject({ connector: 'of-the-file' });
    expect(read({ ...bus, LOCKSTEP_CONFIG: 'one.yaml' }, '--connector', 'x')).toMatchObject({ connector: 'x' });
    expect(read({ ...bus, LOCKSTEP_CONFIG: 'one.yaml', LOCKSTEP_CONNECTOR: 'y' })).toMatchObject({ connector: 'y' });
  });

  it('have a published schema that takes what is taken', () => {
    const validate = new Ajv({ strict: false }).compile(configFileSchema());
    expect(validate(parse(files['relay.yaml'] ?? ''))).toBe(true);
    expect(validate({ bindPassword: 'x' })).toBe(false);
    expect(validate({ directories: [{ busNamespace: 'x' }] })).toBe(false);
  });

  it('are all in the help', () => {
    for (const { flag, environment } of Object.values(settingNames)) {
      expect(helpText()).toContain(environment);
      if (flag !== undefined) expect(helpText()).toContain(`--${flag}`);
    }
  });
});

describe('a mistake in the settings', () => {
  const namespace = {
    LOCKSTEP_DIRECTORY: 'estate.ldif',
    LockstepBus__fullyQualifiedNamespace: 'contoso.servicebus.windows.net',
  };
  it.each<[string, Environment, string[], string, string]>([
    ['no directory', bus, [], 'LS1001', '--directory'],
    ['a scheme that is none of ours', { ...ldif, LOCKSTEP_DIRECTORY: 'https://dc1' }, [], 'LS1001', '--directory'],
    ['an address without a host', { ...ldap, LOCKSTEP_DIRECTORY: 'ldaps://' }, [], 'LS1001', '--directory'],
    ['an address with a path', { ...ldap, LOCKSTEP_DIRECTORY: 'ldaps://dc1/DC=contoso' }, [], 'LS1001', '--directory'],
    [
      'an address with a port that is none',
      { ...ldap, LOCKSTEP_DIRECTORY: 'ldaps://dc1:70000' },
      [],
      'LS1001',
      '--directory',
    ],
    [
      'an address with a user',
      { ...ldap, LOCKSTEP_DIRECTORY: 'ldaps://sync:hunter2@dc1' },
      [],
      'LS1001',
      '--directory',
    ],
    [
      'an address with a password only',
      { ...ldap, LOCKSTEP_DIRECTORY: 'ldap://:hunter2@dc1' },
      [],
      'LS1001',
      '--directory',
    ],
    ['a file address that is broken', { ...bus, LOCKSTEP_DIRECTORY: 'file:///a%zz' }, [], 'LS1001', '--directory'],
    ['a file that is not there', { ...bus, LOCKSTEP_DIRECTORY: 'gone.ldif' }, [], 'LS1002', 'gone.ldif'],
    ['plain LDAP', { ...ldap, LOCKSTEP_DIRECTORY: 'ldap://127.0.0.1' }, [], 'LS1003', 'ldap://127.0.0.1'],
    [
      'plain LDAP to another machine, allowed or not',
      { ...ldap, LOCKSTEP_DIRECTORY: 'ldap://dc1' },
      ['--allow-plain-ldap'],
      'LS1003',
      'ldap://dc1',
    ],
    [
      'plain LDAP to a name that only begins like this machine',
      { ...ldap, LOCKSTEP_DIRECTORY: 'ldap://127.0.0.1.evil.test' },
      ['--allow-plain-ldap'],
      'LS1003',
      'evil',
    ],
    ['a second address that is none', { ...ldap, LOCKSTEP_DIRECTORY: 'ldaps://dc1,dc2' }, [], 'LS1001', '--directory'],
    ['a directory and a domain', ldap, ['--domain', 'contoso.test'], 'LS1001', '--domain'],
    ['a domain that is none', { ...ldap, LOCKSTEP_DIRECTORY: '' }, ['--domain', 'contoso'], 'LS1001', '--domain'],
    ['a site without a domain', ldap, ['--site', 'Zurich'], 'LS1001', '--site'],
    ['StartTLS on LDAPS', ldap, ['--start-tls'], 'LS1001', '--start-tls'],
    ['no account', { ...ldap, LOCKSTEP_BIND_DN: '' }, [], 'LS1001', '--bind-dn'],
    ['no password', { ...ldap, LOCKSTEP_BIND_PASSWORD: '' }, [], 'LS1001', '--bind-password-file'],
    ['two passwords', ldap, ['--bind-password-file', 'password'], 'LS1001', 'LOCKSTEP_BIND_PASSWORD'],
    [
      'an empty password, which would bind as nobody',
      { ...ldap, LOCKSTEP_BIND_PASSWORD: '' },
      ['--bind-password-file', 'empty-password'],
      'LS1001',
      '--bind-password-file',
    ],
    [
      'a password file that is not there',
      { ...ldap, LOCKSTEP_BIND_PASSWORD: '' },
      ['--bind-password-file', 'gone'],
      'LS1002',
      'gone',
    ],
    ['a base DN that is none', ldap, ['--base-dn', 'contoso'], 'LS1001', '--base-dn'],
    ['an authority that is not there', ldap, ['--ca', 'gone.pem'], 'LS1002', 'gone.pem'],
    ['an authority that is no certificate', ldap, ['--ca', 'not-a-ca.pem'], 'LS1001', '--ca'],
    ['an authority that is broken', ldap, ['--ca', 'broken-ca.pem'], 'LS1001', '--ca'],
    ['a connector in upper case', ldif, ['--connector', 'Contoso'], 'LS1001', '--connector'],
    ['a connector that begins with a dot', ldif, ['--connector', '.contoso'], 'LS1001', '--connector'],
    ['a connector that is too long', ldif, ['--connector', 'x'.repeat(65)], 'LS1001', '--connector'],
    ['a poll of no time', ldif, ['--poll-seconds', '0'], 'LS1001', '--poll-seconds'],
    ['a poll of more than an hour', ldif, ['--poll-seconds', '3601'], 'LS1001', '--poll-seconds'],
    [
      'a certificate of another kind than Entra accepts',
      namespace,
      ['--bus-certificate', 'ec-app.pem', '--bus-tenant-id', 't', '--bus-client-id', clientId],
      'LS1001',
      '--bus-certificate',
    ],
    ['a proxy that is none', ldif, ['--proxy', 'proxy.contoso.test'], 'LS1001', '--proxy'],
    ['a password in the address of a proxy', ldif, ['--proxy', 'http://u:hunter2@proxy'], 'LS1001', '--proxy'],
    ['a password for no proxy', ldif, ['--proxy-password-file', 'password'], 'LS1001', '--proxy-password-file'],
    [
      'a password for nobody at a proxy',
      ldif,
      ['--proxy', 'http://proxy', '--proxy-password-file', 'password'],
      'LS1001',
      '--proxy',
    ],
    ['a password in two places', ldap, ['--bind-password-protected', 'password'], 'LS1001', 'LOCKSTEP_BIND_PASSWORD'],
    [
      'a vault over plain HTTP',
      { ...ldap, LOCKSTEP_BIND_PASSWORD: '' },
      ['--bind-password-vault', 'http://contoso.vault.azure.net/secrets/relay'],
      'LS1001',
      '--bind-password-vault',
    ],
    ['a filter that is none', ldap, ['--filter', '(mail=*'], 'LS1001', '--filter'],
    ['a filter on what nobody tells', ldap, ['--filter', '(memberOf=CN=x)'], 'LS1001', '--filter'],
    ['a scope of a file', ldif, ['--include', 'OU=A'], 'LS1001', '--include'],
    ['a poll in words', ldif, ['--poll-seconds', '5s'], 'LS1001', '--poll-seconds'],
    ['a switch that is neither', { ...ldap, LOCKSTEP_START_TLS: 'yes' }, [], 'LS1001', '--start-tls'],
    ['no bus', { LOCKSTEP_DIRECTORY: 'estate.ldif' }, [], 'LS1001', '--bus-namespace'],
    ['two buses', ldif, ['--bus-namespace', 'contoso.servicebus.windows.net'], 'LS1001', '--bus-namespace'],
    ['a connection string that is none', { ...ldif, LockstepBus: 'hunter2' }, [], 'LS1001', 'LockstepBus'],
    [
      'a namespace that is an address',
      { ...namespace, LockstepBus__fullyQualifiedNamespace: 'sb://contoso' },
      [],
      'LS1001',
      '--bus-namespace',
    ],
    ['a client id that is none', namespace, ['--bus-client-id', 'me'], 'LS1001', '--bus-client-id'],
    [
      'a certificate without an application',
      namespace,
      ['--bus-certificate', 'app.pem', '--bus-tenant-id', 't'],
      'LS1001',
      '--bus-client-id',
    ],
    [
      'a certificate without a tenant',
      namespace,
      ['--bus-certificate', 'app.pem', '--bus-client-id', clientId],
      'LS1001',
      '--bus-tenant-id',
    ],
    [
      'a certificate without its key',
      namespace,
      ['--bus-certificate', 'ca.pem', '--bus-client-id', clientId, '--bus-tenant-id', 't'],
      'LS1001',
      '--bus-certificate',
    ],
    [
      'a certificate that is broken',
      namespace,
      ['--bus-certificate', 'broken-app.pem', '--bus-client-id', clientId, '--bus-tenant-id', 't'],
      'LS1001',
      '--bus-certificate',
    ],
    ['an option that does not exist', ldif, ['--verbose'], 'LS1001', '--verbose'],
    ['a password as an option', ldap, ['--bind-password=hunter2'], 'LS1001', '--bind-password'],
    ['an option without its value', ldif, ['--connector'], 'LS1001', '--connector'],
  ])('is %s', (_what, environment, args, code, named) => {
    const found = mistakes(environment, ...args);
    expect(found.map((error) => error.code)).toEqual([code]);
    expect(found[0]?.message).toContain(named);
  });

  it.each<[string, string[], string[]]>([
    ['that is not there', ['--config', 'gone.yaml'], ['LS1002']],
    ['that is no YAML', ['--config', 'broken.yaml'], ['LS1001']],
    ['that is a list', ['--config', 'list.yaml'], ['LS1001']],
    ['with three mistakes and a secret', ['--config', 'wrong.yaml'], ['LS1001', 'LS1001', 'LS1001', 'LS1001']],
  ])('is a file %s', (_what, args, codes) => {
    expect(mistakes(ldif, ...args).map(({ code }) => code)).toEqual(codes);
  });

  it('is one directory where the file has several', () => {
    const found = mistakes({ LOCKSTEP_CONNECTOR: 'x' }, '--config', 'relay.yaml', '--directory', 'estate.ldif');
    expect(found.map(({ object }) => object?.split(' ')[0])).toContain('--connector');
  });

  it('does not keep others from being told', () => {
    const found = mistakes(
      { LOCKSTEP_DIRECTORY: 'ldap://dc1' },
      '--poll-seconds',
      'x',
      '--nonsense',
      '--ca',
      'gone.pem',
    );
    expect(found.map(({ code }) => code).sort()).toEqual([
      'LS1001',
      'LS1001',
      'LS1001',
      'LS1001',
      'LS1001',
      'LS1002',
      'LS1003',
    ]);
  });

  it('is told without the words that stand where no option expects them: one may be a password', () => {
    const found = mistakes(ldap, '--bind-password', 'hunter2');
    expect(found.map(({ message }) => message)).toEqual([
      '--bind-password is not an option.',
      expect.stringContaining('argument 2') as unknown,
    ]);
    expect(mistakes(ldif, '-phunter2').map(({ object }) => object)).toEqual(['argument 1']);
  });
});
