import type { Command } from 'commander';
import { program } from '../../cli/main.ts';
import { plain } from '../../cli/output.ts';

/** The help of every command. */
export function commandsPage(): string {
  const silent = { write: () => undefined, note: () => undefined, style: plain };
  return [
    '# Command line',
    '',
    '`npm run lockstep -- <command>` in a checkout, or `lockstep <command>` once the package is linked (`npm link`). Results',
    'go to standard output, everything else to standard error; `--json` gives results as data. Exit codes: 0 as it should',
    'be, 1 something is not, 2 the command itself was wrong.',
    '',
    'This page is generated from `cli/main.ts` by `npm run docs`.',
    '',
    ...leaves(program(silent, () => undefined)).flatMap(({ path, command }) => [
      `## ${path}`,
      '',
      '```text',
      command.configureHelp({ helpWidth: 110 }).helpInformation().trimEnd(),
      '```',
      '',
    ]),
  ].join('\n');
}

function leaves(command: Command, above = ''): readonly { readonly path: string; readonly command: Command }[] {
  const path = above === '' ? command.name() : `${above} ${command.name()}`;
  if (command.commands.length === 0) return [{ path, command }];
  return command.commands.flatMap((one) => leaves(one, path));
}
