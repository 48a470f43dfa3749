import { afterEach, describe, expect, it } from 'vitest';
import { approvePlan, planPage, snoozePlan } from '../../functions/admin/plans.ts';
import { reviewStep } from '../../functions/sync/cycle.ts';
import type { SyncDependencies } from '../../functions/sync/dependencies.ts';
import type { PlanSummary } from '../../shared/contracts/plans.ts';
import type { DirectoryObject } from '../../shared/directory/object.ts';
import { budgetSchema, type Budget } from '../../shared/safety/change-budget.ts';
import { withoutDepartment } from '../support/own-rules.ts';
import { CycleWorld } from '../support/cycle-world.ts';
import { groupObject, guidOf, partial, Stream, userObject, whole } from '../support/facts.ts';

const hourMs = 3_600_000;
const users = Array.from({ length: 100 }, (_, n) =>
  userObject(
    `user${n}`,
    { title: ['Clerk'], department: [n < 30 ? 'Sales' : 'Care'] },
    guidOf(100 + n, (n % 16).toString(16)),
  ),
);
const team = groupObject('team', {}, guidOf(900, '7'));
const members = users.map((user) => user.objectGuid);

let world: CycleWorld;
let stream: Stream;
afterEach(() => world.stop());

async function firstSync(budget: unknown = {}, overrides: Partial<SyncDependencies> = {}): Promise<void> {
  world = await CycleWorld.start({}, { budget: budgetSchema.parse(budget), ...overrides });
  stream = new Stream();
  await world.take(
    ...stream.fullRead(
      users.map((user) => whole(user)),
      [whole(team, members)],
    ),
  );
  await world.sync();
  expect(living()).toBe(100);
}

const living = (): number => world.graph.snapshot().users.length;
const disabled = (): number =>
  world.graph.snapshot().users.filter(({ properties }) => properties['accountEnabled'] === false).length;
const deletion = ({ objectGuid }: DirectoryObject): { readonly kind: 'deleted'; readonly objectGuid: string } => ({
  kind: 'deleted',
  objectGuid,
});

async function delete_(some: readonly DirectoryObject[]): Promise<void> {
  await world.take(stream.changes(...some.map(deletion)));
  await world.sync();
}

function first<T>([one]: readonly T[]): T {
  if (one === undefined) throw new Error('There is none.');
  return one;
}

/** The plan that waits for a person. */
async function waiting(): Promise<PlanSummary> {
  const plans = (await world.dependencies.plans.list()).filter(({ state }) => state === 'tripped');
  expect(plans).toHaveLength(1);
  return first(plans);
}

async function stateOf(id: string): Promise<string | undefined> {
  return (await world.dependencies.plans.load(id))?.state;
}

