import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Method, Transport } from '../../../functions/graph/transport.ts';
import { graphTransport, withoutQuery } from '../../../functions/graph/transport.ts';
import { LockstepError } from '../../../shared/errors/lockstep-error.ts';

const root = 'https://graph.test';

interface Call {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: unknown;
}

/** Puts a fake in the place of `fetch`; each answer serves one call, the last one all that follow. */
function answering(...answers: (() => Response | Promise<Response>)[]): Call[] {
  const calls: Call[] = [];
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    calls.push({ url, method: init.method ?? 'GET', headers: new Headers(init.headers), body: init.body });
    const answer = answers[Math.min(calls.length, answers.length) - 1];
    return Promise.resolve().then(() => answer?.());
  });
  return calls;
}

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  (): Response =>
    new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });
const empty = (status: number) => (): Response => new Response(null, { status });

function newTransport(token: (refresh: boolean) => Promise<string> = () => Promise.resolve('secret-token')): Transport {
  let id = 0;
  return graphTransport({ serviceRoot: root, token, newRequestId: () => `request-${(id += 1)}` });
}

async function errorOf(action: Promise<unknown>): Promise<LockstepError> {
  const error: unknown = await action.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(error instanceof LockstepError)) throw new Error(`Not a LockstepError: ${String(error)}`);
  expect(error.message).not.toContain('secret-token');
  return error;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('a request to Graph', () => {
  it.each<[Method, unknown]>([
    ['GET', undefined],
    ['POST', { displayName: 'Änna' }],
    ['PATCH', { displayName: null }],
    ['PUT', { '@odata.id': 'x' }],
    ['DELETE', undefined],
  ])('%s carries token, id, headers and body, and its answer comes back as it is', async (method, body) => {
    const calls = answering(json(200, { id: '1' }, { 'request-id': 'r' }));
    const answer = await newTransport().send(method, '/users/1', body, { Prefer: 'create-if-missing' });
    expect(answer).toMatchObject({ status: 200, body: { id: '1' } });
    expect(answer.headers.get('request-id')).toBe('r');
    const [call] = calls;
    expect([call?.method, call?.url]).toEqual([method, `${root}/v1.0/users/1`]);
    expect(call?.headers.get('Authorization')).toBe('Bearer secret-token');
    expect(call?.headers.get('client-request-id')).toBe('request-1');
    expect(call?.headers.get('Prefer')).toBe('create-if-missing');
    if (body !== undefined) {
      expect(JSON.parse(String(call?.body))).toEqual(body);
      expect(call?.headers.get('Content-Type')).toBe('application/json');
    }
  });

  it.each([
    "/users?$filter=onPremisesImmutableId%20eq%20'a%2Bb%2F%3D%3D'&$select=id,mail",
    '/users/anna%23ext%40contoso.test?$select=id',
    "/groups(uniqueName='ad-1')?$select=id,uniqueName",
    '/users?$select=id&$top=999&$skiptoken=RFNwdAIAAQAA%2BZ==',
    '/users/delta?$deltatoken=a-b_c.d%7E',
    "/groups?$filter=displayName%20eq%20'R%26D%20%3F'&$count=true",
    '/directory/deletedItems/microsoft.graph.user?$select=id&$top=999',
  ])('goes to the very address that was given: %s', async (path) => {
    const calls = answering(json(200, {}));
    await newTransport().send('GET', path);
    await newTransport().send('GET', `${root}/v1.0${path}`);
    expect(calls.map(({ url }) => url)).toEqual([`${root}/v1.0${path}`, `${root}/v1.0${path}`]);
  });

  it.each([
    'https://elsewhere.test/v1.0/users?$skiptoken=1',
    'https://graph.test.elsewhere.test/v1.0/users',
    'http://graph.test/v1.0/users',
    'https://graph.test/beta/users',
    'https://graph.test/v1.0evil/users',
  ])('never takes the token to another place: %s', async (link) => {
    const calls = answering(json(200, {}));
    expect((await errorOf(newTransport().send('GET', link))).code).toBe('LS3005');
    expect(calls).toEqual([]);
  });

  it('does not repeat anything by itself, whatever the status', async () => {
    for (const status of [400, 403, 404, 409, 429, 500, 502, 503, 504]) {
      const calls = answering(json(status, { error: { code: 'X' } }, { 'Retry-After': '1' }));
      expect((await newTransport().send('POST', '/users', {})).status).toBe(status);
      expect(calls).toHaveLength(1);
    }
  });

  it.each<[string, () => Response]>([
    ['no content', empty(204)],
    ['an empty text', () => new Response('', { status: 200 })],
    ['a page of a proxy', () => new Response('<html>', { status: 502 })],
  ])('has no body when it is answered with %s', async (_what, answer) => {
    answering(answer);
    expect((await newTransport().send('DELETE', '/users/1')).body).toBeUndefined();
  });
});

