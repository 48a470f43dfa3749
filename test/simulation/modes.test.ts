import { afterEach, describe, expect, it } from 'vitest';
import type { SyncDependencies } from '../../functions/sync/dependencies.ts';
import { preflight } from '../../functions/sync/plan/preflight.ts';
import { preview } from '../../functions/sync/review/preview.ts';
import { syncObject } from '../../functions/sync/sync-object.ts';
import type { ObjectSyncReport } from '../../shared/contracts/object-sync.ts';
import { objectSyncReportSchema } from '../../shared/contracts/object-sync.ts';
import { preflightReportSchema } from '../../shared/contracts/preflight.ts';
import { previewReportSchema } from '../../shared/contracts/preview.ts';
import { builtInRules } from '../../shared/rules/built-in/built-in.ts';
import type { RuleSet } from '../../shared/rules/model.ts';
import { withoutDepartment, withRules } from '../support/own-rules.ts';
import { CycleWorld } from '../support/cycle-world.ts';
import { groupObject, guidOf, partial, Stream, userObject, whole } from '../support/facts.ts';
import { GraphCaller } from '../support/graph/graph-caller.ts';
import { differences } from '../support/in-step.ts';

const users = Array.from({ length: 20 }, (_, n) =>
  userObject(
    `user${n}`,
    { displayName: [`User ${n}`], department: [n < 6 ? 'Sales' : 'Care'], mail: [`user${n}@contoso.test`] },
    guidOf(100 + n, (n % 16).toString(16)),
  ),
);
const team = groupObject('team', {}, guidOf(900, '7'));
const members = users.map(({ objectGuid }) => objectGuid);
const inStep = { objects: [...users, team], members: new Map([[team.objectGuid, members]]) };

let world: CycleWorld;
let stream: Stream;
afterEach(() => world.stop());

async function read(overrides: Partial<SyncDependencies> = {}): Promise<void> {
  world = await CycleWorld.start({}, overrides);
  await takeAll();
}

async function takeAll(): Promise<void> {
  stream = new Stream();
  await world.take(
    ...stream.fullRead(
      users.map((user) => whole(user)),
      [whole(team, members)],
    ),
  );
}

const withoutSales = (): RuleSet => withoutDepartment('Sales');

describe('staging', () => {
  it('plans everything, writes nothing, and keeps the plan to look at', async () => {
    await read({ mode: 'staging' });
    await world.sync();
    expect(world.writes).toBe(0);
    const [plan] = await world.dependencies.plans.list();
    expect(plan).toMatchObject({ state: 'staged', objects: 21, counts: { create: 21 }, excesses: [] });
    await world.take(stream.changes({ kind: 'deleted', objectGuid: users[0]?.objectGuid ?? '' }));
    await world.sync();
    expect((await world.dependencies.plans.list()).map(({ state, objects }) => [state, objects])).toEqual(
      expect.arrayContaining([
        ['staged', 20],
        ['superseded', 21],
      ]),
    );
  });

  it('takes over when it goes live: a second installation beside a tenant in step has nothing to write', async () => {
    await read();
    await world.sync();
    const first = world;
    world = CycleWorld.around(first.graph, { mode: 'staging' });
    await takeAll();
    await world.sync();
    const before = world.writes;
    expect((await world.dependencies.plans.list()).filter(({ state }) => state === 'staged')).toEqual([]);
    world.dependencies = { ...world.dependencies, mode: 'live' };
    await world.take(stream.changes(partial(users[1]?.objectGuid ?? '', { title: ['Head'] })));
    await world.sync();
    expect(world.writes - before).toBe(1);
  });
});

describe('a preview', () => {
  it('says what other rules would do, and does nothing', async () => {
    await read();
    await world.sync();
    const before = world.writes;
    const report = previewReportSchema.parse(await preview(world.dependencies, withoutSales(), 3));
    expect(report).toMatchObject({ evaluated: 21, objects: 6, counts: { delete: 6 }, problemCount: 0 });
    expect(report.samples).toHaveLength(3);
    expect(report.samples[0]).toMatchObject({ type: 'user', changes: [{ kind: 'delete' }] });
    expect(report.excesses).toMatchObject([{ connector: 'contoso.test', kind: 'delete', planned: 6, limit: 5 }]);
    expect(await world.dependencies.pending.count('contoso.test', 10)).toBe(0);
    await world.sync();
    expect(world.writes).toBe(before);
  });

  it('foretells exactly what the rules then do', async () => {
    await read();
    await world.sync();
    const changed = withRules({}, { flows: [{ target: 'displayName', expression: 'UCase([displayName])' }] });
    const report = await preview(world.dependencies, changed, 100);
    expect(report.counts).toEqual({ update: 20 });
    const before = world.writes;
    world.useRules(changed);
    await world.sync();
    expect(world.writes - before).toBe(20);
    expect((await preview(world.dependencies, changed, 100)).objects).toBe(0);
  });

  it('shows the most harmful first', async () => {
    await read();
    await world.sync();
    await world.take(stream.changes(...users.slice(10).map((user) => partial(user.objectGuid, { title: ['New'] }))));
    const report = await preview(world.dependencies, withoutSales(), 7);
    expect(report.counts).toEqual({ delete: 6, update: 10 });
    expect(report.samples.map(({ changes }) => changes[0]?.kind)).toEqual([
      ...Array<string>(6).fill('delete'),
      'update',
    ]);
  });
});

