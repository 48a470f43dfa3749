import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import type { Clock } from './clock.ts';
import type { RegisteredFunction } from './core-shim.ts';
import type { Gauge } from './gauge.ts';
import { type ServiceBusConfig } from './host-config.ts';
import { messageOf } from './host-error.ts';
import { type Invoker, triggerOf } from './invoker.ts';
import type { Log } from './log.ts';
import { invokeWithRetry } from './retry.ts';
import { batchMetadata, bodiesData, bodyData, messageMetadata } from './service-bus-message.ts';
import { requiredText, type Settings } from './settings.ts';

/** What a receiver of either kind can do with a message. */
export interface Settler {
  completeMessage(message: ServiceBusReceivedMessage): Promise<void>;
  abandonMessage(message: ServiceBusReceivedMessage): Promise<void>;
}

/** A queue trigger as registered. */
export interface QueueTrigger {
  readonly functionName: string;
  readonly queueName: string;
  readonly connection: string;
  readonly sessions: boolean;
  /** True for `cardinality: 'many'`. */
  readonly batch: boolean;
  readonly autoComplete: boolean;
  readonly target: RegisteredFunction;
}

/** Reads a queue trigger from a registration. */
export function readQueueTrigger(
  target: RegisteredFunction,
  settings: Settings,
  config: ServiceBusConfig,
): QueueTrigger {
  const { binding } = triggerOf(target);
  return {
    functionName: target.metadata.name,
    queueName: requiredText(binding, 'queueName', settings),
    connection: requiredText(binding, 'connection', settings),
    sessions: binding['isSessionsEnabled'] === true,
    batch: binding['cardinality'] === 'many',
    autoComplete:
      typeof binding['autoCompleteMessages'] === 'boolean'
        ? binding['autoCompleteMessages']
        : config.autoCompleteMessages,
    target,
  };
}

/** Runs a trigger's function on messages of its queue. */
export interface QueueHandler {
  readonly trigger: QueueTrigger;
  /** Invokes the function and settles: complete when it succeeds, abandon when it fails. Never throws. */
  handle(messages: readonly ServiceBusReceivedMessage[], settler: Settler): Promise<void>;
}

export interface QueueHandlerOptions {
  readonly invoker: Invoker;
  readonly clock: Clock;
  readonly gauge: Gauge;
  readonly log: Log;
  /** True once the host stops: no further attempts. */
  readonly stopping: () => boolean;
}

/** The handler of a trigger. The host's retry policy runs before a message is given back, and each give-back counts as a delivery. */
export function createQueueHandler(trigger: QueueTrigger, options: QueueHandlerOptions): QueueHandler {
  const { invoker, clock, gauge, log, stopping } = options;
  const { functionName, target, batch, autoComplete } = trigger;
  const binary = triggerOf(target).binding['dataType'] === 'binary';

  async function invoke(messages: readonly ServiceBusReceivedMessage[]): Promise<void> {
    const [first] = messages;
    if (!first) return;
    const data = batch ? bodiesData(messages, binary) : bodyData(first, binary);
    const triggerMetadata = batch ? batchMetadata(messages) : messageMetadata(first);
    await invokeWithRetry(
      target,
      clock,
      (retryContext) =>
        invoker.invoke(functionName, data, { triggerMetadata, ...(retryContext ? { retryContext } : {}) }),
      stopping,
    );
  }

  async function settle(
    messages: readonly ServiceBusReceivedMessage[],
    how: 'completeMessage' | 'abandonMessage',
    settler: Settler,
  ): Promise<void> {
    for (const message of messages) {
      try {
        await settler[how](message);
      } catch (error) {
        // The lock is gone: the message comes again, and the function must cope, as with any redelivery.
        log('warning', 'Host.Triggers.ServiceBus', `${functionName}: ${how} failed: ${messageOf(error)}`);
      }
    }
  }

  return {
    trigger,
    handle: (messages, settler) =>
      gauge.during(async () => {
        try {
          await invoke(messages);
        } catch {
          // The invoker has logged what the function threw.
          await settle(messages, 'abandonMessage', settler);
          return;
        }
        if (autoComplete) await settle(messages, 'completeMessage', settler);
      }),
  };
}
