import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Connection, Decoded, EventContext, Link, Sender } from './amqp.ts';
import { bytesOf, rhea } from './amqp.ts';
import type { EmulatorConfig } from './config.ts';
import { queuesOf } from './config.ts';
import { manage } from './management.ts';
import { messagesOfBatch, toIncoming } from './messages.ts';
import type { Clock, QueueCounts } from './queue.ts';
import { BrokerError, MessageQueue } from './queue.ts';
import { ReceiverLink } from './receiver-link.ts';
import { sqliteStore, volatileStore } from './store.ts';

export type { QueueCounts } from './queue.ts';

export interface BrokerOptions {
  readonly config: EmulatorConfig;
  /** On the loopback interface. Default 0: any free one. */
  readonly port?: number;
  /** SQLite file; what was accepted is in it before the sender is told. Default: memory. */
  readonly store?: string;
  /** Default: the system's. */
  readonly clock?: Clock;
}

export interface Broker {
  readonly port: number;
  /** For an unmodified client: `UseDevelopmentEmulator=true` makes it do without TLS. */
  readonly connectionString: string;
  queueCounts(queue: string): QueueCounts;
  /** Resolves as soon as the queue's counts are as wanted. */
  whenCounts(queue: string, wanted: (counts: QueueCounts) => boolean): Promise<void>;
  stop(): Promise<void>;
}

/** The Standard tier takes messages and batches of 256 KB. */
const maxMessageBytes = 256 * 1024;
const batchFormat = 0x80013700;

const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, callback) => {
    // Longer than a timer can run: the sandbox does not live that long.
    const timer = setTimeout(callback, Math.min(ms, 2 ** 31 - 1)).unref();
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Starts an AMQP 1.0 broker that plays Azure Service Bus queues for the unmodified `@azure/service-bus` client. */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const store = options.store === undefined ? volatileStore : sqliteStore(options.store);
  const clock = options.clock ?? systemClock;
  const queues = new Map(
    queuesOf(options.config).map((definition) => [
      definition.name.toLowerCase(),
      new MessageQueue(definition, store, clock),
    ]),
  );
  const front = new AmqpFront(queues, clock);
  const port = await front.listen(options.port ?? 0);
  const find = (name: string): MessageQueue => {
    const queue = queues.get(name.toLowerCase());
    if (queue === undefined) throw new Error(`The broker has no queue ${name}.`);
    return queue;
  };
  return {
    port,
    connectionString: `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=sandbox;SharedAccessKey=sandbox;UseDevelopmentEmulator=true;`,
    queueCounts: (name) => find(name).counts,
    whenCounts: (name, wanted) =>
      new Promise((resolve) => {
        const queue = find(name);
        const before = queue.onChange;
        const check = (): void => {
          before?.();
          if (wanted(queue.counts)) resolve();
        };
        queue.onChange = check;
        check();
      }),
    stop: async () => {
      await front.close();
      for (const queue of queues.values()) queue.stop();
      store.close();
    },
  };
}

/** Links, `$cbs` and `$management`; everything that a queue decides is in the queue. */
class AmqpFront {
  readonly #queues: ReadonlyMap<string, MessageQueue>;
  readonly #clock: Clock;
  readonly #receivers = new Map<Connection, Map<Sender, ReceiverLink>>();
  readonly #replies = new Map<Connection, Set<Sender>>();
  readonly #sockets = new Set<{ destroy(): void }>();
  #close: (() => Promise<void>) | undefined;

  constructor(queues: ReadonlyMap<string, MessageQueue>, clock: Clock) {
    this.#queues = queues;
    this.#clock = clock;
  }

