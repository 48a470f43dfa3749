import { guidToBytes } from '../../../shared/directory/guid.ts';
import type { Decoded } from './amqp.ts';
import { rhea } from './amqp.ts';
import type { Delivery, Incoming } from './queue.ts';
import type { StoredMessage } from './store.ts';

// Sections of a message (AMQP 1.0 part 3, 3.2).
const section = { annotations: 0x72, properties: 0x73, applicationProperties: 0x74, data: 0x75 } as const;

interface Section {
  readonly code: number;
  readonly bytes: Buffer;
  readonly value: unknown;
}

function* sectionsOf(message: Buffer): Iterable<Section> {
  const reader = new rhea.types.Reader(message);
  while (reader.remaining() > 0) {
    const start = reader.position;
    const typed = reader.read();
    yield {
      code: Number(typed.descriptor?.value),
      bytes: message.subarray(start, reader.position),
      value: typed.value,
    };
  }
}

function encodeSection(code: number, map: unknown): Buffer {
  const writer = new rhea.types.Writer();
  writer.write(rhea.types.described_nc(rhea.types.wrap_ulong(code), map));
  return writer.toBuffer();
}

/** A message as it arrived: what the queue has to know, and the bare message (properties onwards) byte for byte. */
export function toIncoming(raw: Buffer, newId: () => string): Incoming {
  const decoded: Decoded = rhea.message.decode(raw);
  const bare = [...sectionsOf(raw)].filter(({ code }) => code >= section.properties);
  const given = decoded.message_id;
  const messageId =
    given === undefined
      ? newId()
      : Buffer.isBuffer(given)
        ? given.toString('hex')
        : typeof given === 'string'
          ? given
          : JSON.stringify(given);
  const scheduled = decoded.message_annotations?.['x-opt-scheduled-enqueue-time'];
  return {
    messageId,
    sessionId: decoded.group_id ?? null,
    // The service gives a message that has no id one of its own; its clients count on it.
    body: given === undefined ? withMessageId(decoded, messageId) : Buffer.concat(bare.map(({ bytes }) => bytes)),
    scheduledAt:
      scheduled instanceof Date ? scheduled.getTime() : typeof scheduled === 'number' ? scheduled : undefined,
    timeToLiveMs: decoded.ttl,
  };
}

function withMessageId(decoded: Decoded, messageId: string): Buffer {
  const whole = rhea.message.encode({ ...decoded, message_id: messageId, message_annotations: undefined });
  return Buffer.concat(
    [...sectionsOf(whole)].filter(({ code }) => code >= section.properties).map(({ bytes }) => bytes),
  );
}

/** The messages of a batch (Service Bus message format 0x80013700): each data section carries one. */
export function messagesOfBatch(raw: Buffer): readonly Buffer[] {
  return [...sectionsOf(raw)]
    .filter(({ code, value }) => code === section.data && Buffer.isBuffer(value))
    .map(({ value }) => value as Buffer);
}

/** The message as a receiver gets it: with the delivery count, the broker's annotations, and what was added to its properties. */
export function encodeDelivery({ message, lock }: Delivery): Buffer {
  const writer = new rhea.types.Writer();
  writer.write(rhea.message.header({ delivery_count: message.deliveryCount }).described());
  const long = (value: number): unknown => rhea.types.wrap_long(value);
  const timestamp = (value: number): unknown => rhea.types.wrap_timestamp(value);
  const annotations = {
    'x-opt-sequence-number': long(message.sequenceNumber),
    'x-opt-enqueue-sequence-number': long(message.sequenceNumber),
    'x-opt-enqueued-time': timestamp(message.enqueuedAt),
    ...(message.availableAt > message.enqueuedAt
      ? { 'x-opt-scheduled-enqueue-time': timestamp(message.availableAt) }
      : {}),
    ...(lock === undefined ? {} : { 'x-opt-locked-until': timestamp(lock.until) }),
    'x-opt-message-state': rhea.types.wrap_int(message.deferred ? 1 : 0),
  };
  return Buffer.concat([
    writer.toBuffer(),
    encodeSection(section.annotations, rhea.types.wrap_symbolic_map(annotations)),
    bareMessage(message),
  ]);
}

function bareMessage({ body, added }: StoredMessage): Buffer {
  if (Object.keys(added).length === 0) return body;
  const before = rhea.message.decode(body).application_properties ?? {};
  const properties = encodeSection(section.applicationProperties, rhea.types.wrap_map({ ...before, ...added }));
  const parts = [...sectionsOf(body)].filter(({ code }) => code !== section.applicationProperties);
  const head = parts.filter(({ code }) => code === section.properties).map(({ bytes }) => bytes);
  const tail = parts.filter(({ code }) => code !== section.properties).map(({ bytes }) => bytes);
  return Buffer.concat([...head, properties, ...tail]);
}

/** The delivery tag is the lock token as .NET writes a GUID. */
export function tagOf(token: string): Buffer {
  return Buffer.from(guidToBytes(token));
}

/** In the bodies of management messages the token is in network order. */
export function uuidOf(token: string): Buffer {
  return Buffer.from(token.replaceAll('-', ''), 'hex');
}

export function tokenOfUuid(uuid: Buffer): string {
  return uuid.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
