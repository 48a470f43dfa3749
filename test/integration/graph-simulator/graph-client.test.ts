import { Client, GraphError, type Context, type Middleware } from '@microsoft/microsoft-graph-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startGraphSimulator, type GraphSimulator } from '../../sandbox/graph/simulator.ts';
import { newGroup, newUser } from '../../support/graph/graph-caller.ts';

// The client's own authentication handler leaves plain http without a token, so the last step adds it.
const overHttp: Middleware = {
  async execute(context: Context) {
    const headers = new Headers(context.options?.headers);
    headers.set('Authorization', 'Bearer token');
    const request: unknown = context.request;
    if (typeof request !== 'string') throw new TypeError('The client asked with something other than a URL.');
    context.response = await fetch(request, { ...context.options, headers });
  },
};

let simulator: GraphSimulator;
let client: Client;

beforeEach(async () => {
  simulator = await startGraphSimulator({ throttling: 'off' });
  client = Client.initWithMiddleware({ baseUrl: `${simulator.serviceRoot}/`, middleware: overHttp });
});

afterEach(() => simulator.stop());

describe("Microsoft's own client", () => {
  it('creates, changes and deletes a user, and reads the error of a conflict', async () => {
    const created = (await client.api('/users').post(newUser('adele'))) as { id: string };
    await expect(client.api(`/users/${created.id}`).patch({ department: 'Sales' })).resolves.toBeUndefined();
    const read = (await client.api(`/users/${created.id}`).select('department').get()) as { department: string };
    expect(read.department).toBe('Sales');
    const refusal: unknown = await client
      .api('/users')
      .post(newUser('adele'))
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(GraphError);
    expect(refusal).toMatchObject({ statusCode: 400, code: 'Request_BadRequest' });
    await client.api(`/users/${created.id}`).delete();
    expect(simulator.snapshot().deletedUsers).toHaveLength(1);
  });

  it('sends a batch and upserts a group', async () => {
    const upserted = (await client
      .api("/groups(uniqueName='ad-1')")
      .header('Prefer', 'create-if-missing')
      .patch(newGroup('g'))) as { uniqueName: string };
    expect(upserted.uniqueName).toBe('ad-1');
    const batch = (await client.api('/$batch').post({
      requests: [{ id: '1', method: 'GET', url: "/groups(uniqueName='ad-1')?$select=displayName" }],
    })) as { responses: { status: number; body: { displayName: string } }[] };
    expect(batch.responses[0]).toMatchObject({ status: 200, body: { displayName: 'g' } });
  });
});
