import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeBatchEnvelopeSchema, messageIdOf } from '../../../shared/contracts/change-batch.ts';
import { queues } from '../../../shared/contracts/queues.ts';
import { startBroker, type Broker, type BrokerOptions } from '../../sandbox/service-bus/broker.ts';
import { lockstepBusConfig } from '../../sandbox/service-bus/lockstep-config.ts';
import { guidOf } from '../../support/facts.ts';
import { BusRelay } from '../../support/relay/bus-relay.ts';
import { ManualClock } from '../../support/relay/manual-clock.ts';
import { ModelReceiver } from '../../support/relay/model-receiver.ts';

const connector = 'contoso.test';

/** The broker's time: real, with jumps. Timers end by a jump only. */
class JumpingClock {
  #ahead = 0;
  readonly #timers = new Set<{ readonly due: number; readonly callback: () => void }>();

  readonly now = (): number => Date.now() + this.#ahead;

  readonly after = (ms: number, callback: () => void): (() => void) => {
    const timer = { due: this.now() + ms, callback };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  };

  jump(ms: number): void {
    this.#ahead += ms;
    for (const timer of [...this.#timers]) if (timer.due <= this.now() && this.#timers.delete(timer)) timer.callback();
  }
}

let folder: string;
let file: string;
/** Relays and clients before brokers: those would wait for one that is gone. */
const ending: (() => Promise<void>)[] = [];
const brokers: Broker[] = [];

/** Puts a new file in the old one's place, as editors do: a reader never sees half of it. */
async function write(titles: readonly string[]): Promise<void> {
  const people = titles.map(
    (title, i) => `dn: CN=p${i},DC=contoso,DC=test\nobjectClass: user\nobjectGUID: ${guidOf(i)}\ntitle: ${title}\n`,
  );
  await writeFile(`${file}.new`, ['dn: DC=contoso,DC=test\nobjectClass: domainDNS\n', ...people].join('\n'));
  await rename(`${file}.new`, file);
}

async function broker(options: Partial<BrokerOptions> = {}): Promise<Broker> {
  const started = await startBroker({ config: lockstepBusConfig, ...options });
  brokers.push(started);
  return started;
}

function relay(on: Broker, ...more: [ManualClock?]): BusRelay {
  const started = new BusRelay(on.connectionString, file, ...more);
  ending.push(() => started.stop());
  return started;
}

/** Everything that lies in the queue, in the order of its session. */
async function received(from: Broker): Promise<ServiceBusReceivedMessage[]> {
  const client = new ServiceBusClient(from.connectionString);
  try {
    const session = await client.acceptSession(queues.directoryChanges, connector, { receiveMode: 'receiveAndDelete' });
    const messages: ServiceBusReceivedMessage[] = [];
    while (from.queueCounts(queues.directoryChanges).active > 0)
      messages.push(...(await session.receiveMessages(50, { maxWaitTimeInMs: 1_000 })));
    return messages;
  } finally {
    await client.close();
  }
}

/** What a receiver makes of the messages; the titles must be those of the file. */
function model(messages: readonly ServiceBusReceivedMessage[], titles: readonly string[]): ModelReceiver {
  const receiver = new ModelReceiver();
  for (const { body } of messages) receiver.receive(changeBatchEnvelopeSchema.parse(body));
  expect(receiver.titles()).toEqual(Object.fromEntries(titles.map((title, i) => [guidOf(i), title])));
  expect(receiver.gaps).toBe(0);
  return receiver;
}

const stateOf = (message: ServiceBusReceivedMessage | undefined): unknown => {
  const { position, follows } = changeBatchEnvelopeSchema.parse(message?.body);
  return { position, follows };
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'relay-'));
  file = join(folder, 'directory.ldif');
});

afterEach(async () => {
  for (const end of ending.splice(0)) await end();
  for (const each of brokers.splice(0)) await each.stop();
  await rm(folder, { recursive: true });
});