describe('the change budget', () => {
  it('lets exactly the limit pass, and nothing at all of a plan that is one above it', async () => {
    await firstSync();
    // 10 % of 101 objects.
    await delete_(users.slice(0, 10));
    expect(living()).toBe(90);
    await delete_(users.slice(10, 11));
    expect(living()).toBe(90);
    expect((await world.dependencies.tenantStore.halt())?.code).toBe('LS3007');
  });

  it('keeps a plan that deletes 30 % of the users, says why each object is in it, and writes nothing', async () => {
    await firstSync();
    const before = world.writes;
    await delete_(users.slice(0, 30));
    expect(world.writes).toBe(before);
    const plan = await waiting();
    expect(plan).toMatchObject({
      connector: 'contoso.test',
      objects: 30,
      causes: { 'source-delete': 30 },
      excesses: [{ scope: 'connector', kind: 'delete', planned: 30, spent: 0, limit: 10 }],
    });
    const { items, next } = await planPage(world.dependencies, plan.id, 0);
    expect(items).toHaveLength(30);
    expect(next).toBeNull();
    expect(items.map(({ label }) => label)).toContain('user7@contoso.test');
    expect(items[0]).toMatchObject({ type: 'user', cause: 'source-delete', changes: [{ kind: 'delete' }] });
  });

  it('carries out exactly the plan that was approved, and counts the next one anew', async () => {
    await firstSync();
    await delete_(users.slice(0, 30));
    const { id } = await waiting();
    await approvePlan(world.dependencies, id, 'op@contoso.test');
    await world.sync();
    expect(living()).toBe(70);
    expect(await stateOf(id)).toBe('done');
    expect(await world.dependencies.tenantStore.halt()).toBeNull();
    // What was approved is not held against the budget; what follows is.
    await delete_(users.slice(30, 36));
    expect(living()).toBe(64);
    await delete_(users.slice(36, 46));
    expect(living()).toBe(64);
  });

  it('does not take an approval for a plan that has grown since', async () => {
    await firstSync();
    await delete_(users.slice(0, 30));
    const { id } = await waiting();
    await approvePlan(world.dependencies, id, 'op@contoso.test');
    await delete_(users.slice(30, 60));
    expect(living()).toBe(100);
    const grown = await waiting();
    expect(grown.id).not.toBe(id);
    expect(grown.excesses[0]).toMatchObject({ planned: 30 });
    await expect(approvePlan(world.dependencies, id, 'op@contoso.test')).rejects.toMatchObject({ code: 'LS3202' });
  });

  it('lets an approval run out', async () => {
    await firstSync({ approvalHours: 2 });
    await delete_(users.slice(0, 30));
    const { id } = await waiting();
    await approvePlan(world.dependencies, id, 'op@contoso.test');
    world.advance(2 * hourMs);
    await world.sync();
    expect(living()).toBe(100);
    expect((await waiting()).id).toBe(id);
  });

  it('takes another plan for a plan that changed, and lets go of it when the directory is repaired', async () => {
    await firstSync();
    await delete_(users.slice(0, 30));
    const before = await waiting();
    await world.take(stream.changes(whole(first(users))));
    await world.sync();
    const second = await waiting();
    expect(await stateOf(before.id)).toBe('superseded');
    expect(second.objects).toBe(29);
    await world.take(stream.changes(...users.slice(1, 30).map((user) => whole(user))));
    await world.sync();
    expect(await stateOf(second.id)).toBe('resolved');
    expect(await world.dependencies.tenantStore.halt()).toBeNull();
    expect(living()).toBe(100);
  });

  it('is not fooled by a directory that answers nothing', async () => {
    await firstSync();
    await world.take(...stream.fullRead([]));
    await world.sync();
    expect(living()).toBe(100);
    expect((await waiting()).causes).toEqual({ unseen: 101 });
  });

  it('is not fooled by a rule that drops a department', async () => {
    await firstSync();
    world.useRules(withoutDepartment('Sales'));
    await world.sync();
    expect(living()).toBe(100);
    expect((await waiting()).causes).toEqual({ 'rule-change': 30 });
  });

  it('stops a slow drip: 20 deletions an hour, each below any limit of a single run', async () => {
    await firstSync({ limits: { delete: { count: 40, percent: null } } });
    const gone: number[] = [];
    for (let hour = 0; hour < 5; hour += 1) {
      await delete_(users.slice(hour * 20, (hour + 1) * 20));
      gone.push(100 - living());
      world.advance(hourMs);
    }
    expect(gone).toEqual([20, 40, 40, 40, 40]);
  });

  it('forgets what is older than the window', async () => {
    await firstSync({ limits: { delete: { count: 20, percent: null } } });
    await delete_(users.slice(0, 20));
    world.advance(24 * hourMs + 1);
    await delete_(users.slice(20, 40));
    expect(living()).toBe(60);
  });

  it.each([
    ['disabled accounts', 'disable', { userAccountControl: ['514'] }],
    ['cleared attributes', 'attribute-wipe', { title: [] }],
  ] as const)('counts %s', async (_, kind, attributes) => {
    await firstSync();
    const before = world.writes;
    await world.take(stream.changes(...users.slice(0, 30).map((user) => partial(user.objectGuid, attributes))));
    await world.sync();
    expect(world.writes).toBe(before);
    expect((await waiting()).excesses[0]).toMatchObject({ kind, planned: 30 });
  });

  it('counts new sign-in names, not a change of their case', async () => {
    await firstSync();
    const rename = (name: (n: number) => string): ReturnType<typeof partial>[] =>
      users.slice(0, 30).map((user, n) => partial(user.objectGuid, { userPrincipalName: [name(n)] }));
    await world.take(stream.changes(...rename((n) => `USER${n}@contoso.test`)));
    await world.sync();
    expect(await world.dependencies.tenantStore.halt()).toBeNull();
    await world.take(stream.changes(...rename((n) => `new${n}@contoso.test`)));
    await world.sync();
    expect((await waiting()).excesses[0]).toMatchObject({ kind: 'sign-in-name', planned: 30 });
  });

  it('counts members that a group loses', async () => {
    await firstSync({ limits: { 'member-removal': { least: 5 } } });
    await world.take(
      stream.changes({
        kind: 'present',
        objectGuid: team.objectGuid,
        whole: false,
        attributes: {},
        links: [{ attribute: 'member', added: [], removed: members.slice(0, 30) }],
      }),
    );
    await world.sync();
    expect(world.graph.snapshot().groups[0]?.memberIds).toHaveLength(100);
    const plan = await waiting();
    expect(plan.excesses[0]).toMatchObject({ kind: 'member-removal', planned: 30, limit: 10 });
    await approvePlan(world.dependencies, plan.id, 'op');
    await world.sync();
    expect(world.graph.snapshot().groups[0]?.memberIds).toHaveLength(70);
  });

  it('holds one directory and lets the others go on', async () => {
    await firstSync({ tenant: { delete: { count: 100, percent: null } } });
    const other = new Stream('fabrikam.test');
    const guest = userObject('guest', {}, guidOf(800, '3'));
    await world.take(...other.fullRead([whole(guest)]));
    await world.sync();
    await delete_(users.slice(0, 30));
    await world.take(other.changes(partial(guest.objectGuid, { title: ['Visitor'] })));
    await world.sync();
    expect(living()).toBe(101);
    const titles = world.graph.snapshot().users.map(({ properties }) => properties['jobTitle']);
    expect(titles).toContain('Visitor');
  });

  it('holds all directories together to the budget of the tenant', async () => {
    await firstSync({ tenant: { delete: { count: 8, percent: null } } });
    const other = new Stream('fabrikam.test');
    const guests = Array.from({ length: 5 }, (_, n) => userObject(`guest${n}`, {}, guidOf(800 + n, '3')));
    await world.take(...other.fullRead(guests.map((guest) => whole(guest))));
    await world.sync();
    await delete_(users.slice(0, 6));
    expect(living()).toBe(99);
    await world.take(other.changes(...guests.slice(0, 3).map(deletion)));
    await world.sync();
    expect(living()).toBe(99);
    expect((await waiting()).excesses).toMatchObject([{ scope: 'tenant', planned: 3, spent: 6, limit: 8 }]);
  });

  it('counts a deletion once, however often it is tried', async () => {
    await firstSync({ limits: { delete: { count: 10, percent: null } } });
    world.graph.inject({ url: '/users/', method: 'DELETE', status: 503, times: 500, phase: 'before-commit' });
    await delete_(users.slice(0, 10)).catch(() => undefined);
    world.graph.clearFaults();
    await world.sync();
    expect(living()).toBe(90);
  });

  it('tells once, and again after a day unless it is asked to be quiet', async () => {
    await firstSync();
    await delete_(users.slice(0, 30));
    const alerts = async (): Promise<readonly boolean[]> =>
      (await reviewStep(world.dependencies)).tripped.map(({ alert }) => alert);
    expect(await alerts()).toEqual([false]);
    world.advance(24 * hourMs);
    expect(await alerts()).toEqual([true]);
    await snoozePlan(world.dependencies, (await waiting()).id, 48);
    world.advance(25 * hourMs);
    expect(await alerts()).toEqual([false]);
    world.advance(24 * hourMs);
    expect(await alerts()).toEqual([true]);
  });

  it('does not hold up a first synchronisation, and looks at a later flood of new objects', async () => {
    const budget: Budget = budgetSchema.parse({ limits: { create: { least: 20 } } });
    await firstSync(budget);
    // Nor is it held against the directory the same day.
    await world.take(stream.changes(whole(userObject('late', {}, guidOf(499, '4')))));
    await world.sync();
    expect(living()).toBe(101);
    const flood = Array.from({ length: 90 }, (_, n) =>
      userObject(`new${n}`, {}, guidOf(500 + n, (n % 16).toString(16))),
    );
    await world.take(stream.changes(...flood.map((user) => whole(user))));
    await world.sync();
    expect(living()).toBe(101);
    expect((await waiting()).excesses[0]).toMatchObject({ kind: 'create', planned: 90, spent: 1, limit: 51 });
  });

  it('holds back what a slice learns only after the review', async () => {
    // A user of the tenant is taken over by its address in the middle of a slice; its account would be disabled.
    await firstSync({ limits: { disable: { count: 0 } } }, { matching: 'address' });
    world.graph.seedUser({
      properties: {
        userPrincipalName: 'late@contoso.test',
        displayName: 'Late',
        mailNickname: 'late',
        accountEnabled: true,
      },
    });
    await world.take(stream.changes(whole(userObject('late', { userAccountControl: ['514'] }, guidOf(700, '2')))));
    await world.sync();
    expect(disabled()).toBe(0);
    expect((await waiting()).excesses[0]).toMatchObject({ kind: 'disable', planned: 1, limit: 0 });
  });
});
