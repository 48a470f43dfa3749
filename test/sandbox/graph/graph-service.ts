import { setTimeout as sleep } from 'node:timers/promises';
import { runBatch } from './batch.ts';
import { failureBody, GraphFailure, malformed } from './failure.ts';
import { faultText, type Fault, type FaultBoard, type FaultPhase } from './faults.ts';
import type { GraphReply, GraphRequest } from './message.ts';
import { applicationOperations } from './operations/applications.ts';
import { directoryOperations } from './operations/directory.ts';
import { groupOperations } from './operations/groups.ts';
import { linkOperations } from './operations/links.ts';
import { roleOperations } from './operations/roles.ts';
import { userOperations } from './operations/users.ts';
import type { Persistence } from './persistence.ts';
import type { RandomStream } from './random.ts';
import { parsePath, parseQuery } from './resource-path.ts';
import { Router, type Match } from './router.ts';
import type { Tenant } from './tenant.ts';
import { costOf, type Throttle } from './throttle.ts';
import type { ObservedWrite, Usage, WriteListener } from './write-log.ts';

export interface GraphServiceOptions {
  readonly tenant: Tenant;
  readonly persistence: Persistence;
  /** Undefined: no throttling. */
  readonly throttle: Throttle | undefined;
  readonly faults: FaultBoard;
  /** Request ids and the order of batch answers. */
  readonly random: RandomStream;
}

/** Soft-deleted objects are restorable for thirty days. */
const recycleBinMs = 30 * 24 * 3600 * 1000;

interface Prepared {
  readonly match: Match | GraphFailure;
  readonly query: ReadonlyMap<string, string>;
  readonly write: boolean;
}

const asFailure = (error: unknown): GraphFailure => {
  if (error instanceof GraphFailure) return error;
  throw error;
};

