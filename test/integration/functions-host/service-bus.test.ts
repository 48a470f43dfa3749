import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { memoryDurableStore, startFunctionsHost, type FunctionsHost } from '../../sandbox/functions-host/host.ts';
import { startBroker, type Broker } from '../../sandbox/service-bus/broker.ts';
import { buildHostApp, type BuiltApp } from './host-app.ts';

const queue = (
  Name: string,
  Properties: { RequiresSession?: boolean; MaxDeliveryCount?: number } = {},
): { Name: string; Properties: typeof Properties } => ({ Name, Properties });

const config = {
  UserConfig: {
    Namespaces: [
      {
        Name: 'test',
        Queues: [
          ...['plain', 'retried', 'batches', 'results'].map((name) => queue(name)),
          queue('flaky', { MaxDeliveryCount: 3 }),
          queue('sessions', { RequiresSession: true }),
        ],
      },
    ],
  },
};

let app: BuiltApp;
let broker: Broker;
let client: ServiceBusClient;
let host: FunctionsHost;

beforeAll(async () => {
  app = await buildHostApp('bus.ts');
});
afterAll(() => {
  app.remove();
});

beforeEach(async () => {
  broker = await startBroker({ config });
  client = new ServiceBusClient(broker.connectionString);
  host = await startFunctionsHost({
    appRoot: app.appRoot,
    settings: { Bus: broker.connectionString, PLAIN_QUEUE: 'plain' },
    durableStore: memoryDurableStore(),
  });
});
afterEach(async () => {
  await host.stop();
  await client.close();
  await broker.stop();
});

async function received(): Promise<Record<string, unknown>[]> {
  return (await (await fetch(`${host.baseUrl}/api/received`)).json()) as Record<string, unknown>[];
}

/** Sends to a queue and waits until it has none left. */
async function sendAndSettle(name: string, bodies: readonly object[], sessionId?: string): Promise<void> {
  const messages = bodies.map((body, index) => ({
    body,
    messageId: `m${index}`,
    ...(sessionId === undefined ? {} : { sessionId }),
  }));
  await client.createSender(name).sendMessages(messages);
  await broker.whenCounts(name, ({ active, locked }) => active === 0 && locked === 0);
}

describe('Service Bus triggers of the host, over the real client and broker', () => {
  it('hand over the body and the facts of a message, complete it, and send the result on', async () => {
    await sendAndSettle('plain', [{ n: 1 }]);
    expect(await received()).toEqual([{ function: 'onPlain', message: { n: 1 }, messageId: 'm0', deliveryCount: 1 }]);
    const [result] = await client.createReceiver('results').receiveMessages(1, { maxWaitTimeInMs: 5_000 });
    expect(result?.body).toEqual({ seen: { n: 1 } });
  });

  it('give a message back when the function fails, and bury it after the last delivery', async () => {
    await sendAndSettle('flaky', [{ name: 'once', fail: 1 }]);
    await sendAndSettle('flaky', [{ name: 'always', fail: 99 }]);
    const deliveries = (name: string): unknown[] =>
      all.filter((one) => one['name'] === name).map((one) => one['deliveryCount']);
    const all = await received();
    expect(deliveries('once')).toEqual([1, 2]);
    expect(deliveries('always')).toEqual([1, 2, 3]);
    expect(broker.queueCounts('flaky').deadLetter).toBe(1);
  });

  it('retry in the host within one delivery when the function has a retry policy', async () => {
    await sendAndSettle('retried', [{ n: 1 }]);
    expect(await received()).toEqual([0, 1, 2].map((retry) => ({ function: 'onRetried', retry, deliveryCount: 1 })));
  });

  it('hand over many messages at once to a batch trigger', async () => {
    await sendAndSettle(
      'batches',
      Array.from({ length: 20 }, (_, n) => ({ n })),
    );
    const batches = (await received()).map((one) => one['messages'] as { n: number }[]);
    expect(batches.flat().map((one) => one.n)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect(batches.length).toBeLessThan(20);
  });

  it('keep the order within a session', async () => {
    const bodies = Array.from({ length: 10 }, (_, n) => ({ n }));
    await Promise.all(['a', 'b', 'c'].map((session) => sendAndSettle('sessions', bodies, session)));
    const all = await received();
    for (const session of ['a', 'b', 'c']) {
      expect(all.filter((one) => one['session'] === session).map((one) => one['message'])).toEqual(bodies);
    }
  });
});
