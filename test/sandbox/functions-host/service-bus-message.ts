import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import type { TypedData } from './rpc-types.ts';

/**
 * The body as the trigger passes it on. Unless the binding says `dataType: 'binary'` it is text: bytes that are no UTF-8 arrive damaged, as they
 * would in Azure. Bodies of AMQP type value become JSON.
 */
export function bodyData(message: Pick<ServiceBusReceivedMessage, 'body'>, binary: boolean): TypedData {
  const body: unknown = message.body;
  if (body === null || body === undefined) return {};
  if (body instanceof Uint8Array) {
    return binary ? { bytes: body } : { string: Buffer.from(body).toString('utf8') };
  }
  return { string: typeof body === 'string' ? body : JSON.stringify(body) };
}

/** The bodies of a batch as one collection. */
export function bodiesData(messages: readonly Pick<ServiceBusReceivedMessage, 'body'>[], binary: boolean): TypedData {
  const bodies = messages.map((message) => bodyData(message, binary));
  if (binary) return { collectionBytes: { bytes: bodies.map((body) => body.bytes ?? new Uint8Array()) } };
  return { collectionString: { string: bodies.map((body) => body.string ?? '') } };
}

/** What the extension tells of a message. DeliveryCount is 1 on the first delivery, where the client library says 0. */
function facts(message: ServiceBusReceivedMessage): Record<string, string | number | Date | object | undefined> {
  return {
    MessageId: message.messageId === undefined ? undefined : String(message.messageId),
    DeliveryCount: (message.deliveryCount ?? 0) + 1,
    DeadLetterSource: message.deadLetterSource,
    LockToken: message.lockToken,
    ExpiresAt: message.expiresAtUtc,
    ExpiresAtUtc: message.expiresAtUtc,
    EnqueuedTime: message.enqueuedTimeUtc,
    EnqueuedTimeUtc: message.enqueuedTimeUtc,
    ContentType: message.contentType,
    ReplyTo: message.replyTo,
    // A Long in the client library; a message count never leaves the range of a double.
    SequenceNumber: Number(String(message.sequenceNumber ?? 0)),
    To: message.to,
    Subject: message.subject,
    Label: message.subject,
    CorrelationId: message.correlationId === undefined ? undefined : String(message.correlationId),
    ApplicationProperties: message.applicationProperties ?? {},
    UserProperties: message.applicationProperties ?? {},
    SessionId: message.sessionId,
    ReplyToSessionId: message.replyToSessionId,
    PartitionKey: message.partitionKey,
  };
}

/** Trigger metadata of a single message, without the names for which there is no value. */
export function messageMetadata(message: ServiceBusReceivedMessage): Record<string, TypedData> {
  return Object.fromEntries(
    Object.entries(facts(message)).flatMap(([name, value]): [string, TypedData][] => {
      if (value === undefined) return [];
      if (typeof value === 'string') return [[name, { string: value }]];
      return [[name, typeof value === 'number' ? { int: value } : { json: JSON.stringify(value) }]];
    }),
  );
}

/** Trigger metadata of a batch: each name with `Array` behind it, one value a message. The session is that of all. */
export function batchMetadata(messages: readonly ServiceBusReceivedMessage[]): Record<string, TypedData> {
  const all = messages.map(facts);
  const names = Object.keys(all[0] ?? {}).filter((name) => all.some((one) => one[name] !== undefined));
  const arrays = names.map((name): [string, TypedData] => [
    `${name}Array`,
    { json: JSON.stringify(all.map((one) => one[name] ?? null)) },
  ]);
  const sessionId = messages[0]?.sessionId;
  return Object.fromEntries([
    ...arrays,
    ...(sessionId === undefined ? [] : [['SessionId', { string: sessionId }] as const]),
  ]);
}
