import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RpcCookie, RpcHttp, TypedData } from './rpc-types.ts';

/** The largest body that the Functions host takes, in bytes (FUNCTIONS_REQUEST_BODY_SIZE_LIMIT). */
const bodyLimit = 104_857_600;

/** A body that is larger than the host takes. */
export class BodyTooLargeError extends Error {
  constructor() {
    super('The request body is too large.');
    this.name = 'BodyTooLargeError';
  }
}

/** Reads a whole body. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > bodyLimit) throw new BodyTooLargeError();
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** The URL of a request as its client wrote it. */
export function requestUrl(request: IncomingMessage): URL {
  return new URL(request.url ?? '/', `http://${request.headers.host ?? '127.0.0.1'}`);
}

function nullable(entries: Iterable<readonly [string, string]>): Record<string, { value: string }> {
  return Object.fromEntries([...entries].map(([name, value]) => [name, { value }]));
}

/** A request as the worker gets it. Several values of one header become one, parted by commas. */
export function toRpcRequest(
  request: IncomingMessage,
  url: URL,
  parameters: Readonly<Record<string, string>>,
  body: Buffer,
): TypedData {
  const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
  );
  return {
    http: {
      method: request.method ?? 'GET',
      url: url.href,
      nullableHeaders: nullable(headers),
      nullableQuery: nullable(url.searchParams),
      nullableParams: nullable(Object.entries(parameters)),
      ...(body.length > 0 ? { body: { bytes: body } } : {}),
    },
  };
}

/** Writes what an HTTP function answered; nothing at all is 204. */
export function writeRpcResponse(response: ServerResponse, data: TypedData | null | undefined): void {
  const http = data?.http;
  if (!http) {
    response.writeHead(204).end();
    return;
  }
  response.statusCode = Number(http.statusCode ?? '200');
  for (const [name, value] of Object.entries(http.headers ?? {})) response.setHeader(name, value);
  if (http.cookies && http.cookies.length > 0) response.setHeader('set-cookie', http.cookies.map(cookieText));
  response.end(bodyOf(http));
}

function bodyOf(http: RpcHttp): Uint8Array | string | undefined {
  const body = http.body;
  if (!body) return undefined;
  return body.bytes ?? body.string ?? body.json;
}

/** A Set-Cookie header (RFC 6265 section 4.1). */
function cookieText(cookie: RpcCookie): string {
  const sameSite: Readonly<Record<string, string>> = { lax: 'Lax', strict: 'Strict', explicitNone: 'None' };
  const parts = [
    `${cookie.name}=${encodeURIComponent(cookie.value)}`,
    cookie.maxAge && `Max-Age=${cookie.maxAge.value}`,
    cookie.domain && `Domain=${cookie.domain.value}`,
    cookie.path && `Path=${cookie.path.value}`,
    cookie.expires && `Expires=${new Date(cookie.expires.value.seconds * 1000).toUTCString()}`,
    cookie.httpOnly?.value && 'HttpOnly',
    cookie.secure?.value && 'Secure',
    cookie.sameSite !== undefined && sameSite[cookie.sameSite] && `SameSite=${sameSite[cookie.sameSite] ?? ''}`,
  ];
  return parts.filter((part) => typeof part === 'string' && part !== '').join('; ');
}

/** Writes a JSON answer of the host itself. */
export function writeJson(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}
