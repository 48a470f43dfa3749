import './title.ts';
import './memory.ts';
import { isLockstepError } from '../shared/errors/lockstep-error.ts';
import { exitCodes, processTerminal, takeOwnOptions, type ExitCode } from './commands/command.ts';
import { commands, helpText } from './commands/commands.ts';
import { SettingsError } from './settings/read-settings.ts';

const stop = new AbortController();

/** Runs one command line to its end. */
async function main(words: readonly string[]): Promise<ExitCode> {
  const terminal = processTerminal;
  const [first = ''] = words;
  const named = first !== '' && !first.startsWith('-');
  if (words.includes('--help') || first === 'help') {
    terminal.write(helpText().trimEnd());
    return exitCodes.fine;
  }
  const command = commands[named ? first : 'run'];
  if (command === undefined) {
    // It may be a password behind an option that does not exist, so it is not repeated.
    terminal.note('The first word is not a command. See --help.');
    return exitCodes.cannotStart;
  }
  const { options, args } = takeOwnOptions(named ? words.slice(1) : words, command.options);
  if (options['stop-with-input'] !== undefined) stopWithInput();
  try {
    const { env: environment, platform } = process;
    return await command.run({ args, options, environment, platform, signal: stop.signal, terminal });
  } catch (error) {
    const errors = error instanceof SettingsError ? error.errors : isLockstepError(error) ? [error] : undefined;
    if (errors === undefined) throw error;
    for (const { code, message, remedy } of errors) terminal.note(`${code} ${message}\n       ${remedy}`);
    return exitCodes.cannotStart;
  }
}

/** For those who start the relay and cannot send a signal. */
function stopWithInput(): void {
  process.stdin.resume().once('end', () => {
    stop.abort();
  });
}

for (const name of ['SIGTERM', 'SIGINT'] as const)
  process.once(name, () => {
    stop.abort();
  });
// Whoever read the output has enough of it, as "head" does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? exitCodes.fine : exitCodes.problems);
});
void main(process.argv.slice(2)).then((code) => {
  // Nothing is left to do; a library's timer must not hold the process.
  process.exit(code);
});
