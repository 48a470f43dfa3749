import type { Context, Middleware } from '@microsoft/microsoft-graph-client';
import { Client, GraphClientError, HTTPMessageHandler, ResponseType } from '@microsoft/microsoft-graph-client';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';

/** Where Graph is and how to be let in. */
export interface TransportOptions {
  /** `https://graph.microsoft.com` or a national cloud's root; `/v1.0` is added. */
  readonly serviceRoot: string;
  /** A bearer token; `refresh` asks for one that is not from the cache. */
  readonly token: (refresh: boolean) => Promise<string>;
  readonly newRequestId: () => string;
}

export interface GraphResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, or `undefined` where the answer has none. */
  readonly body: unknown;
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

export interface Transport {
  /**
   * Sends one request. `path` is relative to the version, encoded, with its query; a `@odata.nextLink` serves as well.
   * Throws LS3001 when no answer came, LS3002 when the token was refused twice, LS3005 for a link to elsewhere.
   */
  send(
    method: Method,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<GraphResponse>;
}

/**
 * The Graph client as transport only: its own retry repeats POST after a 503, and its own authentication sends no token
 * to a host that it does not know. Both are ours here (see `batch.ts` and `write-lane.ts` for retries).
 */
export function graphTransport(options: TransportOptions): Transport {
  const root = options.serviceRoot.replace(/\/+$/, '');
  checkRoot(root);
  const prefix = `${root}/v1.0/`;
  let refresh = false;
  const client = Client.initWithMiddleware({
    middleware: [new BearerMiddleware(() => options.token(refresh), options.newRequestId), new HTTPMessageHandler()],
    baseUrl: `${root}/`,
    defaultVersion: 'v1.0',
  });

  const once = async (
    method: Method,
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>>,
  ): Promise<Response> => {
    const request = client
      .api(path)
      .responseType(ResponseType.RAW)
      .headers({ ...headers });
    try {
      switch (method) {
        case 'GET':
          return (await request.get()) as Response;
        case 'POST':
          return (await request.post(body)) as Response;
        case 'PATCH':
          return (await request.patch(body)) as Response;
        case 'PUT':
          return (await request.put(body)) as Response;
        case 'DELETE':
          return (await request.delete()) as Response;
      }
    } catch (error) {
      const cause: unknown = error instanceof GraphClientError ? (error.customError ?? error) : error;
      throw cause instanceof LockstepError ? cause : noAnswer(method, path, cause);
    }
  };

  return {
    send: async (method, path, body, headers = {}) => {
      const relative = relativeTo(prefix, path);
      let response = await once(method, relative, body, headers);
      if (response.status === 401) {
        refresh = true;
        response = await once(method, relative, body, headers).finally(() => (refresh = false));
      }
      const parsed = await bodyOf(response).catch((cause: unknown) => {
        throw noAnswer(method, path, cause);
      });
      if (response.status === 401) {
        throw new LockstepError(
          'LS3002',
          `Microsoft Graph refused the token: ${errorText(parsed) ?? 'no reason given'}.`,
        );
      }
      return { status: response.status, headers: response.headers, body: parsed };
    },
  };
}

class BearerMiddleware implements Middleware {
  #next: Middleware | undefined;
  readonly #token: () => Promise<string>;
  readonly #newRequestId: () => string;

  constructor(token: () => Promise<string>, newRequestId: () => string) {
    this.#token = token;
    this.#newRequestId = newRequestId;
  }

  /** The client makes an error of its own from any other than this kind, and loses what caused it. */
  async execute(context: Context): Promise<void> {
    try {
      await this.#authorized(context);
    } catch (error) {
      const passing = new GraphClientError();
      passing.customError = error;
      throw passing;
    }
  }

  async #authorized(context: Context): Promise<void> {
    const headers = new Headers(context.options?.headers);
    headers.set('Authorization', `Bearer ${await this.#token()}`);
    headers.set('client-request-id', this.#newRequestId());
    context.options = { ...context.options, headers: Object.fromEntries(headers) };
    await this.#next?.execute(context);
  }

  setNext(next: Middleware): void {
    this.#next = next;
  }
}

/** A token travels encrypted, or not at all; this machine's own loopback is the one exception. */
function checkRoot(root: string): void {
  const url = URL.canParse(root) ? new URL(root) : undefined;
  const loopback = url !== undefined && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url === undefined || (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback))) {
    throw new LockstepError(
      'LS1001',
      `"${root}" is not a service root of Microsoft Graph: it must be an https address.`,
    );
  }
}

function relativeTo(prefix: string, path: string): string {
  if (!/^https?:/i.test(path)) return path;
  if (path.startsWith(prefix)) return `/${path.slice(prefix.length)}`;
  throw new LockstepError(
    'LS3005',
    `Microsoft Graph linked to ${new URL(path).origin}, which is not the service root. The link was not followed.`,
  );
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function noAnswer(method: Method, path: string, cause: unknown): LockstepError {
  return new LockstepError(
    'LS3001',
    `Microsoft Graph did not answer ${method} ${withoutQuery(path)}: ${reasonOf(cause)}.`,
    { cause, retryable: true },
  );
}

function errorText(body: unknown): string | undefined {
  const error = (body as { error?: { code?: unknown; message?: unknown } } | undefined)?.error;
  return typeof error?.message === 'string' ? `${String(error.code)}: ${error.message}` : undefined;
}

/** Queries can carry names of people. */
export function withoutQuery(path: string): string {
  return path.split('?', 1)[0] ?? path;
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const inner = cause.cause instanceof Error ? cause.cause.message : undefined;
  return inner ?? cause.message;
}
