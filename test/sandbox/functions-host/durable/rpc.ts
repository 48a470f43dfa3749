import { randomUUID } from 'node:crypto';
import type { DurableClient, RequestOutcome } from './client.ts';
import { entityIdParts } from './entity-turn.ts';
import { statusJson } from './status.ts';
import { hasEnded } from './start.ts';
import type { DurableStore, InstanceFilter, InstanceRecord } from './store.ts';

/** A request to the durable API, below its prefix: `path` has no leading slash. */
export interface DurableRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

/** Its answer; `body` is JSON or, for errors, plain text. */
export interface DurableResponse {
  readonly status: number;
  readonly body?: unknown;
  readonly location?: string;
}

export interface DurableApiOptions {
  readonly client: DurableClient;
  readonly store: DurableStore;
  /** The URLs with which an instance can be managed, for the answer to a start. */
  managementUrls(id: string): Record<string, string>;
}

export type DurableApi = (request: DurableRequest) => DurableResponse;

type Handler = (parameters: string[], request: DurableRequest) => DurableResponse;

/**
 * The HTTP API of the durable extension, which serves both the SDK's client (local RPC) and the public webhooks. The routes and status
 * codes are those of its HttpApiHandler.
 */
export function createDurableApi(options: DurableApiOptions): DurableApi {
  const { client, store } = options;

  const routes: readonly (readonly [string, RegExp, Handler])[] = [
    ['POST', /^orchestrators\/([^/]+)(?:\/([^/]+))?$/, start],
    ['GET', /^instances\/?$/, list],
    ['DELETE', /^instances\/?$/, purgeMany],
    ['GET', /^instances\/([^/]+)$/, status],
    ['DELETE', /^instances\/([^/]+)$/, purgeOne],
    ['POST', /^instances\/([^/]+)\/raiseEvent\/([^/]+)$/i, raiseEvent],
    ['POST', /^instances\/([^/]+)\/(terminate|suspend|resume)$/i, control],
    ['POST', /^instances\/([^/]+)\/restart$/i, restart],
    ['POST', /^instances\/([^/]+)\/rewind$/i, rewind],
    ['GET', /^entities\/?$/, listEntities],
    ['GET', /^entities\/([^/]+)$/, listEntities],
    ['GET', /^entities\/([^/]+)\/([^/]+)$/, readEntity],
    ['POST', /^entities\/([^/]+)\/([^/]+)$/, signalEntity],
  ];

  function start([name = '', id]: string[], request: DurableRequest): DurableResponse {
    const input = jsonBody(request.body);
    if (input.kind === 'malformed') return { status: 400, body: 'The request body is not JSON.' };
    const version = request.query.get('version');
    const started = client.start({ name, ...(id ? { id } : {}), input: input.text, version });
    if (started === undefined) {
      return { status: 409, body: `An Orchestration instance with the ID '${id ?? ''}' already exists.` };
    }
    const urls = options.managementUrls(started);
    return { status: 202, body: { ...urls, id: started }, location: urls['statusQueryGetUri'] ?? '' };
  }

  function status([id = '']: string[], { query }: DurableRequest): DurableResponse {
    const instance = client.instance(id);
    if (!instance) return { status: 404 };
    const body = statusJson(instance, {
      showInput: query.get('showInput')?.toLowerCase() !== 'false',
      ...(isTrue(query, 'showHistory') ? { history: store.history(id) } : {}),
      showHistoryOutput: isTrue(query, 'showHistoryOutput'),
    });
    const failedAsError = instance.status === 'Failed' && isTrue(query, 'returnInternalServerErrorOnFailure');
    return { status: failedAsError ? 500 : hasEnded(instance) ? 200 : 202, body };
  }

  function list(_: string[], { query }: DurableRequest): DurableResponse {
    const showInput = query.get('showInput')?.toLowerCase() !== 'false';
    const prefix = query.get('instanceIdPrefix') ?? '';
    const found = store.instances(filterOf(query)).filter((one) => one.id.startsWith(prefix));
    return { status: 200, body: found.map((one: InstanceRecord) => statusJson(one, { showInput })) };
  }

  function purgeOne([id = '']: string[]): DurableResponse {
    return purged(client.purge({ id }));
  }

  function purgeMany(_: string[], { query }: DurableRequest): DurableResponse {
    return purged(client.purge(filterOf(query)));
  }

  function raiseEvent([id = '', name = '']: string[], { body }: DurableRequest): DurableResponse {
    const input = jsonBody(body);
    // An event must have a JSON body, if only null: the extension parses it and refuses nothing at all.
    if (input.kind !== 'json') return { status: 400, body: 'The request body is not JSON.' };
    return requested(client.raiseEvent(id, name, input.text));
  }

  function control([id = '', verb = '']: string[], { query }: DurableRequest): DurableResponse {
    const kind = verb.toLowerCase() as 'terminate' | 'suspend' | 'resume';
    return requested(client.control(id, kind, query.get('reason') ?? ''));
  }

  function restart([id = '']: string[], { query }: DurableRequest): DurableResponse {
    const instance = client.instance(id);
    if (!instance) return { status: 404 };
    const fresh = query.get('restartWithNewInstanceId')?.toLowerCase() !== 'false';
    const { name, input, version } = instance;
    const started = client.start({ name, input, version, id: fresh ? randomUUID().replaceAll('-', '') : id });
    if (started === undefined) return { status: 409, body: `The instance '${id}' is still running.` };
    return { status: 202, body: { ...options.managementUrls(started), id: started } };
  }

  function rewind([id = '']: string[]): DurableResponse {
    const instance = client.instance(id);
    if (!instance) return { status: 404 };
    if (instance.status !== 'Failed') {
      return { status: 412, body: 'The rewind operation is only supported on failed orchestration instances.' };
    }
    return { status: 501, body: 'The rewind operation is not supported by the underlying storage provider.' };
  }

  function listEntities([name]: string[]): DurableResponse {
    const found = store.entities().filter((one) => {
      return one.exists && (name === undefined || entityIdParts(one.id).name === name.toLowerCase());
    });
    const body = found.map((one) => ({
      entityId: entityIdParts(one.id),
      lastOperationTime: new Date(one.updated).toISOString(),
      state: JSON.parse(one.state ?? 'null') as unknown,
    }));
    return { status: 200, body };
  }

  function readEntity([name = '', key = '']: string[]): DurableResponse {
    const entity = client.entity(name, key);
    return entity ? { status: 200, body: JSON.parse(entity.state ?? 'null') as unknown } : { status: 404 };
  }

  function signalEntity([name = '', key = '']: string[], { query, body }: DurableRequest): DurableResponse {
    const input = jsonBody(body);
    if (input.kind === 'malformed') return { status: 400, body: 'The request body is not JSON.' };
    client.signal(name, key, query.get('op') ?? '', input.text);
    return { status: 202 };
  }

  return (request) => {
    for (const [method, pattern, handler] of routes) {
      const match = method === request.method ? pattern.exec(request.path) : null;
      if (!match) continue;
      // A group that did not take part is undefined, whatever its type says.
      const groups: (string | undefined)[] = match.slice(1);
      return handler(
        groups.filter((part) => part !== undefined).map((part) => decodeURIComponent(part)),
        request,
      );
    }
    return { status: 404 };
  };
}

