import type net from 'node:net';
import {
  AbandonRequest,
  Attribute,
  BindRequest,
  Change,
  ExtendedRequest,
  MessageParser,
  ModifyRequest,
  PagedResultsControl,
  SearchEntry,
  SearchReference,
  SearchRequest,
  UnbindRequest,
  type Control,
  type Filter,
} from 'ldapts';
import { isLockstepError, type LockstepError } from '../../../shared/errors/lockstep-error.ts';
import { bindError, connectionLost, LdapResultError, protocolViolation, resultCodes } from './ldap-errors.ts';
import { MessageFramer } from './message-framer.ts';
import { challengeIn, GssapiBindRequest, signInByKerberos, type OpenSecurityContext } from './sasl-bind.ts';
import { addressText, openSocket, secureSocket, type LdapAddress } from './transport.ts';

export interface LdapSearch {
  readonly baseDn: string;
  readonly scope: 'base' | 'one' | 'sub';
  readonly filter: Filter;
  readonly attributes: readonly string[];
  /** Answers to these are parsed into these very instances. */
  readonly controls?: readonly Control[];
  /** Milliseconds of silence after which the server counts as gone. Default 120,000; `null` waits for ever. */
  readonly silenceMs?: number | null;
}

type RequestMessage = Parameters<MessageParser['read']>[1] extends Map<string, { message: infer M }> ? M : never;

/** Gives the parser's message listener a name to take its type from: the library does not export the base class. */
function onMessage(parser: MessageParser, listener: (message: AnyResponse) => void): void {
  parser.on('message', listener);
}

/** Of all controls that were asked for, ldapts parses the answer to this one into an instance of its own. */
function takePaging(asked: readonly Control[] = [], answered: readonly Control[] = []): void {
  const isPaging = (control: Control): control is PagedResultsControl => control instanceof PagedResultsControl;
  const answer = answered.find(isPaging);
  const request = asked.find(isPaging);
  if (answer !== undefined && request !== undefined) request.value = answer.value;
}

/** As whom to sign in: a name with its password, or whoever a negotiation proves the relay to be. */
export type Bind = { readonly dn: string; readonly password: string } | { readonly negotiate: OpenSecurityContext };

interface AnyResponse {
  readonly messageId: number;
  readonly status: number;
  readonly errorMessage: string;
  readonly controls?: Control[];
}

interface Operation {
  readonly message: RequestMessage;
  readonly entries: SearchEntry[];
  readonly patient: boolean;
  result?: AnyResponse;
  /** The message that `result` was read from. */
  resultMessage?: Buffer;
  error?: LockstepError;
  wake: () => void;
}

/** Entries that may wait for their reader before the socket is asked to hold back, and when it may go on. */
const highWater = 400;
const lowWater = 100;
const startTlsOid = '1.3.6.1.4.1.1466.20037';

/**
 * One LDAP connection that streams. A thin layer above ldapts' message classes: requests are written by its BindRequest,
 * ExtendedRequest, SearchRequest, AbandonRequest and UnbindRequest, responses read by its MessageParser (one whole message at
 * a time, see MessageFramer) into SearchEntry and result messages, controls are subclasses of its Control. ldapts' own
 * Client is not used: it collects a search's entries until the end, hides response controls, and fills attributes that are
 * absent with the empty list, which in a DirSync answer means *cleared*.
 */
export class LdapConnection {
  readonly #address: LdapAddress;
  #socket: net.Socket;
  readonly #parser = new MessageParser();
  #lastMessage: Buffer = Buffer.alloc(0);
  readonly #operations = new Map<string, Operation>();
  #framer = new MessageFramer();
  #lastId = 0;
  #waiting = 0;
  #failure: LockstepError | undefined;

