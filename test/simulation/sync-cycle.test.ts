import { afterEach, describe, expect, it } from 'vitest';
import { statusOf } from '../../functions/admin/status.ts';
import { statusReportSchema, type ProblemReport } from '../../shared/contracts/status.ts';
import type { DirectoryObject } from '../../shared/directory/object.ts';
import { CycleWorld } from '../support/cycle-world.ts';
import { groupObject, guidOf, partial, Stream, userObject, whole } from '../support/facts.ts';
import { differences } from '../support/in-step.ts';

const boss = userObject(
  'boss',
  { givenName: ['Björn'], displayName: ['Björn Boss'], mail: ['boss@contoso.test'] },
  guidOf(1, 'a'),
);
const anna = userObject('anna', { title: ['Clerk'], manager: [boss.objectGuid] }, guidOf(2, '1'));
const bert = userObject('bert', { userAccountControl: ['514'], manager: [boss.objectGuid] }, guidOf(3, 'f'));
const staff = groupObject('staff', { description: ['All staff'] }, guidOf(4, '0'));
const board = groupObject('board', {}, guidOf(5, '9'));

const people = [boss, anna, bert];
const staffMembers = [anna.objectGuid, bert.objectGuid, board.objectGuid];
const boardMembers = [boss.objectGuid, staff.objectGuid];

/** Replaces attributes of an object; an empty list clears. */
function withAttributes(object: DirectoryObject, attributes: DirectoryObject['attributes']): DirectoryObject {
  const merged = Object.entries({ ...object.attributes, ...attributes }).filter(([, values]) => values.length > 0);
  return { ...object, attributes: Object.fromEntries(merged) };
}

let world: CycleWorld;
let stream: Stream;

async function firstSync(): Promise<void> {
  world = await CycleWorld.start();
  stream = new Stream();
  await world.take(
    ...stream.fullRead(
      people.map((p) => whole(p)),
      [whole(staff, staffMembers), whole(board, boardMembers)],
    ),
  );
  await world.sync();
}

function check(
  objects: readonly DirectoryObject[],
  staffNow: readonly string[] = staffMembers,
  ignored: readonly string[] = [],
): void {
  const members = new Map([
    [staff.objectGuid, staffNow],
    [board.objectGuid, boardMembers],
  ]);
  expect(differences({ objects, members }, world.graph.snapshot(), ignored)).toEqual([]);
}

async function firstProblem(): Promise<ProblemReport | undefined> {
  return (await world.dependencies.problems.list('contoso.test'))[0]?.problems[0];
}

async function problems(): Promise<string[]> {
  return (await world.dependencies.problems.list('contoso.test')).flatMap((entry) =>
    entry.problems.map((p) => `${p.code} ${p.object}`),
  );
}

afterEach(() => world.stop());

