import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { Rules } from '../../functions/rules/rules.ts';
import { builtInRules } from '../../shared/rules/built-in/built-in.ts';
import { compareStep } from '../../functions/sync/cycle.ts';
import { preflight } from '../../functions/sync/plan/preflight.ts';
import { graphOperations, leastPermissions } from '../../shared/entra/graph-operations.ts';
import { exporterRoles } from '../sandbox/graph/simulator.ts';
import { CycleWorld } from '../support/cycle-world.ts';
import { groupObject, guidOf, partial, Stream, userObject, whole } from '../support/facts.ts';
import { GraphCaller } from '../support/graph/graph-caller.ts';

const application = '01234567-89ab-cdef-0123-456789abcdef';
const ruleSet = {
  ...builtInRules({ directoryExtensions: [{ objectType: 'user', attribute: 'employeeNumber' }] }),
  extensionApplication: application,
};
const boss = userObject('boss', {}, guidOf(1, 'a'));
const anna = userObject('anna', { manager: [boss.objectGuid] }, guidOf(2, '1'));
const staff = groupObject('staff', {}, guidOf(4, '0'));
const board = groupObject('board', {}, guidOf(5, '9'));

let world: CycleWorld;
afterEach(() => world.stop());

/** A life with everything in it that Lockstep ever does in a tenant. */
async function live(): Promise<void> {
  world = await CycleWorld.start(
    {
      tenant: {
        domains: [{ id: 'contoso.onmicrosoft.com', isInitial: true }, { id: 'contoso.test' }],
        applications: [application],
      },
    },
    { rules: new Rules(ruleSet), matching: 'address' },
  );
  const graph = new GraphCaller(world.graph.serviceRoot);
  const stream = new Stream();
  // Somebody to take over by address, and a role that a group holds.
  world.graph.seedUser({
    properties: { userPrincipalName: 'late@contoso.test', displayName: 'Late', mailNickname: 'late' },
  });
  const admins = world.graph.seedGroup({
    properties: { displayName: 'Admins', mailNickname: 'admins' },
    directoryRoles: ['Global Administrator'],
  });
  expect(admins).not.toBe('');
  await world.take(
    ...stream.fullRead(
      [boss, anna].map((user) => whole(user)),
      [whole(staff, [boss.objectGuid, anna.objectGuid, board.objectGuid]), whole(board, [staff.objectGuid])],
    ),
  );
  await world.sync();
  await world.take(
    stream.changes(
      whole(userObject('late', { mail: ['late@contoso.test'] }, guidOf(7, '7'))),
      partial(anna.objectGuid, { manager: [], title: ['Clerk'] }),
      partial(staff.objectGuid, { description: ['All'] }),
      {
        kind: 'present',
        objectGuid: staff.objectGuid,
        whole: false,
        attributes: {},
        links: [{ attribute: 'member', added: [], removed: [boss.objectGuid] }],
      },
    ),
  );
  await world.sync();
  await world.take(
    stream.changes({ kind: 'deleted', objectGuid: anna.objectGuid }, { kind: 'deleted', objectGuid: board.objectGuid }),
  );
  await world.sync();
  await world.take(stream.changes(whole(anna), whole(board)));
  await world.sync();
  // A creation whose answer is lost is looked for.
  world.graph.inject({ url: '/groups', method: 'PATCH', phase: 'after-commit', status: 503, times: 1 });
  world.graph.inject({ url: '/users', method: 'POST', phase: 'after-commit', status: 503, times: 1 });
  await world.take(
    stream.changes(
      whole(userObject('lost', {}, guidOf(8, '8'))),
      whole(groupObject('lostgroup', {}, guidOf(9, '8')), [boss.objectGuid]),
    ),
  );
  await world.sync();
  await graph.call('PATCH', `/users/${world.graph.snapshot().users[0]?.id ?? ''}`, { jobTitle: 'Queen' });
  await world.sync();
  await compareStep(world.dependencies);
  await preflight(world.dependencies);
}

describe('the calls to Graph', () => {
  it('are those of the list, all of them and no others', async () => {
    await live();
    expect([...world.operations].sort()).toEqual(graphOperations.map(({ operation }) => operation).sort());
  });

  it('need the permissions that the simulated tenant grants and that the documentation names, and no other', () => {
    const least = leastPermissions(graphOperations);
    expect(least).toEqual([...exporterRoles].sort());
    const page = readFileSync(new URL('../../docs/Reference/permissions.md', import.meta.url), 'utf8');
    const section = page.split('## ').find((text) => text.startsWith('Microsoft Graph')) ?? '';
    const named = [...section.matchAll(/^\| `([\w-]+(?:\.\w+)+)`/gm)].map(([, name]) => name);
    expect(named.sort()).toEqual(least);
  });

  it('need no right to applications where the rules ask for no extension', () => {
    const least = leastPermissions(graphOperations.filter(({ forExtensions }) => forExtensions !== true));
    expect(least).toEqual([
      'Domain.Read.All',
      'Group.ReadWrite.All',
      'RoleManagement.Read.Directory',
      'User.ReadWrite.All',
    ]);
  });
});