function requested(outcome: RequestOutcome): DurableResponse {
  return { status: { accepted: 202, 'not-found': 404, gone: 410 }[outcome] };
}

function purged(count: number): DurableResponse {
  return count === 0 ? { status: 404 } : { status: 200, body: { instancesDeleted: count } };
}

type JsonBody = { kind: 'json'; text: string } | { kind: 'empty' | 'malformed'; text: null };

function jsonBody(body: string): JsonBody {
  if (body === '') return { kind: 'empty', text: null };
  try {
    return { kind: 'json', text: JSON.stringify(JSON.parse(body)) };
  } catch {
    return { kind: 'malformed', text: null };
  }
}

function isTrue(query: URLSearchParams, name: string): boolean {
  return query.get(name)?.toLowerCase() === 'true';
}

function filterOf(query: URLSearchParams): InstanceFilter {
  const time = (name: string): number | undefined => {
    const value = Date.parse(query.get(name) ?? '');
    return Number.isNaN(value) ? undefined : value;
  };
  const createdFrom = time('createdTimeFrom');
  const createdTo = time('createdTimeTo');
  const statuses = (query.get('runtimeStatus') ?? '').split(',').filter((one) => one !== '');
  return {
    ...(createdFrom === undefined ? {} : { createdFrom }),
    ...(createdTo === undefined ? {} : { createdTo }),
    ...(statuses.length > 0 ? { statuses } : {}),
  };
}
