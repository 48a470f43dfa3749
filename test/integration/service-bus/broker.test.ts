import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import { isServiceBusError, ServiceBusClient } from '@azure/service-bus';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Broker } from '../../sandbox/service-bus/broker.ts';
import { startBroker } from '../../sandbox/service-bus/broker.ts';
import type { EmulatorConfig } from '../../sandbox/service-bus/config.ts';

const config: EmulatorConfig = {
  UserConfig: {
    Namespaces: [
      {
        Name: 'test',
        Queues: [
          { Name: 'plain', Properties: { MaxDeliveryCount: 3 } },
          { Name: 'brief', Properties: { LockDuration: 'PT1S' } },
          { Name: 'unique', Properties: { RequiresDuplicateDetection: true } },
          { Name: 'sessions', Properties: { RequiresSession: true } },
        ],
      },
    ],
  },
};

let broker: Broker;
let client: ServiceBusClient;

const connect = (to: Broker): ServiceBusClient =>
  new ServiceBusClient(to.connectionString, { retryOptions: { maxRetries: 0, timeoutInMs: 5_000 } });

/** Receivers of `@azure/service-bus` give what there is, or nothing after the wait. */
async function one(
  receiver: { receiveMessages(n: number, o: { maxWaitTimeInMs: number }): Promise<ServiceBusReceivedMessage[]> },
  waitMs = 4_000,
): Promise<ServiceBusReceivedMessage> {
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: waitMs });
  if (message === undefined) throw new Error('No message came.');
  return message;
}

async function codeOf(action: Promise<unknown>): Promise<string | undefined> {
  try {
    await action;
    return undefined;
  } catch (error) {
    return isServiceBusError(error) ? error.code : String(error);
  }
}

beforeEach(async () => {
  broker = await startBroker({ config });
  client = connect(broker);
});

afterEach(async () => {
  await client.close();
  await broker.stop();
});

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('A value that must be there is not.');
  return value;
}

