import { afterEach, describe, expect, it } from 'vitest';
import type { SyncDependencies } from '../../functions/sync/dependencies.ts';
import { countAwaited } from '../../functions/sync/confirm/observe.ts';
import type { GraphSimulatorOptions } from '../sandbox/graph/simulator.ts';
import { CycleWorld } from '../support/cycle-world.ts';
import { groupObject, guidOf, partial, Stream, userObject, whole } from '../support/facts.ts';
import { GraphCaller } from '../support/graph/graph-caller.ts';
import { differences } from '../support/in-step.ts';

const boss = userObject('boss', { title: ['Head'] }, guidOf(1, 'a'));
const anna = userObject('anna', { title: ['Clerk'], manager: [boss.objectGuid] }, guidOf(2, '1'));
const bert = userObject('bert', {}, guidOf(3, 'f'));
const staff = groupObject('staff', { description: ['All'] }, guidOf(4, '0'));
const members = [anna.objectGuid, bert.objectGuid];
const all = [boss, anna, bert, staff];

let world: CycleWorld;
let stream: Stream;
let graph: GraphCaller;
afterEach(() => world.stop());

async function firstSync(
  overrides: Partial<SyncDependencies> = {},
  options: GraphSimulatorOptions = {},
): Promise<void> {
  world = await CycleWorld.start(options, overrides);
  graph = new GraphCaller(world.graph.serviceRoot);
  stream = new Stream();
  await world.take(
    ...stream.fullRead(
      [boss, anna, bert].map((user) => whole(user)),
      [whole(staff, members)],
    ),
  );
  await world.sync();
}

function idOf(name: string): string {
  const { users, groups, deletedUsers } = world.graph.snapshot();
  const found = [...users, ...groups, ...deletedUsers].find(({ properties }) => properties['displayName'] === name);
  if (found === undefined) throw new Error(`The tenant has no ${name}.`);
  return found.id;
}

async function purge(name: string): Promise<void> {
  const id = idOf(name);
  await graph.call('DELETE', `/users/${id}`);
  await graph.call('DELETE', `/directory/deletedItems/${id}`);
}

function check(): void {
  const state = { objects: all, members: new Map([[staff.objectGuid, members]]) };
  expect(differences(state, world.graph.snapshot())).toEqual([]);
}

const awaited = (): Promise<number> => countAwaited(world.dependencies, 100);
const problems = async (): Promise<readonly string[]> =>
  (await world.dependencies.problems.list('contoso.test')).flatMap((entry) =>
    entry.problems.map(({ code, message }) => `${code} ${message}`),
  );

describe('confirmation', () => {
  it('counts a write once the tenant shows it', async () => {
    await firstSync();
    expect(await awaited()).toBe(0);
  });

  it('waits for a tenant that shows late, and writes nothing twice meanwhile', async () => {
    await firstSync();
    const before = world.writes;
    // Delta says nothing of it for now.
    world.graph.inject({ url: '/delta', method: 'GET', status: 503, times: 40 });
    await world.take(stream.changes(partial(bert.objectGuid, { title: ['Late'] })));
    await world.sync().catch(() => undefined);
    expect(await awaited()).toBe(1);
    world.graph.clearFaults();
    await world.sync();
    expect(await awaited()).toBe(0);
    expect(world.writes - before).toBe(1);
  });

  it('is not misled by a page that repeats what was long ago', async () => {
    await firstSync();
    await world.take(stream.changes(partial(bert.objectGuid, { title: ['New'] })));
    await world.sync();
    const before = world.writes;
    world.graph.replayDelta(50);
    await world.sync();
    expect(world.writes).toBe(before);
  });
});

