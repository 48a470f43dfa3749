import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  memoryDurableStore,
  sqliteDurableStore,
  startFunctionsHost,
  virtualClock,
  type DurableStore,
  type FunctionsHost,
  type VirtualClock,
} from '../../sandbox/functions-host/host.ts';
import { buildHostApp, type BuiltApp } from './host-app.ts';

interface Status {
  readonly runtimeStatus: string;
  readonly output: unknown;
  readonly input: unknown;
  readonly customStatus: unknown;
}

interface Started {
  readonly id: string;
  readonly statusQueryGetUri: string;
}

let app: BuiltApp;
let folder: string;

beforeAll(async () => {
  app = await buildHostApp();
  folder = mkdtempSync(join(tmpdir(), 'durable-'));
});

afterAll(() => {
  app.remove();
  rmSync(folder, { recursive: true, force: true });
});

let files = 0;
const variants = [
  { name: 'memory', replayEveryTurn: false, open: (): DurableStore => memoryDurableStore() },
  {
    name: 'SQLite, replayed every turn',
    replayEveryTurn: true,
    open: (): DurableStore => sqliteDurableStore(join(folder, `${String((files += 1))}.db`)),
  },
] as const;

describe.each(variants)('orchestrations over $name', ({ replayEveryTurn, open }) => {
  let host: FunctionsHost;
  let store: DurableStore;
  let clock: VirtualClock;

  async function start(): Promise<void> {
    host = await startFunctionsHost({
      appRoot: app.appRoot,
      settings: { TICK_SCHEDULE: '0 0 0 1 1 *' },
      durableStore: store,
      clock,
      replayEveryTurn,
      durableSchema: 3,
    });
  }

  beforeEach(async () => {
    store = open();
    clock = virtualClock();
    await start();
  });

  afterEach(async () => {
    await host.stop();
    store.close();
  });

  async function begin(name: string, input: unknown, id = ''): Promise<Started> {
    const body = JSON.stringify(input);
    const response = await fetch(`${host.baseUrl}/api/start/${name}/${id}`, { method: 'POST', body });
    expect(response.status).toBe(202);
    await host.idle();
    return (await response.json()) as Started;
  }

  async function status(started: Started): Promise<Status> {
    return (await (await fetch(started.statusQueryGetUri)).json()) as Status;
  }

  async function run(name: string, input: unknown): Promise<unknown> {
    const found = await status(await begin(name, input));
    expect(found).toMatchObject({ runtimeStatus: 'Completed' });
    return found.output;
  }

  async function client(id: string, verb: string, body: unknown = null): Promise<Response> {
    const url = `${host.baseUrl}/api/client/${id}/${verb}`;
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
    await host.idle();
    return response;
  }

  it.each(['Tokyo', '123', 7, 1.5, true, [1, 'a', null], { city: 'Oslo', nested: { n: 0 } }, ''])(
    'carry %j through two activities unchanged',
    async (value) => {
      expect(await run('sequence', value)).toEqual(value);
    },
  );

  it('give null for an activity that returns nothing', async () => {
    expect(await run('void', 1)).toEqual([null, null]);
  });

  it('fan out to 50 activities and sum what they return', async () => {
    expect(await run('fanOut', { run: 'fan', count: 50 })).toBe(40_425);
  });

  it('may wait for the same tasks in several Task.any', async () => {
    expect(await run('window', null)).toEqual([0, 2, 4, 6, 8, 10, 12, 14]);
  });

  it('sleep on a durable timer until its time and not before', async () => {
    const started = await begin('timer', { ms: 60_000 });
    clock.advance(59_999);
    await host.idle();
    expect(await status(started)).toMatchObject({ runtimeStatus: 'Running' });
    clock.advance(1);
    await host.idle();
    expect(await status(started)).toMatchObject({ runtimeStatus: 'Completed', output: true });
  });

  it('make a timer of twenty days out of several', async () => {
    const started = await begin('longTimer', null);
    for (let day = 0; day < 20; day += 1) {
      clock.advance(86_400_000);
      await host.idle();
    }
    expect(await status(started)).toMatchObject({ output: { days: 20, doubled: 8 } });
  });

  it('take an external event and cancel the timer that raced with it', async () => {
    const started = await begin('approval', null);
    await client(started.id, 'raise', { name: 'approve', data: { by: 'Ada' } });
    expect(await status(started)).toMatchObject({ runtimeStatus: 'Completed', output: { by: 'Ada' } });
    expect(store.outstanding().messages).toEqual([]);
  });

  it('time out when no event comes', async () => {
    const started = await begin('approval', null);
    clock.advance(60_000);
    await host.idle();
    expect(await status(started)).toMatchObject({ output: 'timed out' });
  });

  it('continue as new with their input', async () => {
    expect(await run('counting', { left: 5, sum: 0 })).toBe(30);
  });

  it('lose no event and keep their order over continueAsNew', async () => {
    const started = await begin('mailbox', { wanted: 6, seen: [] });
    await Promise.all([1, 2, 3].map((data) => client(started.id, 'raise', { name: 'letter', data })));
    for (const data of [4, 5, 6]) await client(started.id, 'raise', { name: 'letter', data });
    const { output } = await status(started);
    expect([...(output as number[])].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    expect((output as number[]).slice(3)).toEqual([4, 5, 6]);
  });

  it('retry an activity after growing delays beside other tasks', async () => {
    const started = await begin('retry', { key: attemptKey(), failures: 2, attempts: 4 });
    clock.advance(5);
    await host.idle();
    expect(await status(started)).toMatchObject({ runtimeStatus: 'Running' });
    clock.advance(10);
    await host.idle();
    expect(await status(started)).toMatchObject({ output: { flaky: 'attempt 3 succeeded', after: 84 } });
  });

  it('fail with the last failure when the attempts are used up', async () => {
    const started = await begin('retry', { key: attemptKey(), failures: 9, attempts: 2 });
    for (let step = 0; step < 3; step += 1) {
      clock.advance(10);
      await host.idle();
    }
    const { runtimeStatus, output } = await status(started);
    expect(runtimeStatus).toBe('Failed');
    expect(output).toContain(
      "Orchestrator function 'retry' failed: Activity function 'flaky' failed: attempt 2 failed",
    );
  });

  it('run sub-orchestrations side by side and catch the failure of one', async () => {
    expect(await run('parent', null)).toEqual({
      children: ['Tokyo', { city: 'Oslo' }, 12],
      failure: expect.stringContaining("Orchestrator function 'failing' failed: broken child") as unknown,
      parent: null,
    });
  });

  it('report an orchestrator that throws', async () => {
    expect(await status(await begin('failing', 'here'))).toMatchObject({
      runtimeStatus: 'Failed',
      output: "Orchestrator function 'failing' failed: broken here",
    });
  });

  it('report an orchestrator that does not exist', async () => {
    const { runtimeStatus, output } = await status(await begin('missing', null));
    expect(runtimeStatus).toBe('Failed');
    expect(output).toContain("The function 'missing' doesn't exist");
  });

  it('fail an orchestrator whose code does not follow its history', async () => {
    const { runtimeStatus, output } = await status(await begin('moody', null));
    expect(runtimeStatus).toBe('Failed');
    expect(output).toContain('Non-Deterministic workflow detected');
  });

  it('signal and call entities, and hear of their errors', async () => {
    expect(await run('entities', 'e1')).toEqual({ value: 11, failure: 'out of order' });
  });

  it('let clients signal and read entities, and entities signal each other', async () => {
    await client('one', 'signal', { name: 'add', data: 4 });
    await client('one', 'signal', { name: 'forward' });
    expect(await (await client('one', 'read')).json()).toEqual({ entityExists: true, entityState: 4 });
    expect(await (await client('other', 'read')).json()).toEqual({ entityExists: true, entityState: 4 });
    await client('one', 'signal', { name: 'reset' });
    expect(await (await client('one', 'read')).json()).toEqual({ entityExists: false });
  });

  it('keep critical sections over the same entities apart', async () => {
    await client('from', 'signal', { name: 'add', data: 100 });
    const all = await Promise.all([1, 2, 3, 4].map(() => begin('transfer', { from: 'from', to: 'to', amount: 10 })));
    const seen = await Promise.all(all.map(async (one) => (await status(one)).output));
    expect([...(seen as number[])].sort()).toEqual([100, 70, 80, 90]);
    expect(await (await client('from', 'read')).json()).toMatchObject({ entityState: 60 });
    expect(await (await client('to', 'read')).json()).toMatchObject({ entityState: 40 });
  });

  it('hold their events while suspended, and go on when resumed', async () => {
    const started = await begin('approval', null);
    await client(started.id, 'suspend');
    await client(started.id, 'raise', { name: 'approve', data: 1 });
    expect(await status(started)).toMatchObject({ runtimeStatus: 'Suspended' });
    await client(started.id, 'resume');
    expect(await status(started)).toMatchObject({ runtimeStatus: 'Completed', output: 1 });
  });

  it('end when terminated, and disappear when purged', async () => {
    const started = await begin('approval', null);
    await client(started.id, 'terminate');
    expect(await status(started)).toMatchObject({ runtimeStatus: 'Terminated', output: 'enough' });
    expect(await (await client(started.id, 'purge')).json()).toEqual({ instancesDeleted: 1 });
    expect((await fetch(started.statusQueryGetUri)).status).toBe(404);
  });

  it('refuse a second instance under the id of one that runs', async () => {
    await begin('approval', null, 'only');
    const again = await fetch(`${host.baseUrl}/api/start/approval/only`, { method: 'POST', body: 'null' });
    expect(again.status).toBe(500);
    expect(store.instances({}).map((one) => one.id)).toEqual(['only']);
  });

  it('go on where they were when the host starts again over the same store', async () => {
    const started = await begin('approval', null, 'restarted');
    await host.stop();
    await start();
    await client('restarted', 'raise', { name: 'approve', data: 'later' });
    const response = await client('restarted', 'status');
    expect(await response.json()).toMatchObject({ runtimeStatus: 'Completed', output: 'later' });
    expect(started.id).toBe('restarted');
  });

  it('show their history when asked for it', async () => {
    const started = await begin('sequence', 'x');
    const url = `${started.statusQueryGetUri}&showHistory=true&showHistoryOutput=true`;
    const shown = (await (await fetch(url)).json()) as { historyEvents: { EventType: string }[] };
    expect(shown.historyEvents.map((event) => event.EventType)).toEqual([
      ...['OrchestratorStarted', 'ExecutionStarted', 'TaskScheduled', 'OrchestratorCompleted'],
      ...['OrchestratorStarted', 'TaskCompleted', 'TaskScheduled', 'OrchestratorCompleted'],
      ...['OrchestratorStarted', 'TaskCompleted', 'OrchestratorCompleted', 'ExecutionCompleted'],
    ]);
  });
});

let keys = 0;
/** The app counts the attempts of an activity by key, for the life of the process. */
function attemptKey(): string {
  return `key-${String((keys += 1))}`;
}
