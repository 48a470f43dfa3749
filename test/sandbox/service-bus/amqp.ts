import type { EventEmitter } from 'node:events';
import type { Server } from 'node:net';
import { createRequire } from 'node:module';

// rhea's own typings leave most of this open; what the broker uses of it is written down here once.

export interface Typed {
  readonly value: unknown;
  readonly descriptor?: { readonly value: unknown };
}

export interface Attach {
  readonly name: string;
  readonly source?: {
    readonly address?: string | null;
    readonly filter?: Readonly<Record<string, unknown>> | null;
  } | null;
  readonly target?: { readonly address?: string | null } | null;
  readonly properties?: Readonly<Record<string, unknown>> | null;
  readonly snd_settle_mode?: number;
  readonly rcv_settle_mode?: number;
}

export interface Link extends EventEmitter {
  readonly name: string;
  readonly remote: { readonly attach: Attach };
  readonly connection: Connection;
  readonly session: unknown;
  credit: number;
  readonly local: {
    readonly attach: {
      properties: unknown;
      max_message_size: number;
      snd_settle_mode: number;
      rcv_settle_mode: number;
    };
  };
  _process?: (() => void) | undefined;
  set_source(fields: unknown): void;
  set_target(fields: unknown): void;
  close(error?: AmqpCondition): void;
  is_open(): boolean;
}

export interface Sender extends Link {
  sendable(): boolean;
  set_drained(drained: boolean): void;
  send(message: unknown, tag?: Buffer, format?: number): OutgoingDelivery;
}

export interface AmqpCondition {
  readonly condition: string;
  readonly description: string;
}

export interface OutgoingDelivery {
  readonly tag: Buffer;
  readonly remote_state?: {
    readonly error?: { readonly info?: Readonly<Record<string, unknown>> | null } | null;
    readonly undeliverable_here?: boolean;
    readonly message_annotations?: Readonly<Record<string, unknown>> | null;
  };
  settled: boolean;
  update(settled: boolean, state: unknown): void;
}

export interface IncomingDelivery {
  readonly format?: number;
  accept(): void;
  reject(error: AmqpCondition): void;
}

export interface Decoded {
  readonly message_id?: unknown;
  readonly group_id?: string;
  readonly reply_to?: string;
  readonly ttl?: number;
  readonly body?: unknown;
  readonly application_properties?: Readonly<Record<string, unknown>>;
  readonly message_annotations?: Readonly<Record<string, unknown>>;
}

export interface Connection extends EventEmitter {
  _register(): void;
}

export interface EventContext {
  readonly connection: Connection;
  readonly session: unknown;
  readonly sender: Sender;
  readonly receiver: Link;
  readonly delivery: OutgoingDelivery & IncomingDelivery;
  readonly message: Decoded | Buffer;
}

export interface Container extends EventEmitter {
  listen(options: { readonly port: number; readonly host: string }): Server;
}

interface Reader {
  readonly position: number;
  read(): Typed;
  remaining(): number;
}

interface Writer {
  write(value: unknown): void;
  toBuffer(): Buffer;
}

interface Rhea {
  create_container(options: unknown): Container;
  readonly types: {
    readonly Reader: new (buffer: Buffer) => Reader;
    readonly Writer: new () => Writer;
    described_nc(descriptor: unknown, value: unknown): unknown;
    wrap_ulong(value: number): unknown;
    wrap_long(value: number): unknown;
    wrap_int(value: number): unknown;
    wrap_timestamp(value: number): unknown;
    wrap_uuid(value: Buffer): unknown;
    wrap_list(values: readonly unknown[]): unknown;
    wrap_map(values: unknown): unknown;
    wrap_symbolic_map(values: unknown): unknown;
  };
  readonly message: {
    decode(buffer: Buffer): Decoded;
    encode(message: unknown): Buffer;
    header(fields: unknown): { described(): unknown };
    accepted(): { described(): unknown };
    rejected(fields: { readonly error: AmqpCondition }): { described(): unknown };
  };
}

const require = createRequire(import.meta.url);
export const rhea: Rhea = require('rhea') as Rhea;

/** The bytes of a message that rhea decoded. Its decoder gives up the types of values, which a broker must pass on. */
const rawBytes = new WeakMap<object, Buffer>();
const library = require('rhea/lib/message.js') as { decode: (buffer: Buffer) => Decoded };
const decode = library.decode;
library.decode = (buffer) => {
  const message = decode(buffer);
  rawBytes.set(message, buffer);
  return message;
};

export function bytesOf(message: Decoded | Buffer): Buffer {
  return Buffer.isBuffer(message) ? message : (rawBytes.get(message) ?? rhea.message.encode(message));
}
