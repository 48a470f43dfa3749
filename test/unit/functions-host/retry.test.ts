import { describe, expect, it } from 'vitest';
import { virtualClock } from '../../sandbox/functions-host/clock.ts';
import { invokeWithRetry, retryDelay } from '../../sandbox/functions-host/retry.ts';
import type { RetryContext, RetryOptions } from '../../sandbox/functions-host/rpc-types.ts';

const fixed: RetryOptions = { retryStrategy: 'fixedDelay', maxRetryCount: 2, delayInterval: { seconds: 3 } };
const exponential: RetryOptions = {
  retryStrategy: 'exponentialBackoff',
  maxRetryCount: 5,
  minimumInterval: { seconds: 2 },
  maximumInterval: { seconds: 10 },
};

function target(retryOptions?: RetryOptions): Parameters<typeof invokeWithRetry>[0] {
  return { metadata: { name: 'f', bindings: {}, ...(retryOptions ? { retryOptions } : {}) }, handler: () => undefined };
}

describe("the host's retry policy", () => {
  it.each([
    [fixed, 1, 3_000],
    [fixed, 4, 3_000],
    [exponential, 1, 2_000],
    [exponential, 2, 4_000],
    [exponential, 4, 10_000],
  ])('%j waits before retry %i for %i ms', (options, retry, wait) => {
    expect(retryDelay(options, retry)).toBe(wait);
  });

  it('tells each attempt which one it is and what went wrong before', async () => {
    const clock = virtualClock();
    const seen: (RetryContext | undefined)[] = [];
    const result = invokeWithRetry(target(fixed), clock, (context) => {
      seen.push(context);
      return seen.length < 3 ? Promise.reject(new Error(`attempt ${seen.length}`)) : Promise.resolve('done');
    });
    const started = clock.now();
    while (seen.length < 3) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = clock.nextTimer();
      if (next !== undefined) clock.advanceTo(next);
    }
    expect(await result).toBe('done');
    expect(clock.now() - started).toBe(6_000);
    expect(seen.map((context) => [context?.retryCount, context?.exception?.message])).toEqual([
      [0, undefined],
      [1, 'attempt 1'],
      [2, 'attempt 2'],
    ]);
  });

  it('runs a function without a policy once', async () => {
    let runs = 0;
    const once = invokeWithRetry(target(), virtualClock(), () => {
      runs += 1;
      return Promise.reject(new Error('broken'));
    });
    await expect(once).rejects.toThrow('broken');
    expect(runs).toBe(1);
  });
});
