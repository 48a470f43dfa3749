import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';
import { LockstepError } from '../../../shared/errors/lockstep-error.ts';
import { directoryOptions, type DirectoryOption } from './directory-options.ts';

/** Which tenant is written to. */
export type TenantOption =
  | { readonly kind: 'simulator' }
  | { readonly kind: 'service-root'; readonly root: string; readonly tokenFile: string | undefined }
  | {
      readonly kind: 'tenant';
      readonly root: string;
      readonly tenant: string;
      readonly clientId: string;
      readonly certificateFile: string;
    };

export interface SandboxOptions {
  readonly directories: readonly DirectoryOption[];
  readonly tenant: TenantOption;
  /** Domains that the simulated tenant has verified; undefined: that of the directory. */
  readonly verifiedDomains: readonly string[] | undefined;
  /** File or folder with synchronisation rules; undefined: the built-in ones. */
  readonly rules: string | undefined;
  /** HTTP port of the Functions host; 0 for any free one. */
  readonly port: number;
  readonly data: string;
  readonly reset: boolean;
  readonly once: boolean;
}

interface OptionText {
  readonly value: string | undefined;
  /** May be given several times. */
  readonly repeated?: true;
  readonly text: readonly string[];
}

const texts: Readonly<Record<string, OptionText>> = {
  directory: {
    value: '<url | file.ldif | samba>',
    text: [
      'Where to read: ldaps://host[:port], ldap://host[:port] (with StartTLS), an LDIF file,',
      'or "samba": a throw-away Samba domain controller with the example estate in it.',
      'Default: the example estate, test/fixtures/estate/contoso.ldif. Given twice and more, each is a connector.',
    ],
    repeated: true,
  },
  'bind-dn': {
    value: '<name>',
    text: ['Account to bind with: a DN, a UPN or DOMAIN\\name. Needed with an LDAP address.'],
    repeated: true,
  },
  'bind-password-file': {
    value: '<file>',
    text: ['File with its password; a newline at the end does not count. Needed with an LDAP address.'],
    repeated: true,
  },
  'base-dn': {
    value: '<dn>',
    repeated: true,
    text: ['Naming context to read, as DC=contoso,DC=test. Needed with an LDAP address.'],
  },
  ca: {
    value: '<file.pem>',
    text: ["Certificate authority that issued the server's certificate. Default: the system's authorities."],
    repeated: true,
  },
  'allow-plain-ldap': {
    value: undefined,
    text: ['Do without TLS on ldap://. Only towards this machine itself (a loopback address).'],
  },
  rules: {
    value: '<file | folder>',
    text: [
      'Synchronisation rules: YAML, JSON or TypeScript, as docs/Reference/rules.md has them. Default: the built-in rules.',
    ],
  },
  graph: {
    value: '<service root>',
    text: [
      'Service root of Microsoft Graph to write to, as http://127.0.0.1:9000; /v1.0 is added.',
      'Default: the built-in simulator.',
    ],
  },
  'graph-token-file': {
    value: '<file>',
    text: ['File with a bearer token for --graph. It is read anew whenever a token is needed.'],
  },
  tenant: { value: '<id | domain>', text: ['A real tenant, with --client-id and --client-certificate.'] },
  'client-id': { value: '<guid>', text: ['App registration in that tenant.'] },
  'client-certificate': { value: '<file.pem>', text: ['Its certificate together with the private key.'] },
  'verified-domains': {
    value: '<domain,…>',
    text: [
      'Domains that the simulated tenant has verified, beside contoso.onmicrosoft.com.',
      "Default: the directory's own DNS name.",
    ],
  },
  port: { value: '<number>', text: ['Port of the Functions host. Default: a free one.'] },
  data: { value: '<folder>', text: ['Where everything is kept between runs. Default: .lockstep/sandbox'] },
  reset: {
    value: undefined,
    text: ['Forget what is kept there first: the simulated tenant, the state, the domain controller.'],
  },
  once: {
    value: undefined,
    text: ['Stop as soon as nothing is pending, with one JSON object as the last line of standard output.'],
  },
  help: { value: undefined, text: ['Show this.'] },
};

export function helpText(): string {
  const lines = Object.entries(texts).flatMap(([name, { value, text }]) => {
    const head = `  --${name}${value === undefined ? '' : ` ${value}`}`;
    return [head, ...text.map((line) => `      ${line}`)];
  });
  return [
    'npm start -- [options]',
    '',
    'Runs Lockstep with everything around it on this machine: relay, Functions host, Service Bus, Table Storage, and a',
    'simulated tenant. Prints what runs where, then the synchronisation as it happens, until Ctrl-C.',
    '',
    ...lines,
    '',
    `Each option is also an environment variable: --bind-dn is ${variableOf('bind-dn')}. The option wins.`,
    '',
    'Exit codes: 0 in step (--once) or stopped by Ctrl-C; 1 not in step; 2 an option makes no sense.',
    '',
  ].join('\n');
}

export function variableOf(option: string): string {
  return `LOCKSTEP_${option.toUpperCase().replaceAll('-', '_')}`;
}

