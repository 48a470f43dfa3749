import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import { passwordIn, type BindPassword } from '../secrets/bind-password.ts';
import { busSettings, identityOf, isCertificate, proxyOf, type Collector } from './bus-settings.ts';
import type { BusAddress } from '../bus/bus.ts';
import type { DiscoveryOptions } from '../directory/ldap/domain-controllers.ts';
import { filterAttributes, type ScopeSettings } from '../directory/ldap/scope/scope-settings.ts';
import { isLoopback, type LdapAddress } from '../directory/ldap/transport.ts';
import { isOn, rawSettings, type RawSettings } from './raw-settings.ts';
import { readConfigFile, type ConfigFile } from './config-file.ts';
import { labelOf, settingNames, type SettingKey, type SettingName } from './names.ts';

/** Domain controllers by their addresses, the best first, or a domain whose domain controllers DNS names. */
export type LdapServers = readonly LdapAddress[] | Omit<DiscoveryOptions, 'resolveSrv' | 'random'>;

/** Which directory to read. */
export type DirectorySettings =
  | { readonly kind: 'ldif'; readonly path: string }
  | {
      readonly kind: 'ldap';
      readonly servers: LdapServers;
      /** `kerberos`: as whoever runs the relay. */
      readonly account: { readonly bindDn: string; readonly password: BindPassword } | 'kerberos';
      readonly baseDn?: string | undefined;
      readonly scope?: ScopeSettings | undefined;
      readonly acceptScope?: string | undefined;
      readonly writeAnchors?: boolean | undefined;
    };

/** One directory that the relay reads. */
export interface ConnectorSettings {
  readonly directory: DirectorySettings;
  /** `undefined`: the domain's DNS name. */
  readonly connector?: string | undefined;
  readonly pollMs: number;
}

export interface RelaySettings {
  /** At least one. */
  readonly connectors: readonly ConnectorSettings[];
  readonly bus: BusAddress;
  readonly healthPort?: number | undefined;
  readonly controlFile?: string | undefined;
}

const passwordKeys = ['bindPassword', 'bindPasswordFile', 'bindPasswordVault', 'bindPasswordProtected'] as const;

/** All that is wrong with the settings. */
export class SettingsError extends Error {
  readonly errors: readonly LockstepError[];