  async listen(port: number): Promise<number> {
    const container = rhea.create_container({
      id: 'sandbox-service-bus',
      // Settlement and credit are the queue's decisions.
      sender_options: { autosettle: false, treat_modified_as_released: false },
      receiver_options: { autoaccept: false, credit_window: 500 },
      max_frame_size: 65_536,
      idle_time_out: 240_000,
    });
    container.on('sender_open', (context: EventContext) => {
      this.#openSender(context.sender);
    });
    container.on('receiver_open', (context: EventContext) => {
      this.#openReceiver(context.receiver);
    });
    container.on('message', (context: EventContext) => {
      this.#receive(context);
    });
    for (const event of ['sendable', 'sender_flow', 'sender_draining']) {
      container.on(event, (context: EventContext) =>
        this.#receivers
          .get(context.connection)
          ?.get(context.sender)
          ?.flow(event === 'sender_draining'),
      );
    }
    for (const event of ['accepted', 'released', 'rejected', 'modified'] as const) {
      container.on(event, (context: EventContext) =>
        this.#receivers.get(context.connection)?.get(context.sender)?.settle(event, context.delivery),
      );
    }
    container.on('sender_close', (context: EventContext) => {
      this.#dropSender(context.connection, context.sender);
    });
    for (const event of ['disconnected', 'connection_close']) {
      container.on(event, (context: EventContext) => {
        this.#dropConnection(context.connection);
      });
    }
    // An AMQP session groups links of one connection; its end is not that of the others.
    container.on('session_close', ({ connection, session }: EventContext) => {
      const links = [...(this.#receivers.get(connection)?.keys() ?? []), ...(this.#replies.get(connection) ?? [])];
      for (const sender of links) if (sender.session === session) this.#dropSender(connection, sender);
    });
    // A peer that breaks the protocol ends its own connection. What the broker itself does wrong must not pass unseen.
    for (const event of ['connection_error', 'session_error', 'protocol_error', 'sender_error', 'receiver_error']) {
      container.on(event, () => undefined);
    }
    container.on('error', (error: unknown) => {
      if (error instanceof TypeError || error instanceof RangeError)
        queueMicrotask(() => {
          throw error;
        });
    });
    const server = container.listen({ port, host: '127.0.0.1' });
    server.on('connection', (socket) => {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('listening', resolve).once('error', reject);
    });
    this.#close = () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of this.#sockets) socket.destroy();
      });
    return (server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    await this.#close?.();
  }

  /** The peer attached as receiver. */
  #openSender(sender: Sender): void {
    const address = sender.remote.attach.source?.address ?? '';
    sender.local.attach.snd_settle_mode = sender.remote.attach.snd_settle_mode ?? 2;
    sender.local.attach.rcv_settle_mode = sender.remote.attach.rcv_settle_mode ?? 0;
    sender.set_source(sender.remote.attach.source);
    sender.set_target(sender.remote.attach.target);
    if (address === '$cbs' || address.endsWith('$management')) {
      getOrAdd(this.#replies, sender.connection, () => new Set()).add(sender);
      return;
    }
    const queue = this.#find(address);
    if (queue === undefined) {
      refuse(sender, notFound(address));
      return;
    }
    const link = new ReceiverLink(sender, queue, this.#clock);
    getOrAdd(this.#receivers, sender.connection, () => new Map()).set(sender, link);
    link.open();
  }

  /** The peer attached as sender. */
  #openReceiver(receiver: Link): void {
    const address = receiver.remote.attach.target?.address ?? '';
    receiver.set_source(receiver.remote.attach.source);
    receiver.set_target(receiver.remote.attach.target);
    receiver.local.attach.max_message_size = maxMessageBytes;
    if (address === '$cbs' || this.#find(address.replace(/\/\$management$/, '')) !== undefined) return;
    refuse(receiver, notFound(address));
  }

  #receive({ connection, receiver, message, delivery }: EventContext): void {
    const address = receiver.remote.attach.target?.address ?? '';
    if (address === '$cbs' || address.endsWith('$management')) {
      delivery.accept();
      if (!Buffer.isBuffer(message)) this.#answer(connection, address, message);
      return;
    }
    try {
      const raw = bytesOf(message);
      if (raw.length > maxMessageBytes)
        throw new BrokerError(
          'amqp:link:message-size-exceeded',
          `The message has ${raw.length} bytes; the limit is ${maxMessageBytes}.`,
        );
      const queue = this.#find(address);
      if (queue === undefined) throw notFound(address);
      const messages = delivery.format === batchFormat ? messagesOfBatch(raw) : [raw];
      for (const each of messages) queue.enqueue(toIncoming(each, randomUUID));
      delivery.accept();
    } catch (error) {
      delivery.reject(conditionOf(error));
    }
  }

  #answer(connection: Connection, address: string, request: Decoded): void {
    const reply = [...(this.#replies.get(connection) ?? [])].find(
      (sender) => sender.name === request.reply_to || sender.remote.attach.target?.address === request.reply_to,
    );
    const common = { to: request.reply_to, correlation_id: request.message_id };
    const int = (value: number): unknown => rhea.types.wrap_int(value);
    if (address === '$cbs') {
      // The sandbox has no secrets to keep from itself: any token will do.
      reply?.send({
        ...common,
        application_properties: { 'status-code': int(202), 'status-description': 'Accepted' },
        body: '',
      });
      return;
    }
    try {
      const queue = this.#find(address.replace(/\/\$management$/, ''));
      if (queue === undefined) throw notFound(address);
      const operation = String(request.application_properties?.['operation']);
      const { status, body } = manage(
        queue,
        operation,
        (request.body ?? {}) as Readonly<Record<string, unknown>>,
        randomUUID,
      );
      reply?.send({
        ...common,
        application_properties: { statusCode: int(status), statusDescription: 'OK' },
        body: body ?? '',
      });
    } catch (error) {
      const { condition, description } = conditionOf(error);
      const status = condition.endsWith('lock-lost') ? 410 : condition.endsWith('not-found') ? 404 : 400;
      reply?.send({
        ...common,
        application_properties: { statusCode: int(status), statusDescription: description, errorCondition: condition },
        body: '',
      });
    }
  }

  #dropSender(connection: Connection, sender: Sender): void {
    const link = this.#receivers.get(connection)?.get(sender);
    this.#receivers.get(connection)?.delete(sender);
    this.#replies.get(connection)?.delete(sender);
    link?.close();
  }

  /** A process that died holds nothing: locks and sessions are free at once. */
  #dropConnection(connection: Connection): void {
    const links = [...(this.#receivers.get(connection)?.values() ?? [])];
    this.#receivers.delete(connection);
    this.#replies.delete(connection);
    for (const link of links) link.close();
  }

  #find(address: string): MessageQueue | undefined {
    const path = address.replace(/^amqps?:\/\/[^/]+\//i, '').toLowerCase();
    const deadLetter = path.endsWith('/$deadletterqueue');
    const queue = this.#queues.get(deadLetter ? path.slice(0, -'/$deadletterqueue'.length) : path);
    return deadLetter ? queue?.deadLetter : queue;
  }
}

function notFound(address: string): BrokerError {
  return new BrokerError('amqp:not-found', `The messaging entity "${address}" could not be found.`);
}

function conditionOf(error: unknown): { condition: string; description: string } {
  if (error instanceof BrokerError) return { condition: error.condition, description: error.message };
  return { condition: 'amqp:internal-error', description: error instanceof Error ? error.message : String(error) };
}

function refuse(link: Link, error: BrokerError): void {
  link.close({ condition: error.condition, description: error.message });
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