describe('the sync cycle', () => {
  it('brings users, managers, groups and members that contain each other into an empty tenant', async () => {
    await firstSync();
    check([...people, staff, board]);
    expect(await world.dependencies.pending.count('contoso.test', 10)).toBe(0);
    // 3 users, 2 managers, 2 groups with the members that are users, and each group in the other.
    expect(world.writes).toBe(9);
  });

  it('writes nothing when a second full read shows the same', async () => {
    await firstSync();
    const before = world.writes;
    await world.take(
      ...stream.fullRead(
        people.map((p) => whole(p)),
        [whole(staff, staffMembers), whole(board, boardMembers)],
      ),
    );
    await world.sync();
    expect(world.writes).toBe(before);
  });

  it('carries changes, cleared values, new managers and a disabled account, one request an object', async () => {
    await firstSync();
    const before = world.writes;
    const changed = withAttributes(anna, { title: [], department: ['Sales'], manager: [bert.objectGuid] });
    const disabled = withAttributes(boss, { userAccountControl: ['514'] });
    await world.take(
      stream.changes(
        partial(anna.objectGuid, { title: [], department: ['Sales'], manager: [bert.objectGuid] }),
        partial(boss.objectGuid, { userAccountControl: ['514'] }),
      ),
    );
    await world.sync();
    check([disabled, changed, bert, staff, board]);
    expect(world.writes - before).toBe(3);
  });

  it('says of each write which read brought it, and of whom only the GUID', async () => {
    await firstSync();
    world.traced.splice(0);
    const asked: (string | undefined)[] = [];
    world.graph.onRequest(({ method, headers }) => {
      if (method === 'PATCH') asked.push(headers['client-request-id']);
    });
    const batch = {
      ...stream.changes(partial(anna.objectGuid, { title: ['Chief'] })),
      correlationId: '0b5a4e0c-6a0f-4a5e-9d0e-6d1f6a4f3b11',
    };
    await world.take(batch);
    await world.sync();
    // Graph's own log has it, too.
    expect(asked).toEqual([batch.correlationId]);
    expect(world.traced).toEqual([
      {
        event: 'write',
        correlationId: batch.correlationId,
        connector: 'contoso.test',
        objectGuid: anna.objectGuid,
        kind: 'update-user',
        outcome: 'done',
        failure: null,
      },
    ]);
  });

  it('adds and removes single members', async () => {
    await firstSync();
    const before = world.writes;
    const link = { attribute: 'member', added: [boss.objectGuid], removed: [anna.objectGuid] };
    await world.take(
      stream.changes({ kind: 'present', objectGuid: staff.objectGuid, whole: false, attributes: {}, links: [link] }),
    );
    await world.sync();
    check([...people, staff, board], [bert.objectGuid, board.objectGuid, boss.objectGuid]);
    expect(world.writes - before).toBe(2);
  });

  it('deletes a user, and restores the same object when the directory does', async () => {
    await firstSync();
    const id = world.graph.snapshot().users.find((u) => u.properties['displayName'] === 'anna')?.id;
    await world.take(stream.changes({ kind: 'deleted', objectGuid: anna.objectGuid }));
    await world.sync();
    check([boss, bert, staff, board], [bert.objectGuid, board.objectGuid]);
    expect(world.graph.snapshot().deletedUsers.map((u) => u.id)).toEqual([id]);

    // Reanimated without its memberships and its manager, which Entra gives back by itself.
    const back = withAttributes(anna, { manager: [], title: ['Returned'] });
    await world.take(stream.changes(whole(back)));
    await world.sync();
    check([boss, back, bert, staff, board], [bert.objectGuid, board.objectGuid]);
    expect(world.graph.snapshot().users.some((u) => u.id === id)).toBe(true);
  });

  it('takes an object that leaves the scope out of the tenant, and brings it back', async () => {
    await firstSync();
    await world.take(stream.changes(partial(bert.objectGuid, { adminDescription: ['User_x'] })));
    await world.sync();
    check([boss, anna, staff, board], [anna.objectGuid, board.objectGuid]);
    await world.take(stream.changes(partial(bert.objectGuid, { adminDescription: [] })));
    await world.sync();
    check([...people, staff, board]);
  });

  it.each(['a delta', 'a full read'])(
    'keeps who names an object that leaves what the relay reads by %s',
    async (how) => {
      await firstSync();
      const left = [boss, bert, board];
      const gone = left.map(({ objectGuid }) => ({ kind: 'out-of-scope', objectGuid }) as const);
      await world.take(
        ...(how === 'a delta' ? [stream.changes(...gone)] : stream.fullRead([whole(anna), whole(staff, staffMembers)])),
      );
      await world.sync();
      expect(world.graph.snapshot().users.map(({ properties }) => properties['displayName'])).toEqual(['anna']);
      // Looked at again while they are gone: what cannot be written then is not forgotten.
      await world.take(
        stream.changes(
          partial(anna.objectGuid, { title: ['Head'] }),
          partial(staff.objectGuid, { description: ['Staff'] }),
        ),
      );
      await world.sync();
      await world.take(stream.changes(whole(boss), whole(bert), whole(board, boardMembers)));
      await world.sync();
      const [now, all] = [withAttributes(anna, { title: ['Head'] }), withAttributes(staff, { description: ['Staff'] })];
      check([boss, now, bert, all, board]);
    },
  );

  it('lets two users swap a sign-in name that one gives up in the same pass', async () => {
    await firstSync();
    const renamed = withAttributes(bert, { userPrincipalName: ['bert.old@contoso.test'] });
    const taker = userObject('taker', { userPrincipalName: ['bert@contoso.test'] }, guidOf(6, '0'));
    await world.take(
      stream.changes(whole(taker), partial(bert.objectGuid, { userPrincipalName: ['bert.old@contoso.test'] })),
    );
    await world.sync();
    check([boss, anna, renamed, taker, staff, board]);
    expect(await problems()).toEqual([]);
  });

  it('sets a mail address aside that another object has, says so, and does not try again', async () => {
    await firstSync();
    const twin = userObject('twin', { mail: ['boss@contoso.test'], title: ['Twin'] }, guidOf(7, '7'));
    await world.take(stream.changes(whole(twin)));
    await world.sync();
    check([...people, twin, staff, board], staffMembers, [`${twin.objectGuid}.mail`]);
    expect(await problems()).toEqual(['LS3102 twin@contoso.test']);
    const holder = world.graph.snapshot().users.find(({ properties }) => properties['mail'] === 'boss@contoso.test');
    expect(await firstProblem()).toMatchObject({
      entra: expect.stringContaining('Request_BadRequest') as string,
      other: { id: holder?.id, name: 'boss@contoso.test', anchor: holder?.properties['onPremisesImmutableId'] },
    });
    // The object itself is written, so there is nothing to try again.
    expect(await firstProblem()).not.toHaveProperty('retryAt');
    const before = world.writes;
    await world.take(stream.changes(partial(twin.objectGuid, { department: ['Copy'] })));
    await world.sync();
    expect(world.writes - before).toBe(1);
  });

  it('reports a user whose sign-in name somebody else in the tenant has, and leaves that one alone', async () => {
    world = await CycleWorld.start();
    stream = new Stream();
    const stranger = world.graph.seedUser({
      properties: { userPrincipalName: 'anna@contoso.test', displayName: 'Other Anna', mailNickname: 'other' },
    });
    await world.take(...stream.fullRead([whole(anna), whole(boss)]));
    await world.sync();
    expect(await problems()).toEqual(['LS3102 anna@contoso.test']);
    expect(await firstProblem()).toMatchObject({
      other: { id: stranger, name: 'anna@contoso.test', anchor: null },
      since: '2026-01-01T00:00:00.000Z',
      retryAt: '2026-01-01T06:00:00.000Z',
    });
    expect(
      statusReportSchema.safeParse(JSON.parse(JSON.stringify(await statusOf(world.dependencies, false)))).error,
    ).toBeUndefined();
    expect(world.graph.snapshot().users.find((u) => u.id === stranger)?.properties['displayName']).toBe('Other Anna');
    expect(world.graph.snapshot().users).toHaveLength(2);
  });

  it('writes nothing to a tenant that has none of the domains, and says which', async () => {
    world = await CycleWorld.start({ tenant: { domains: [{ id: 'fabrikam.onmicrosoft.com', isInitial: true }] } });
    await world.take(...new Stream().fullRead([whole(boss), whole(anna), whole(staff, [])]));
    await world.sync();
    const halt = await world.dependencies.tenantStore.halt();
    expect(halt?.code).toBe('LS3006');
    expect(halt?.message).toContain('contoso.test (2 users)');
    expect(world.writes).toBe(0);
  });

  it('adopts everything by its anchor after its own state was lost, without a write', async () => {
    await firstSync();
    const before = world.writes;
    const reborn = CycleWorld.around(world.graph);
    await reborn.take(
      ...new Stream().fullRead(
        people.map((p) => whole(p)),
        [whole(staff, staffMembers), whole(board, boardMembers)],
      ),
    );
    await reborn.sync();
    check([...people, staff, board]);
    expect(world.writes).toBe(before);
  });

  it('puts right what differs in an object that it adopts, members and manager as well', async () => {
    await firstSync();
    const reborn = CycleWorld.around(world.graph);
    const moved = withAttributes(anna, { title: ['Chief'], manager: [bert.objectGuid] });
    await reborn.take(
      ...new Stream().fullRead(
        [whole(boss), whole(moved), whole(bert)],
        [whole(staff, [anna.objectGuid]), whole(board, boardMembers)],
      ),
    );
    await reborn.sync();
    check([boss, moved, bert, staff, board], [anna.objectGuid]);
  });

  it('restores a user that somebody deleted in the tenant when the directory changes it', async () => {
    await firstSync();
    const id = world.graph.snapshot().users.find((u) => u.properties['displayName'] === 'anna')?.id ?? '';
    await fetch(`${world.graph.serviceRoot}/v1.0/users/${id}`, {
      method: 'DELETE',
      headers: { authorization: 'Bearer admin' },
    });
    await world.take(stream.changes(partial(anna.objectGuid, { title: ['Changed'] })));
    await world.sync();
    check([boss, withAttributes(anna, { title: ['Changed'] }), bert, staff, board]);
    expect(world.graph.snapshot().users.some((u) => u.id === id)).toBe(true);
  });
});