/** The options, or `help`. Throws LS1001 or LS1002 that says everything that is wrong at once. */
export function readOptions(
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
  exampleEstate: string,
): SandboxOptions | 'help' {
  const values = readValues(args, variables);
  if (values.flag('help')) return 'help';
  const mistakes: string[] = [];
  const options: SandboxOptions = {
    directories: directoryOptions(
      { ...values, readable: (option, path) => readable(option, path, mistakes) },
      exampleEstate,
      mistakes,
    ),
    tenant: tenantOption(values, mistakes),
    verifiedDomains: domainsOption(values, mistakes),
    rules: rulesOption(values, mistakes),
    port: portOption(values.text('port'), mistakes),
    data: resolve(values.text('data') ?? '.lockstep/sandbox'),
    reset: values.flag('reset'),
    once: values.flag('once'),
  };
  if (mistakes.length > 0) {
    throw new LockstepError('LS1001', mistakes.join('\n'), {
      remedy: 'Correct the options; npm start -- --help lists them.',
    });
  }
  return options;
}

/** Whether one run is asked for, also where the options as a whole make no sense. */
export function isOnce(args: readonly string[], variables: Readonly<Record<string, string | undefined>>): boolean {
  return args.includes('--once') || isTrue(variables[variableOf('once')]);
}

function isTrue(text: string | undefined): boolean {
  return ['1', 'true', 'yes'].includes((text ?? '').toLowerCase());
}

interface Values {
  text(name: string): string | undefined;
  list(name: string): readonly string[];
  flag(name: string): boolean;
}

function readValues(args: readonly string[], variables: Readonly<Record<string, string | undefined>>): Values {
  const config: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, { value, repeated }] of Object.entries(texts))
    config[name] = { type: value === undefined ? 'boolean' : 'string', multiple: repeated ?? false };
  let parsed: Readonly<Record<string, unknown>>;
  try {
    parsed = parseArgs({ args: [...args], options: config, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new LockstepError('LS1001', error instanceof Error ? error.message : String(error), {
      remedy: 'npm start -- --help lists the options.',
    });
  }
  const list = (name: string): readonly string[] =>
    [parsed[name] ?? variables[variableOf(name)] ?? []]
      .flat()
      .filter((value): value is string => typeof value === 'string' && value !== '');
  return {
    list,
    text: (name) => list(name)[0],
    flag: (name) => parsed[name] === true || isTrue(variables[variableOf(name)]),
  };
}

function tenantOption(values: Values, mistakes: string[]): TenantOption {
  const [root, tokenFile, tenant, clientId, certificate] = [
    'graph',
    'graph-token-file',
    'tenant',
    'client-id',
    'client-certificate',
  ].map((n) => values.text(n));
  if (root !== undefined) {
    const url = URL.canParse(root) ? new URL(root) : undefined;
    const loopback = url !== undefined && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
    if (url === undefined || !(url.protocol === 'https:' || (url.protocol === 'http:' && loopback))) {
      mistakes.push(`--graph ${root} must be an https address, or http on this machine: a token is not sent in clear.`);
    }
  }
  if (tenant !== undefined || clientId !== undefined || certificate !== undefined) {
    if (tenant === undefined || clientId === undefined || certificate === undefined)
      mistakes.push('--tenant, --client-id and --client-certificate go together.');
    if (tokenFile !== undefined) mistakes.push('--graph-token-file and --client-certificate exclude each other.');
    return {
      kind: 'tenant',
      root: root ?? 'https://graph.microsoft.com',
      tenant: tenant ?? '',
      clientId: clientId ?? '',
      certificateFile: certificate === undefined ? '' : readable('--client-certificate', certificate, mistakes),
    };
  }
  if (root === undefined) {
    if (tokenFile !== undefined) mistakes.push('--graph-token-file goes with --graph.');
    return { kind: 'simulator' };
  }
  return {
    kind: 'service-root',
    root,
    tokenFile: tokenFile === undefined ? undefined : readable('--graph-token-file', tokenFile, mistakes),
  };
}

function domainsOption(values: Values, mistakes: string[]): readonly string[] | undefined {
  const text = values.text('verified-domains');
  if (text === undefined) return undefined;
  if (['graph', 'tenant'].some((name) => values.text(name) !== undefined))
    mistakes.push('--verified-domains is for the simulated tenant: --graph and --tenant have domains of their own.');
  const domains = text.split(',').map((domain) => domain.trim().toLowerCase());
  for (const domain of domains) {
    if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain))
      mistakes.push(`--verified-domains: "${domain}" is not a domain name.`);
  }
  return domains;
}

function rulesOption(values: Values, mistakes: string[]): string | undefined {
  const path = values.text('rules');
  if (path === undefined) return undefined;
  try {
    accessSync(path, constants.R_OK);
  } catch {
    mistakes.push(`--rules: ${path} does not exist or cannot be read.`);
  }
  return resolve(path);
}

function portOption(text: string | undefined, mistakes: string[]): number {
  if (text === undefined) return 0;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    mistakes.push(`--port ${text} is not a port number (1 to 65535).`);
  return port;
}

function readable(option: string, path: string, mistakes: string[]): string {
  const file = resolve(path);
  try {
    accessSync(file, constants.R_OK);
    if (!statSync(file).isFile()) mistakes.push(`${option}: ${file} is not a file.`);
  } catch {
    mistakes.push(`${option}: ${file} does not exist or cannot be read.`);
  }
  return file;
}
