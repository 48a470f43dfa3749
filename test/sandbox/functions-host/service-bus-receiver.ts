import type {
  ServiceBusClient,
  ServiceBusReceivedMessage,
  ServiceBusReceiver,
  ServiceBusSessionReceiver,
} from '@azure/service-bus';
import type { ServiceBusConfig } from './host-config.ts';
import { messageOf } from './host-error.ts';
import type { Log } from './log.ts';
import { createBatcher } from './message-batcher.ts';
import type { QueueHandler } from './service-bus-trigger.ts';

/** Something that receives until it is told to stop; `stop` resolves when what is being worked on has been settled. */
export interface Listener {
  stop(): Promise<void>;
}

type Receiver = ServiceBusReceiver | ServiceBusSessionReceiver;

/** Messages of one receiver on their way through the handler. */
export interface Pump {
  process(message: ServiceBusReceivedMessage): Promise<void>;
  /** True while messages are being worked on. */
  readonly busy: boolean;
  /** Resolves when nothing is being worked on. */
  drained(): Promise<void>;
}

/** Passes the messages of a receiver to a handler, one by one or in batches; `worked` is called after each. */
export function createPump(
  handler: QueueHandler,
  receiver: Receiver,
  batchSize: number,
  worked: () => void = () => undefined,
): Pump {
  const running = new Set<Promise<void>>();
  const batcher = createBatcher<ServiceBusReceivedMessage>(batchSize, (messages) => handler.handle(messages, receiver));
  return {
    async process(message) {
      const work = handler.trigger.batch ? batcher.add(message) : handler.handle([message], receiver);
      running.add(work);
      await work;
      running.delete(work);
      worked();
    },
    get busy() {
      return running.size > 0;
    },
    async drained() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}

/** Receives from a queue without sessions. The client library reconnects by itself. */
export function listenToQueue(
  client: ServiceBusClient,
  handler: QueueHandler,
  config: ServiceBusConfig,
  log: Log,
): Listener {
  const { queueName, functionName, batch } = handler.trigger;
  const receiver = client.createReceiver(queueName, {
    receiveMode: 'peekLock',
    maxAutoLockRenewalDurationInMs: config.maxAutoLockRenewalDuration,
    skipParsingBodyAsJson: true,
  });
  const pump = createPump(handler, receiver, config.maxMessageBatchSize);
  const subscription = receiver.subscribe(
    {
      processMessage: (message) => pump.process(message),
      processError: ({ error }) => {
        log('error', 'Host.Triggers.ServiceBus', `${functionName} on ${queueName}: ${messageOf(error)}`);
        return Promise.resolve();
      },
    },
    {
      autoCompleteMessages: false,
      maxConcurrentCalls: batch ? config.maxMessageBatchSize : config.maxConcurrentCalls,
    },
  );
  return {
    async stop() {
      await subscription.close();
      await pump.drained();
      await receiver.close();
    },
  };
}
