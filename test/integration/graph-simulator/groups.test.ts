import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startGraphSimulator, type GraphSimulator } from '../../sandbox/graph/simulator.ts';
import { errorOf, GraphCaller, newGroup, newUser, text, valuesOf } from '../../support/graph/graph-caller.ts';
import { schemaErrors } from '../../support/graph/openapi-validator.ts';

let simulator: GraphSimulator;
let graph: GraphCaller;

beforeEach(async () => {
  simulator = await startGraphSimulator({ throttling: 'off' });
  graph = new GraphCaller(simulator.serviceRoot);
});

afterEach(() => simulator.stop());

const upsert = { Prefer: 'create-if-missing' };

async function users(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push(await graph.create('/users', newUser(`member${i}`)));
  return ids;
}

const memberIds = (group: string): readonly string[] =>
  simulator.snapshot().groups.find(({ id }) => id === group)?.memberIds ?? [];

describe('upserting groups by unique name', () => {
  it('creates with 201, changes with 204, and refuses without the preference', async () => {
    const path = `/groups(uniqueName='${encodeURIComponent("ad-o''neil/1")}')`;
    expect((await graph.call('PATCH', path, newGroup('g'))).status).toBe(404);
    const created = await graph.call('PATCH', path, newGroup('g', { groupTypes: [] }), upsert);
    expect([created.status, created.body['uniqueName']]).toEqual([201, "ad-o'neil/1"]);
    expect(schemaErrors('group', created.body)).toEqual([]);
    const again = newGroup('g', { groupTypes: [], displayName: 'new' });
    expect((await graph.call('PATCH', path, again, upsert)).status).toBe(204);
    expect((await graph.get(path)).body['displayName']).toBe('new');
    expect((await graph.call('DELETE', path)).status).toBe(204);
    expect((await graph.get(path)).status).toBe(404);
  });

  it('takes up to twenty members along', async () => {
    const ids = await users(2);
    const body = newGroup('g', { 'members@odata.bind': ids.map((id) => graph.reference(id)) });
    const created = await graph.call('PATCH', "/groups(uniqueName='g')", body, upsert);
    expect(memberIds(text(created.body['id']))).toEqual([...ids].sort());
  });
});

describe('creating groups', () => {
  it.each([
    ['a distribution group', { mailEnabled: true }],
    ['a unique name in the body', { uniqueName: 'x' }],
    ['a nickname with a blank', { mailNickname: 'a b' }],
    ['a nickname beyond ASCII', { mailNickname: 'gröup' }],
    ['no security flag', { securityEnabled: null }],
    ['hidden membership of a security group', { visibility: 'HiddenMembership' }],
    ['an unknown kind', { groupTypes: ['Fancy'] }],
  ])('refuses %s', async (_case, extra) => {
    expect((await graph.call('POST', '/groups', newGroup('g', extra))).status).toBe(400);
    expect(simulator.snapshot().groups).toEqual([]);
  });

  it('gives Microsoft 365 groups an address and keeps their nicknames apart', async () => {
    const m365 = { groupTypes: ['Unified'], mailEnabled: true };
    const created = await graph.call('POST', '/groups', newGroup('team', m365));
    expect(created.body['proxyAddresses']).toEqual(['SMTP:team@contoso.onmicrosoft.com']);
    expect(errorOf((await graph.call('POST', '/groups', newGroup('TEAM', m365))).body).target).toBe('mailNickname');
    expect((await graph.call('POST', '/groups', newGroup('team'))).status).toBe(201);
  });

  it('keeps the kind of a group for ever', async () => {
    const id = await graph.create('/groups', newGroup('g'));
    expect((await graph.call('PATCH', `/groups/${id}`, { groupTypes: ['Unified'] })).status).toBe(400);
    expect((await graph.call('PATCH', `/groups/${id}`, { mailEnabled: true })).status).toBe(400);
    expect((await graph.call('PATCH', `/groups/${id}`, { proxyAddresses: [] })).status).toBe(403);
  });
});