describe('one object on demand', () => {
  const ask = async (who: string): Promise<ObjectSyncReport> => {
    const control = { wake: () => world.sync(), sleep: () => Promise.resolve() };
    return objectSyncReportSchema.parse(JSON.parse(JSON.stringify(await syncObject(world.dependencies, who, control))));
  };

  it('is brought in step through the same cycle, and explained', async () => {
    await read();
    await world.sync();
    await world.take(stream.changes(partial(users[3]?.objectGuid ?? '', { title: ['Head'] })));
    const report = await ask('USER3@contoso.test');
    expect(report).toMatchObject({
      label: 'user3@contoso.test',
      outcome: 'in-step',
      planned: { changes: [{ kind: 'update', changes: [{ property: 'jobTitle', from: null, to: 'Head' }] }] },
      problems: [],
      reason: null,
    });
    expect(report.entraId).not.toBeNull();
    expect(report.explanation.objects[0]?.outcome).toBe('projected');
    expect(Object.values(report.labels)).toContain('CN=user3,OU=People,DC=contoso,DC=test');
  });

  it('says why an object is not in Entra: the scope holds on demand, too', async () => {
    await read();
    await world.sync();
    await world.take(stream.changes(partial(users[3]?.objectGuid ?? '', { adminDescription: ['User_x'] })));
    await world.sync();
    const report = await ask('user3');
    expect(report).toMatchObject({ outcome: 'in-step', planned: null, entraId: null });
    expect(report.reason).not.toBeNull();
  });

  it('repairs what was only reported as drift', async () => {
    await read({ drift: 'report' });
    await world.sync();
    const graph = new GraphCaller(world.graph.serviceRoot);
    const report = await ask('user5');
    await graph.call('PATCH', `/users/${report.entraId ?? ''}`, { department: 'Throne', jobTitle: 'Queen' });
    await world.sync();
    expect((await world.dependencies.problems.list('contoso.test')).map(({ problems }) => problems[0]?.code)).toEqual([
      'LS3112',
    ]);
    expect((await ask('user5')).outcome).toBe('in-step');
    expect(differences(inStep, world.graph.snapshot())).toEqual([]);
    expect(await world.dependencies.problems.list('contoso.test')).toEqual([]);
  });

  it('is held with the plan of its directory', async () => {
    await read();
    await world.sync();
    await world.take(
      stream.changes(...users.slice(0, 10).map(({ objectGuid }) => ({ kind: 'deleted', objectGuid }) as const)),
    );
    expect((await ask('user15')).outcome).toBe('held');
  });

  it.each([
    ['nobody', 'LS3204'],
    ['User 1', undefined],
  ])('is found by a name of its own: %s', async (who, code) => {
    await read();
    await world.sync();
    if (code === undefined) expect((await ask(who)).label).toBe('user1@contoso.test');
    else await expect(ask(who)).rejects.toMatchObject({ code });
  });

  it('is not guessed where several have the name', async () => {
    await read();
    await world.sync();
    await world.take(stream.changes(partial(users[3]?.objectGuid ?? '', { displayName: ['User 4'] })));
    await expect(ask('User 4')).rejects.toMatchObject({ code: 'LS3205' });
  });
});