  constructor(errors: readonly LockstepError[]) {
    super(errors.map((error) => error.message).join(' '));
    this.name = 'SettingsError';
    this.errors = errors;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;
type ReadFile = (path: string) => string;

const readTextFile: ReadFile = (path) => readFileSync(path, 'utf8');

/**
 * Settings from the command line, the environment and a file, in that order; files that they name are read here.
 *
 * @param readFile Gives a file's text; throws when it cannot.
 * @throws SettingsError with one LockstepError (LS1001, LS1002, LS1003) for every mistake.
 */
export function readSettings(
  args: readonly string[],
  environment: Environment,
  readFile: ReadFile = readTextFile,
): RelaySettings {
  const reader = new SettingsReader(readFile);
  const { relay, connectors } = reader.read(args, environment);
  const bus = reader.bus(relay);
  if (reader.errors.length > 0 || bus === undefined) throw new SettingsError(reader.errors);
  const { healthPort, controlFile } = relay;
  return { connectors, bus, healthPort: healthPort === undefined ? undefined : Number(healthPort), controlFile };
}

/** The directories alone, for what needs nothing of the cloud. @throws SettingsError as `readSettings` does. */
export function readConnectors(
  args: readonly string[],
  environment: Environment,
  readFile: ReadFile = readTextFile,
): readonly ConnectorSettings[] {
  const reader = new SettingsReader(readFile);
  const { connectors } = reader.read(args, environment);
  if (reader.errors.length > 0) throw new SettingsError(reader.errors);
  return connectors;
}

/**
 * The settings as they would stand in one file, once they are known to be right.
 *
 * @throws SettingsError as `readSettings` does, and for a secret, which no file may hold.
 */
export function readWrittenSettings(
  args: readonly string[],
  environment: Environment,
  readFile: ReadFile = readTextFile,
): ConfigFile {
  const reader = new SettingsReader(readFile);
  const { relay } = reader.read(args, environment);
  reader.bus(relay);
  for (const [key, { secret }] of Object.entries(settingNames) as [SettingKey, SettingName][])
    if (secret === true && relay[key] !== undefined) reader.wrong(key, 'is a secret, and no file may hold it');
  if (reader.errors.length > 0) throw new SettingsError(reader.errors);
  const { config, ...common } = relay;
  return { common, directories: reader.configFile({ config }).directories };
}

/** Where a running relay leaves its address. @throws SettingsError with LS1001 when no setting says it and it cannot be guessed. */
export function readControlFile(
  args: readonly string[],
  environment: Environment,
  otherwise: string | undefined,
  readFile: ReadFile = readTextFile,
): string {
  const reader = new SettingsReader(readFile);
  const given = reader.gather(args, environment);
  const controlFile = given.controlFile ?? reader.configFile(given).common.controlFile ?? otherwise;
  if (controlFile === undefined) reader.wrong('controlFile', 'is required');
  if (reader.errors.length > 0 || controlFile === undefined) throw new SettingsError(reader.errors);
  return controlFile;
}

class SettingsReader {
  readonly errors: LockstepError[] = [];
  readonly #readFile: ReadFile;
  readonly #collector: Collector;

  constructor(readFile: ReadFile) {
    this.#readFile = readFile;
    this.#collector = {
      wrong: (key, why) => {
        this.wrong(key, why);
      },
      file: (key, path) => this.#file(key, path),
    };
  }

  /** What is said of the relay, and the directories; wrong ones are left out and in `errors`. */
  read(
    args: readonly string[],
    environment: Environment,
  ): { readonly relay: RawSettings; readonly connectors: readonly ConnectorSettings[] } {
    const given = this.gather(args, environment);
    const { common, directories } = this.configFile(given);
    const relay = { ...common, ...given };
    // Several directories are told apart in the file only; what is said elsewhere is said of all of them.
    const each = directories.length === 0 ? [relay] : directories.map((own) => ({ ...common, ...own, ...given }));
    if (directories.length > 0) this.checkSeveral(given);
    for (const raw of each) this.check(raw);
    const connectors = each.flatMap((raw): ConnectorSettings[] => {
      const directory = this.directory(raw);
      const pollMs = Number(raw.pollSeconds ?? 30) * 1_000;
      return directory === undefined ? [] : [{ directory, connector: raw.connector, pollMs }];
    });
    return { relay, connectors };
  }

  wrong(key: SettingKey, why: string): void {
    const label = labelOf(key);
    if (!this.errors.some((error) => error.object === label))
      this.errors.push(new LockstepError('LS1001', `${label} ${why}.`, { object: label }));
  }

  gather(args: readonly string[], environment: Environment): RawSettings {
    const raw: RawSettings = {};
    const names = Object.entries(settingNames) as [SettingKey, SettingName][];
    for (const [key, { environment: name }] of names) {
      const value = environment[name];
      if (value !== undefined && value !== '') raw[key] = value;
    }
    const options = Object.fromEntries(
      names.flatMap(([, { flag, value }]) =>
        flag === undefined ? [] : [[flag, { type: value === undefined ? ('boolean' as const) : ('string' as const) }]],
      ),
    );
    const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
    for (const token of tokens) {
      if (token.kind === 'option-terminator') continue;
      const found = token.kind === 'option' ? names.find(([, { flag }]) => flag === token.name) : undefined;
      // A word that no option expects may be a password behind an option that does not exist: only its place is told.
      if (found === undefined)
        this.#unknown(
          token.kind === 'option' && token.rawName.startsWith('--') ? token.rawName : `argument ${token.index + 1}`,
        );
      else if (token.kind === 'option' && token.value !== undefined) raw[found[0]] = token.value;
      else if (found[1].value === undefined) raw[found[0]] = 'true';
      else this.wrong(found[0], 'needs a value');
    }
    return raw;
  }

  configFile({ config: path }: RawSettings): ConfigFile {
    const text = path === undefined ? undefined : this.#file('config', path);
    if (path === undefined || text === undefined) return { common: {}, directories: [] };
    const { config, errors } = readConfigFile(path, text);
    this.errors.push(...errors);
    return config;
  }

