import type { RegisteredFunction } from './core-shim.ts';
import type { Gauge } from './gauge.ts';
import type { HostConfig } from './host-config.ts';
import type { Invoker } from './invoker.ts';
import type { Log } from './log.ts';
import type { InvocationResponse } from './rpc-types.ts';
import type { Settings } from './settings.ts';

export interface ServiceBusFrontOptions {
  readonly settings: Settings;
  readonly config: HostConfig['extensions']['serviceBus'];
  readonly log: Log;
  readonly gauge: Gauge;
}

/** The Service Bus side of the host: triggers and output bindings. */
export interface ServiceBusFront {
  start(invoker: Invoker): Promise<void>;
  stopReceiving(): Promise<void>;
  writeOutputs(target: RegisteredFunction, response: InvocationResponse): Promise<void>;
  close(): Promise<void>;
}

export function createServiceBusFront(_options: ServiceBusFrontOptions): ServiceBusFront {
  const nothing = (): Promise<void> => Promise.resolve();
  return { start: nothing, stopReceiving: nothing, writeOutputs: nothing, close: nothing };
}
