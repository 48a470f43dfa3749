import { installedControlFile } from '../install/installed.ts';
import { runningRelay, type RunningRelay } from '../service/local-face.ts';
import type { ConnectorReport, RelayReport } from '../service/monitor.ts';
import { readControlFile } from '../settings/read-settings.ts';
import { exitCodes, type CommandContext, type ExitCode, type Terminal } from './command.ts';

/** Shows what the relay that runs on this machine says of itself. */
export async function status(context: CommandContext): Promise<ExitCode> {
  const { options, terminal } = context;
  const report = await (await relayHere(context)).status();
  terminal.write(options['json'] === undefined ? statusText(report, terminal) : JSON.stringify(report, null, 2));
  return report.healthy ? exitCodes.fine : exitCodes.problems;
}

/** Has the relay that runs on this machine read a directory, or all of its directories, anew. */
export async function resync(context: CommandContext): Promise<ExitCode> {
  const { options, terminal } = context;
  const relay = await relayHere(context);
  if (await relay.resync(options['of'])) {
    terminal.write('The directory is read anew. "status" tells when it is through.');
    return exitCodes.fine;
  }
  terminal.note(
    'This relay leads no such connector at the moment. Ask the one that does; "status" says which this one leads.',
  );
  return exitCodes.problems;
}

/** The relay that a setting names, or the one that is installed as a service. */
function relayHere({ args, environment, platform }: CommandContext): Promise<RunningRelay> {
  return runningRelay(readControlFile(args, environment, installedControlFile(platform, environment)));
}

function statusText(report: RelayReport, terminal: Terminal): string {
  const verdict = report.healthy ? terminal.style('green', 'healthy') : terminal.style('red', 'not healthy');
  return [
    `lockstep-relay ${report.version}, ${verdict}, since ${report.startedAt}`,
    ...report.connectors.flatMap((connector) => connectorLines(connector, terminal)),
  ].join('\n');
}

function connectorLines(one: ConnectorReport, terminal: Terminal): readonly string[] {
  const errors = Object.entries(one.errors).map(([code, count]) => `${code} ${count} times`);
  const lines: readonly (readonly [string, string | null])[] = [
    ['role', one.role],
    ['domain controller', one.server],
    ['last read', one.lastReadAt],
    ['changes sent', String(one.changesSent)],
    ['full reads', String(one.fullReads)],
    ['errors', errors.length === 0 ? null : errors.join(', ')],
    ['error that stands', one.lastError && `${one.lastError.code} ${one.lastError.message} (${one.lastError.at})`],
  ];
  return [
    '',
    terminal.style('bold', one.connector),
    ...lines.flatMap(([name, text]) => (text === null ? [] : [`  ${name.padEnd(18)} ${text}`])),
  ];
}
