import { afterEach, describe, expect, it } from 'vitest';
import { startGraphSimulator, type GraphSimulator, type GraphSimulatorOptions } from '../../sandbox/graph/simulator.ts';
import { errorOf, GraphCaller, newGroup, newUser, valuesOf } from '../../support/graph/graph-caller.ts';
import { schemaErrors } from '../../support/graph/openapi-validator.ts';
import type { JsonObject } from '../../sandbox/graph/json.ts';

let simulator: GraphSimulator | undefined;

async function start(options: GraphSimulatorOptions = {}): Promise<{ simulator: GraphSimulator; graph: GraphCaller }> {
  simulator = await startGraphSimulator({ throttling: 'off', ...options });
  return { simulator, graph: new GraphCaller(simulator.serviceRoot) };
}

afterEach(async () => {
  await simulator?.stop();
  simulator = undefined;
});

const post = (id: string, url: string, body: JsonObject, dependsOn?: string[]): JsonObject => ({
  id,
  method: 'POST',
  url,
  headers: { 'Content-Type': 'application/json' },
  body,
  ...(dependsOn === undefined ? {} : { dependsOn }),
});

describe('batches', () => {
  it('answer each request in an order of their own, the same for the same seed', async () => {
    const orders: string[][] = [];
    for (const seed of [7, 7, 8]) {
      const { simulator: running, graph } = await start({ seed });
      const answers = await graph.batch(
        Array.from({ length: 20 }, (_, i) => post(String(i), '/users', newUser(`u${i}`))),
      );
      expect(answers.every(({ status }) => status === 201)).toBe(true);
      expect(running.usage).toEqual({ requests: 1, writes: 20 });
      orders.push(answers.map(({ id }) => id));
      await running.stop();
    }
    const sent = Array.from({ length: 20 }, (_, i) => String(i));
    expect(orders[0]).not.toEqual(sent);
    expect([...(orders[0] ?? [])].sort()).toEqual([...sent].sort());
    expect(orders[1]).toEqual(orders[0]);
    expect(orders[2]).not.toEqual(orders[0]);
    simulator = undefined;
  });

  it('have no body on 204 and exact header names otherwise', async () => {
    const { graph } = await start();
    const id = await graph.create('/users', newUser('a'));
    const answer = await graph.call('POST', '/$batch', {
      requests: [
        { id: '1', method: 'DELETE', url: `/users/${id}` },
        { id: '2', method: 'GET', url: 'users' },
      ],
    });
    expect(schemaErrors('x-dirsync.batchResponse', answer.body)).toEqual([]);
    const responses = valuesOf(answer, 'responses');
    const gone = responses.find((response) => response['id'] === '1');
    const list = responses.find((response) => response['id'] === '2');
    expect([gone?.['status'], gone !== undefined && 'body' in gone]).toEqual([204, false]);
    expect(list?.['headers']).toMatchObject({ 'Content-Type': 'application/json' });
  });

  it('fail what depends on a failure with 424 and do not run it', async () => {
    const { simulator: running, graph } = await start();
    const answers = await graph.batch([
      post('1', '/users', { displayName: 'incomplete' }),
      post('2', '/users', newUser('b'), ['1']),
      post('3', '/users', newUser('c')),
      post('4', '/users', newUser('d'), ['3']),
    ]);
    const status = Object.fromEntries(answers.map((answer) => [answer.id, answer.status]));
    expect(status).toEqual({ 1: 400, 2: 424, 3: 201, 4: 201 });
    expect(running.usage.writes).toBe(3);
  });

  it.each([
    ['more than twenty requests', Array.from({ length: 21 }, (_, i) => post(String(i), '/users', newUser(`u${i}`)))],
    ['the same id twice', [post('a', '/users', newUser('a')), post('A', '/users', newUser('b'))]],
    ['a body without its type', [{ id: '1', method: 'POST', url: '/users', body: newUser('a') }]],
    ['no requests', []],
  ])('are refused whole with %s', async (_case, requests) => {
    const { simulator: running, graph } = await start();
    const answer = await graph.call('POST', '/$batch', { requests });
    expect([answer.status, errorOf(answer.body).code]).toEqual([400, 'BadRequest']);
    expect(running.snapshot().users).toEqual([]);
  });

  it('are throttled request by request', async () => {
    const { simulator: running, graph } = await start({
      throttling: { writesPer150s: 5 },
      clock: { now: () => 1_000_000 },
    });
    const answers = await graph.batch(Array.from({ length: 8 }, (_, i) => post(String(i), '/users', newUser(`u${i}`))));
    const throttled = answers.filter(({ status }) => status === 429);
    expect(throttled).toHaveLength(3);
    expect(throttled[0]?.headers).toMatchObject({
      'Retry-After': '30',
      'x-ms-throttle-information': 'WriteLimitExceeded',
    });
    expect(running.snapshot().users).toHaveLength(5);
    expect(errorOf(throttled[0]?.body ?? {}).code).toBe('TooManyRequests');
  });
});

