import type { ServiceBusMessage } from '@azure/service-bus';
import { typedValue, type TypedData } from './rpc-types.ts';

/**
 * Messages for a value that an output binding was given: text and bytes as they are, anything else as JSON, one message for each element of an
 * array. That is all the extension offers to languages outside .NET: the whole value is the body, and session id, message id
 * and properties cannot be set.
 */
export function outputMessages(data: TypedData): ServiceBusMessage[] {
  const value = typedValue(data);
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map(toMessage);
}

function toMessage(value: unknown): ServiceBusMessage {
  if (Buffer.isBuffer(value)) return { body: value, contentType: 'application/octet-stream' };
  if (typeof value === 'string') return { body: Buffer.from(value), contentType: 'text/plain' };
  return { body: Buffer.from(JSON.stringify(value)), contentType: 'application/json' };
}

/** A remark when a value looks as if it meant to set properties of the message. */
export function outputWarning(data: TypedData): string | undefined {
  const values = [typedValue(data)].flat();
  const meant = values.some(
    (value) => typeof value === 'object' && value !== null && 'body' in value && 'sessionId' in value,
  );
  return meant
    ? 'A Service Bus output binding sends the whole value as the body; it cannot set the session id. Use a Service Bus client instead.'
    : undefined;
}
