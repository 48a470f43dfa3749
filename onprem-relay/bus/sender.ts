import type { ServiceBusClient, ServiceBusSender } from '@azure/service-bus';
import { messageIdOf, type ChangeBatchEnvelope } from '../../shared/contracts/change-batch.ts';
import { queues } from '../../shared/contracts/queues.ts';
import type { BatchSender } from '../stream/ports.ts';
import { busError } from './bus-errors.ts';

/** Sends batches to `directory-changes`: the session keeps their order, the message id makes a resend recognisable. */
export class QueueSender implements BatchSender {
  readonly #sender: ServiceBusSender;

  constructor(client: ServiceBusClient) {
    this.#sender = client.createSender(queues.directoryChanges);
  }

  async send(envelope: ChangeBatchEnvelope, subject: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#sender.sendMessages(
        {
          body: envelope,
          contentType: 'application/json',
          messageId: messageIdOf(envelope),
          sessionId: envelope.connector,
          subject,
          correlationId: envelope.correlationId,
          applicationProperties: { 'Diagnostic-Id': traceParent(envelope.correlationId) },
        },
        { abortSignal: signal },
      );
    } catch (error) {
      throw busError(error, queues.directoryChanges);
    }
  }
}

/**
 * W3C Trace Context (2.2 traceparent): the trace id is the correlation id, so that what the host records of this message in
 * Application Insights has it as its operation. Service Bus carries it in `Diagnostic-Id`.
 */
function traceParent(correlationId: string): string {
  const trace = correlationId.replaceAll('-', '').toLowerCase();
  return `00-${trace}-${trace.slice(0, 16)}-01`;
}