describe('members', () => {
  it('are added all or none', async () => {
    const group = await graph.create('/groups', newGroup('g'));
    const [a = '', b = ''] = await users(2);
    const bind = (...ids: string[]) =>
      graph.call('PATCH', `/groups/${group}`, { 'members@odata.bind': ids.map((id) => graph.reference(id)) });
    expect((await bind(a)).status).toBe(204);
    const present = await bind(b, a);
    expect(errorOf(present.body).message).toContain('added object references already exist');
    expect(errorOf((await bind(b, b)).body).message).toContain('can only be present once');
    expect((await bind(b, '11111111-1111-4111-8111-111111111111')).status).toBe(404);
    expect((await bind(...Array.from({ length: 21 }, () => b))).status).toBe(400);
    expect(memberIds(group)).toEqual([a]);
  });

  it('are added and removed one by one', async () => {
    const group = await graph.create('/groups', newGroup('g'));
    const [a = ''] = await users(1);
    const add = () => graph.call('POST', `/groups/${group}/members/$ref`, { '@odata.id': graph.reference(a) });
    expect((await add()).status).toBe(204);
    expect((await add()).status).toBe(400);
    expect((await graph.call('DELETE', `/groups/${group}/members/${a}/$ref`)).status).toBe(204);
    expect((await graph.call('DELETE', `/groups/${group}/members/${a}/$ref`)).status).toBe(404);
    const wrong = await graph.call('POST', `/groups/${group}/members/$ref`, {
      'members@odata.bind': [graph.reference(a)],
    });
    expect(errorOf(wrong.body).message).toBe('The request is currently not supported on the targeted entity set');
  });

  it('are deleted themselves when the path lacks /$ref', async () => {
    const [a = ''] = await users(1);
    const group = await graph.create('/groups', newGroup('g', { 'members@odata.bind': [graph.reference(a)] }));
    expect((await graph.call('DELETE', `/groups/${group}/members/${a}`)).status).toBe(204);
    expect(simulator.snapshot().deletedUsers.map(({ id }) => id)).toEqual([a]);
  });

  it('come back with a restored user and with a restored group', async () => {
    const [a = '', b = ''] = await users(2);
    const body = newGroup('g', { 'members@odata.bind': [graph.reference(a), graph.reference(b)] });
    const group = await graph.create('/groups', body);
    await graph.call('DELETE', `/users/${a}`);
    expect(valuesOf(await graph.get(`/groups/${group}/members?$select=id`)).map((user) => user['id'])).toEqual([b]);
    await graph.call('DELETE', `/groups/${group}`);
    await graph.call('POST', `/directory/deletedItems/${a}/restore`);
    await graph.call('POST', `/directory/deletedItems/${group}/restore`);
    expect(memberIds(group)).toEqual([a, b].sort());
  });

  it('are listed in pages, by type, counted, and seen from the user', async () => {
    const ids = await users(5);
    const child = await graph.create('/groups', newGroup('child'));
    const members = [...ids, child].map((id) => graph.reference(id));
    const group = await graph.create('/groups', newGroup('g', { 'members@odata.bind': members }));
    const { values, pages } = await graph.all(`/groups/${group}/members?$select=id&$top=2`);
    expect([pages, values.map((member) => member['id'])]).toEqual([3, [...ids, child]]);
    const cast = await graph.get(`/groups/${group}/members/microsoft.graph.user?$select=id`);
    expect(valuesOf(cast)).toHaveLength(5);
    const count = await graph.get(`/groups/${group}/members/$count`, { ConsistencyLevel: 'eventual' });
    expect(count.text).toBe('6');
    const above = await graph.get(`/users/${ids[0] ?? ''}/memberOf?$select=id`);
    expect(valuesOf(above).map((parent) => parent['id'])).toEqual([group]);
  });

  it('of Microsoft 365 groups are users only, of synchronised and dynamic groups not for us', async () => {
    const m365 = await graph.create('/groups', newGroup('team', { groupTypes: ['Unified'], mailEnabled: true }));
    const synced = simulator.seedGroup({ properties: { displayName: 's', onPremisesSyncEnabled: true } });
    const dynamic = await graph.create(
      '/groups',
      newGroup('d', { groupTypes: ['DynamicMembership'], membershipRule: 'user.department -eq "x"' }),
    );
    const [a = ''] = await users(1);
    const add = async (group: string, id: string): Promise<number> =>
      (await graph.call('POST', `/groups/${group}/members/$ref`, { '@odata.id': graph.reference(id) })).status;
    expect([await add(m365, synced), await add(synced, a), await add(dynamic, a), await add(m365, a)]).toEqual([
      400, 400, 400, 204,
    ]);
  });
});
