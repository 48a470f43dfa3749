import type { Json } from './json.ts';

/** One request to Graph: a whole HTTP request or one of a batch. */
export interface GraphRequest {
  readonly method: string;
  /** Path and query below the version, as sent: `/users?$top=5`. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined when there was no body. */
  readonly body: Json | undefined;
  /** `http://host:port/v1.0` as the client addressed it; links in answers start with it. */
  readonly root: string;
  readonly caller: Caller;
}

/** Who asks, as the token says. */
export interface Caller {
  /** Application permissions. */
  readonly roles: ReadonlySet<string>;
  /** Display names of directory roles that the service principal itself holds. */
  readonly directoryRoles: ReadonlySet<string>;
}

export interface GraphReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Json;
}

export const noContent: GraphReply = { status: 204, headers: {} };

export const ok = (body: Json, headers: Readonly<Record<string, string>> = {}): GraphReply => ({
  status: 200,
  headers,
  body,
});

/** True when a `Prefer` header names the preference. */
export const prefers = (request: GraphRequest, preference: string): boolean =>
  (request.headers['prefer'] ?? '').split(',').some((item) => item.trim().toLowerCase() === preference);

/** True for `ConsistencyLevel: eventual`. */
export const isEventual = (request: GraphRequest): boolean =>
  request.headers['consistencylevel']?.toLowerCase() === 'eventual';
