import { rhea } from './amqp.ts';
import { encodeDelivery, toIncoming, tokenOfUuid, uuidOf } from './messages.ts';
import type { Consumer, MessageQueue, Settlement } from './queue.ts';
import { BrokerError } from './queue.ts';

type Body = Readonly<Record<string, unknown>>;

/** An answer to a management request; `status` as in HTTP. */
export interface ManagementAnswer {
  readonly status: number;
  readonly body?: unknown;
}

/** Messages that are received or locked through management belong to no link: nobody's end gives them back but time. */
const byManagement: Consumer = { session: null, mode: 'peek-lock', hasCredit: () => false, deliver: () => undefined };

/** Service Bus's request-response operations on an entity (AMQP 1.0 in Azure Service Bus: request-response-based operations). */
export function manage(queue: MessageQueue, operation: string, body: Body, newId: () => string): ManagementAnswer {
  const session = typeof body['session-id'] === 'string' ? body['session-id'] : '';
  switch (operation) {
    case 'com.microsoft:renew-lock':
      return {
        status: 200,
        body: { expirations: list(tokensIn(body).map((token) => rhea.types.wrap_timestamp(queue.renew(token)))) },
      };
    case 'com.microsoft:renew-session-lock':
      return { status: 200, body: { expiration: rhea.types.wrap_timestamp(queue.renewSession(session)) } };
    case 'com.microsoft:get-session-state':
      return { status: 200, body: { 'session-state': queue.sessionState(session) } };
    case 'com.microsoft:set-session-state':
      return setSessionState(queue, session, body['session-state']);
    case 'com.microsoft:peek-message':
      return peek(queue, body);
    case 'com.microsoft:schedule-message':
      return {
        status: 200,
        body: { 'sequence-numbers': list(schedule(queue, body, newId).map((n) => rhea.types.wrap_long(n))) },
      };
    case 'com.microsoft:cancel-scheduled-message':
      for (const number of numbersIn(body)) queue.cancelScheduled(number);
      return { status: 200 };
    case 'com.microsoft:receive-by-sequence-number':
      return receiveDeferred(queue, body);
    case 'com.microsoft:update-disposition':
      for (const token of tokensIn(body)) queue.settle(token, settlementIn(body));
      return { status: 200 };
    default:
      throw new BrokerError('amqp:not-implemented', `The broker has no operation ${operation}.`);
  }
}

const maxSessionState = 256 * 1024;

function setSessionState(queue: MessageQueue, session: string, value: unknown): ManagementAnswer {
  const state = Buffer.isBuffer(value) ? value : null;
  if (state !== null && state.length > maxSessionState)
    throw new BrokerError('com.microsoft:message-size-exceeded', 'A session state has at most 256 KB.');
  queue.setSessionState(session, state);
  return { status: 200 };
}

function peek(queue: MessageQueue, body: Body): ManagementAnswer {
  const session = typeof body['session-id'] === 'string' ? body['session-id'] : null;
  const messages = queue.peek(toNumber(body['from-sequence-number']), toNumber(body['message-count']), session);
  if (messages.length === 0) return { status: 204 };
  return {
    status: 200,
    body: {
      messages: list(
        messages.map((message) => rhea.types.wrap_map({ message: encodeDelivery({ message, lock: undefined }) })),
      ),
    },
  };
}

function schedule(queue: MessageQueue, body: Body, newId: () => string): number[] {
  const messages = body['messages'] as readonly Readonly<Record<string, unknown>>[];
  return messages.map(({ message }) => queue.enqueue(toIncoming(message as Buffer, newId)));
}

function receiveDeferred(queue: MessageQueue, body: Body): ManagementAnswer {
  const keep = toNumber(body['receiver-settle-mode']) !== 0;
  const messages = numbersIn(body).map((number) => {
    const delivery = queue.receiveDeferred(number, byManagement);
    const token = delivery.lock?.token ?? '';
    const entry = { 'lock-token': rhea.types.wrap_uuid(uuidOf(token)), message: encodeDelivery(delivery) };
    if (!keep) queue.settle(token, { kind: 'complete' });
    return rhea.types.wrap_map(entry);
  });
  return { status: 200, body: { messages: list(messages) } };
}

function settlementIn(body: Body): Settlement {
  const added = textProperties(body['properties-to-modify']);
  switch (body['disposition-status']) {
    case 'completed':
      return { kind: 'complete' };
    case 'abandoned':
      return { kind: 'abandon', added };
    case 'defered':
      return { kind: 'defer', added };
    case 'suspended':
      return {
        kind: 'dead-letter',
        reason: toText(body['deadletter-reason']),
        description: toText(body['deadletter-description']),
        added,
      };
    default:
      throw new BrokerError(
        'amqp:not-implemented',
        `The broker has no disposition ${toText(body['disposition-status'])}.`,
      );
  }
}

/** Properties that a client adds while it settles; the broker keeps them as text. */
export function textProperties(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([name, content]) => [name, toText(content)]));
}

export function toText(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
}

function tokensIn(body: Body): string[] {
  return (body['lock-tokens'] as readonly Buffer[]).map(tokenOfUuid);
}

function numbersIn(body: Body): number[] {
  return (body['sequence-numbers'] as readonly unknown[]).map(toNumber);
}

/** Longs arrive as numbers, or as eight bytes. */
function toNumber(value: unknown): number {
  return Buffer.isBuffer(value) ? Number(value.readBigInt64BE()) : Number(value);
}

function list(values: readonly unknown[]): unknown {
  return rhea.types.wrap_list(values);
}
