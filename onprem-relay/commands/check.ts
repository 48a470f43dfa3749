import { isLockstepError } from '../../shared/errors/lockstep-error.ts';
import { probeBus } from '../bus/probe.ts';
import { systemClock } from '../clock.ts';
import type { Finding } from '../directory/finding.ts';
import { probeDirectory } from '../directory/ldap/probe.ts';
import { LdifSource } from '../directory/ldif/ldif-source.ts';
import { readSettings, type ConnectorSettings } from '../settings/read-settings.ts';
import { exitCodes, type CommandContext, type ExitCode, type Terminal } from './command.ts';
import { labelOf, ldapOptions } from './open-source.ts';

/** What was found of one thing that the relay works with. */
interface Part {
  readonly part: string;
  readonly findings: readonly Finding[];
}

/** Tries everything that the relay needs of its directories and of Service Bus, changes nothing, and says what to do. */
export async function check(context: CommandContext): Promise<ExitCode> {
  const { args, environment, options, signal, terminal } = context;
  const settings = readSettings(args, environment);
  const asJson = options['json'] !== undefined;
  const parts: Part[] = [];
  const part = async (name: string, findings: AsyncIterable<Finding>): Promise<void> => {
    const found: Finding[] = [];
    if (!asJson) terminal.write(terminal.style('bold', name));
    // One by one: a server that is silent shows as the line that does not come.
    for await (const finding of findings) {
      found.push(finding);
      if (!asJson) terminal.write(textOf(finding, terminal));
    }
    parts.push({ part: name, findings: found });
  };
  for (const connector of settings.connectors) await part(labelOf(connector), findingsOf(connector, signal));
  await part('Service Bus', probeBus(settings.bus));
  const all = parts.flatMap(({ findings }) => findings);
  const problems = all.filter(({ outcome }) => outcome === 'problem').length;
  const warnings = all.filter(({ outcome }) => outcome === 'warning').length;
  if (asJson) terminal.write(JSON.stringify({ problems, warnings, parts }, null, 2));
  else terminal.write(`\n${summary(problems, warnings)}`);
  return problems === 0 ? exitCodes.fine : exitCodes.problems;
}

function findingsOf({ directory }: ConnectorSettings, signal: AbortSignal): AsyncIterable<Finding> {
  return directory.kind === 'ldif' ? probeFile(directory.path) : probeDirectory(ldapOptions(directory), signal);
}

async function* probeFile(path: string): AsyncGenerator<Finding, void> {
  const check = 'read the file';
  try {
    const { domain } = await new LdifSource({ path, sleep: systemClock.sleep }).describe();
    yield { check, outcome: 'ok', text: `it is a directory of ${domain.fqdn}` };
  } catch (error) {
    if (!isLockstepError(error)) throw error;
    const { code, message, remedy } = error;
    yield { check, outcome: 'problem', text: message, code, remedy };
  }
}

const marks = { ok: ['green', 'ok'], warning: ['yellow', 'warning'], problem: ['red', 'problem'] } as const;

function textOf({ check: what, outcome, text, code, remedy }: Finding, terminal: Terminal): string {
  const [colour, word] = marks[outcome];
  const head = `  ${terminal.style(colour, word.padEnd(8))} ${what}: ${code === undefined ? '' : `${code} `}${text}`;
  return remedy === undefined ? head : `${head}\n           ${terminal.style('dim', remedy)}`;
}

function summary(problems: number, warnings: number): string {
  if (problems + warnings === 0) return 'Everything is as it should be.';
  const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
  if (problems === 0) return `It will work; ${count(warnings, 'warning')}.`;
  return `${count(problems, 'problem')}, ${count(warnings, 'warning')}.`;
}
