import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { guidFromBytes } from '../../../shared/directory/guid.ts';
import { MessageFramer } from '../../../onprem-relay/directory/ldap/message-framer.ts';
import { elements, encode, integer, integerOf, text, type Element } from './ber.ts';
import {
  changeEntries,
  currentEntry,
  namingContext,
  type ScriptedDirectory,
  type ScriptedObject,
  type WireEntry,
} from './scripted-directory.ts';

/** Limits that Windows has and Samba has not (MS-ADTS 3.1.1.3.4.6), small, so that few objects reach them. */
export interface ScriptedLimits {
  /** Entries of an answer to DirSync before it says that there are more. */
  readonly dirSyncEntries: number;
  /** MaxPageSize: entries of a search without paging before it ends with sizeLimitExceeded. */
  readonly pageSize: number;
  /** MaxValRange: values of an attribute in one entry. */
  readonly values: number;
}

const oids = {
  dirSync: '1.2.840.113556.1.4.841',
  notification: '1.2.840.113556.1.4.528',
  paging: '1.2.840.113556.1.4.319',
};

interface Search {
  readonly base: string;
  readonly scope: number;
  readonly filter: Element;
  readonly attributes: readonly string[];
}

/** A place in an answer that comes in parts. */
interface Continuation {
  readonly upTo: number;
  readonly rest: readonly WireEntry[];
}

/**
 * A domain controller that does what Windows is documented to do and Samba does not: answers to DirSync in parts, parents first,
 * lists in ranges, limits of a page, referrals. Plain LDAP on loopback.
 */
export class ScriptedDc implements AsyncDisposable {
  readonly #directory: ScriptedDirectory;
  readonly #limits: ScriptedLimits;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #continuations = new Map<string, Continuation>();
  readonly #watchers = new Set<() => void>();
  /** Messages that were sent since it began. */
  sent = 0;
  /** The connection breaks instead of this message; `undefined`: none. */
  cutAt: number | undefined;
  /** Takes requests and says nothing. */
  silent = false;
  /** The flags of every DirSync request. */
  readonly flags: number[] = [];

