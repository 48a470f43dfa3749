import { RetryMode, ServiceBusClient, type RetryOptions } from '@azure/service-bus';
import type { BatchSender, Commands, LeaderLease, RelayClock } from '../stream/ports.ts';
import { resources, tokensFor, type RelayIdentity } from '../identity/credential.ts';
import type { Telemetry } from '../service/heartbeat.ts';
import { closeSoon } from './closing.ts';
import { QueueCommands } from './commands.ts';
import { SessionLease } from './lease.ts';
import { webSocketOptions, type BusRoute } from './route.ts';
import { QueueSender } from './sender.ts';
import { QueueTelemetry } from './telemetry.ts';

/** Where Service Bus is and as whom to use it. */
export type BusAddress = { readonly route?: BusRoute | undefined } & (
  | /** For the emulator and for trials: the key is in it. */
    { readonly connectionString: string }
  | { readonly fullyQualifiedNamespace: string; readonly identity: RelayIdentity }
);

/** Everything that the relay does with Service Bus, on one connection. */
export interface Bus {
  readonly leases: LeaderLease;
  readonly sender: BatchSender;
  readonly commands: Commands;
  readonly telemetry: Telemetry;
  close(): Promise<void>;
}

/** Opens nothing yet: the connection comes with the first use. */
export function connectBus(
  address: BusAddress,
  options: { readonly clock: RelayClock; readonly onStandby: (connector: string) => void },
): Bus {
  const client = clientOf(address, {});
  return {
    leases: new SessionLease({ client, ...options }),
    sender: new QueueSender(client),
    commands: new QueueCommands(client, options.clock),
    telemetry: new QueueTelemetry(client),
    close: () => closeSoon(client, options.clock),
  };
}

/**
 * The client. Retries are bounded, so that the leader loop decides: what is not through by then ends the tenure, and the next
 * one reads again.
 */
export function clientOf(address: BusAddress, retry: RetryOptions): ServiceBusClient {
  const retryOptions: RetryOptions = {
    mode: RetryMode.Exponential,
    maxRetries: 4,
    retryDelayInMs: 500,
    maxRetryDelayInMs: 5_000,
    timeoutInMs: 15_000,
    ...retry,
  };
  const webSockets = address.route && webSocketOptions(address.route);
  const options = { retryOptions, ...(webSockets && { webSocketOptions: webSockets }) };
  if ('connectionString' in address) return new ServiceBusClient(address.connectionString, options);
  const { fullyQualifiedNamespace, identity, route } = address;
  const credential = tokensFor(resources.serviceBus, identity, route?.proxy);
  return new ServiceBusClient(fullyQualifiedNamespace, credential, options);
}
