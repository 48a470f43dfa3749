import { afterEach, describe, expect, it } from 'vitest';
import { sourceAnchorOfGuid } from '../../shared/engine/anchor.ts';
import { CycleWorld } from '../support/cycle-world.ts';
import { guidOf, partial, Stream, userObject, whole } from '../support/facts.ts';

const anna = userObject(
  'anna',
  { mailNickname: ['anna'], extensionAttribute1: ['one'], extensionAttribute15: ['fifteen'], title: ['Clerk'] },
  guidOf(1, 'a'),
);

let world: CycleWorld;
let stream: Stream;

async function start(seed?: Readonly<Record<string, boolean | string | object>>): Promise<void> {
  world = await CycleWorld.start();
  stream = new Stream();
  if (seed !== undefined) {
    world.graph.seedUser({
      properties: {
        userPrincipalName: 'anna@contoso.test',
        displayName: 'anna',
        mailNickname: 'anna',
        onPremisesImmutableId: sourceAnchorOfGuid(anna.objectGuid),
        ...(seed as Record<string, string>),
      },
    });
  }
  await world.take(...stream.fullRead([whole(anna)]));
  await world.sync();
}

async function change(attributes: Readonly<Record<string, readonly string[]>>): Promise<void> {
  await world.take(stream.changes(partial(anna.objectGuid, attributes)));
  await world.sync();
}

function extensions(): Record<string, unknown> {
  const [user] = world.graph.snapshot().users;
  const all = user?.properties['onPremisesExtensionAttributes'] ?? {};
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}

async function problems(): Promise<string[]> {
  return (await world.dependencies.problems.list('contoso.test')).flatMap((entry) => entry.problems.map((p) => p.code));
}

afterEach(() => world.stop());

describe('the extension attributes of a user', () => {
  it('are created, changed and cleared one by one, with one request a change', async () => {
    await start();
    expect(extensions()).toEqual({ extensionAttribute1: 'one', extensionAttribute15: 'fifteen' });
    const before = world.writes;
    await change({ extensionAttribute1: [], extensionAttribute2: ['two'] });
    expect(extensions()).toEqual({ extensionAttribute2: 'two', extensionAttribute15: 'fifteen' });
    expect(world.writes - before).toBe(1);
    await change({ extensionAttribute2: ['two'] });
    expect(world.writes - before).toBe(1);
  });

  it('are set aside, and nothing else with them, where Entra keeps those of another synchronisation', async () => {
    await start({ onPremisesSyncEnabled: false, onPremisesExtensionAttributes: { extensionAttribute1: 'old' } });
    expect(extensions()).toEqual({ extensionAttribute1: 'old' });
    expect(world.graph.snapshot().users[0]?.properties['jobTitle']).toBe('Clerk');
    expect(await problems()).toEqual(['LS3103', 'LS3103']);
    const before = world.writes;
    await change({ title: ['Chief'] });
    expect(world.graph.snapshot().users[0]?.properties['jobTitle']).toBe('Chief');
    expect(world.writes - before).toBe(1);
  });
});