describe('what somebody else does in the tenant', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['a changed property', () => graph.call('PATCH', `/users/${idOf('anna')}`, { jobTitle: 'Queen' })],
    ['a property that was empty', () => graph.call('PATCH', `/users/${idOf('bert')}`, { department: 'Throne' })],
    ['a cleared property', () => graph.call('PATCH', `/users/${idOf('anna')}`, { jobTitle: null })],
    ['a disabled account', () => graph.call('PATCH', `/users/${idOf('anna')}`, { accountEnabled: false })],
    ['a deleted user', () => graph.call('DELETE', `/users/${idOf('anna')}`)],
    ['a deleted group', () => graph.call('DELETE', `/groups/${idOf('staff')}`)],
    ['a deleted user that cannot be restored', () => purge('anna')],
    ['a deleted manager that cannot be restored', () => purge('boss')],
    ['a member that left', () => graph.call('DELETE', `/groups/${idOf('staff')}/members/${idOf('anna')}/$ref`)],
    [
      'a member that came',
      () =>
        graph.call('POST', `/groups/${idOf('staff')}/members/$ref`, {
          '@odata.id': graph.reference(idOf('boss')),
        }),
    ],
    [
      'another manager',
      () => graph.call('PUT', `/users/${idOf('anna')}/manager/$ref`, { '@odata.id': graph.reference(idOf('bert')) }),
    ],
    ['a manager that was taken away', () => graph.call('DELETE', `/users/${idOf('anna')}/manager/$ref`)],
  ])('is undone: %s', async (_, act) => {
    await firstSync();
    await act();
    await world.sync();
    check();
    expect(await problems()).toEqual([]);
  });

  it('is undone when delta has forgotten it: everything is compared', async () => {
    await firstSync();
    await graph.call('PATCH', `/users/${idOf('anna')}`, { jobTitle: 'Queen' });
    await graph.call('DELETE', `/users/${idOf('bert')}`);
    await graph.call('DELETE', `/groups/${idOf('staff')}/members/${idOf('anna')}/$ref`);
    world.graph.expireDeltaTokens();
    await world.sync();
    check();
    // And delta works again.
    await graph.call('PATCH', `/users/${idOf('anna')}`, { jobTitle: 'Empress' });
    await world.sync();
    check();
  });

  it.each(['gone', 'gone-with-location', 'sync-state-not-found'] as const)(
    'is found after an expired token that is answered with %s',
    async (expiredDeltaToken) => {
      await firstSync({}, { expiredDeltaToken });
      await graph.call('PATCH', `/users/${idOf('anna')}`, { jobTitle: 'Queen' });
      world.graph.expireDeltaTokens();
      await world.sync();
      check();
    },
  );

  it('is looked for in everything once a week', async () => {
    await firstSync();
    await graph.call('PATCH', `/users/${idOf('anna')}`, { jobTitle: 'Queen' });
    // Delta never says so.
    const state = await world.dependencies.tenantStore.delta();
    if (state === undefined) throw new Error('There is no delta state.');
    const { tenant } = world.dependencies;
    const links = { user: await tenant.deltaLink('user'), group: await tenant.deltaLink('group') };
    await world.dependencies.tenantStore.saveDelta({ ...state, links });
    await world.sync();
    expect(world.graph.snapshot().users.map(({ properties }) => properties['jobTitle'])).toContain('Queen');
    world.advance(7 * 24 * 3_600_000);
    await world.sync();
    check();
  });

  it('does not bring back a user whom the directory has deleted', async () => {
    await firstSync();
    const id = idOf('bert');
    await world.take(stream.changes({ kind: 'deleted', objectGuid: bert.objectGuid }));
    await world.sync();
    await graph.call('POST', `/directory/deletedItems/${id}/restore`);
    await world.sync();
    expect(world.graph.snapshot().users.some((user) => user.id === id)).toBe(false);
  });

  it('is only reported where the policy says so, until it is undone', async () => {
    await firstSync({ drift: 'report' });
    const before = world.writes;
    await graph.call('PATCH', `/users/${idOf('anna')}`, { jobTitle: 'Queen' });
    await graph.call('DELETE', `/groups/${idOf('staff')}/members/${idOf('bert')}/$ref`);
    const theirs = world.writes;
    await world.sync();
    expect(theirs - before).toBe(2);
    expect(world.writes).toBe(theirs);
    expect(await problems()).toEqual([
      expect.stringContaining('LS3112 0 members were added and 1 removed'),
      expect.stringContaining('LS3112 Changed in Entra, not by Lockstep: jobTitle.'),
    ]);
    await graph.call('PATCH', `/users/${idOf('anna')}`, { jobTitle: 'Clerk' });
    await world.sync();
    expect(await problems()).toEqual([expect.stringContaining('members')]);
  });
});

describe('an object whose write Entra refuses', () => {
  const hours = (n: number): number => n * 3_600_000;

  it('is tried again after 6, 12 and 24 hours, then daily to the 28th day, and at once when it changes', async () => {
    await firstSync();
    const fault = world.graph.inject({
      url: `/users/${idOf('bert')}`,
      method: 'PATCH',
      status: 400,
      times: 1000,
      phase: 'before-commit',
    });
    expect(fault.strikes).toBe(0);
    await world.take(stream.changes(partial(bert.objectGuid, { title: ['Refused'] })));
    const attempts: number[] = [];
    let last = 0;
    const start = world.dependencies.now().getTime();
    const hour = (): number => Math.floor((world.dependencies.now().getTime() - start) / hours(1));
    while (hour() < 24 * 30) {
      await world.sync();
      if (fault.strikes > last) attempts.push(hour());
      last = fault.strikes;
      world.advance(hours(0.5));
    }
    expect(attempts.slice(0, 5)).toEqual([0, 6, 12, 24, 48]);
    expect(attempts.at(-1)).toBe(28 * 24);
    expect(attempts).toHaveLength(4 + 27);
    const entry = (await world.dependencies.problems.list('contoso.test'))[0];
    expect(entry?.failure).toMatchObject({ attempts: 31, retryAt: null });
    world.graph.clearFaults();
    await world.take(stream.changes(partial(bert.objectGuid, { title: ['Taken'] })));
    await world.sync();
    expect(await world.dependencies.problems.list('contoso.test')).toEqual([]);
  });
});
