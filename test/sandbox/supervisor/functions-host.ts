import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { HostProcessOptions } from '../functions-host/process.ts';
import type { Child } from './child-process.ts';
import { startChild } from './child-process.ts';
import type { DataFolder } from './data-folder.ts';
import type { Keeper } from './keeper.ts';
import { keepRunning } from './keeper.ts';

export interface FunctionsHostOptions {
  readonly appRoot: string;
  readonly data: DataFolder;
  /** 0: any free one, which it keeps when it is started again. */
  readonly port: number;
  /** Application settings, as in Azure. */
  readonly settings: Readonly<Record<string, string>>;
  /** What it has to say that an operator should see. */
  readonly onTrouble: (text: string) => void;
  readonly onEnd: (text: string, restarts: boolean) => void;
  readonly onReady: () => void;
}

export interface FunctionsHost {
  readonly keeper: Keeper;
  /** `http://127.0.0.1:port`. */
  readonly baseUrl: string;
}

const messageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), port: z.int(), baseUrl: z.string() }),
  z.object({ type: z.literal('failed'), message: z.string() }),
]);
const logSchema = z.looseObject({ level: z.string(), category: z.string().optional(), message: z.string() });

const script = fileURLToPath(new URL('../functions-host/process.ts', import.meta.url));

/** Runs the built application in a Functions host of its own process; resolves when it serves. @throws Error when it cannot start. */
export async function startHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const { data } = options;
  let port = options.port;
  let ready: ((baseUrl: string) => void) | undefined;
  let failed: ((error: Error) => void) | undefined;
  const firstReady = new Promise<string>((resolve, reject) => {
    ready = resolve;
    failed = reject;
  });
  let complaint = '';
  // Named one by one: a setting of this shell must not configure the application behind its operator's back.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(LOCKSTEP_|Lockstep|IDENTITY_|MSI_|AZURE_)/.test(name)),
  );
  const passedOn = Object.fromEntries(
    ['LOCKSTEP_BUDGET', 'LOCKSTEP_DRIFT', 'LOCKSTEP_MATCHING', 'LOCKSTEP_MODE'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );

  const start = (): Child =>
    startChild({
      script,
      env,
      message: {
        appRoot: options.appRoot,
        settings: { ...passedOn, ...options.settings },
        durablePath: data.durable,
        port,
        functionKeys: { default: data.keys.function },
        masterKey: data.keys.master,
      } satisfies HostProcessOptions,
      logFile: join(data.logs, 'functions-host.log'),
      onLine: (line) => {
        const trouble = troubleOf(line);
        if (trouble === undefined) return;
        complaint = trouble;
        options.onTrouble(trouble);
      },
      onMessage: (given) => {
        const message = messageSchema.parse(given);
        if (message.type === 'failed') {
          complaint = message.message;
          return;
        }
        port = message.port;
        ready?.(message.baseUrl);
        options.onReady();
      },
    });
  const keeper = keepRunning({
    name: 'Functions host',
    start,
    isFinal: () => false,
    onEnd: ({ code, signal }, restarts) => {
      if (!restarts) failed?.(new Error(`The Functions host does not start: ${complaint}`));
      options.onEnd(`The Functions host ended (${signal ?? `exit code ${code ?? 'unknown'}`}).`, restarts);
    },
  });
  try {
    return { keeper, baseUrl: await firstReady };
  } catch (error) {
    await keeper.stop();
    throw error;
  }
}

/** The host logs one JSON object a line; anything else comes from a crash. */
function troubleOf(line: string): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return line;
  }
  const entry = logSchema.safeParse(parsed).data;
  if (entry === undefined || !['error', 'critical'].includes(entry.level)) return undefined;
  return entry.message;
}
