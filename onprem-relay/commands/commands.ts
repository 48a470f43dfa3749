import { settingNames } from '../settings/names.ts';
import { version } from '../version.ts';
import { check } from './check.ts';
import { exitCodes, type Command } from './command.ts';
import { resync, status } from './control.ts';
import { exportLdif } from './export.ts';
import { install, uninstall } from './install.ts';
import { run } from './run.ts';
import { scope } from './scope.ts';

const json = { help: 'Print JSON instead of text.' };
const of = { value: 'NAME', help: 'The connector that is meant.' };
const dryRun = { help: 'Only show what would be done.' };

/** All commands by name. */
export const commands: Readonly<Record<string, Command>> = {
  run: {
    summary: 'Stream the changes until SIGTERM or SIGINT. What is done without a command.',
    options: { 'stop-with-input': { help: 'Stop when standard input ends, too.' } },
    run,
  },
  check: {
    summary: 'Try everything that the relay needs, change nothing, and say what to do.',
    options: { json },
    run: check,
  },
  export: {
    summary: 'Write what the relay reads of a directory as LDIF, without secrets.',
    options: { of, out: { value: 'FILE', help: 'Where to write. Default: standard output.' } },
    run: exportLdif,
  },
  scope: {
    summary: 'Show which objects are synchronised, and what another scope would change.',
    options: { before: { value: 'FILE', help: 'Settings with the scope to compare with. Default: everything.' }, json },
    run: scope,
  },
  status: { summary: 'Show how the relay on this machine is doing.', options: { json }, run: status },
  resync: { summary: 'Have the relay on this machine read the directory anew.', options: { of }, run: resync },
  install: {
    summary: 'Make the relay a service of this machine, with these settings, and start it.',
    options: {
      registration: { value: 'FILE', help: 'Settings that came with the installation in the cloud.' },
      'dry-run': dryRun,
    },
    run: install,
  },
  uninstall: {
    summary: 'Stop and remove the service; settings and secrets stay.',
    options: { 'dry-run': dryRun },
    run: uninstall,
  },
  version: {
    summary: 'Print the version.',
    options: {},
    run: ({ terminal }) => {
      terminal.write(version);
      return Promise.resolve(exitCodes.fine);
    },
  },
};

/** The text of `--help`. */
export function helpText(): string {
  type Entry = readonly [left: string, right: string];
  const own = Object.entries(commands).flatMap(([name, { summary, options }]): Entry[] => [
    [name, summary],
    ...Object.entries(options).map(([option, { value, help }]): Entry => [
      `  --${option}${value === undefined ? '' : ` ${value}`}`,
      help,
    ]),
  ]);
  const settings = Object.values(settingNames).map(({ flag, value, environment, help }): Entry => {
    const option = flag === undefined ? '' : `--${flag}${value ? ` ${value}` : ''}`;
    return [option, `${environment}\n      ${help}`];
  });
  const width = Math.max(...[...own, ...settings].map(([left]) => left.length)) + 2;
  const text = ([left, right]: Entry): string => `  ${left.padEnd(width)}${right}`;
  return [
    'lockstep-relay [command] [options]: streams the changes of Active Directory to Service Bus.',
    '',
    'Commands:',
    ...own.map(text),
    '',
    'Settings, each an option, an environment variable, or both; the option wins:',
    ...settings.map(text),
    `  --help\n      Show this text.`,
    '',
    '"run" logs one JSON object a line to standard error. It ends with 0 after SIGTERM or SIGINT, with 2 when it cannot start',
    'as it is set up (codes LS1001 to LS1104 and LS12xx), with 1 after a fault of its own. The other commands end with 0 when',
    'it is as it should be, with 1 when it is not, with 2 when they could not even try.',
    '',
  ].join('\n');
}
