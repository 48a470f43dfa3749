import { fork } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

export interface ChildOptions {
  readonly script: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly execArgv?: readonly string[];
  /** Sent once over IPC. */
  readonly message?: unknown;
  /** Everything that it writes is added to this file. */
  readonly logFile: string;
  /** Each line of its standard error. */
  readonly onLine: (line: string) => void;
  readonly onMessage?: (message: unknown) => void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Child {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Asks it to end, by force when it has not after 20 s. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): void;
}

const stopLimitMs = 20_000;

/**
 * Starts a Node program as a child. It leads a process group of its own, so that Ctrl-C reaches only this process, which
 * then ends its children in order; it notices by its IPC channel when this process is gone.
 */
export function startChild(options: ChildOptions): Child {
  const child = fork(options.script, options.args ?? [], {
    env: { ...options.env },
    execArgv: [...(options.execArgv ?? [])],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    detached: true,
  });
  const log = createWriteStream(options.logFile, { flags: 'a' });
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      log.write(`${line}\n`);
      options.onLine(line);
    });
  }
  if (options.onMessage !== undefined) child.on('message', options.onMessage);
  const exited = new Promise<Exit>((resolve) => {
    // `close` comes after the last line was read, `exit` may come before.
    child.once('close', (code, signal) => {
      log.end();
      resolve({ code, signal });
    });
    child.once('error', () => {
      log.end();
      resolve({ code: null, signal: null });
    });
  });
  if (options.message !== undefined) child.send(options.message as object);
  return {
    pid: child.pid ?? 0,
    exited,
    async stop() {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
      await exited;
      clearTimeout(force);
    },
    kill() {
      child.kill('SIGKILL');
    },
  };
}
