import { parseArgs, styleText } from 'node:util';

/** 0: as it should be. 1: it is not. 2: it cannot be tried as it is set up. */
export const exitCodes = { fine: 0, problems: 1, cannotStart: 2 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What a command gets from the process. */
export interface CommandContext {
  /** Without the command's name and its own options: the settings. */
  readonly args: readonly string[];
  readonly options: OwnOptions;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
}

export interface Terminal {
  /** Results: standard output. */
  write(text: string): void;
  /** Everything else: standard error. */
  note(text: string): void;
  /** One line that the next one replaces; nothing where nobody looks. */
  progress(text: string): void;
  style(format: Format, text: string): string;
}

type Format = Parameters<typeof styleText>[0];

export type OwnOptions = Readonly<Partial<Record<string, string>>>;

/** An option of one command, beside the settings. */
export interface OwnOption {
  /** Placeholder of its value; a switch has none. */
  readonly value?: string;
  readonly help: string;
}

export interface Command {
  readonly summary: string;
  readonly options: Readonly<Record<string, OwnOption>>;
  /** @throws SettingsError, LockstepError. */
  readonly run: (context: CommandContext) => Promise<ExitCode>;
}

/** Takes the command's own options out of a command line; what is left are settings. A switch that is on has the value `true`. */
export function takeOwnOptions(
  args: readonly string[],
  own: Command['options'],
): { readonly options: OwnOptions; readonly args: readonly string[] } {
  const options = Object.fromEntries(
    Object.entries(own).map(([name, { value }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const taken = new Set<number>();
  const found: Partial<Record<string, string>> = {};
  for (const token of tokens) {
    const option = token.kind === 'option' ? own[token.name] : undefined;
    if (token.kind !== 'option' || option === undefined) continue;
    // An option without the value that it needs is left to be refused with the settings.
    if (option.value !== undefined && token.value === undefined) continue;
    found[token.name] = token.value ?? 'true';
    taken.add(token.index);
    if (token.value !== undefined && !token.inlineValue) taken.add(token.index + 1);
  }
  return { options: found, args: args.filter((_, index) => !taken.has(index)) };
}

/** The terminal or the pipe that this process has. Follows NO_COLOR and FORCE_COLOR, and stays plain in a pipe. */
export const processTerminal: Terminal = {
  write: (text) => {
    process.stdout.write(`${text}\n`);
  },
  note: (text) => {
    process.stderr.write(`${text}\n`);
  },
  progress: (text) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${text.padEnd(60)}\r`);
  },
  style: (format, text) => styleText(format, text, { stream: process.stdout }),
};
