import { inspectScope, type ScopeReport } from '../directory/ldap/scope/inspect.ts';
import { readConnectors, type ConnectorSettings } from '../settings/read-settings.ts';
import { exitCodes, type CommandContext, type ExitCode, type Terminal } from './command.ts';
import { labelOf, ldapOptions } from './open-source.ts';

/** Shows what is in scope, and what leaves and enters it compared with other settings. Ends with 1 when something leaves. */
export async function scope(context: CommandContext): Promise<ExitCode> {
  const { args, environment, options, signal, terminal } = context;
  const connectors = readConnectors(args, environment);
  const { before, json } = options;
  const earlier = before === undefined ? [] : readConnectors(['--config', before], environment);
  const reports: Record<string, ScopeReport> = {};
  for (const connector of connectors) {
    const { directory } = connector;
    if (directory.kind === 'ldif') continue;
    const label = labelOf(connector);
    const other = scopeOf(earlier.find((one) => labelOf(one) === label));
    const report = await inspectScope(ldapOptions(directory), other, signal);
    reports[label] = report;
    if (json === undefined) terminal.write(reportText(label, report, terminal));
  }
  if (json !== undefined) terminal.write(JSON.stringify(reports, listed, 2));
  return Object.values(reports).some(({ leaving }) => leaving.size > 0) ? exitCodes.problems : exitCodes.fine;
}

function scopeOf(connector: ConnectorSettings | undefined): ReturnType<typeof ldapOptions>['scope'] {
  return connector?.directory.kind === 'ldap' ? connector.directory.scope : undefined;
}

/** A map is a list of objects with their names. */
function listed(_key: string, value: unknown): unknown {
  return value instanceof Map
    ? [...(value as ReadonlyMap<string, string>)].map(([objectGuid, dn]) => ({ objectGuid, dn }))
    : value;
}

function reportText(label: string, report: ScopeReport, terminal: Terminal): string {
  const { fingerprint, named, objects, leaving, entering } = report;
  const names = (sign: string, some: ReadonlyMap<string, string>): string[] =>
    [...some.values()].sort().map((dn) => `  ${sign} ${dn}`);
  return [
    terminal.style('bold', label),
    `  scope ${fingerprint}: ${objects} objects; ${leaving.size} leave, ${entering.size} enter`,
    ...Object.entries(named).map(([name, guid]) => `  ${name} is ${guid}`),
    ...names('-', leaving),
    ...names('+', entering),
  ].join('\n');
}
