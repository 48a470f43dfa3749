import { afterEach, describe, expect, it } from 'vitest';
import { CycleWorld } from '../support/cycle-world.ts';
import { groupObject, guidOf, Stream, userObject, whole } from '../support/facts.ts';
import { differences } from '../support/in-step.ts';

const minuteMs = 60_000;
const users = Array.from({ length: 40 }, (_, n) => userObject(`user${n}`, {}, guidOf(100 + n, (n % 16).toString(16))));
const team = groupObject('team', {}, guidOf(900, '7'));
const members = users.map(({ objectGuid }) => objectGuid);

let world: CycleWorld;
const clock = { ms: 0 };
afterEach(() => world.stop());

/** A directory that waits to be synchronised; gives when it began. */
async function begin(): Promise<number> {
  clock.ms = Date.parse('2026-01-01T00:00:00Z');
  world = await CycleWorld.start({}, {}, { clock, onRequest: () => undefined });
  await world.take(
    ...new Stream().fullRead(
      users.map((user) => whole(user)),
      [whole(team, members)],
    ),
  );
  return clock.ms;
}

/** The safety net starts a cycle every minute while anything waits. */
async function run(until: () => Promise<boolean>, limit: number): Promise<void> {
  for (let n = 0; n < limit; n += 1) {
    await world.sync(100);
    if (await until()) return;
    clock.ms += minuteMs;
  }
  throw new Error('It did not come to an end.');
}

const isInStep = (): Promise<boolean> =>
  Promise.resolve(
    differences({ objects: [...users, team], members: new Map([[team.objectGuid, members]]) }, world.graph.snapshot())
      .length === 0,
  );
/** Requests in a second of the virtual clock. */
const rate = (since: number): number => (world.graph.usage.requests * 1000) / (clock.ms - since);

describe('trouble with Graph', () => {
  it('ends in step after 10,000 throttled answers, without hammering', async () => {
    const since = await begin();
    const fault = world.graph.inject({ status: 429, retryAfter: 2, times: 10_000, url: /^\/(?!domains)/ });
    await run(isInStep, 20_000);
    expect(fault.strikes).toBe(10_000);
    expect(rate(since)).toBeLessThan(2);
    expect(await world.dependencies.tenantStore.halt()).toBeNull();
  });

  it('waits out a tenant that answers nothing for an hour, says so meanwhile, and asks less and less', async () => {
    const since = await begin();
    const fault = world.graph.inject({ drop: true, times: 1e9 });
    while (clock.ms - since < 60 * minuteMs) {
      await world.sync(100);
      expect((await world.dependencies.tenantStore.halt())?.code).toBe('LS3001');
      clock.ms += minuteMs;
    }
    // A cycle a minute, and the few attempts of each.
    expect(world.graph.usage.requests).toBeLessThan(60 * 10);
    fault.remove();
    await run(isInStep, 10);
    expect(await world.dependencies.tenantStore.halt()).toBeNull();
  });

  it('stops at a revoked permission with one clear problem, and goes on when it is granted again', async () => {
    const since = await begin();
    const fault = world.graph.inject({
      status: 403,
      code: 'Authorization_RequestDenied',
      message: 'Insufficient privileges to complete the operation.',
      times: 1e9,
      method: 'POST',
      url: '/users',
    });
    for (let n = 0; n < 60; n += 1) {
      await world.sync(100);
      clock.ms += minuteMs;
    }
    expect((await world.dependencies.tenantStore.halt())?.code).toBe('LS3003');
    expect(world.graph.snapshot().users).toEqual([]);
    expect(rate(since)).toBeLessThan(1);
    fault.remove();
    await run(isInStep, 10);
  });
});
