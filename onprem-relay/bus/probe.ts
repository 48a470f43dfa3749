import type { ServiceBusClient } from '@azure/service-bus';
import { queues } from '../../shared/contracts/queues.ts';
import { isLockstepError } from '../../shared/errors/lockstep-error.ts';
import type { Finding } from '../directory/finding.ts';
import { clientOf, type BusAddress } from './bus.ts';
import { busError, isSessionTaken } from './bus-errors.ts';

/** Sessions of no connector: names of connectors have no underscore. */
const session = '_check';

/** Tries what the relay does with Service Bus: opens the links, sends nothing and takes nothing. */
export async function* probeBus(address: BusAddress): AsyncGenerator<Finding, void> {
  const client = clientOf(address, { maxRetries: 1, timeoutInMs: 15_000 });
  const tries: readonly (readonly [check: string, queue: string, open: () => Promise<unknown>])[] = [
    ['send changes', queues.directoryChanges, () => openSender(client, queues.directoryChanges)],
    ['hold the lease', queues.relayLeases, () => openSession(client, queues.relayLeases)],
    ['take commands', queues.relayCommands, () => openSession(client, queues.relayCommands)],
    ['send heartbeats', queues.relayTelemetry, () => openSender(client, queues.relayTelemetry)],
  ];
  try {
    for (const [check, queue, open] of tries) {
      try {
        await open();
        yield { check, outcome: 'ok', text: `the queue ${queue} can be used` };
      } catch (error) {
        const known = isLockstepError(error) ? error : busError(error, queue);
        const { code, message, remedy } = known;
        yield { check, outcome: 'problem', code, text: message, remedy };
      }
    }
  } finally {
    await client.close();
  }
}

async function openSender(client: ServiceBusClient, queue: string): Promise<void> {
  const sender = client.createSender(queue);
  try {
    await sender.createMessageBatch();
  } finally {
    await sender.close();
  }
}

async function openSession(client: ServiceBusClient, queue: string): Promise<void> {
  try {
    await (await client.acceptSession(queue, session)).close();
  } catch (error) {
    // Another check runs at the same time.
    if (!isSessionTaken(error)) throw error;
  }
}