  check(raw: RawSettings): void {
    for (const issue of rawSettings.safeParse(raw).error?.issues ?? []) {
      const key = issue.path[0] as SettingKey;
      this.wrong(key, issue.message.startsWith('Invalid') ? 'has a value that makes no sense' : issue.message);
    }
  }

  /** What names one directory cannot be said of several. */
  checkSeveral(given: RawSettings): void {
    for (const key of ['directory', 'domain', 'baseDn', 'connector'] as const) {
      if (given[key] !== undefined) this.wrong(key, `contradicts the directories of ${given.config ?? ''}`);
    }
  }

  directory(raw: RawSettings): DirectorySettings | undefined {
    const { directory, domain, site } = raw;
    if (domain !== undefined) {
      if (directory !== undefined) this.wrong('domain', `contradicts ${labelOf('directory')}; give one of them`);
      return this.#ldap(this.#discovery(domain, raw), raw);
    }
    if (site !== undefined) this.wrong('site', `is of use with ${labelOf('domain')} only`);
    if (directory === undefined) {
      this.wrong('directory', `or ${labelOf('domain')} is required`);
      return undefined;
    }
    const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(directory)?.[1]?.toLowerCase();
    if (scheme === 'ldap' || scheme === 'ldaps') return this.#ldap(this.#addresses(directory, raw), raw);
    if (scheme !== undefined && scheme !== 'file') {
      this.wrong('directory', `must begin with ldaps:// or ldap://, or be a path, not ${scheme}://`);
      return undefined;
    }
    for (const key of ['include', 'exclude', 'filter', 'pilotGroup', 'writeConsistencyGuid'] as const)
      if (raw[key] !== undefined) this.wrong(key, 'is of use with LDAP only');
    const path = scheme === 'file' ? pathOf(directory) : directory;
    if (path === undefined) {
      this.wrong('directory', 'is not the address of a file on this machine');
      return undefined;
    }
    // Only to tell early and together with other mistakes; what is in it is the source's business.
    this.#file('directory', path);
    return { kind: 'ldif', path };
  }

  bus(raw: RawSettings): BusAddress | undefined {
    return busSettings(raw, this.#collector);
  }

  #ldap(servers: LdapServers | undefined, raw: RawSettings): DirectorySettings | undefined {
    const account = this.#account(raw);
    if (servers === undefined || account === undefined) return undefined;
    const { baseDn, acceptScope } = raw;
    const writeAnchors = isOn(raw.writeConsistencyGuid);
    return { kind: 'ldap', servers, account, baseDn, scope: this.#scope(raw), acceptScope, writeAnchors };
  }

  #account(raw: RawSettings): Extract<DirectorySettings, { kind: 'ldap' }>['account'] | undefined {
    if (isOn(raw.kerberos)) {
      const others = (['bindDn', ...passwordKeys] as const).filter((key) => raw[key] !== undefined);
      if (others.length > 0) this.wrong('kerberos', `contradicts ${others.map(labelOf).join(' and ')}`);
      return 'kerberos';
    }
    const password = this.#password(raw);
    const { bindDn } = raw;
    if (bindDn === undefined) this.wrong('bindDn', 'is required for LDAP');
    return password === undefined || bindDn === undefined ? undefined : { bindDn, password };
  }

