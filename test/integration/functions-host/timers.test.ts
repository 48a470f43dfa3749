import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  memoryDurableStore,
  startFunctionsHost,
  virtualClock,
  type DurableStore,
  type FunctionsHost,
  type VirtualClock,
} from '../../sandbox/functions-host/host.ts';
import { buildHostApp, type BuiltApp } from './host-app.ts';

interface Fired {
  readonly name: string;
  readonly timer: { isPastDue: boolean; scheduleStatus: { last: string; next: string } };
}

let app: BuiltApp;

beforeAll(async () => {
  app = await buildHostApp();
});

afterAll(() => {
  app.remove();
});

function start(durableStore: DurableStore, clock: VirtualClock): Promise<FunctionsHost> {
  const settings = { TICK_SCHEDULE: '0 */5 * * * *' };
  return startFunctionsHost({ appRoot: app.appRoot, settings, durableStore, clock, masterKey: 'master' });
}

async function fired(host: FunctionsHost, name: string): Promise<Fired[]> {
  await host.idle();
  const all = (await (await fetch(`${host.baseUrl}/api/fired`)).json()) as Fired[];
  return all.filter((one) => one.name === name);
}

describe('timer triggers', () => {
  it('fire at each occurrence and once at the start when asked to', async () => {
    const clock = virtualClock(Date.UTC(2026, 0, 1, 0, 1));
    const host = await start(memoryDurableStore(), clock);
    expect(await fired(host, 'atStart')).toHaveLength(1);
    expect(await fired(host, 'everyFiveMinutes')).toHaveLength(0);
    for (let minute = 0; minute < 14; minute += 1) {
      clock.advance(60_000);
      await host.idle();
    }
    const ticks = await fired(host, 'everyFiveMinutes');
    expect(ticks.map((one) => one.timer.isPastDue)).toEqual([false, false, false]);
    expect(ticks[2]?.timer.scheduleStatus).toMatchObject({
      last: '2026-01-01T00:10:00.000Z',
      next: '2026-01-01T00:15:00.000Z',
    });
    await host.stop();
  });

  it('make up once for what the host slept through, and say so', async () => {
    const clock = virtualClock(Date.UTC(2026, 0, 1, 0, 1));
    const store = memoryDurableStore();
    await (await start(store, clock)).stop();
    clock.advance(20 * 60_000);
    const host = await start(store, clock);
    const ticks = await fired(host, 'everyFiveMinutes');
    expect(ticks.map((one) => one.timer.isPastDue)).toEqual([true]);
    await host.stop();
  });

  it('run at once when an administrator asks', async () => {
    const host = await start(memoryDurableStore(), virtualClock(Date.UTC(2026, 0, 1, 0, 1)));
    const url = `${host.baseUrl}/admin/functions/everyFiveMinutes`;
    expect((await fetch(url, { method: 'POST' })).status).toBe(401);
    expect((await fetch(url, { method: 'POST', headers: { 'x-functions-key': 'master' } })).status).toBe(202);
    expect(await fired(host, 'everyFiveMinutes')).toHaveLength(1);
    await host.stop();
  });
});
