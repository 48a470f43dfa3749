import { styleText } from 'node:util';
import { Option } from 'commander';

/** What commands print to. Colour only where a person looks. */
export interface Output {
  /** Results. */
  write(text: string): void;
  /** Everything else. */
  note(text: string): void;
  readonly style: Style;
}

type Format = Parameters<typeof styleText>[0];
export type Style = (format: Format, text: string) => string;

export const plain: Style = (_, text) => text;

/** The terminal or the pipe that this process has. */
export function processOutput(): Output {
  return {
    write: (text) => {
      process.stdout.write(`${text}\n`);
    },
    note: (text) => {
      process.stderr.write(`${text}\n`);
    },
    // Follows NO_COLOR and FORCE_COLOR, and stays plain in a pipe.
    style: (format, text) => styleText(format, text, { stream: process.stdout }),
  };
}

/** 0: as it should be. 1: it is not. 2: the command itself was wrong. */
export const exitCodes = { fine: 0, problems: 1, usage: 2 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** `--json`, of every command that gives results. */
export function jsonOption(): Option {
  return new Option('--json', 'print JSON instead of text').default(false);
}
