import type { ServiceBusSender } from '@azure/service-bus';
import { realClock } from './clock.ts';
import type { RegisteredFunction } from './core-shim.ts';
import type { Gauge } from './gauge.ts';
import type { ServiceBusConfig } from './host-config.ts';
import type { Invoker } from './invoker.ts';
import type { Log } from './log.ts';
import type { BindingInfo, InvocationResponse, TypedData } from './rpc-types.ts';
import { createConnections } from './service-bus-connection.ts';
import { outputMessages, outputWarning } from './service-bus-output.ts';
import { type Listener, listenToQueue } from './service-bus-receiver.ts';
import { listenToSessions } from './service-bus-sessions.ts';
import { createQueueHandler, readQueueTrigger } from './service-bus-trigger.ts';
import { requiredText, type Settings } from './settings.ts';

export interface ServiceBusFrontOptions {
  readonly settings: Settings;
  readonly config: ServiceBusConfig;
  readonly log: Log;
  readonly gauge: Gauge;
}

/** The Service Bus side of the host: queue triggers and output bindings. */
export interface ServiceBusFront {
  /** Begins to receive. @throws HostError when a binding or its connection makes no sense. */
  start(invoker: Invoker): void;
  /** Receives no more; resolves when what was being worked on has been settled. */
  stopReceiving(): Promise<void>;
  /** Sends what the output bindings of an invocation were given. */
  writeOutputs(target: RegisteredFunction, response: InvocationResponse): Promise<void>;
  close(): Promise<void>;
}

/** Builds the front. It uses the unmodified client library, and the machine's clock: the broker's locks run by that. */
export function createServiceBusFront(options: ServiceBusFrontOptions): ServiceBusFront {
  const { settings, config, log, gauge } = options;
  const connections = createConnections(settings);
  const senders = new Map<string, ServiceBusSender>();
  const listeners: Listener[] = [];
  const clock = realClock();
  let stopping = false;

  function senderFor(binding: BindingInfo): ServiceBusSender {
    const connection = requiredText(binding, 'connection', settings);
    const queue = requiredText(binding, 'queueName', settings);
    const key = `${connection}/${queue}`;
    const sender = senders.get(key) ?? connections.client(connection).createSender(queue);
    senders.set(key, sender);
    return sender;
  }

  async function write(target: RegisteredFunction, binding: BindingInfo, data: TypedData): Promise<void> {
    const warning = outputWarning(data);
    if (warning) log('warning', `Function.${target.metadata.name}`, warning);
    const messages = outputMessages(data);
    if (messages.length > 0) await senderFor(binding).sendMessages(messages);
  }

  function listen(target: RegisteredFunction, invoker: Invoker): Listener {
    const trigger = readQueueTrigger(target, settings, config);
    const handler = createQueueHandler(trigger, { invoker, clock, gauge, log, stopping: () => stopping });
    const client = connections.client(trigger.connection);
    return trigger.sessions
      ? listenToSessions({ client, handler, config, clock, log })
      : listenToQueue(client, handler, config, log);
  }

  return {
    start(invoker) {
      for (const target of invoker.ofType('serviceBusTrigger')) listeners.push(listen(target, invoker));
    },
    async stopReceiving() {
      stopping = true;
      await Promise.all(listeners.map((listener) => listener.stop()));
    },
    async writeOutputs(target, response) {
      for (const [name, binding] of Object.entries(target.metadata.bindings)) {
        if (binding.direction !== 'out' || binding.type.toLowerCase() !== 'servicebus') continue;
        const output = response.outputData?.find((one) => one.name === name)?.data;
        const data = name === '$return' ? response.returnValue : output;
        if (data) await write(target, binding, data);
      }
    },
    async close() {
      await Promise.all([...senders.values()].map((sender) => sender.close()));
      await connections.close();
    },
  };
}