describe('the preflight report', () => {
  it('lists what would be taken over, by what, and what is refused, as the export then does', async () => {
    world = await CycleWorld.start(
      { tenant: { domains: [{ id: 'contoso.onmicrosoft.com', isInitial: true }, { id: 'contoso.test' }] } },
      { matching: 'address', mode: 'staging' },
    );
    const seed = (name: string, extra: Record<string, string> = {}): string =>
      world.graph.seedUser({
        properties: { userPrincipalName: `${name}@contoso.test`, displayName: name, mailNickname: name, ...extra },
      });
    const anchorOf = (guid: string): string =>
      Buffer.from(
        guid.replaceAll('-', '').replace(/^(..)(..)(..)(..)(..)(..)(..)(..)/, '$4$3$2$1$6$5$8$7'),
        'hex',
      ).toString('base64');
    seed('anchored', { onPremisesImmutableId: anchorOf(users[0]?.objectGuid ?? '') });
    seed('other-name', { mail: 'user1@contoso.test' });
    seed('user2');
    seed('user3', { onPremisesImmutableId: 'c29tZWJvZHkgZWxzZSE=' });
    await takeAll();
    await world.sync();
    const report = preflightReportSchema.parse(await preflight(world.dependencies));
    expect(report.counts).toEqual({ create: 17, anchor: 1, mail: 1, 'sign-in-name': 1, refused: 1 });
    expect(report.items[0]).toMatchObject({ label: 'user3@contoso.test', outcome: 'refused', code: 'LS3102' });
    expect(report).toMatchObject({ known: 0, orphans: 1, domains: { foreign: {} } });
    expect(world.writes).toBe(0);

    world.dependencies = { ...world.dependencies, mode: 'live' };
    await world.sync();
    expect(world.graph.snapshot().users).toHaveLength(20);
    const after = await preflight(world.dependencies);
    expect(after).toMatchObject({ known: 20, counts: { create: 0, refused: 1 } });
  });

  it('counts what the rules want in the tenant and Graph cannot write', async () => {
    await read({ mode: 'staging' });
    const letters = guidOf(900, 'd');
    const [anna, boris] = users.map(({ objectGuid }) => objectGuid);
    await world.take(
      stream.changes(
        partial(anna ?? '', { mailNickname: ['anna'], proxyAddresses: ['SMTP:anna@contoso.test'], initials: ['A'] }),
        partial(boris ?? '', { mailNickname: ['boris'], proxyAddresses: ['SMTP:boris@contoso.test'] }),
        whole(groupObject('letters', { groupType: ['2'], mail: ['letters@contoso.test'] }, letters)),
      ),
    );
    // The same list, on its way from one directory to another, is one object.
    const moved = { groupType: ['2'], mail: ['letters@contoso.test'], 'mS-DS-ConsistencyGuid': [letters] };
    await world.take(...new Stream('fabrikam.test').fullRead([whole(groupObject('letters', moved, guidOf(901, 'd')))]));
    await world.sync();
    const { leftBehind } = preflightReportSchema.parse(await preflight(world.dependencies));
    const about = (words: string): object | undefined => leftBehind.find(({ reason }) => reason.includes(words));
    expect(about('Exchange Online, which takes it')).toMatchObject({ objects: 2, attributes: { proxyAddresses: 2 } });
    expect(about('no such property of a user')).toMatchObject({ objects: 1, attributes: { initials: 1 } });
    expect(about('cannot create mail-enabled groups')).toMatchObject({ objects: 1, attributes: {} });
    const same = previewReportSchema.parse(await preview(world.dependencies, builtInRules(), 0));
    expect(same.leftBehind).toEqual(leftBehind);
  });

  it('names users of domains that the tenant does not have', async () => {
    await read({ mode: 'staging' });
    await world.take(
      stream.changes(partial(users[0]?.objectGuid ?? '', { userPrincipalName: ['user0@elsewhere.test'] })),
    );
    await world.sync();
    expect((await preflight(world.dependencies)).domains.foreign).toEqual({ 'elsewhere.test': 1 });
  });
});

describe('a rebuild', () => {
  it('finds everything again from the directory and the tenant, without a write', async () => {
    await read();
    await world.sync();
    const before = world.writes;
    await world.dependencies.tenantStore.askForRebuild(true);
    await world.sync();
    expect(await world.dependencies.streams.all()).toEqual([]);
    // A change that arrives before the full read follows nothing.
    await takeAll();
    await world.sync();
    expect(world.writes).toBe(before);
    expect(differences(inStep, world.graph.snapshot())).toEqual([]);
    expect(await world.dependencies.pending.count('contoso.test', 10)).toBe(0);
  });

  it('is no way around the change budget', async () => {
    await read();
    await world.sync();
    await world.take(
      stream.changes(...users.slice(0, 5).map(({ objectGuid }) => ({ kind: 'deleted', objectGuid }) as const)),
    );
    await world.sync();
    expect(world.graph.snapshot().users).toHaveLength(15);
    await world.dependencies.tenantStore.askForRebuild(true);
    await world.sync();
    await takeAll();
    await world.sync();
    await world.take(
      stream.changes(...users.slice(5, 10).map(({ objectGuid }) => ({ kind: 'deleted', objectGuid }) as const)),
    );
    await world.sync();
    expect((await world.dependencies.tenantStore.halt())?.code).toBe('LS3007');
  });
});