describe('faults on demand', () => {
  it('answer before or after the write happened', async () => {
    const { simulator: running, graph } = await start();
    running.inject({ method: 'POST', url: '/users', nth: 2, status: 503, retryAfter: 7 });
    running.inject({ method: 'POST', url: '/groups', status: 504, phase: 'after-commit' });
    expect((await graph.call('POST', '/users', newUser('a'))).status).toBe(201);
    const second = await graph.call('POST', '/users', newUser('b'));
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, '7']);
    expect((await graph.call('POST', '/groups', newGroup('g'))).status).toBe(504);
    expect([running.snapshot().users.length, running.snapshot().groups.length]).toEqual([1, 1]);
  });

  it('cut the connection, also in the middle of a batch', async () => {
    const { simulator: running, graph } = await start();
    const fault = running.inject({ method: 'POST', url: '/users', nth: 2, drop: true, phase: 'after-commit' });
    await expect(graph.batch([1, 2, 3].map((i) => post(String(i), '/users', newUser(`u${i}`))))).rejects.toThrow();
    expect(running.snapshot().users).toHaveLength(2);
    expect(fault.strikes).toBe(1);
  });

  it('can be put in place by another process', async () => {
    const { simulator: running, graph } = await start();
    const put = await fetch(`${running.serviceRoot}/_sandbox/faults`, {
      method: 'POST',
      body: JSON.stringify({ url: '^/users', status: 409 }),
    });
    expect(put.status).toBe(204);
    expect(errorOf((await graph.get('/users')).body).code).toBe('Directory_ConcurrencyViolation');
    expect((await graph.get('/users')).status).toBe(200);
    const usage: unknown = await (await fetch(`${running.serviceRoot}/_sandbox/usage`)).json();
    expect(usage).toEqual({ requests: 2, writes: 0 });
  });
});

describe('writes', () => {
  it('are told before and after their commit, in order', async () => {
    const { simulator: running, graph } = await start();
    const seen: string[] = [];
    const stop = running.onWrite(({ method, url, ordinal, phase, status }) =>
      seen.push(`${ordinal} ${method} ${url} ${status} ${phase}`),
    );
    await graph.create('/users', newUser('a'));
    stop();
    await graph.create('/users', newUser('b'));
    expect(seen).toEqual(['1 POST /users 201 before-commit', '1 POST /users 201 after-commit']);
  });
});

describe('tokens', () => {
  it('are needed, and grant what their roles grant', async () => {
    const { simulator: running, graph } = await start({
      tokens: (bearer) => (bearer === 'reader' ? { roles: ['User.Read.All'] } : undefined),
    });
    const reader = new GraphCaller(running.serviceRoot, 'reader');
    expect((await reader.get('/users')).status).toBe(200);
    const denied = await reader.call('POST', '/users', newUser('a'));
    expect([denied.status, errorOf(denied.body).code]).toEqual([403, 'Authorization_RequestDenied']);
    expect((await reader.get('/groups')).status).toBe(403);
    const unknown = await graph.get('/users');
    expect([unknown.status, errorOf(unknown.body).code]).toEqual([401, 'InvalidAuthenticationToken']);
    expect((await new GraphCaller(running.serviceRoot, '').get('/users')).status).toBe(401);
  });
});

describe('replication', () => {
  it('hides a new object from reads and references until the lag is over', async () => {
    const clock = { time: 1_000_000 };
    const { graph } = await start({ clock: { now: () => clock.time }, replicationLagMs: 5000 });
    const id = await graph.create('/users', newUser('a'));
    expect((await graph.get(`/users/${id}`)).status).toBe(404);
    const group = newGroup('g', { 'members@odata.bind': [graph.reference(id)] });
    expect((await graph.call('POST', '/groups', group)).status).toBe(404);
    expect((await graph.call('POST', '/users', newUser('a'))).status).toBe(400);
    expect((await graph.all('/users/delta')).values).toEqual([]);
    clock.time += 5000;
    expect((await graph.get(`/users/${id}`)).status).toBe(200);
    expect((await graph.all('/users/delta')).values).toHaveLength(1);
  });
});
