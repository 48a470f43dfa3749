import type { IncomingMessage, ServerResponse } from 'node:http';
import { webhookPath } from './durable/binding.ts';
import type { DurableApi } from './durable/rpc.ts';
import { messageOf } from './host-error.ts';
import { header, type BuiltInPaths } from './http-front.ts';
import { type HttpKeys, opens, opensWebhooks, shownKey } from './http-keys.ts';
import { readBody, writeJson } from './http-message.ts';
import type { TimerFront } from './timer-front.ts';

export interface BuiltInOptions {
  readonly keys: HttpKeys;
  readonly api: DurableApi;
  readonly timers: TimerFront;
  readonly functions: readonly { readonly name: string; readonly type: string }[];
}

/** Answers a request to the durable API, `path` being what follows its prefix. */
export async function answerDurable(
  api: DurableApi,
  path: string,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = (await readBody(request)).toString('utf8');
  const answer = api({ method: request.method ?? 'GET', path, query: url.searchParams, body });
  const headers = answer.location === undefined ? {} : { location: answer.location, 'retry-after': '10' };
  if (typeof answer.body === 'string' && answer.status >= 400) {
    response.writeHead(answer.status, { 'content-type': 'text/plain; charset=utf-8' }).end(answer.body);
  } else if (answer.body === undefined) {
    response.writeHead(answer.status, headers).end();
  } else {
    writeJson(response, answer.status, answer.body, headers);
  }
}

/** The host's own paths: /admin (master key) and the durable webhooks (system key). */
export function createBuiltInPaths(options: BuiltInOptions): BuiltInPaths {
  const { keys, api, timers } = options;

  async function admin(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const key = shownKey(header(request, 'x-functions-key'), url.searchParams);
    if (url.pathname === '/admin/host/ping') {
      response.writeHead(200).end();
    } else if (!opens(keys, 'admin', key)) {
      response.writeHead(401).end();
    } else if (url.pathname === '/admin/host/status') {
      writeJson(response, 200, {
        id: 'functions-host',
        state: 'Running',
        version: '4.1042.0',
        processUptime: uptime(),
      });
    } else if (url.pathname === '/admin/functions') {
      writeJson(response, 200, options.functions);
    } else {
      await runNow(url, request, response);
    }
  }

  /** `POST /admin/functions/{name}` runs a function that HTTP does not trigger. Here: a timer's. */
  async function runNow(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = /^\/admin\/functions\/([^/]+)$/.exec(url.pathname)?.[1];
    const known = options.functions.some((one) => one.name === name && one.type === 'timerTrigger');
    if (name === undefined || !known || request.method !== 'POST') {
      response.writeHead(404).end();
      return;
    }
    try {
      await timers.run(name);
      response.writeHead(202).end();
    } catch (error) {
      writeJson(response, 500, { message: messageOf(error) });
    }
  }

  return async (url, request, response) => {
    if (url.pathname.startsWith('/admin/')) {
      await admin(url, request, response);
      return true;
    }
    if (url.pathname.startsWith(`${webhookPath}/`)) {
      if (opensWebhooks(keys, shownKey(header(request, 'x-functions-key'), url.searchParams))) {
        await answerDurable(api, url.pathname.slice(webhookPath.length + 1), url, request, response);
      } else {
        response.writeHead(401).end();
      }
      return true;
    }
    return false;
  };
}

/** Milliseconds since the process started. */
function uptime(): number {
  return Math.round(process.uptime() * 1000);
}