/** Everything behind the HTTP front: a request goes through faults, throttling and its operation, and is committed. */
export class GraphService {
  readonly usage: Usage = { requests: 0, writes: 0 };
  readonly #options: GraphServiceOptions;
  readonly #router: Router = new Router([
    ...userOperations,
    ...groupOperations,
    ...linkOperations,
    ...directoryOperations,
    ...roleOperations,
    ...applicationOperations,
  ]);
  readonly #listeners = new Set<WriteListener>();
  readonly #observers = new Set<(request: GraphRequest) => void>();

  constructor(options: GraphServiceOptions) {
    this.#options = options;
  }

  /** Listeners run synchronously at both phases of each write. Gives the way to stop. */
  onWrite(listener: WriteListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The listener sees each request, those of a batch one by one. Gives the way to stop. */
  onRequest(listener: (request: GraphRequest) => void): () => void {
    this.#observers.add(listener);
    return () => this.#observers.delete(listener);
  }

  /** Answers one HTTP request; undefined when the connection must be cut instead. */
  async answer(request: GraphRequest): Promise<GraphReply | undefined> {
    this.usage.requests++;
    this.#emptyRecycleBin();
    if (/^\/?\$batch(\?|$)/i.test(request.url)) return this.#batch(request);
    return this.#one(request);
  }

  /** The answer to a failure, with the headers that every answer has. */
  refuse(request: GraphRequest, failure: GraphFailure): GraphReply {
    const requestId = this.#options.random.guid();
    const now = this.#options.tenant.clock.now();
    const clientRequestId = request.headers['client-request-id'] ?? requestId;
    return {
      status: failure.status,
      headers: { ...failure.options.headers, 'Content-Type': 'application/json', 'request-id': requestId },
      body: failureBody(failure, requestId, clientRequestId, now),
    };
  }

  async #batch(request: GraphRequest): Promise<GraphReply | undefined> {
    const fault = this.#options.faults.strike(request.method, request.url);
    const before = await this.#struck(fault, 'before-commit', request);
    if (before !== 'pass') return before;
    try {
      if (request.method !== 'POST')
        throw new GraphFailure(
          405,
          'Request_BadRequest',
          'Specified HTTP method is not allowed for the request target.',
        );
      const answers = await runBatch(request, (inner) => this.#one(inner));
      if (answers === undefined) return undefined;
      const after = await this.#struck(fault, 'after-commit', request);
      if (after !== 'pass') return after;
      return { status: 200, headers: {}, body: { responses: this.#options.random.shuffle(answers) } };
    } catch (error) {
      return this.refuse(request, asFailure(error));
    }
  }

  async #one(request: GraphRequest): Promise<GraphReply | undefined> {
    for (const observer of this.#observers) observer(request);
    const prepared = this.#prepare(request);
    const ordinal = prepared.write ? ++this.usage.writes : 0;
    const fault = this.#options.faults.strike(request.method, request.url);
    const before = await this.#struck(fault, 'before-commit', request);
    if (before !== 'pass') return before;
    const reply = this.#metered(request, prepared);
    this.#settle(request, prepared.write, reply.status, ordinal);
    const after = await this.#struck(fault, 'after-commit', request);
    return after === 'pass' ? reply : after;
  }

  #prepare(request: GraphRequest): Prepared {
    const [path = '', search = ''] = request.url.split(/\?(.*)/s);
    try {
      const query = parseQuery(search);
      const match = this.#router.match(request.method, parsePath(path));
      return { match, query, write: match.operation.write ?? request.method !== 'GET' };
    } catch (error) {
      return { match: asFailure(error), query: new Map(), write: request.method !== 'GET' };
    }
  }

  /** What a fault makes of the request in this phase: an answer, a cut connection (undefined), or nothing. */
  async #struck(
    fault: Fault | undefined,
    phase: FaultPhase,
    request: GraphRequest,
  ): Promise<GraphReply | undefined | 'pass'> {
    if (fault === undefined || (fault.phase ?? 'before-commit') !== phase) return 'pass';
    if (fault.delayMs !== undefined) await sleep(fault.delayMs);
    if (fault.drop === true) return undefined;
    if (fault.status === undefined) return 'pass';
    const { code, message } = faultText(fault, fault.status);
    const headers: Record<string, string> = { ...fault.headers };
    if (fault.retryAfter !== undefined) headers['Retry-After'] = String(fault.retryAfter);
    const reply = this.refuse(request, new GraphFailure(fault.status, code, message, { headers }));
    return fault.body === undefined ? reply : { ...reply, body: fault.body };
  }

  #metered(request: GraphRequest, { match, query, write }: Prepared): GraphReply {
    const template = match instanceof GraphFailure ? '' : match.operation.template;
    const cost = costOf(template, write, query);
    const verdict = this.#options.throttle?.meter(cost);
    const metering: Record<string, string> = { 'x-ms-resource-unit': String(cost.resourceUnits) };
    if (verdict !== undefined && verdict.usage >= 0.8)
      metering['x-ms-throttle-limit-percentage'] = verdict.usage.toFixed(1);
    if (verdict?.refusal !== undefined) return this.#throttled(request, { ...metering, ...verdict.refusal.headers });
    const reply = match instanceof GraphFailure ? this.refuse(request, match) : this.#run(request, match, query);
    const headers: Record<string, string> = { 'OData-Version': '4.0', ...metering };
    if (reply.body !== undefined) headers['Content-Type'] = 'application/json';
    headers['request-id'] = this.#options.random.guid();
    return { ...reply, headers: Object.assign(headers, reply.headers) };
  }

  /** Throttling has an inner error of its own shape. */
  #throttled(request: GraphRequest, headers: Readonly<Record<string, string>>): GraphReply {
    const reply = this.refuse(
      request,
      new GraphFailure(429, 'TooManyRequests', 'Please retry again later.', { headers }),
    );
    const date = new Date(this.#options.tenant.clock.now()).toISOString().slice(0, 19);
    const innerError = {
      code: '429',
      date,
      message: 'Please retry after',
      'request-id': reply.headers['request-id'] ?? '',
      status: '429',
    };
    return { ...reply, body: { error: { code: 'TooManyRequests', innerError, message: 'Please retry again later.' } } };
  }

  #run(request: GraphRequest, match: Match, query: ReadonlyMap<string, string>): GraphReply {
    try {
      return match.operation.run({
        request,
        query,
        tenant: this.#options.tenant,
        key: (name) => {
          const key = match.keys.get(name);
          if (key === undefined) throw malformed(`The URL lacks the key of the ${name}.`);
          return key;
        },
      });
    } catch (error) {
      return this.refuse(request, asFailure(error));
    }
  }

  /** Makes a write durable, before and after which the listeners hear of it. Nothing here waits: a write is one step. */
  #settle(request: GraphRequest, write: boolean, status: number, ordinal: number): void {
    if (write) this.#tell(request, status, ordinal, 'before-commit');
    this.#options.persistence.commit();
    if (write) this.#tell(request, status, ordinal, 'after-commit');
  }

  #tell(request: GraphRequest, status: number, ordinal: number, phase: FaultPhase): void {
    if (this.#listeners.size === 0) return;
    const { method, url } = request;
    const write: ObservedWrite = { method, url, status, at: this.#options.tenant.clock.now(), ordinal, phase };
    for (const listener of this.#listeners) listener(write);
  }

  #emptyRecycleBin(): void {
    const { store, clock } = this.#options.tenant;
    const oldest = clock.now() - recycleBinMs;
    for (const object of store.deletedObjects()) {
      if ((object.deletedAt ?? 0) > oldest) break;
      store.purge(object);
    }
    this.#options.persistence.commit();
  }
}
