import { pino, type DestinationStream } from 'pino';
import { isLockstepError } from '../shared/errors/lockstep-error.ts';
import type { RelayLog } from './stream/ports.ts';

/**
 * JSON lines, one an event: `{"level":"info","time":"2026-…Z","event":"delta.sent",…}`. Event names are stable. Goes to
 * standard error: standard output belongs to `--help`. Written synchronously, so the last line before an exit is not lost.
 */
export function createLog(destination: DestinationStream = standardError()): RelayLog {
  const logger = pino(
    {
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'text',
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return {
    info: (event, fields) => {
      logger.info({ event, ...fields });
    },
    error: (error, fields = {}) => {
      logger.error({ event: 'error', ...describeError(error), ...fields });
    },
  };
}

/** A line that cannot be written, because a disk is full or nobody reads any more, is lost; the relay goes on. */
function standardError(): DestinationStream {
  return pino.destination({ dest: 2, sync: true }).on('error', () => undefined);
}

/** What an operator gets to see of a failure: `code`, `object`, `message`, `remedy`, `retryable`. */
export function describeError(error: unknown): Record<string, unknown> {
  if (isLockstepError(error)) {
    const { code, object, message, remedy, retryable } = error;
    return { code, object, message, remedy, retryable };
  }
  // Not one of ours: a fault in the relay, for which the stack is what helps.
  return {
    message: error instanceof Error ? error.message : String(error),
    stack: error instanceof Error ? error.stack : undefined,
  };
}