  #scope({ include, exclude, filter, pilotGroup }: RawSettings): ScopeSettings | undefined {
    // In a DN a semicolon that is part of a value is escaped (RFC 4514 section 2.4).
    const list = (text = ''): string[] =>
      text
        .split(/(?<!\\);/)
        .map((one) => one.trim())
        .filter((one) => one !== '');
    try {
      if (filter !== undefined) filterAttributes(filter);
    } catch (error) {
      this.wrong('filter', error instanceof Error ? `is refused: ${error.message}` : 'is not an LDAP filter');
    }
    const scope = { include: list(include), exclude: list(exclude), filter, pilotGroup };
    const isLimited =
      scope.include.length + scope.exclude.length > 0 || filter !== undefined || pilotGroup !== undefined;
    return isLimited ? scope : undefined;
  }

  #discovery(domain: string, raw: RawSettings): LdapServers {
    return { domain, site: raw.site, security: isOn(raw.startTls) ? 'start-tls' : 'tls', ca: this.#authority(raw) };
  }

  #addresses(directory: string, raw: RawSettings): LdapServers | undefined {
    const addresses = directory.split(',').map((text) => this.#address(text.trim(), raw));
    const good = addresses.filter((address) => address !== undefined);
    return good.length === addresses.length ? good : undefined;
  }

  #address(directory: string, raw: RawSettings): LdapAddress | undefined {
    const scheme = /^(ldaps?):/i.exec(directory)?.[1]?.toLowerCase();
    const url = URL.canParse(directory) ? new URL(directory) : undefined;
    const host = url?.hostname.replace(/^\[(.*)\]$/, '$1') ?? '';
    if (
      url === undefined ||
      scheme === undefined ||
      host === '' ||
      !/^\/?$/.test(url.pathname) ||
      `${url.username}${url.password}` !== ''
    ) {
      this.wrong('directory', 'must be ldaps://host, ldaps://host:port, or the same with ldap://');
      return undefined;
    }
    const startTls = isOn(raw.startTls);
    if (scheme === 'ldaps' && startTls) this.wrong('startTls', 'contradicts ldaps://, which is TLS from the start');
    const ca = this.#authority(raw);
    const security = scheme === 'ldaps' ? 'tls' : startTls ? 'start-tls' : 'plain';
    if (security === 'plain' && !(isOn(raw.allowPlainLdap) && isLoopback(host)))
      this.errors.push(
        new LockstepError('LS1003', `${directory} without TLS would send the password in clear.`, {
          object: directory,
        }),
      );
    return { host, port: Number(url.port || (scheme === 'ldaps' ? 636 : 389)), security, ca };
  }

  #authority({ ca: file }: RawSettings): string | undefined {
    const ca = file === undefined ? undefined : this.#file('ca', file);
    if (ca !== undefined && !isCertificate(ca)) this.wrong('ca', 'does not hold a certificate in PEM form');
    return ca;
  }

  #password(raw: RawSettings): BindPassword | undefined {
    const { bindPassword, bindPasswordFile, bindPasswordVault, bindPasswordProtected } = raw;
    const [first, second] = passwordKeys.filter((way) => raw[way] !== undefined);
    if (first !== undefined && second !== undefined)
      this.wrong(first, `contradicts ${labelOf(second)}; give one of them`);
    if (bindPasswordVault !== undefined) {
      const identity = identityOf(raw, this.#collector);
      return identity && { vaultSecret: bindPasswordVault, identity, proxy: proxyOf(raw, this.#collector) };
    }
    if (bindPasswordProtected !== undefined) {
      const text = this.#file('bindPasswordProtected', bindPasswordProtected);
      return text === undefined ? undefined : { protectedFile: bindPasswordProtected };
    }
    if (bindPasswordFile === undefined) {
      if (bindPassword === undefined)
        this.wrong('bindPasswordFile', `or ${labelOf('bindPassword')} is required for LDAP`);
      return bindPassword === undefined ? undefined : { text: bindPassword };
    }
    const text = this.#file('bindPasswordFile', bindPasswordFile);
    if (text === undefined) return undefined;
    if (passwordIn(text) === '') this.wrong('bindPasswordFile', 'names a file that is empty');
    return { file: bindPasswordFile };
  }

  #file(key: SettingKey, path: string): string | undefined {
    try {
      return this.#readFile(path);
    } catch (error) {
      const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      const label = labelOf(key);
      this.errors.push(
        new LockstepError('LS1002', `${label} names ${path}, which cannot be read (${why}).`, { object: path }),
      );
      return undefined;
    }
  }

  #unknown(text: string): void {
    if (this.errors.some((error) => error.object === text)) return;
    this.errors.push(
      new LockstepError('LS1001', `${text} is not an option.`, { object: text, remedy: 'See --help for the options.' }),
    );
  }
}

/** `undefined` when the address cannot be decoded, or names another machine. */
function pathOf(fileUrl: string): string | undefined {
  try {
    return fileURLToPath(fileUrl);
  } catch {
    return undefined;
  }
}