describe('a token that Graph refuses', () => {
  it('is replaced once, and the request goes on with the new one', async () => {
    const asked: boolean[] = [];
    const calls = answering(empty(401), json(200, { id: '1' }));
    const transport = newTransport((refresh) => {
      asked.push(refresh);
      return Promise.resolve(refresh ? 'new' : 'old');
    });
    expect((await transport.send('PATCH', '/users/1', { a: 1 })).status).toBe(200);
    await transport.send('GET', '/users/1');
    expect(asked).toEqual([false, true, false]);
    expect(calls.map(({ headers }) => headers.get('Authorization'))).toEqual([
      'Bearer old',
      'Bearer new',
      'Bearer old',
    ]);
    expect(calls[1]?.body).toBe(calls[0]?.body);
  });

  it('twice is LS3002, with the reason that Graph gives', async () => {
    const calls = answering(
      json(401, { error: { code: 'InvalidAuthenticationToken', message: 'Access token has expired.' } }),
    );
    const error = await errorOf(newTransport().send('GET', '/users'));
    expect(error).toMatchObject({ code: 'LS3002', retryable: false });
    expect(error.message).toContain('InvalidAuthenticationToken: Access token has expired.');
    expect(calls).toHaveLength(2);
  });

  it('cannot be had at all: that failure stays what it is', async () => {
    const calls = answering(json(200, {}));
    const noToken = new LockstepError('LS3004', 'No token.', { retryable: true });
    expect(await errorOf(newTransport(() => Promise.reject(noToken)).send('GET', '/users'))).toBe(noToken);
    expect(calls).toEqual([]);
  });
});

describe('an answer that does not come', () => {
  it('is LS3001 with the reason beneath, without the query, and may be tried again', async () => {
    answering(() => Promise.reject(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })));
    const error = await errorOf(newTransport().send('GET', "/users?$filter=mail%20eq%20'anna'"));
    expect(error).toMatchObject({ code: 'LS3001', retryable: true });
    expect(error.message).toContain('GET /users');
    expect(error.message).not.toContain('anna');
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('is LS3001, too, when it breaks off in the middle of its body', async () => {
    const torn = (): Response =>
      new Response(
        new ReadableStream({
          pull: (controller) => {
            controller.error(new TypeError('terminated'));
          },
        }),
        { status: 201 },
      );
    answering(torn);
    const error = await errorOf(newTransport().send('POST', '/users', {}));
    expect(error).toMatchObject({ code: 'LS3001', retryable: true });
    expect(error.message).toContain('POST /users');
  });
});

describe('the service root', () => {
  const open = (serviceRoot: string): Transport =>
    graphTransport({ serviceRoot, token: () => Promise.resolve('t'), newRequestId: () => 'id' });

  it.each(['http://graph.microsoft.com', 'http://localhost.evil.test', 'graph.microsoft.com', '', 'ftp://127.0.0.1'])(
    'may not be %j: the token would travel in clear, or nowhere',
    (serviceRoot) => {
      expect(() => open(serviceRoot)).toThrow(expect.objectContaining({ code: 'LS1001' }) as Error);
    },
  );

  it.each([
    'https://graph.microsoft.us',
    'https://graph.test///',
    'http://127.0.0.1:8080',
    'http://localhost',
    'http://[::1]:1',
  ])('may be %s', async (serviceRoot) => {
    const calls = answering(json(200, {}));
    await open(serviceRoot).send('GET', '/users');
    expect(calls[0]?.url).toBe(`${serviceRoot.replace(/\/+$/, '')}/v1.0/users`);
    expect(calls[0]?.headers.get('Authorization')).toBe('Bearer t');
  });

  it('is taken off a path together with nothing but the query', () => {
    expect(withoutQuery('/users?$select=id?')).toBe('/users');
    expect(withoutQuery('/users')).toBe('/users');
  });
});
