import type { TokenCredential } from '@azure/core-auth';
import { ServiceBusClient, type ServiceBusSender } from '@azure/service-bus';
import { queues } from '../../shared/contracts/queues.ts';
import type { RelayCommand } from '../../shared/contracts/relay-command.ts';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import type { RelayCommands } from '../intake/stores.ts';

/** How to enter the namespace: the emulator by a connection string, Azure by the managed identity. */
export type BusConnection =
  | { readonly connectionString: string }
  | { readonly fullyQualifiedNamespace: string; readonly credential: TokenCredential };

/**
 * Sends to the queue `relay-commands`, whose sessions are the connectors. An output binding cannot do this: outside of .NET
 * it sends the whole value as the body, without a session id, and the queue refuses that.
 */
export class QueuedCommands implements RelayCommands {
  readonly #connection: BusConnection;
  #sender: ServiceBusSender | undefined;

  constructor(connection: BusConnection) {
    this.#connection = connection;
  }

  async send(command: RelayCommand): Promise<void> {
    try {
      await this.#open().sendMessages({
        body: command,
        sessionId: command.connector,
        contentType: 'application/json',
      });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new LockstepError('LS2001', `The command could not be sent to the relay: ${reason}`, {
        object: command.connector,
        cause,
        retryable: true,
      });
    }
  }

  /** Opened with the first command and kept: there are few, and a connection takes a second. */
  #open(): ServiceBusSender {
    const connection = this.#connection;
    this.#sender ??= (
      'connectionString' in connection
        ? new ServiceBusClient(connection.connectionString)
        : new ServiceBusClient(connection.fullyQualifiedNamespace, connection.credential)
    ).createSender(queues.relayCommands);
    return this.#sender;
  }
}
