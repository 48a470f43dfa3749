import { spawn } from 'node:child_process';

export interface CommandOptions {
  /** Text for the command's standard input; without it the input is empty. */
  readonly input?: string;
  readonly cwd?: string;
  /** Variables on top of this process's own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How much of a failed command's output an error message carries: the end of it, where the reason is. */
const tailLength = 2000;

/**
 * Runs one command to its end, without a shell, and returns its standard output.
 * Secrets go through `input`, never through `args`: every user of the machine can read another process's arguments.
 *
 * @throws Error with the end of the command's output when it cannot be started or does not exit with 0.
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  const everything: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.push(text);
    everything.push(text);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => everything.push(text));
  // A command that ends without reading its input closes the pipe: its exit code tells why, EPIPE does not.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const ending = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve(signal ?? String(code));
    });
  });
  if (ending !== '0') {
    const tail = everything.join('').trim().slice(-tailLength);
    throw new Error(`${command} ${args[0] ?? ''} ended with ${ending}: ${tail}`);
  }
  return output.join('');
}

/** Whether the command can be started and exits with 0. */
export function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  return runCommand(command, args).then(
    () => true,
    () => false,
  );
}
