import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startGraphSimulator } from '../../sandbox/graph/simulator.ts';
import { GraphCaller, newGroup, newUser } from '../../support/graph/graph-caller.ts';

const main = fileURLToPath(new URL('../../sandbox/graph/main.ts', import.meta.url));
let folder: string;
let store: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'graph-simulator-'));
  store = join(folder, 'tenant.db');
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

async function run(...options: string[]): Promise<{ child: ChildProcess; graph: GraphCaller }> {
  const child = spawn(process.execPath, [main, '--store', store, '--throttling', 'off', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  for await (const line of createInterface({ input: child.stdout })) {
    const { serviceRoot } = JSON.parse(line) as { serviceRoot: string };
    return { child, graph: new GraphCaller(serviceRoot) };
  }
  throw new Error('The simulator ended before it listened.');
}

describe('a tenant in a file', () => {
  it.each([
    ['before-commit', 2],
    ['after-commit', 3],
  ])('survives SIGKILL %s of the third write with %i users', async (phase, kept) => {
    const { child, graph } = await run('--die-at', '3', '--die-phase', phase);
    const requests = [1, 2, 3, 4].map((i) => ({
      id: String(i),
      method: 'POST',
      url: '/users',
      headers: { 'Content-Type': 'application/json' },
      body: newUser(`u${i}`),
    }));
    const exited = once(child, 'exit');
    await expect(graph.batch(requests)).rejects.toThrow();
    expect(await exited).toEqual([null, 'SIGKILL']);
    const again = await startGraphSimulator({ store });
    try {
      expect(again.snapshot().users).toHaveLength(kept);
    } finally {
      await again.stop();
    }
  });

  it('is the same after a restart: objects, links, recycle bin, delta tokens, unique values', async () => {
    const first = await startGraphSimulator({ store, throttling: 'off' });
    let graph = new GraphCaller(first.serviceRoot);
    const [a, b] = [await graph.create('/users', newUser('a')), await graph.create('/users', newUser('b'))];
    const member = { 'members@odata.bind': [graph.reference(a), graph.reference(b)] };
    await graph.create('/groups', newGroup('g', member));
    await graph.call('PUT', `/users/${a}/manager/$ref`, { '@odata.id': graph.reference(b) });
    const { deltaLink } = await graph.all('/users/delta?$select=id');
    await graph.call('DELETE', `/users/${b}`);
    const before = first.snapshot();
    await first.stop();

    const second = await startGraphSimulator({ store, throttling: 'off' });
    try {
      graph = new GraphCaller(second.serviceRoot);
      expect(second.snapshot()).toEqual(before);
      const path = deltaLink.slice(deltaLink.indexOf('/users/delta'));
      expect((await graph.all(path)).values).toEqual([{ id: b, '@removed': { reason: 'changed' } }]);
      expect((await graph.call('POST', '/users', newUser('a'))).status).toBe(400);
      await graph.call('POST', `/directory/deletedItems/${b}/restore`);
      expect(second.snapshot().groups[0]?.memberIds).toEqual([a, b].sort());
      const c = await graph.create('/users', newUser('c'));
      expect([a, b]).not.toContain(c);
    } finally {
      await second.stop();
    }
  });
});
