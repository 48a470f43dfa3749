import { afterEach, describe, expect, it } from 'vitest';
import { sourceAnchorOfGuid } from '../../shared/engine/anchor.ts';
import type { DirectoryObject } from '../../shared/directory/object.ts';
import type { MatchPolicy } from '../../shared/entra/matching.ts';
import { CycleWorld } from '../support/cycle-world.ts';
import { guidOf, partial, Stream, userObject, whole } from '../support/facts.ts';
import { differences } from '../support/in-step.ts';

const anna = userObject('anna', { mail: ['anna.a@contoso.test'], title: ['Clerk'] }, guidOf(1, 'a'));
const bert = userObject('bert', {}, guidOf(2, 'b'));

let world: CycleWorld;
let stream: Stream;

async function sync(matching: MatchPolicy, ...objects: readonly DirectoryObject[]): Promise<void> {
  world.dependencies = { ...world.dependencies, matching };
  stream = new Stream();
  await world.take(...stream.fullRead(objects.map((object) => whole(object))));
  await world.sync();
}

/** Puts a user into the tenant who has nothing of anna but what is given. */
function seed(properties: Readonly<Record<string, string>>, directoryRoles: readonly string[] = []): string {
  const own = { userPrincipalName: 'other@contoso.test', displayName: 'Somebody', mailNickname: 'other' };
  return world.graph.seedUser({ properties: { ...own, ...properties }, directoryRoles });
}

const anchorOfAnna = { onPremisesImmutableId: sourceAnchorOfGuid(anna.objectGuid) };

function namesById(): Record<string, unknown> {
  return Object.fromEntries(world.graph.snapshot().users.map(({ id, properties }) => [id, properties['displayName']]));
}

async function problems(): Promise<string[]> {
  return (await world.dependencies.problems.list('contoso.test')).flatMap((entry) =>
    entry.problems.map((p) => `${p.code} ${p.object}`),
  );
}

afterEach(() => world.stop());

describe('an object that the tenant has already', () => {
  it('is taken over by its anchor', async () => {
    world = await CycleWorld.start();
    const id = seed(anchorOfAnna);
    await sync('anchor', anna);
    expect(namesById()).toEqual({ [id]: 'anna' });
    expect(await problems()).toEqual([]);
  });

  it('is left alone when it carries the anchor and holds a directory role', async () => {
    world = await CycleWorld.start();
    const id = seed(anchorOfAnna, ['User Administrator']);
    await sync('anchor', anna, bert);
    expect(namesById()[id]).toBe('Somebody');
    expect(Object.values(namesById()).sort()).toEqual(['Somebody', 'bert']);
    expect(await problems()).toEqual(['LS3109 anna@contoso.test']);
  });

  it('is left alone when a group that it belongs to holds a directory role', async () => {
    world = await CycleWorld.start();
    const id = seed(anchorOfAnna);
    const inner = world.graph.seedGroup({
      properties: { displayName: 'Inner', mailNickname: 'inner', securityEnabled: true, mailEnabled: false },
      memberIds: [id],
    });
    world.graph.seedGroup({
      properties: { displayName: 'Admins', mailNickname: 'admins', securityEnabled: true, mailEnabled: false },
      memberIds: [inner],
      directoryRoles: ['Global Administrator'],
    });
    await sync('anchor', anna);
    expect(namesById()).toEqual({ [id]: 'Somebody' });
    expect(await problems()).toEqual(['LS3109 anna@contoso.test']);
  });

  it('is not taken over at all when that is switched off', async () => {
    world = await CycleWorld.start();
    const id = seed(anchorOfAnna);
    await sync('none', anna);
    expect(namesById()).toEqual({ [id]: 'Somebody' });
    expect(await problems()).toEqual(['LS3110 anna@contoso.test']);
  });

  it.each([
    ['sign-in name', { userPrincipalName: 'anna@contoso.test' }],
    ['mail address', { mail: 'anna.a@contoso.test' }],
  ])('is taken over by its %s when the policy says so, and gets the anchor', async (_, properties) => {
    world = await CycleWorld.start();
    const id = seed(properties);
    await sync('address', anna);
    expect(namesById()).toEqual({ [id]: 'anna' });
    expect(differences({ objects: [anna], members: new Map() }, world.graph.snapshot())).toEqual([]);
    expect(await problems()).toEqual([]);
    const before = world.writes;
    await world.take(stream.changes(partial(anna.objectGuid, { title: ['Chief'] })));
    await world.sync();
    expect(world.writes - before).toBe(1);
  });

  it.each([
    ['carries another anchor', { onPremisesImmutableId: sourceAnchorOfGuid(guidOf(9, '9')) }, []],
    ['holds a directory role', {}, ['User Administrator']],
  ])('is not taken over by its sign-in name when it %s', async (_, properties, roles) => {
    world = await CycleWorld.start();
    const id = seed({ ...properties, userPrincipalName: 'anna@contoso.test' }, roles);
    await sync('address', anna);
    expect(namesById()).toEqual({ [id]: 'Somebody' });
    expect(await problems()).toEqual([`${roles.length > 0 ? 'LS3109' : 'LS3107'} anna@contoso.test`]);
  });

  it('becomes the counterpart of one object only when two of the directory have its address', async () => {
    world = await CycleWorld.start();
    const id = seed({ mail: 'anna.a@contoso.test' });
    const twin = userObject('twin', { mail: ['anna.a@contoso.test'] }, guidOf(3, 'c'));
    await sync('address', anna, twin);
    const names = namesById();
    expect(Object.values(names).sort()).toEqual(['anna', 'twin']);
    expect(['anna', 'twin']).toContain(names[id]);
    expect((await problems()).map((problem) => problem.slice(0, 6))).toEqual(['LS3102']);
  });
});
