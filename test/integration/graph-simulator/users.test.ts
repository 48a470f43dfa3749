import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startGraphSimulator, type GraphSimulator } from '../../sandbox/graph/simulator.ts';
import { errorOf, GraphCaller, newUser, valuesOf } from '../../support/graph/graph-caller.ts';
import { schemaErrors } from '../../support/graph/openapi-validator.ts';

const application = '01234567-89ab-cdef-0123-456789abcdef';
let simulator: GraphSimulator;
let graph: GraphCaller;
let clock: { time: number; now(): number };

beforeEach(async () => {
  clock = {
    time: Date.parse('2026-11-25T00:00:00Z'),
    now() {
      return this.time;
    },
  };
  simulator = await startGraphSimulator({
    clock,
    throttling: 'off',
    tenant: {
      domains: [
        { id: 'contoso.onmicrosoft.com' },
        { id: 'contoso.com' },
        { id: 'fed.contoso.com', authenticationType: 'Federated' },
        { id: 'pending.com', isVerified: false },
      ],
      applications: [application],
    },
  });
  graph = new GraphCaller(simulator.serviceRoot);
});

afterEach(() => simulator.stop());

describe('creating users', () => {
  it('answers 201 with the default properties only, in the form of the OpenAPI description', async () => {
    const answer = await graph.call('POST', '/users', newUser('adele', { department: 'Sales' }));
    expect(answer.status).toBe(201);
    expect(schemaErrors('user', answer.body)).toEqual([]);
    expect(Object.keys(answer.body).sort()).toEqual(
      [
        '@odata.context',
        'businessPhones',
        'displayName',
        'givenName',
        'id',
        'jobTitle',
        'mail',
        'mobilePhone',
        'officeLocation',
        'preferredLanguage',
        'surname',
        'userPrincipalName',
      ].sort(),
    );
    expect(answer.headers.get('x-ms-resource-unit')).toBe('1');
    expect(answer.headers.get('request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('names the property in which another object is in the way', async () => {
    await graph.create('/users', newUser('adele', { mail: 'adele@contoso.com' }));
    const sameName = await graph.call(
      'POST',
      '/users',
      newUser('x', { userPrincipalName: 'ADELE@contoso.onmicrosoft.com' }),
    );
    const sameMail = await graph.call('POST', '/users', newUser('y', { mail: 'Adele@Contoso.com' }));
    const sameAnchor = await graph.call(
      'POST',
      '/users',
      newUser('z', { onPremisesImmutableId: Buffer.from('adele').toString('base64') }),
    );
    expect([sameName, sameMail, sameAnchor].map((answer) => [answer.status, errorOf(answer.body).target])).toEqual([
      [400, 'userPrincipalName'],
      [400, 'proxyAddresses'],
      [400, 'onPremisesImmutableId'],
    ]);
    expect(schemaErrors('ODataErrors.ODataError', sameName.body)).toEqual([]);
    expect(simulator.snapshot().users).toHaveLength(1);
  });

  it.each([
    ['an unknown property', { nickName: 'x' }, 400],
    ['a read-only property', { onPremisesSyncEnabled: true }, 400],
    ['proxy addresses', { proxyAddresses: ['SMTP:a@contoso.com'] }, 403],
    ['a value that is too long', { department: 'x'.repeat(65) }, 400],
    ['an empty string', { department: '' }, 400],
    ['a value of another type', { department: 5 }, 400],
    ['two business phones', { businessPhones: ['1', '2'] }, 400],
    ['a name with an accent', { userPrincipalName: 'adèle@contoso.com' }, 400],
    ['a domain that is not verified', { userPrincipalName: 'a@pending.com' }, 400],
    ['a domain of somebody else', { userPrincipalName: 'a@example.org' }, 400],
    [
      'a federated name without an anchor',
      { userPrincipalName: 'a@fed.contoso.com', onPremisesImmutableId: null },
      400,
    ],
    ['a weak password', { passwordProfile: { password: 'password' } }, 400],
    ['no password', { passwordProfile: null }, 400],
    ['no display name', { displayName: null }, 400],
    ['a property kept by SharePoint', { aboutMe: 'x' }, 403],
  ])('refuses %s', async (_case, extra, status) => {
    const answer = await graph.call('POST', '/users', newUser('adele', extra));
    expect(answer.status).toBe(status);
    expect(schemaErrors('ODataErrors.ODataError', answer.body)).toEqual([]);
    expect(simulator.snapshot().users).toEqual([]);
  });

  it('accepts a directory extension that was defined, and a federated name with an anchor but no password', async () => {
    const extension = 'extension_0123456789abcdef0123456789abcdef_costCode';
    const refused = await graph.call('POST', '/users', newUser('e', { [extension]: 'A1' }));
    expect(errorOf(refused.body).message).toBe(`The following extension properties are not available: ${extension}.`);
    const path = `/applications(appId='${application}')/extensionProperties`;
    const definition = { name: 'costCode', dataType: 'String', targetObjects: ['User'] };
    const made = await graph.call('POST', path, definition);
    expect([made.status, made.body['name']]).toEqual([201, extension]);
    expect(errorOf((await graph.call('POST', path, definition)).body).message).toContain(extension);
    expect(valuesOf(await graph.get(path)).map((one) => one['name'])).toEqual([extension]);
    expect((await graph.call('GET', path.replace('0123', '9999'))).status).toBe(404);
    expect((await graph.call('POST', '/users', newUser('g', { [extension]: true }))).status).toBe(400);
    const body = newUser('f', { userPrincipalName: 'f@fed.contoso.com', [extension]: 'A1' });
    delete body['passwordProfile'];
    const id = await graph.create('/users', body);
    const read = await graph.get(`/users/${id}?$select=id,${extension}`);
    expect(read.body[extension]).toBe('A1');
  });
});

describe('changing users', () => {
  it('makes a mail address the primary one and keeps the former one', async () => {
    const id = await graph.create('/users', newUser('adele', { mail: 'a@contoso.com' }));
    expect((await graph.call('PATCH', `/users/${id}`, { mail: 'b@contoso.com' })).status).toBe(204);
    const read = await graph.get(`/users/${id}?$select=mail,proxyAddresses`);
    expect(read.body['proxyAddresses']).toEqual(['SMTP:b@contoso.com', 'smtp:a@contoso.com']);
    expect((await graph.call('PATCH', `/users/${id}`, { mail: null })).status).toBe(400);
  });

  it('refuses what is mastered on premises on objects of another synchronisation', async () => {
    const id = simulator.seedUser({
      properties: { displayName: 'S', userPrincipalName: 's@contoso.com', onPremisesSyncEnabled: true },
    });
    const refused = await graph.call('PATCH', `/users/${id}`, { department: 'Sales' });
    expect(refused.status).toBe(400);
    expect(errorOf(refused.body).message).toContain('on-premises mastered Directory Sync objects');
    expect((await graph.call('PATCH', `/users/${id}`, { usageLocation: 'DE' })).status).toBe(204);
    expect((await graph.call('DELETE', `/users/${id}`)).status).toBe(204);
  });

  it('does not let the anchor or password of a federated user change', async () => {
    const id = await graph.create('/users', newUser('f', { userPrincipalName: 'f@fed.contoso.com' }));
    expect((await graph.call('PATCH', `/users/${id}`, { onPremisesImmutableId: 'bmV3' })).status).toBe(400);
    await graph.call('PATCH', `/users/${id}`, { userPrincipalName: 'f@contoso.onmicrosoft.com' });
    expect((await graph.call('PATCH', `/users/${id}`, { onPremisesImmutableId: 'bmV3' })).status).toBe(204);
    expect((await graph.call('PATCH', `/users/${id}`, { userPrincipalName: 'f@fed.contoso.com' })).status).toBe(204);
  });

  it('protects the holders of directory roles', async () => {
    const id = simulator.seedUser({
      properties: { displayName: 'Admin', userPrincipalName: 'admin@contoso.com' },
      directoryRoles: ['Global Administrator'],
    });
    expect((await graph.call('PATCH', `/users/${id}`, { accountEnabled: false })).status).toBe(403);
    expect((await graph.call('DELETE', `/users/${id}`)).status).toBe(403);
    expect((await graph.call('PATCH', `/users/${id}`, { department: 'IT' })).status).toBe(204);
    const assignments = await graph.get(`/roleManagement/directory/roleAssignments?$filter=principalId eq '${id}'`);
    expect(valuesOf(assignments)).toHaveLength(1);
    const roles = await graph.get(`/users/${id}/memberOf`);
    expect(valuesOf(roles).map((role) => role['displayName'])).toEqual(['Global Administrator']);
  });

  it('sets, reads and removes managers', async () => {
    const [boss, worker] = [
      await graph.create('/users', newUser('boss')),
      await graph.create('/users', newUser('worker')),
    ];
    expect((await graph.get(`/users/${worker}/manager`)).status).toBe(404);
    const put = await graph.call('PUT', `/users/${worker}/manager/$ref`, { '@odata.id': graph.reference(boss) });
    expect(put.status).toBe(204);
    expect((await graph.get(`/users/${worker}/manager`)).body['id']).toBe(boss);
    expect(valuesOf(await graph.get(`/users/${boss}/directReports`)).map((user) => user['id'])).toEqual([worker]);
    await graph.call('DELETE', `/users/${boss}`);
    expect((await graph.get(`/users/${worker}/manager`)).status).toBe(404);
    await graph.call('POST', `/directory/deletedItems/${boss}/restore`);
    expect((await graph.get(`/users/${worker}/manager`)).body['id']).toBe(boss);
    expect((await graph.call('DELETE', `/users/${worker}/manager/$ref`)).status).toBe(204);
    expect((await graph.get(`/users/${worker}/manager`)).status).toBe(404);
  });
});

describe('the recycle bin', () => {
  it('frees the name, holds the anchor, and gives the user back', async () => {
    const id = await graph.create('/users', newUser('adele'));
    await graph.call('DELETE', `/users/${id}`);
    expect((await graph.get(`/users/${id}`)).status).toBe(404);
    const listed = await graph.get(
      '/directory/deletedItems/microsoft.graph.user?$select=id,userPrincipalName,deletedDateTime',
    );
    expect(valuesOf(listed)).toEqual([
      {
        id,
        userPrincipalName: `${id.replaceAll('-', '')}adele@contoso.onmicrosoft.com`,
        deletedDateTime: '2026-11-25T00:00:00Z',
      },
    ]);
    expect(errorOf((await graph.call('POST', '/users', newUser('adele'))).body).target).toBe('onPremisesImmutableId');
    expect((await graph.call('POST', `/directory/deletedItems/${id}/restore`)).status).toBe(200);
    expect((await graph.get('/users/adele@contoso.onmicrosoft.com')).body['id']).toBe(id);
  });

  it('does not restore a user whose name was given to another', async () => {
    const id = await graph.create('/users', newUser('adele'));
    await graph.call('DELETE', `/users/${id}`);
    await graph.create('/users', newUser('adele', { onPremisesImmutableId: 'b3RoZXI=' }));
    expect(errorOf((await graph.call('POST', `/directory/deletedItems/${id}/restore`)).body).target).toBe(
      'userPrincipalName',
    );
  });

  it('is emptied after thirty days, or by hand', async () => {
    const [a, b] = [await graph.create('/users', newUser('a')), await graph.create('/users', newUser('b'))];
    await graph.call('DELETE', `/users/${a}`);
    await graph.call('DELETE', `/users/${b}`);
    expect((await graph.call('DELETE', `/directory/deletedItems/${b}`)).status).toBe(204);
    clock.time += 31 * 24 * 3600 * 1000;
    expect((await graph.call('POST', `/directory/deletedItems/${a}/restore`)).status).toBe(404);
    expect(simulator.snapshot().deletedUsers).toEqual([]);
  });
});

describe('reading users', () => {
  it('pages with links that carry the whole query', async () => {
    for (let i = 0; i < 7; i++)
      simulator.seedUser({ properties: { displayName: `u${i}`, userPrincipalName: `u${i}@contoso.com` } });
    const { values, pages } = await graph.all('/users?$top=3&$select=displayName');
    expect(pages).toBe(3);
    expect(values.map((user) => user['displayName'])).toEqual(['u0', 'u1', 'u2', 'u3', 'u4', 'u5', 'u6']);
    const first = await graph.get('/users?$top=3&$select=displayName');
    expect(schemaErrors('userCollectionResponse', first.body)).toEqual([]);
  });

  it.each([
    ['/users?$skip=1', 400, 'Request_BadRequest'],
    ['/users?$top=1000', 400, 'Request_BadRequest'],
    ['/users?$select=nickName', 400, 'Request_BadRequest'],
    ['/users?$select=skills', 501, 'NotImplemented'],
    ["/users?$filter=displayName ne 'x'", 400, 'Request_UnsupportedQuery'],
    ['/users?$filter=createdDateTime ge 2026-01-01T00:00:00Z', 400, 'Request_UnsupportedQuery'],
    ["/users?$filter=aboutMe eq 'x'", 400, 'Request_UnsupportedQuery'],
    ['/users?$search="displayName:x"', 400, 'Request_UnsupportedQuery'],
    ['/users/$count', 400, 'Request_BadRequest'],
    ['/nothing', 400, 'BadRequest'],
    ['/directory/deletedItems', 400, 'Request_BadRequest'],
  ])('refuses %s', async (path, status, code) => {
    const answer = await graph.get(path);
    expect([answer.status, errorOf(answer.body).code]).toEqual([status, code]);
  });

  it('filters, and asks for the advanced engine where Graph does', async () => {
    const [a] = [
      await graph.create('/users', newUser("o'neil", { department: 'Sales' })),
      await graph.create('/users', newUser('b')),
    ];
    const by = async (filter: string, advanced = false): Promise<unknown[]> => {
      const path = `/users?$select=id&$filter=${encodeURIComponent(filter)}${advanced ? '&$count=true' : ''}`;
      const answer = await graph.get(path, advanced ? { ConsistencyLevel: 'eventual' } : {});
      return valuesOf(answer).map((user) => user['id']);
    };
    expect(await by("userPrincipalName eq 'O''NEIL@contoso.onmicrosoft.com'")).toEqual([a]);
    expect(await by(`onPremisesImmutableId in ('${Buffer.from("o'neil").toString('base64')}','x')`)).toEqual([a]);
    expect(await by("startsWith(displayName,'O') and department eq 'Sales'")).toEqual([a]);
    expect(await by("not(department eq 'Sales')", true)).not.toContain(a);
    expect((await graph.get('/users/$count', { ConsistencyLevel: 'eventual' })).text).toBe('2');
  });

  it('finds by id many at once and leaves out what is not there', async () => {
    const id = await graph.create('/users', newUser('a'));
    const answer = await graph.call('POST', '/directoryObjects/getByIds?$select=id', {
      ids: [id, simulatorId],
      types: ['user'],
    });
    expect(valuesOf(answer).map((object) => object['id'])).toEqual([id]);
    expect(simulator.usage).toEqual({ requests: 2, writes: 1 });
  });

  it('shows the tenant and its domains', async () => {
    const organization = await graph.get('/organization');
    const domains = await graph.get('/domains');
    expect(schemaErrors('organizationCollectionResponse', organization.body)).toEqual([]);
    expect(schemaErrors('domainCollectionResponse', domains.body)).toEqual([]);
    expect(valuesOf(domains).map((domain) => [domain['id'], domain['isVerified']])).toContainEqual([
      'pending.com',
      false,
    ]);
  });
});

const simulatorId = '11111111-1111-4111-8111-111111111111';
