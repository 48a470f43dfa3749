import { describe, expect, it } from 'vitest';
import { startGraphSimulator } from '../../sandbox/graph/simulator.ts';
import { GraphCaller } from '../../support/graph/graph-caller.ts';

const asApplication = { 'client-request-id': 'one' };

describe('a request that Graph does not document', () => {
  it('is held against the application, alone or in a batch, until the simulator ends', async () => {
    const simulator = await startGraphSimulator();
    const graph = new GraphCaller(simulator.serviceRoot);
    await graph.get('/users?$select=id', asApplication);
    expect([...simulator.undocumented]).toEqual([]);
    await graph.get('/users?$frobnicate=1', asApplication);
    const requests = [{ id: '1', method: 'DELETE', url: '/groups/1/members/2' }];
    await graph.call('POST', '/$batch', { requests }, asApplication);
    expect([...simulator.undocumented]).toEqual([
      'GET /users: has no parameter $frobnicate',
      'DELETE /groups/1/members/2: Graph documents no such call',
    ]);
    await expect(simulator.stop()).rejects.toThrow('no parameter $frobnicate');
  });

  it('is the business of people who try the tenant by hand', async () => {
    const simulator = await startGraphSimulator();
    await new GraphCaller(simulator.serviceRoot).get('/users?$frobnicate=1');
    await simulator.stop();
  });
});
