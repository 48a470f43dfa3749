import type { ServiceBusClient, ServiceBusSessionReceiver } from '@azure/service-bus';
import type { Clock } from './clock.ts';
import type { ServiceBusConfig } from './host-config.ts';
import { messageOf } from './host-error.ts';
import type { Log } from './log.ts';
import { createPump, type Listener } from './service-bus-receiver.ts';
import type { QueueHandler } from './service-bus-trigger.ts';

/** How long to wait after the broker refused or lost the connection, in milliseconds: doubled each time, up to the second. */
const backOff = { first: 250, longest: 5_000 } as const;

/** Without `sessionIdleTimeout` the extension waits as long as the client library tries one receive. */
const defaultIdleTimeout = 60_000;

export interface SessionListenerOptions {
  readonly client: ServiceBusClient;
  readonly handler: QueueHandler;
  readonly config: ServiceBusConfig;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Receives from a queue with sessions. One receiver always waits at the broker for the next session that has messages, up to
 * `maxConcurrentSessions`; a session is kept, and its messages handled in order as they come, until none came for `sessionIdleTimeout`.
 */
export function listenToSessions(options: SessionListenerOptions): Listener {
  const { client, handler, config, clock, log } = options;
  const { queueName, functionName } = handler.trigger;
  const abort = new AbortController();
  const held = new Map<ServiceBusSessionReceiver, HeldSession>();
  let freed: (() => void) | undefined;
  const isStopped = (): boolean => abort.signal.aborted;

  function report(error: unknown): void {
    log('error', 'Host.Triggers.ServiceBus', `${functionName} on ${queueName}: ${messageOf(error)}`);
  }

  async function acceptAll(): Promise<void> {
    let wait: number = backOff.first;
    while (!isStopped()) {
      if (held.size >= config.maxConcurrentSessions) {
        await new Promise<void>((resolve) => (freed = resolve));
        continue;
      }
      try {
        const receiver = await client.acceptNextSession(queueName, {
          receiveMode: 'peekLock',
          maxAutoLockRenewalDurationInMs: config.maxAutoLockRenewalDuration,
          skipParsingBodyAsJson: true,
          abortSignal: abort.signal,
        });
        wait = backOff.first;
        hold(receiver);
      } catch (error) {
        if (isStopped()) return;
        // ServiceTimeout only says that no session had a message for a minute.
        if (isTimeout(error)) continue;
        report(error);
        await pause(wait);
        wait = Math.min(wait * 2, backOff.longest);
      }
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.setTimer(clock.now() + ms, resolve);
      abort.signal.addEventListener('abort', () => {
        cancel();
        resolve();
      });
    });
  }

  function hold(receiver: ServiceBusSessionReceiver): void {
    const session = holdSession(receiver, options, report, () => {
      held.delete(receiver);
      freed?.();
    });
    held.set(receiver, session);
    if (isStopped()) void session.release();
  }

  void acceptAll();
  return {
    async stop() {
      abort.abort();
      freed?.();
      // An accept under way is not awaited: once the link is being attached the client library does not heed the signal
      // before the service's own timeout, a minute. It ends with the connection; a session that comes yet is given back.
      await Promise.all([...held.values()].map((session) => session.release()));
    },
  };
}

interface HeldSession {
  /** Finishes what is being worked on and gives the session back. */
  release(): Promise<void>;
}

function holdSession(
  receiver: ServiceBusSessionReceiver,
  { handler, config, clock }: SessionListenerOptions,
  report: (error: unknown) => void,
  released: () => void,
): HeldSession {
  const idleTimeout = config.sessionIdleTimeout ?? defaultIdleTimeout;
  let cancelIdle: () => void = () => undefined;
  let ending: Promise<void> | undefined;
  const rest = (): void => {
    cancelIdle();
    if (pump.busy || ending) return;
    cancelIdle = clock.setTimer(clock.now() + idleTimeout, () => {
      if (!pump.busy) void release();
    });
  };
  const pump = createPump(handler, receiver, config.maxMessageBatchSize, rest);
  const subscription = receiver.subscribe(
    {
      processMessage: (message) => {
        cancelIdle();
        return pump.process(message);
      },
      // A session receiver does not recover: its lock is lost, or its connection. Another accept takes the session up again.
      processError: ({ error }) => {
        report(error);
        void release();
        return Promise.resolve();
      },
    },
    { autoCompleteMessages: false, maxConcurrentCalls: handler.trigger.batch ? config.maxMessageBatchSize : 1 },
  );

  async function end(): Promise<void> {
    cancelIdle();
    try {
      await subscription.close();
      await pump.drained();
      await receiver.close();
    } catch (error) {
      report(error);
    }
    released();
  }

  function release(): Promise<void> {
    return (ending ??= end());
  }

  rest();
  return { release };
}

function isTimeout(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'ServiceTimeout' || error.code === 'OperationTimeoutError')
  );
}