  private constructor(directory: ScriptedDirectory, limits: ScriptedLimits) {
    this.#directory = directory;
    this.#limits = limits;
    this.#server = createServer((socket) => {
      this.#serve(socket);
    });
  }

  static async start(directory: ScriptedDirectory, limits: ScriptedLimits): Promise<ScriptedDc> {
    const dc = new ScriptedDc(directory, limits);
    dc.#server.listen(0, '127.0.0.1');
    await once(dc.#server, 'listening');
    return dc;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Tells everybody who has a standing search. */
  notify(): void {
    for (const tell of this.#watchers) tell();
  }

  /** Notice of Disconnection (RFC 4511 section 4.4.1) to everybody, and the end. */
  disconnect(): void {
    const oid = encode(0x8a, Buffer.from('1.3.6.1.4.1.1466.20036'));
    for (const socket of this.#sockets) {
      socket.end(encode(0x30, integer(0), encode(0x78, integer(52, 0x0a), text(''), text('going down'), oid)));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    const framer = new MessageFramer();
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      for (const message of framer.push(chunk)) this.#answer(socket, message);
    });
  }

  #send(socket: Socket, id: number, operation: Buffer, ...controls: readonly Buffer[]): void {
    if (socket.destroyed) return;
    this.sent += 1;
    if (this.sent === this.cutAt) {
      socket.resetAndDestroy();
      return;
    }
    socket.write(encode(0x30, integer(id), operation, ...(controls.length === 0 ? [] : [encode(0xa0, ...controls)])));
  }

  #answer(socket: Socket, message: Buffer): void {
    const [envelope] = elements(message);
    const [id, operation, controls] = elements(envelope?.body ?? Buffer.alloc(0));
    if (id === undefined || operation === undefined) return;
    const messageId = integerOf(id);
    if (operation.tag === 0x60) this.#send(socket, messageId, result(0x61, 0));
    if (operation.tag === 0x42) socket.end();
    if (operation.tag === 0x63) this.#search(socket, messageId, searchOf(operation), controlsOf(controls));
  }

  #search(socket: Socket, id: number, search: Search, controls: ReadonlyMap<string, Buffer>): void {
    if (this.silent) return;
    const dirSync = controls.get(oids.dirSync);
    const paging = controls.get(oids.paging);
    if (controls.has(oids.notification)) {
      const tell = (): void => {
        this.#entry(socket, id, {
          name: namingContext,
          attributes: [{ type: 'objectClass', values: ['top', 'user'] }],
        });
      };
      this.#watchers.add(tell);
      socket.on('close', () => this.#watchers.delete(tell));
    } else if (search.base === '') this.#rootDse(socket, id);
    else if (dirSync !== undefined) this.#dirSync(socket, id, search, dirSync);
    else this.#ordinary(socket, id, search, paging);
  }

  #rootDse(socket: Socket, id: number): void {
    const attributes = [
      { type: 'namingContexts', values: [namingContext] },
      { type: 'defaultNamingContext', values: [namingContext] },
      { type: 'configurationNamingContext', values: [`CN=Configuration,${namingContext}`] },
      { type: 'highestCommittedUSN', values: [String(this.#directory.usn)] },
    ];
    this.#entry(socket, id, { name: '', attributes });
    this.#send(socket, id, result(0x65, 0));
  }

  /** SEQUENCE { flags, maxBytes, cookie }. The cookie is a USN, or leads to the rest of an answer. */
  #dirSync(socket: Socket, id: number, search: Search, value: Buffer): void {
    const [fields] = elements(value);
    const [flags, , cookie] = elements(fields?.body ?? Buffer.alloc(0));
    this.flags.push(flags === undefined ? 0 : integerOf(flags));
    const given = cookie?.body.toString() ?? '';
    const continued = this.#continuations.get(given);
    if (given.startsWith('more') && continued === undefined) {
      this.#send(socket, id, result(0x65, 53));
      return;
    }
    const entries = continued?.rest ?? this.#changesSince(Number(given === '' ? 0 : given), search);
    const upTo = continued?.upTo ?? this.#directory.usn;
    const part = entries.slice(0, this.#limits.dirSyncEntries);
    const rest = entries.slice(part.length);
    for (const entry of part) this.#entry(socket, id, entry);
    let next = String(upTo);
    if (rest.length > 0) {
      next = `more-${this.#continuations.size}`;
      this.#continuations.set(next, { upTo, rest });
    }
    const answer = encode(0x30, integer(rest.length > 0 ? 1 : 0), integer(0), text(next));
    this.#send(socket, id, result(0x65, 0), encode(0x30, text(oids.dirSync), text(answer)));
  }

  /** Parents before children. */
  #changesSince(since: number, { filter, attributes }: Search): WireEntry[] {
    return [...this.#directory.objects.values()]
      .filter((object) => matches(filter, object))
      .sort((a, b) => this.#directory.depthOf(a) - this.#directory.depthOf(b))
      .flatMap((object) => changeEntries(this.#directory, object, since, attributes, this.#limits.values));
  }

  #ordinary(socket: Socket, id: number, search: Search, paging: Buffer | undefined): void {
    const base = this.#baseOf(search.base);
    if (base === undefined || base.deletedUsn !== undefined) {
      this.#send(socket, id, result(0x65, 32));
      return;
    }
    const found = [...this.#directory.objects.values()].filter(
      (object) =>
        object.deletedUsn === undefined &&
        (search.scope === 0 ? object === base : this.#directory.isBelow(object, base)) &&
        matches(search.filter, object),
    );
    const [fields] = elements(paging ?? Buffer.alloc(0));
    const [size, cookie] = elements(fields?.body ?? Buffer.alloc(0));
    const from = Number(cookie?.body.toString() ?? 0);
    const limit = Math.min(size === undefined ? Infinity : integerOf(size), this.#limits.pageSize);
    const part = found.slice(from, from + limit);
    for (const object of part) {
      this.#entry(socket, id, currentEntry(this.#directory, object, search.attributes, this.#limits.values));
    }
    if (search.scope !== 0) {
      const elsewhere = text(`ldap://other.${namingContext}/DC=other`);
      this.#send(socket, id, encode(0x73, elsewhere));
    }
    const end = from + part.length;
    if (paging === undefined) {
      this.#send(socket, id, result(0x65, end < found.length ? 4 : 0));
      return;
    }
    const answer = encode(0x30, integer(0), text(end < found.length ? String(end) : ''));
    this.#send(socket, id, result(0x65, 0), encode(0x30, text(oids.paging), text(answer)));
  }

  #baseOf(base: string): ScriptedObject | undefined {
    const guid = /^<GUID=([0-9a-f-]+)>$/i.exec(base)?.[1];
    if (guid !== undefined) return this.#directory.objects.get(guid.toLowerCase());
    return [...this.#directory.objects.values()].find((object) => this.#directory.dnOf(object) === base);
  }

  #entry(socket: Socket, id: number, { name, attributes }: WireEntry): void {
    const list = attributes.map(({ type, values }) => encode(0x30, text(type), encode(0x31, ...values.map(text))));
    this.#send(socket, id, encode(0x64, text(name), encode(0x30, ...list)));
  }
}

function result(tag: number, code: number): Buffer {
  return encode(tag, integer(code, 0x0a), text(''), text(code === 0 ? '' : `scripted ${code}`));
}

function searchOf({ body }: Element): Search {
  const [base, scope, , , , , filter, attributes] = elements(body);
  if (scope === undefined || filter === undefined) throw new Error('That is no search request.');
  return {
    base: base?.body.toString() ?? '',
    scope: integerOf(scope),
    filter,
    attributes: elements(attributes?.body ?? Buffer.alloc(0)).map((one) => one.body.toString()),
  };
}

function controlsOf(controls: Element | undefined): ReadonlyMap<string, Buffer> {
  return new Map(
    elements(controls?.body ?? Buffer.alloc(0)).map((control) => {
      const [oid, ...rest] = elements(control.body);
      return [oid?.body.toString() ?? '', rest.find(({ tag }) => tag === 0x04)?.body ?? Buffer.alloc(0)];
    }),
  );
}

/** AND, OR, NOT, equality of classes and GUIDs, presence (RFC 4511 section 4.5.1.7). */
function matches({ tag, body }: Element, object: ScriptedObject): boolean {
  switch (tag) {
    case 0xa0:
      return elements(body).every((one) => matches(one, object));
    case 0xa1:
      return elements(body).some((one) => matches(one, object));
    case 0xa2:
      return elements(body).every((one) => !matches(one, object));
    case 0xa3: {
      const [name, value] = elements(body);
      const wanted = value?.body ?? Buffer.alloc(0);
      if (name?.body.toString().toLowerCase() === 'objectguid') return guidFromBytes(wanted) === object.guid;
      return object.objectClass.includes(wanted.toString());
    }
    default:
      return tag === 0x87;
  }
}
