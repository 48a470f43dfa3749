import type { Clock } from './clock.ts';
import type { RegisteredFunction } from './core-shim.ts';
import { messageOf } from './host-error.ts';
import type { RetryContext, RetryOptions } from './rpc-types.ts';

/**
 * The wait before retry number `retry` (from 1), in milliseconds. Exponential back-off doubles from the minimum up to the maximum; the
 * host's random spread is left out, so that runs repeat.
 */
export function retryDelay(options: RetryOptions, retry: number): number {
  const ms = (duration: { seconds: number } | undefined, fallback: number): number =>
    (duration?.seconds ?? fallback) * 1000;
  if (options.retryStrategy === 'fixedDelay') return ms(options.delayInterval, 0);
  const low = ms(options.minimumInterval, 0);
  return Math.min(ms(options.maximumInterval, Infinity), low * 2 ** (retry - 1));
}

/**
 * Runs an invocation under the retry policy of its registration; without one, once. `maxRetryCount` -1 means without end. The host
 * retries, the worker does not: each attempt is an invocation of its own and is told which one it is.
 * @throws what the last attempt threw.
 */
export async function invokeWithRetry<T>(
  target: RegisteredFunction,
  clock: Clock,
  attempt: (context: RetryContext | undefined) => Promise<T>,
  stopping: () => boolean = () => false,
): Promise<T> {
  const options = target.metadata.retryOptions;
  if (!options) return attempt(undefined);
  const maxRetryCount = options.maxRetryCount ?? 0;
  let exception: RetryContext['exception'];
  for (let retryCount = 0; ; retryCount += 1) {
    try {
      return await attempt({ retryCount, maxRetryCount, ...(exception ? { exception } : {}) });
    } catch (error) {
      if (stopping() || (maxRetryCount >= 0 && retryCount >= maxRetryCount)) throw error;
      exception = {
        message: messageOf(error),
        source: '',
        stackTrace: error instanceof Error ? (error.stack ?? '') : '',
      };
    }
    const until = clock.now() + retryDelay(options, retryCount + 1);
    await new Promise<void>((resolve) => clock.setTimer(until, resolve));
  }
}
