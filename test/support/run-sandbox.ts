import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../sandbox/main.ts', import.meta.url));

/** What a run of the command left behind. */
export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of standard output, parsed; undefined when there is none. */
  readonly result: Readonly<Record<string, unknown>> | undefined;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each piece of standard error; `interrupt` is Ctrl-C. */
  readonly onStderr?: (soFar: string, interrupt: () => void) => void;
}

/** Runs what `npm start` runs, as a process. */
export async function runSandbox(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('LOCKSTEP_')));
  const child = spawn(process.execPath, [main, ...args], { env: { ...environment, ...options.env } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    options.onStderr?.(stderr, () => child.kill('SIGINT'));
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  const result = last === '' ? undefined : (JSON.parse(last) as Record<string, unknown>);
  return { code, stdout, stderr, result };
}

/** Command lines of the processes of this machine that mention a text, such as a data folder. */
export function processesThatMention(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
      } catch {
        // It ended in between.
        return [];
      }
    })
    .filter((line) => line.includes(text));
}
