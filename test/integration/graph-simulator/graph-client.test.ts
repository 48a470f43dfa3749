import { Client, GraphError } from '@microsoft/microsoft-graph-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startGraphSimulator, type GraphSimulator } from '../../sandbox/graph/simulator.ts';
import { newGroup, newUser } from '../../support/graph/graph-caller.ts';

let simulator: GraphSimulator;
let client: Client;

beforeEach(async () => {
  simulator = await startGraphSimulator({ throttling: 'off' });
  // The client's own authentication handler skips plain http, so the header goes in by hand.
  client = Client.init({
    baseUrl: `${simulator.serviceRoot}/`,
    authProvider: (done) => {
      done(null, 'token');
    },
    fetchOptions: { headers: { Authorization: 'Bearer token' } },
  });
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
