/**
 * The host as a process of its own. Options come as JSON, in an IPC message of the parent or in a file named on the command line:
 * those of `startFunctionsHost` that are data, and `durablePath` for the SQLite file. Once it serves, it tells the parent
 * `{type: 'ready', port, baseUrl, masterKey, functionKey}`, or `{type: 'failed', message}` and exits with 1. Logs go to stderr, one JSON object a line.
 * SIGTERM and the loss of the parent stop it gracefully.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { messageOf } from './host-error.ts';
import { sqliteDurableStore, startFunctionsHost, type FunctionsHost } from './host.ts';

/** What the process is told at its start. */
export interface HostProcessOptions {
  readonly appRoot: string;
  readonly settings: Readonly<Record<string, string>>;
  /** The SQLite file of the durable store. */
  readonly durablePath: string;
  readonly port?: number | undefined;
  readonly functionKeys?: Readonly<Record<string, string>> | undefined;
  readonly masterKey?: string | undefined;
  readonly replayEveryTurn?: boolean | undefined;
  readonly durableSchema?: 2 | 3 | undefined;
}

const optionsSchema: z.ZodType<HostProcessOptions> = z.object({
  appRoot: z.string(),
  settings: z.record(z.string(), z.string()),
  durablePath: z.string(),
  port: z.number().int().optional(),
  functionKeys: z.record(z.string(), z.string()).optional(),
  masterKey: z.string().optional(),
  replayEveryTurn: z.boolean().optional(),
  durableSchema: z.union([z.literal(2), z.literal(3)]).optional(),
});

function write(line: object): void {
  process.stderr.write(`${JSON.stringify(line)}\n`);
}

function tell(message: object): void {
  if (process.connected) process.send?.(message);
}

/** Drops what was left out: the host tells absent from undefined. */
function present<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

async function main(given: unknown): Promise<void> {
  const { durablePath, ...options } = optionsSchema.parse(given);
  const store = sqliteDurableStore(durablePath);
  const host = await startFunctionsHost({ ...present(options), durableStore: store, onLog: write });
  stopWith(host, () => {
    store.close();
  });
  const { port, baseUrl, masterKey, functionKey } = host;
  tell({ type: 'ready', port, baseUrl, masterKey, functionKey });
}

function stopWith(host: FunctionsHost, close: () => void): void {
  const stop = (): void => {
    host.stop().then(
      () => {
        close();
        process.exit(0);
      },
      (error: unknown) => {
        write({ level: 'error', category: 'Host', message: messageOf(error) });
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.once('disconnect', stop);
}

function run(given: unknown): void {
  main(given).catch((error: unknown) => {
    write({ level: 'critical', category: 'Host.Startup', message: messageOf(error) });
    tell({ type: 'failed', message: messageOf(error) });
    process.exit(1);
  });
}

const file = process.argv[2];
if (file !== undefined) run(JSON.parse(readFileSync(file, 'utf8')));
else process.once('message', run);
