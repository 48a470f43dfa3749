import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { HistoryEvent } from '../../sandbox/functions-host/durable/history.ts';
import { sqliteDurableStore } from '../../sandbox/functions-host/host.ts';
import type { HostProcessOptions } from '../../sandbox/functions-host/process.ts';
import { buildHostApp, type BuiltApp } from './host-app.ts';

const entry = join(import.meta.dirname, '../../sandbox/functions-host/process.ts');
const readySchema = z.object({ type: z.literal('ready'), baseUrl: z.string(), masterKey: z.string() });

let app: BuiltApp;
let folder: string;
let child: ChildProcess | undefined;

beforeAll(async () => {
  app = await buildHostApp();
});

afterAll(() => {
  app.remove();
});

afterEach(async () => {
  await kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function prepare(): HostProcessOptions {
  folder = mkdtempSync(join(tmpdir(), 'kill-'));
  writeFileSync(join(folder, 'trace'), '');
  return {
    appRoot: app.appRoot,
    durablePath: join(folder, 'durable.db'),
    settings: { TICK_SCHEDULE: '0 0 0 1 1 *', TRACE_FILE: join(folder, 'trace') },
  };
}

async function startChild(options: HostProcessOptions): Promise<string> {
  const started = fork(entry, [], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });
  child = started;
  started.send(options);
  const [message] = (await once(started, 'message')) as [unknown];
  return readySchema.parse(message).baseUrl;
}

async function kill(signal: NodeJS.Signals): Promise<void> {
  if (child?.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

function traced(): string[] {
  return readFileSync(join(folder, 'trace'), 'utf8').split('\n').filter(Boolean);
}

/** Waits until the app has traced `count` lines: a moment in the run that does not depend on the speed of the machine. */
async function untilTraced(count: number): Promise<void> {
  while (traced().length < count) await new Promise((resolve) => setImmediate(resolve));
}

async function untilEnded(baseUrl: string, id: string): Promise<{ runtimeStatus: string; output: unknown }> {
  for (;;) {
    const response = await fetch(`${baseUrl}/api/client/${id}/status`, { method: 'POST', body: 'null' });
    const status = (await response.json()) as { runtimeStatus: string; output: unknown };
    if (!['Pending', 'Running'].includes(status.runtimeStatus)) return status;
  }
}

const shape = { stages: 6, width: 10 };
const activities = shape.stages * shape.width;

function expectedSums(): number[] {
  return Array.from({ length: shape.stages }, (_, stage) =>
    Array.from({ length: shape.width }, (_unused, index) => (stage * shape.width + index) ** 2).reduce(
      (sum, one) => sum + one,
      0,
    ),
  );
}

describe('a host that is killed', () => {
  // Seeds of the moments at which it dies, in activities done since its start.
  it.each([[[1, 7, 13]], [[3, 3, 3, 3]], [[9, 10, 11]], [[25, 20]]])(
    'after %j activities continues its orchestrations where they were',
    async (moments) => {
      const options = prepare();
      let baseUrl = await startChild(options);
      for (const id of ['a', 'b']) {
        const body = JSON.stringify({ run: id, ...shape });
        const response = await fetch(`${baseUrl}/api/start/stages/${id}`, { method: 'POST', body });
        expect(response.status).toBe(202);
      }
      for (const moment of moments) {
        await untilTraced(Math.min(traced().length + moment, 2 * activities));
        await kill('SIGKILL');
        baseUrl = await startChild(options);
      }
      for (const id of ['a', 'b']) {
        expect(await untilEnded(baseUrl, id)).toMatchObject({ runtimeStatus: 'Completed', output: expectedSums() });
      }
      await kill('SIGTERM');
      expectEffectsOnce(options);
    },
  );

  it('stops gracefully on SIGTERM and exits with 0', async () => {
    const options = prepare();
    await startChild(options);
    const running = child;
    await kill('SIGTERM');
    expect(running?.exitCode).toBe(0);
  });

  it('stops when its parent disconnects', async () => {
    const options = prepare();
    await startChild(options);
    const running = child;
    if (!running) throw new Error('no child');
    const exited = once(running, 'exit');
    running.disconnect();
    expect(await exited).toEqual([0, null]);
  });

  it('says why it cannot start', async () => {
    const options = { ...prepare(), appRoot: folder };
    const started = fork(entry, [], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });
    child = started;
    const exited = once(started, 'exit');
    started.send(options);
    const [message] = (await once(started, 'message')) as [unknown];
    expect(message).toMatchObject({ type: 'failed' });
    expect(await exited).toEqual([1, null]);
  });
});

/** Activities ran at least once; each turn took effect once: one signal a stage reached the entity, one answer a task the history. */
function expectEffectsOnce(options: HostProcessOptions): void {
  const store = sqliteDurableStore(options.durablePath);
  try {
    for (const id of ['a', 'b']) {
      expect(store.entity(`@counter@${id}`)?.state).toBe(String(shape.stages));
      const done = new Set(traced().filter((line) => line.startsWith(`activity ${id} `)));
      expect(done.size).toBe(activities);
      const answered = store
        .history(id)
        .map((event: HistoryEvent) => event.TaskScheduledId)
        .filter((task) => task !== undefined);
      expect(new Set(answered).size).toBe(answered.length);
      expect(answered.length).toBe(activities);
    }
    expect(store.outstanding()).toMatchObject({ messages: [], activities: [] });
  } finally {
    store.close();
  }
}
