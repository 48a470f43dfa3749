import { once } from 'node:events';
import { request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { proxyAgent, type HttpProxy } from './proxy.ts';

export interface HttpsRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Milliseconds; default 30,000. */
  readonly timeoutMs?: number | undefined;
}

export interface HttpsResponse {
  readonly status: number;
  /** Lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Https = (request: HttpsRequest) => Promise<HttpsResponse>;

/** Longest answer that is read, in characters: tokens and secrets have a few thousand. */
const longest = 1_000_000;

/** Requests over TLS, by way of a proxy where there is one. Throws what Node throws when there is no answer. */
export function httpsVia(proxy: HttpProxy | undefined): Https {
  const agent = proxy && proxyAgent(proxy);
  return async ({ method, url, headers = {}, body, timeoutMs = 30_000 }) => {
    const options: RequestOptions = {
      method,
      headers,
      signal: AbortSignal.timeout(timeoutMs),
      ...(agent && { agent }),
    };
    const sent = request(url, options);
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.setEncoding('utf8');
    let text = '';
    for await (const chunk of response) {
      text += chunk as string;
      if (text.length > longest) throw new Error('The answer is longer than any that makes sense.');
    }
    const flat = Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(', ')]);
    return {
      status: response.statusCode ?? 0,
      headers: Object.fromEntries(flat) as Record<string, string>,
      body: text,
    };
  };
}