  private constructor(address: LdapAddress, socket: net.Socket) {
    this.#address = address;
    this.#socket = socket;
    onMessage(this.#parser, (message) => {
      this.#receive(message);
    });
    this.#parser.on('error', (error) => {
      this.#fail(protocolViolation(this.#name, `${this.#name} sent a message that cannot be decoded.`, error));
    });
    this.#attach(socket);
  }

  /**
   * Connects, secures and binds.
   *
   * @throws LockstepError LS1003, LS1101, LS1102, LS1103, LS1106, LS1108, LS1115.
   */
  static async open(address: LdapAddress, bind: Bind, signal: AbortSignal): Promise<LdapConnection> {
    const connection = new LdapConnection(address, await openSocket(address, signal));
    const abort = (): void => {
      connection.close();
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      if (address.security === 'start-tls') await connection.#startTls(signal);
      if ('dn' in bind) await connection.#bind(bind.dn, bind.password);
      else await connection.#negotiate(bind.negotiate);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** False once the connection has failed or was closed: it never comes back, open another. */
  get usable(): boolean {
    return this.#failure === undefined;
  }

  /**
   * The entries of a search as they arrive. The socket is held back while the reader is slow, so no other operation may be
   * awaited on this connection in between. Leaving the loop early abandons the search.
   *
   * @throws LdapResultError for a result other than success; LockstepError LS1106, LS1108.
   */
  async *search(search: LdapSearch): AsyncGenerator<SearchEntry, void> {
    const { silenceMs = 120_000 } = search;
    const messageId = this.#nextId();
    const operation = this.#send(
      new SearchRequest({
        messageId,
        baseDN: search.baseDn,
        scope: search.scope,
        filter: search.filter,
        attributes: [...search.attributes],
        // ldapts' default is 10 s, too short for a first read; Active Directory's own limit applies anyway.
        timeLimit: 0,
        controls: [...(search.controls ?? [])],
      }),
      messageId,
      silenceMs === null,
    );
    if (silenceMs !== null) this.#socket.setTimeout(silenceMs);
    try {
      for (;;) {
        const result = yield* this.#drain(operation);
        if (result === undefined) continue;
        if (result.status !== resultCodes.success) throw new LdapResultError(result.status, result.errorMessage);
        return;
      }
    } finally {
      this.#finish(messageId, operation);
    }
  }

  /** All entries of a search that is known to be small. */
  async searchAll(search: LdapSearch): Promise<SearchEntry[]> {
    const entries: SearchEntry[] = [];
    for await (const entry of this.search(search)) entries.push(entry);
    return entries;
  }

  /**
   * Adds a value to an attribute.
   *
   * @throws LdapResultError for a result other than success; LockstepError LS1106, LS1108.
   */
  async addValue(dn: string, type: string, value: Buffer): Promise<void> {
    const messageId = this.#nextId();
    const change = new Change({ operation: 'add', modification: new Attribute({ type, values: [value] }) });
    const operation = this.#send(new ModifyRequest({ messageId, dn, changes: [change] }), messageId, false);
    const { status, errorMessage } = await this.#result(messageId, operation);
    if (status !== resultCodes.success) throw new LdapResultError(status, errorMessage);
  }

  /** Ends the connection; operations that still wait fail with LS1108. */
  close(): void {
    if (this.#failure !== undefined) return;
    // Unbind has no answer (RFC 4511 section 4.3): written on the way out.
    this.#socket.write(new UnbindRequest({ messageId: this.#nextId() }).write());
    this.#fail(connectionLost(this.#name, 'it was closed'));
  }

  get #name(): string {
    return addressText(this.#address);
  }

  #nextId(): number {
    this.#lastId = (this.#lastId % 0x7fffffff) + 1;
    return this.#lastId;
  }

  async #startTls(signal: AbortSignal): Promise<void> {
    const messageId = this.#nextId();
    const operation = this.#send(new ExtendedRequest({ messageId, oid: startTlsOid }), messageId, false);
    const result = await this.#result(messageId, operation);
    if (result.status !== resultCodes.success)
      throw protocolViolation(this.#name, `${this.#name} refused StartTLS: ${result.errorMessage}`);
    this.#detach(this.#socket);
    this.#framer = new MessageFramer();
    this.#socket = await secureSocket(this.#socket, this.#address, signal);
    this.#attach(this.#socket);
  }

  async #bind(dn: string, password: string): Promise<void> {
    const messageId = this.#nextId();
    const operation = this.#send(new BindRequest({ messageId, dn, password }), messageId, false);
    const result = await this.#result(messageId, operation);
    if (result.status !== resultCodes.success)
      throw bindError(new LdapResultError(result.status, result.errorMessage), dn);
  }

  async #negotiate(open: OpenSecurityContext): Promise<void> {
    const signedIn = await signInByKerberos(await open(this.#address.host), async (token) => {
      const messageId = this.#nextId();
      const operation = this.#send(new GssapiBindRequest(messageId, token), messageId, false);
      const { status, errorMessage } = await this.#result(messageId, operation);
      if (status !== resultCodes.success && status !== resultCodes.saslBindInProgress)
        throw bindError(new LdapResultError(status, errorMessage), this.#name);
      const challenge = challengeIn(operation.resultMessage ?? Buffer.alloc(0));
      return { done: status === resultCodes.success, challenge };
    });
    if (!signedIn)
      throw protocolViolation(this.#name, `${this.#name} did not bring the sign-in by Kerberos to its end.`);
  }

  async #result(messageId: number, operation: Operation): Promise<AnyResponse> {
    this.#socket.setTimeout(30_000);
    try {
      for (;;) {
        if (operation.error !== undefined) throw operation.error;
        if (operation.result !== undefined) return operation.result;
        await this.#woken(operation);
      }
    } finally {
      this.#finish(messageId, operation);
    }
  }

  /** Yields what has arrived, then waits for more, or gives the result. */
  async *#drain(operation: Operation): AsyncGenerator<SearchEntry, AnyResponse | undefined> {
    const ready = operation.entries.splice(0);
    for (const entry of ready) {
      yield entry;
      this.#waiting--;
      if (this.#waiting === lowWater) this.#socket.resume();
    }
    if (operation.entries.length > 0) return undefined;
    if (operation.error !== undefined) throw operation.error;
    if (operation.result !== undefined) return operation.result;
    if (this.#waiting <= lowWater) this.#socket.resume();
    await this.#woken(operation);
    return undefined;
  }

  async #woken(operation: Operation): Promise<void> {
    await new Promise<void>((resolve) => {
      operation.wake = resolve;
      if (operation.error !== undefined || operation.result !== undefined || operation.entries.length > 0) resolve();
    });
  }

  #send(message: RequestMessage, messageId: number, patient: boolean): Operation {
    const operation: Operation = { message, entries: [], patient, wake: () => undefined };
    if (this.#failure !== undefined) operation.error = this.#failure;
    else {
      this.#operations.set(String(messageId), operation);
      this.#socket.write(message.write());
    }
    return operation;
  }

  #finish(messageId: number, operation: Operation): void {
    this.#operations.delete(String(messageId));
    this.#waiting -= operation.entries.splice(0).length;
    if (operation.result === undefined && this.usable) {
      this.#waiting = 0;
      this.#socket.write(new AbandonRequest({ messageId: this.#nextId(), abandonId: messageId }).write());
      this.#socket.resume();
    }
    if (this.usable && this.#operations.size === 0) this.#socket.setTimeout(0);
  }

  #receive(message: AnyResponse): void {
    if (message.messageId === 0) {
      // Notice of Disconnection (RFC 4511 section 4.4.1): the server says that it will close.
      this.#fail(connectionLost(this.#name, `the server is closing it (${message.errorMessage})`));
      return;
    }
    const operation = this.#operations.get(String(message.messageId));
    // Answers to abandoned operations may still arrive; referrals point to other domains, which have relays of their own.
    if (operation === undefined || message instanceof SearchReference) return;
    if (message instanceof SearchEntry) {
      operation.entries.push(message);
      if (++this.#waiting === highWater) this.#socket.pause();
    } else {
      takePaging(operation.message.controls, message.controls);
      operation.result = message;
      operation.resultMessage = this.#lastMessage;
    }
    operation.wake();
  }

  #attach(socket: net.Socket): void {
    socket.on('data', this.#onData);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
    socket.on('timeout', this.#onTimeout);
  }

  #detach(socket: net.Socket): void {
    socket.off('data', this.#onData);
    socket.off('error', this.#onError);
    socket.off('close', this.#onClose);
    socket.off('timeout', this.#onTimeout);
    socket.setTimeout(0);
  }

  readonly #onData = (chunk: Buffer): void => {
    try {
      for (const message of this.#framer.push(chunk)) {
        if (!this.usable) return;
        this.#lastMessage = message;
        this.#parser.read(message, this.#operations);
      }
    } catch (error) {
      this.#fail(
        isLockstepError(error)
          ? error
          : protocolViolation(this.#name, `${this.#name} sent bytes that are not LDAP.`, error),
      );
    }
  };

  readonly #onError = (error: Error): void => {
    this.#fail(connectionLost(this.#name, error.message, error));
  };

  readonly #onClose = (): void => {
    this.#fail(connectionLost(this.#name, 'the server closed it'));
  };

  readonly #onTimeout = (): void => {
    // Silence is our own doing while the reader holds the socket back.
    const waits = [...this.#operations.values()].some((operation) => !operation.patient);
    if (waits && this.#waiting === 0) this.#fail(connectionLost(this.#name, 'the server stopped answering'));
  };

  #fail(error: LockstepError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#socket.destroySoon();
    for (const operation of this.#operations.values()) {
      operation.error ??= error;
      operation.wake();
    }
    this.#operations.clear();
  }
}
