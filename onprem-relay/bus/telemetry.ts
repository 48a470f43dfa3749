import type { ServiceBusClient, ServiceBusSender } from '@azure/service-bus';
import type { RelayHeartbeat } from '../../shared/contracts/relay-heartbeat.ts';
import { queues } from '../../shared/contracts/queues.ts';
import type { Telemetry } from '../service/heartbeat.ts';
import { busError } from './bus-errors.ts';

/** What nobody has taken by then says nothing any more. */
const timeToLiveMs = 10 * 60_000;

/** Sends heartbeats to `relay-telemetry`. */
export class QueueTelemetry implements Telemetry {
  readonly #sender: ServiceBusSender;

  constructor(client: ServiceBusClient) {
    this.#sender = client.createSender(queues.relayTelemetry);
  }

  async send(heartbeat: RelayHeartbeat, signal: AbortSignal): Promise<void> {
    try {
      await this.#sender.sendMessages(
        {
          body: heartbeat,
          contentType: 'application/json',
          messageId: `${heartbeat.instance}:${heartbeat.sequence}`,
          subject: heartbeat.type,
          timeToLive: timeToLiveMs,
        },
        { abortSignal: signal },
      );
    } catch (error) {
      throw busError(error, queues.relayTelemetry);
    }
  }
}
