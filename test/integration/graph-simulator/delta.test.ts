import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startGraphSimulator, type GraphSimulator } from '../../sandbox/graph/simulator.ts';
import { errorOf, GraphCaller, newGroup, newUser } from '../../support/graph/graph-caller.ts';
import { schemaErrors } from '../../support/graph/openapi-validator.ts';

let simulator: GraphSimulator;
let graph: GraphCaller;
const clock = { time: 0, now: () => clock.time };

beforeEach(async () => {
  clock.time = Date.parse('2026-11-25T00:00:00Z');
  simulator = await startGraphSimulator({ clock, throttling: 'off', deltaPageSize: 3, deltaLinksPerPage: 4 });
  graph = new GraphCaller(simulator.serviceRoot);
});

afterEach(() => simulator.stop());

const minimal = { Prefer: 'return=minimal' };

async function users(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push(await graph.create('/users', newUser(`u${i}`)));
  return ids;
}

describe('delta of users', () => {
  it('shows all, then only what happened since, each token with its own selection', async () => {
    const [a = '', b = '', c = '', d = ''] = await users(4);
    const first = await graph.all('/users/delta?$select=displayName,department');
    expect([first.pages, first.values.map((user) => user['id'])]).toEqual([2, [a, b, c, d]]);
    const names = await graph.all('/users/delta?$select=displayName');
    await graph.call('PATCH', `/users/${a}`, { department: 'Sales' });
    await graph.call('PATCH', `/users/${b}`, { displayName: 'new' });
    await graph.call('DELETE', `/users/${c}`);
    await graph.call('DELETE', `/users/${d}`);
    await graph.call('DELETE', `/directory/deletedItems/${d}`);
    const removals = [
      { id: c, '@removed': { reason: 'changed' } },
      { id: d, '@removed': { reason: 'deleted' } },
    ];
    expect((await graph.all(first.deltaLink)).values).toEqual([
      { id: a, displayName: 'u0', department: 'Sales' },
      { id: b, displayName: 'new' },
      ...removals,
    ]);
    expect((await graph.all(names.deltaLink)).values).toEqual([{ id: b, displayName: 'new' }, ...removals]);
    expect((await graph.all(first.deltaLink, minimal)).values.slice(0, 2)).toEqual([
      { id: a, department: 'Sales' },
      { id: b, displayName: 'new' },
    ]);
    const answer = await graph.get(first.deltaLink);
    expect(schemaErrors('userDeltaResponse', answer.body)).toEqual([]);
  });

  it('says nothing new when nothing happened, and a change without effect is none', async () => {
    const [a = ''] = await users(1);
    const { deltaLink } = await graph.all('/users/delta');
    await graph.call('PATCH', `/users/${a}`, { displayName: 'u0' });
    expect((await graph.all(deltaLink)).values).toEqual([]);
  });

  it('follows managers when they are selected', async () => {
    const [a = '', b = ''] = await users(2);
    const { deltaLink } = await graph.all('/users/delta?$select=id,manager');
    await graph.call('PUT', `/users/${a}/manager/$ref`, { '@odata.id': graph.reference(b) });
    const second = await graph.all(deltaLink);
    expect(second.values).toEqual([{ id: a, 'manager@delta': [{ '@odata.type': '#microsoft.graph.user', id: b }] }]);
    await graph.call('DELETE', `/users/${a}/manager/$ref`);
    const third = await graph.all(second.deltaLink);
    expect(third.values[0]?.['manager@delta']).toEqual([
      { '@odata.type': '#microsoft.graph.user', id: b, '@removed': { reason: 'deleted' } },
    ]);
  });

  it('starts from now with latest', async () => {
    await users(2);
    const latest = await graph.all('/users/delta?$deltatoken=latest&$select=id');
    expect(latest.values).toEqual([]);
    const id = await graph.create('/users', newUser('late'));
    expect((await graph.all(latest.deltaLink)).values).toEqual([{ id }]);
  });

  it('answers 410 with the way to start over after seven days or when told so', async () => {
    await users(1);
    const { deltaLink } = await graph.all('/users/delta');
    simulator.expireDeltaTokens();
    const gone = await graph.get(deltaLink);
    expect([gone.status, errorOf(gone.body).code]).toEqual([410, 'SyncStateNotFound']);
    const fresh = await graph.all(gone.headers.get('location') ?? '');
    expect(fresh.values).toHaveLength(1);
    clock.time += 7 * 24 * 3600 * 1000 + 1;
    expect((await graph.get(fresh.deltaLink)).status).toBe(410);
  });

  it('repeats earlier changes on demand', async () => {
    const [a = ''] = await users(1);
    const { deltaLink } = await graph.all('/users/delta?$select=id');
    simulator.replayDelta(1);
    expect((await graph.all(deltaLink)).values).toEqual([{ id: a }]);
    expect((await graph.all(deltaLink)).values).toEqual([]);
  });

  it('refuses what delta does not know', async () => {
    for (const option of ['$top=5', '$orderby=displayName', '$expand=manager', "$filter=displayName eq 'x'"])
      expect((await graph.get(`/users/delta?${option}`)).status).toBe(400);
    expect((await graph.get('/users/delta?$deltatoken=nonsense')).status).toBe(400);
  });
});

describe('delta of groups', () => {
  it('brings the members of a large group in slices', async () => {
    const ids = await users(10);
    const group = await graph.create('/groups', newGroup('g'));
    const bind = { 'members@odata.bind': ids.map((id) => graph.reference(id)) };
    await graph.call('PATCH', `/groups/${group}`, bind);
    const { values, pages } = await graph.all('/groups/delta');
    const slices = values.map((value) => (value['members@delta'] as { id: string }[]).map(({ id }) => id));
    expect([pages, values.every((value) => value['id'] === group)]).toEqual([3, true]);
    expect(slices.map((slice) => slice.length)).toEqual([4, 4, 2]);
    expect(slices.flat()).toEqual(ids);
  });

  it('shows members that came and went, with the user deleted and restored', async () => {
    const [a = '', b = ''] = await users(2);
    const group = await graph.create('/groups', newGroup('g', { 'members@odata.bind': [graph.reference(a)] }));
    let { deltaLink } = await graph.all('/groups/delta?$select=members');
    const next = async (): Promise<unknown> => {
      const round = await graph.all(deltaLink);
      deltaLink = round.deltaLink;
      return round.values.map((value) => value['members@delta']);
    };
    const user = { '@odata.type': '#microsoft.graph.user' };
    await graph.call('DELETE', `/groups/${group}/members/${a}/$ref`);
    await graph.call('POST', `/groups/${group}/members/$ref`, { '@odata.id': graph.reference(b) });
    expect(await next()).toEqual([
      [
        { ...user, id: a, '@removed': { reason: 'deleted' } },
        { ...user, id: b },
      ],
    ]);
    await graph.call('DELETE', `/users/${b}`);
    expect(await next()).toEqual([[{ ...user, id: b, '@removed': { reason: 'deleted' } }]]);
    await graph.call('POST', `/directory/deletedItems/${b}/restore`);
    expect(await next()).toEqual([[{ ...user, id: b }]]);
    await graph.call('DELETE', `/groups/${group}`);
    await next();
    await graph.call('POST', `/directory/deletedItems/${group}/restore`);
    expect(await next()).toEqual([[{ ...user, id: b }]]);
  });
});
