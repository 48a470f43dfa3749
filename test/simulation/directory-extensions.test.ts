import { afterEach, describe, expect, it } from 'vitest';
import type { RuleSet } from '../../shared/rules/model.ts';
import { builtInRules } from '../../shared/rules/built-in/built-in.ts';
import { CycleWorld } from '../support/cycle-world.ts';
import { groupObject, guidOf, partial, Stream, userObject, whole } from '../support/facts.ts';
import { differences } from '../support/in-step.ts';

const application = '01234567-89ab-cdef-0123-456789abcdef';
const properties = 'extension_0123456789abcdef0123456789abcdef';
const anna = userObject('anna', { employeeNumber: ['4711'], title: ['Clerk'] }, guidOf(1, 'a'));
const staff = groupObject('staff', { description: ['All of us'] }, guidOf(2, 'b'));
const objects = [anna, staff];

const rules: RuleSet = {
  ...builtInRules({
    directoryExtensions: [
      { objectType: 'user', attribute: 'employeeNumber' },
      { objectType: 'group', attribute: 'description' },
    ],
  }),
  extensionApplication: application,
};
const tenant = {
  domains: [
    { id: 'contoso.onmicrosoft.com', isInitial: true },
    { id: 'contoso.test', isDefault: true },
  ],
};

let world: CycleWorld;
let stream: Stream;

async function start(applications: readonly string[] = [application], first: RuleSet = rules): Promise<void> {
  world = await CycleWorld.start({ tenant: { ...tenant, applications } });
  world.useRules(first);
  stream = new Stream();
  await world.take(...stream.fullRead(objects.map((object) => whole(object))));
  await world.sync();
}

function valuesInEntra(): unknown[] {
  const { users, groups } = world.graph.snapshot();
  return [users[0]?.properties[`${properties}_employeeNumber`], groups[0]?.properties[`${properties}_description`]];
}

async function problems(): Promise<string[]> {
  return (await world.dependencies.problems.list('contoso.test')).flatMap((entry) => entry.problems.map((p) => p.code));
}

const haltCode = async (): Promise<string | undefined> => (await world.dependencies.tenantStore.halt())?.code;

afterEach(() => world.stop());

describe('directory extensions', () => {
  it('are defined before the first object is written, and carry the values of users and groups', async () => {
    const writes: string[] = [];
    world = await CycleWorld.start({ tenant: { ...tenant, applications: [application] } });
    world.graph.onWrite(({ method, url, phase }) => phase === 'after-commit' && writes.push(`${method} ${url}`));
    world.useRules(rules);
    stream = new Stream();
    await world.take(...stream.fullRead(objects.map((object) => whole(object))));
    await world.sync();
    expect(writes.slice(0, 2)).toEqual(
      Array.from({ length: 2 }, () => `POST /applications(appId='${application}')/extensionProperties`),
    );
    expect(valuesInEntra()).toEqual(['4711', ['All of us']]);
    expect(differences({ objects, members: new Map() }, world.graph.snapshot(), [], rules)).toEqual([]);
  });

  it('are changed and cleared with one write, and written no second time', async () => {
    await start();
    const before = world.writes;
    await world.take(stream.changes(partial(anna.objectGuid, { employeeNumber: ['4712'] })));
    await world.sync();
    expect([valuesInEntra()[0], world.writes - before]).toEqual(['4712', 1]);
    await world.take(stream.changes(partial(anna.objectGuid, { employeeNumber: [] })));
    await world.sync();
    expect([valuesInEntra()[0] ?? null, world.writes - before]).toEqual([null, 2]);
    await world.take(stream.changes(partial(anna.objectGuid, { employeeNumber: [] })));
    await world.sync();
    expect(world.writes - before).toBe(2);
  });

  it('get their values when the rules begin to ask for them', async () => {
    await start([application], { ...rules, extensionApplication: null });
    expect(valuesInEntra()).toEqual([undefined, undefined]);
    world.useRules(rules);
    await world.sync();
    expect(valuesInEntra()).toEqual(['4711', ['All of us']]);
  });

  it('are left as they are when they exist, also when the application has lost its state', async () => {
    await start();
    const { graph, writes } = world;
    world = CycleWorld.around(graph);
    world.useRules(rules);
    stream = new Stream();
    await world.take(...stream.fullRead(objects.map((object) => whole(object))));
    await world.sync();
    expect(world.writes).toBe(writes);
  });

  it('stop everything when the application is not in the tenant, until it is', async () => {
    await start([]);
    expect(await haltCode()).toBe('LS3009');
    expect(world.graph.snapshot().users).toEqual([]);
  });

  it('stop everything when one of them exists with another type', async () => {
    world = await CycleWorld.start({ tenant: { ...tenant, applications: [application] } });
    const answer = await fetch(
      `${world.graph.serviceRoot}/v1.0/applications(appId='${application}')/extensionProperties`,
      {
        method: 'POST',
        headers: { authorization: 'Bearer x', 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'employeeNumber', dataType: 'Integer', targetObjects: ['User', 'Group'] }),
      },
    );
    expect(answer.status).toBe(201);
    world.useRules(rules);
    stream = new Stream();
    await world.take(...stream.fullRead(objects.map((object) => whole(object))));
    await world.sync();
    expect(await haltCode()).toBe('LS3010');
    expect(world.graph.snapshot().users).toEqual([]);
  });

  it('that Entra does not know everywhere yet make the object wait, and it says so', async () => {
    await start();
    const message = `The following extension properties are not available: ${properties}_employeeNumber.`;
    world.graph.inject({ method: 'PATCH', status: 400, code: 'Request_BadRequest', message, times: 500 });
    await world.take(stream.changes(partial(anna.objectGuid, { employeeNumber: ['4712'] })));
    await expect(world.sync(3)).rejects.toThrow('did not come to rest');
    expect(await problems()).toEqual(['LS3111']);
    world.graph.clearFaults();
    await world.sync();
    expect(valuesInEntra()[0]).toBe('4712');
    expect(await problems()).toEqual([]);
  });

  it('that are too long are left out, and the rest of the user is in step', async () => {
    await start();
    await world.take(stream.changes(partial(anna.objectGuid, { employeeNumber: ['x'.repeat(257)], title: ['Chief'] })));
    await world.sync();
    expect(world.graph.snapshot().users[0]?.properties['jobTitle']).toBe('Chief');
    expect(await problems()).toEqual(['LS3103']);
  });
});
