import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusSessionReceiver } from '@azure/service-bus';
import { queues } from '../../shared/contracts/queues.ts';
import { relayCommandSchema, type RelayCommand } from '../../shared/contracts/relay-command.ts';
import type { Commands, RelayClock } from '../stream/ports.ts';
import { busError, isSessionTaken } from './bus-errors.ts';
import { closeSoon } from './closing.ts';

/** Receives the connector's session of `relay-commands`. */
export class QueueCommands implements Commands {
  readonly #client: ServiceBusClient;
  readonly #clock: RelayClock;

  constructor(client: ServiceBusClient, clock: RelayClock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Also ends, without an error, when the session was lost; the caller listens again. */
  async listen(
    connector: string,
    handle: (command: RelayCommand) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const receiver = await this.#accept(connector, signal);
    if (receiver === undefined) return;
    const ended = Promise.withResolvers<undefined>();
    const end = (): void => {
      ended.resolve(undefined);
    };
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    receiver.subscribe(
      {
        processMessage: (message) => settle(receiver, message, handle),
        processError: ({ error }) => {
          ended.reject(busError(error, queues.relayCommands));
          return Promise.resolve();
        },
      },
      { autoCompleteMessages: false },
    );
    try {
      await ended.promise;
    } finally {
      signal.removeEventListener('abort', end);
      await closeSoon(receiver, this.#clock);
    }
  }

  /** Waits for a session that the last leader still holds; its lock runs out. */
  async #accept(connector: string, signal: AbortSignal): Promise<ServiceBusSessionReceiver | undefined> {
    while (!signal.aborted) {
      try {
        return await this.#client.acceptSession(queues.relayCommands, connector, {
          // Longer than any relay lives: the session is held as long as it leads.
          maxAutoLockRenewalDurationInMs: 365 * 24 * 3_600_000,
          abortSignal: signal,
        });
      } catch (error) {
        if (!isSessionTaken(error)) throw busError(error, queues.relayCommands);
      }
      await this.#clock.sleep(5_000, signal);
    }
    return undefined;
  }
}

async function settle(
  receiver: ServiceBusSessionReceiver,
  message: ServiceBusReceivedMessage,
  handle: (command: RelayCommand) => Promise<void>,
): Promise<void> {
  const command = relayCommandSchema.safeParse(message.body);
  if (!command.success) {
    await receiver.deadLetterMessage(message, {
      deadLetterReason: 'LS2002',
      deadLetterErrorDescription: command.error.message.slice(0, 1_000),
    });
    return;
  }
  try {
    await handle(command.data);
  } catch {
    // No longer the leader: the next one gets it.
    await receiver.abandonMessage(message);
    return;
  }
  await receiver.completeMessage(message);
}