describe('a relay on the bus', () => {
  it('sends the full read in the order of its session, then what changes', async () => {
    const bus = await broker();
    const titles = Array.from({ length: 1_200 }, (_, i) => `title ${i}`);
    await write(titles);
    const only = relay(bus);
    await only.log.when('in-step');
    await write(['changed', ...titles.slice(1)]);
    const sent = await only.log.when('delta.sent');
    expect(sent.fields).toMatchObject({ changes: 1, objects: 1 });
    const messages = await received(bus);
    expect(messages.map(({ subject }) => subject)).toEqual([
      'full-read-begin',
      'changes',
      'changes',
      'changes',
      'full-read-end',
      'changes',
    ]);
    for (const [i, message] of messages.entries()) {
      const envelope = changeBatchEnvelopeSchema.parse(message.body);
      expect(envelope.position).toEqual({ epoch: 1, sequence: i + 1 });
      expect(envelope.follows).toEqual(i === 0 ? null : { epoch: 1, sequence: i });
      expect(message).toMatchObject({
        sessionId: connector,
        messageId: messageIdOf(envelope),
        correlationId: envelope.correlationId,
        applicationProperties: {
          'Diagnostic-Id': expect.stringMatching(
            new RegExp(`^00-${envelope.correlationId.replaceAll('-', '')}-[0-9a-f]{16}-01$`),
          ) as string,
        },
        contentType: 'application/json',
      });
    }
    model(messages, ['changed', ...titles.slice(1)]);
    expect(only.log.codes).toEqual([]);
  });

  it('waits while another leads, and continues at its cookie when that one stops', async () => {
    const bus = await broker();
    await write(['a', 'b']);
    const first = relay(bus);
    await first.log.when('in-step');
    const second = relay(bus);
    await second.log.when('lease.standby');
    await write(['a', 'c']);
    await first.log.when('delta.sent');
    expect(second.log.of('lease.acquired')).toEqual([]);
    await first.stop();
    const { fields } = await second.log.when('lease.acquired');
    expect(fields).toMatchObject({ epoch: 2, position: { epoch: 1, sequence: 4 } });
    await second.log.when('in-step');
    await write(['d', 'c']);
    await second.log.when('delta.sent');
    const messages = await received(bus);
    expect(messages).toHaveLength(5);
    expect(stateOf(messages[4])).toEqual({ position: { epoch: 2, sequence: 1 }, follows: { epoch: 1, sequence: 4 } });
    expect(second.log.of('full-read.begin')).toEqual([]);
    expect(model(messages, ['d', 'c']).dropped).toBe(0);
  });

  it('takes over from one that froze and lost its lease without a word, and the stream stays right', async () => {
    const time = new JumpingClock();
    const bus = await broker({ clock: time });
    await write(['a']);
    // Its clock stands still: it never renews and never notices.
    const frozen = relay(bus, new ManualClock());
    await frozen.log.when('in-step');
    const standby = relay(bus);
    await standby.log.when('lease.standby');
    time.jump(31_000);
    expect((await standby.log.when('lease.acquired')).fields).toMatchObject({ epoch: 2 });
    await standby.log.when('in-step');
    await write(['b']);
    await standby.log.when('delta.sent');
    // The frozen one sees the change as well, and may send it under its past epoch, but cannot move the checkpoint.
    await frozen.log.when('error');
    expect(frozen.log.of('delta.sent')).toEqual([]);
    await write(['c']);
    await standby.log.when('delta.sent', 2);
    model(await received(bus), ['c']);
  });

  it('lives through a restart of the broker, and nothing of either time is lost', async () => {
    const store = join(folder, 'bus.db');
    const before = await broker({ store });
    await write(['a', 'b']);
    const only = relay(before);
    await only.log.when('in-step');
    await before.stop();
    brokers.splice(0);
    const after = await broker({ store, port: before.port });
    expect((await only.log.when('lease.acquired', 2)).fields).toMatchObject({
      epoch: 2,
      position: { epoch: 1, sequence: 3 },
    });
    await write(['a', 'c', 'd']);
    await only.log.when('delta.sent');
    const messages = await received(after);
    expect(messages.map(({ messageId }) => messageId)).toEqual([
      `${connector}:1:1`,
      `${connector}:1:2`,
      `${connector}:1:3`,
      `${connector}:2:1`,
    ]);
    model(messages, ['a', 'c', 'd']);
  });

  it('stops when it is told to, although the bus is gone', { timeout: 20_000 }, async () => {
    const bus = await broker();
    await write(['a']);
    const only = relay(bus);
    await only.log.when('in-step');
    await bus.stop();
    brokers.splice(0);
    ending.splice(0);
    await only.stop();
    expect(only.log.of('lease.acquired')).toHaveLength(1);
  });

  it('reads everything again when the cloud asks for it, and settles the command', async () => {
    const bus = await broker();
    await write(['a']);
    const only = relay(bus);
    await only.log.when('in-step');
    const client = new ServiceBusClient(bus.connectionString);
    ending.push(() => client.close());
    const commands = client.createSender(queues.relayCommands);
    const body = { version: 1, connector, command: 'resync', reason: 'a gap' };
    await commands.sendMessages([
      { body: { ...body, command: 'nonsense' }, sessionId: connector },
      { body, sessionId: connector },
    ]);
    expect((await only.log.when('resync.accepted')).fields).toMatchObject({ reason: 'a gap' });
    await only.log.when('full-read.end', 2);
    await bus.whenCounts(queues.relayCommands, ({ active }) => active === 0);
    expect(bus.queueCounts(queues.relayCommands)).toMatchObject({ deadLetter: 1 });
    const messages = await received(bus);
    expect(messages.map(({ subject }) => subject).slice(3)).toEqual(['full-read-begin', 'changes', 'full-read-end']);
    model(messages, ['a']);
  });
});
