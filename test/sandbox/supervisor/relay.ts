import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { StreamPosition } from '../../../shared/contracts/change-batch.ts';
import type { ProblemReport } from '../../../shared/contracts/status.ts';
import type { Child } from './child-process.ts';
import { startChild } from './child-process.ts';
import type { Keeper } from './keeper.ts';
import { keepRunning } from './keeper.ts';

export interface RelayOptions {
  readonly appRoot: string;
  readonly busConnectionString: string;
  /** Settings that say what to read, by their environment names. */
  readonly directory: Readonly<Record<string, string>>;
  readonly logs: string;
  /** Name of the log file. */
  readonly logName: string;
  readonly onEvent: (event: RelayEvent) => void;
  /** It ended unasked; `restarts` says whether it is started again. */
  readonly onEnd: (text: string, restarts: boolean) => void;
}

/** A line of the relay's log; fields beyond these depend on the event. */
export interface RelayEvent {
  readonly event: string;
  readonly connector?: string | undefined;
  readonly code?: string | undefined;
  readonly object?: string | undefined;
  readonly message?: string | undefined;
  readonly remedy?: string | undefined;
  readonly objects?: number | undefined;
  readonly changes?: number | undefined;
  readonly position?: StreamPosition | undefined;
}

const eventSchema: z.ZodType<RelayEvent> = z.looseObject({
  event: z.string(),
  connector: z.string().optional(),
  code: z.string().optional(),
  object: z.string().optional(),
  message: z.string().optional(),
  remedy: z.string().optional(),
  objects: z.int().optional(),
  changes: z.int().optional(),
  position: z.object({ epoch: z.int(), sequence: z.int() }).optional(),
});

/** Exit code of the relay for a mistake in its setup: somebody must correct it. */
const setupMistake = 2;

const preload = fileURLToPath(new URL('end-with-parent.ts', import.meta.url));

/** Runs the built relay as a process of its own. */
export function startRelay(options: RelayOptions): Keeper {
  const { LOCKSTEP_POLL_SECONDS, ...inherited } = process.env;
  const env = Object.fromEntries(
    Object.entries(inherited).filter(([name]) => !name.startsWith('LOCKSTEP_') && !name.startsWith('Lockstep')),
  );
  const start = (): Child =>
    startChild({
      script: join(options.appRoot, 'dist/onprem-relay/main.cjs'),
      // The first as the service starts it (onprem-relay/node-options.ts).
      execArgv: ['--max-semi-space-size=1', '--import', preload],
      env: {
        ...env,
        ...(LOCKSTEP_POLL_SECONDS === undefined ? {} : { LOCKSTEP_POLL_SECONDS }),
        ...options.directory,
        LockstepBus: options.busConnectionString,
      },
      logFile: join(options.logs, options.logName),
      onLine: (line) => {
        const event = eventOf(line);
        if (event !== undefined) options.onEvent(event);
      },
    });
  return keepRunning({
    name: 'relay',
    start,
    isFinal: ({ code }) => code === setupMistake,
    onEnd: ({ code, signal }, restarts) => {
      options.onEnd(`The relay ended (${signal ?? `exit code ${code ?? 'unknown'}`}).`, restarts);
    },
  });
}

function eventOf(line: string): RelayEvent | undefined {
  try {
    return eventSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** The failure that an `error` event tells of. */
export function relayProblem(event: RelayEvent): ProblemReport {
  return {
    code: event.code ?? 'fault',
    object: event.object ?? 'the relay',
    message: event.message ?? 'The relay failed.',
    remedy: event.remedy ?? 'See relay.log in the data folder.',
  };
}

/** Whether the stream got at least as far as `wanted`. */
export function reaches(position: StreamPosition | null, wanted: StreamPosition): boolean {
  if (position === null) return false;
  return position.epoch > wanted.epoch || (position.epoch === wanted.epoch && position.sequence >= wanted.sequence);
}