describe('the broker, as the unmodified Service Bus client sees it', () => {
  it('delivers a message with its body, properties and annotations, and forgets it when it is completed', async () => {
    await client.createSender('plain').sendMessages({
      body: { n: 1, text: 'ä' },
      messageId: 'm1',
      subject: 's',
      applicationProperties: { flag: true, count: 7 },
    });
    const receiver = client.createReceiver('plain');
    const message = await one(receiver);
    expect(message).toMatchObject({
      body: { n: 1, text: 'ä' },
      messageId: 'm1',
      subject: 's',
      deliveryCount: 0,
      applicationProperties: { flag: true, count: 7 },
    });
    expect(message.sequenceNumber?.toNumber()).toBe(1);
    expect(message.lockedUntilUtc?.getTime()).toBeGreaterThan(Date.now());
    expect(broker.queueCounts('plain')).toMatchObject({ active: 1, locked: 1 });
    await receiver.completeMessage(message);
    expect(broker.queueCounts('plain')).toMatchObject({ active: 0, locked: 0 });
  });

  it('keeps the order of a batch', async () => {
    const sender = client.createSender('plain');
    const batch = await sender.createMessageBatch();
    for (let i = 0; i < 20; i += 1) expect(batch.tryAddMessage({ body: i })).toBe(true);
    await sender.sendMessages(batch);
    const receiver = client.createReceiver('plain', { receiveMode: 'receiveAndDelete' });
    const bodies: unknown[] = [];
    while (bodies.length < 20)
      bodies.push(
        ...(await receiver.receiveMessages(20 - bodies.length, { maxWaitTimeInMs: 4_000 })).map(
          (m) => m.body as unknown,
        ),
      );
    expect(bodies).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(broker.queueCounts('plain').active).toBe(0);
  });

  it('counts deliveries, and moves a message to the dead letters after the last', async () => {
    await client.createSender('plain').sendMessages({ body: 'x' });
    const receiver = client.createReceiver('plain');
    for (const count of [0, 1, 2]) {
      const message = await one(receiver);
      expect(message.deliveryCount).toBe(count);
      await receiver.abandonMessage(message, { attempt: `${count}` });
    }
    const dead = await one(client.createReceiver('plain', { subQueueType: 'deadLetter' }));
    expect(dead).toMatchObject({
      body: 'x',
      deadLetterReason: 'MaxDeliveryCountExceeded',
      applicationProperties: { attempt: '2' },
    });
  });

  it('dead-letters with a reason, defers, and gives a deferred message by its number', async () => {
    const sender = client.createSender('plain');
    await sender.sendMessages([{ body: 'bad' }, { body: 'later' }]);
    const receiver = client.createReceiver('plain');
    await receiver.deadLetterMessage(await one(receiver), {
      deadLetterReason: 'Broken',
      deadLetterErrorDescription: 'because',
    });
    expect(await one(client.createReceiver('plain', { subQueueType: 'deadLetter' }))).toMatchObject({
      deadLetterReason: 'Broken',
      deadLetterErrorDescription: 'because',
    });
    const later = await one(receiver);
    await receiver.deferMessage(later);
    const [deferred] = await receiver.receiveDeferredMessages([present(later.sequenceNumber)]);
    expect(deferred?.body).toBe('later');
    await receiver.completeMessage(present(deferred));
    expect(broker.queueCounts('plain').active).toBe(0);
  });

  it('gives a message back when its lock expires, and refuses the late settlement', async () => {
    await client.createSender('brief').sendMessages({ body: 'slow' });
    const receiver = client.createReceiver('brief', { maxAutoLockRenewalDurationInMs: 0 });
    const first = await one(receiver);
    const second = await one(client.createReceiver('brief'));
    expect(second.deliveryCount).toBe(1);
    expect(await codeOf(receiver.completeMessage(first))).toBe('MessageLockLost');
  });

  it('drops a second message with the same id', async () => {
    const sender = client.createSender('unique');
    await sender.sendMessages({ body: 1, messageId: 'same' });
    await sender.sendMessages({ body: 2, messageId: 'same' });
    expect(broker.queueCounts('unique').active).toBe(1);
  });

  it('delivers a scheduled message when its time comes, unless it is cancelled', async () => {
    const sender = client.createSender('plain');
    const [kept, cancelled] = await sender.scheduleMessages(
      [{ body: 'kept' }, { body: 'cancelled' }],
      new Date(Date.now() + 700),
    );
    expect(kept?.toNumber()).toBe(1);
    await sender.cancelScheduledMessages(present(cancelled));
    expect(broker.queueCounts('plain')).toMatchObject({ active: 0, scheduled: 1 });
    expect((await one(client.createReceiver('plain'))).body).toBe('kept');
  });

  it('peeks without a lock, and renews one', async () => {
    await client.createSender('plain').sendMessages([{ body: 1 }, { body: 2 }]);
    const receiver = client.createReceiver('plain');
    expect((await receiver.peekMessages(5)).map((m) => m.body as unknown)).toEqual([1, 2]);
    const message = await one(receiver);
    expect((await receiver.renewMessageLock(message)).getTime()).toBeGreaterThan(Date.now());
  });

  it('gives a session to one receiver at a time, in order, with its state', async () => {
    const sender = client.createSender('sessions');
    await sender.sendMessages([1, 2, 3].map((body) => ({ body, sessionId: 'a' })));
    const session = await client.acceptSession('sessions', 'a');
    expect(session.sessionLockedUntilUtc.getTime()).toBeGreaterThan(Date.now());
    const bodies: unknown[] = [];
    for (let i = 0; i < 3; i += 1) {
      const message = await one(session);
      bodies.push(message.body);
      await session.completeMessage(message);
    }
    expect(bodies).toEqual([1, 2, 3]);
    await session.setSessionState({ cookie: 'c' });
    expect(await codeOf(client.acceptSession('sessions', 'a'))).toBe('SessionCannotBeLocked');
    expect((await session.renewSessionLock()).getTime()).toBeGreaterThan(Date.now());
    await session.close();
    const next = await client.acceptSession('sessions', 'a');
    expect(await next.getSessionState()).toEqual({ cookie: 'c' });
  });

  it('lets a receiver wait for the next session, and says so when none comes', async () => {
    const waiting = client.acceptNextSession('sessions');
    await client.createSender('sessions').sendMessages({ body: 'hello', sessionId: 'z' });
    const session = await waiting;
    expect(session.sessionId).toBe('z');
    expect((await one(session)).body).toBe('hello');
    expect(await codeOf(client.acceptNextSession('sessions'))).toBe('ServiceTimeout');
  });

  it('frees sessions and messages at once when a connection is cut', async () => {
    const other = connect(broker);
    await client.createSender('sessions').sendMessages({ body: 1, sessionId: 's' });
    const held = await other.acceptSession('sessions', 's');
    await one(held);
    await other.close();
    const session = await client.acceptSession('sessions', 's');
    expect((await one(session)).deliveryCount).toBe(1);
  });

  it('refuses what the service refuses', async () => {
    expect(await codeOf(client.createSender('nowhere').sendMessages({ body: 1 }))).toBe('MessagingEntityNotFound');
    expect(await codeOf(client.createSender('plain').sendMessages({ body: 'x'.repeat(300_000) }))).toBe(
      'MessageSizeExceeded',
    );
    expect(await codeOf(client.createSender('sessions').sendMessages({ body: 1 }))).toBeDefined();
  });

  it('carries a message of several frames', async () => {
    await client.createSender('plain').sendMessages({ body: 'y'.repeat(200_000) });
    expect(((await one(client.createReceiver('plain'))).body as string).length).toBe(200_000);
  });

  it('continues from its file: messages, order, session state and duplicates', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'broker-'));
    const store = join(folder, 'bus.db');
    try {
      const first = await startBroker({ config, store });
      const before = connect(first);
      await before.createSender('unique').sendMessages({ body: 1, messageId: 'one' });
      await before.createSender('sessions').sendMessages([1, 2].map((body) => ({ body, sessionId: 'a' })));
      const held = await before.acceptSession('sessions', 'a');
      await held.setSessionState('state');
      await before.close();
      await first.stop();
      const second = await startBroker({ config, store });
      const after = connect(second);
      await after.createSender('unique').sendMessages({ body: 1, messageId: 'one' });
      expect(second.queueCounts('unique').active).toBe(1);
      const session = await after.acceptSession('sessions', 'a');
      expect(await session.getSessionState()).toBe('state');
      expect((await one(session)).body).toBe(1);
      await after.close();
      await second.stop();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
