import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { takeBatch } from '../../../functions/intake/intake.ts';
import type { IntakeStores } from '../../../functions/intake/stores.ts';
import { Rules } from '../../../functions/rules/rules.ts';
import { ConnectorSpace } from '../../../functions/storage/connector-space.ts';
import { EntraSpace } from '../../../functions/storage/entra-space.ts';
import { JoinIndex } from '../../../functions/storage/join-index.ts';
import { LinkCounts } from '../../../functions/storage/link-counts.ts';
import { Pending } from '../../../functions/storage/pending.ts';
import { Streams } from '../../../functions/storage/streams.ts';
import type { RelayCommand } from '../../../shared/contracts/relay-command.ts';
import type { ChangeBatch } from '../../../shared/contracts/change-batch.ts';
import { builtInRules } from '../../../shared/rules/built-in/built-in.ts';
import { groupObject, guidOf, partial, Stream, userObject, whole } from '../../support/facts.ts';
import { MemoryTables } from '../../support/memory-tables.ts';

const connector = 'contoso.test';
const anna = userObject('anna', { title: ['Clerk'] }, guidOf(1, 'a'));
const bert = userObject('bert', { manager: [anna.objectGuid] }, guidOf(2, 'b'));
const staff = groupObject('staff', {}, guidOf(3, 'c'));

interface World extends IntakeStores {
  readonly memory: MemoryTables;
  /** What the relays were asked for. */
  readonly sent: RelayCommand[];
}

const rules = new Rules(builtInRules());

function world(): World {
  const memory = new MemoryTables();
  let marks = 0;
  const space = new ConnectorSpace(memory.tables);
  const sent: RelayCommand[] = [];
  return {
    memory,
    sent,
    commands: {
      send: (command) => {
        sent.push(command);
        return Promise.resolve();
      },
    },
    space,
    counts: new LinkCounts(memory.tables, space),
    joins: new JoinIndex(memory.tables),
    entra: new EntraSpace(memory.tables),
    rules,
    now: () => new Date('2026-01-01T00:00:00Z'),
    random: () => 0.5,
    newId: () => guidOf(99),
    pending: new Pending(memory.tables, () => String((marks += 1))),
    streams: new Streams(memory.tables),
  };
}

async function take(stores: IntakeStores, ...batches: readonly ChangeBatch[]): Promise<string[]> {
  const verdicts: string[] = [];
  for (const batch of batches) verdicts.push((await takeBatch(batch, stores)).verdict);
  return verdicts;
}

async function pendingOf(stores: IntakeStores): Promise<string[]> {
  const { marks: users } = await stores.pending.page(connector, 'user', '', 1000);
  const { marks: groups } = await stores.pending.page(connector, 'group', '', 1000);
  return [...users, ...groups].map((mark) => mark.objectGuid);
}

async function clearPending(stores: IntakeStores): Promise<void> {
  for (const type of ['user', 'group'] as const)
    await stores.pending.clear(connector, type, (await stores.pending.page(connector, type, '', 1000)).marks);
}

async function titleOf(stores: IntakeStores, guid: string): Promise<string | undefined> {
  return (await stores.space.load(connector, [guid])).get(guid)?.object.attributes['title']?.[0];
}

async function membersOf(stores: IntakeStores): Promise<string[]> {
  return (await stores.space.links(connector, staff.objectGuid, 'member')).map((link) => link.target);
}

describe('intake', () => {
  it('keeps what a full read shows and marks all of it for the sync cycle', async () => {
    const stores = world();
    expect(
      await take(stores, ...new Stream().fullRead([whole(anna), whole(bert)], [whole(staff, [anna.objectGuid])])),
    ).toEqual(['apply', 'apply', 'apply', 'apply']);
    expect(await pendingOf(stores)).toEqual([anna.objectGuid, bert.objectGuid, staff.objectGuid]);
    expect(await membersOf(stores)).toEqual([anna.objectGuid]);
    expect((await stores.streams.load(connector))?.fullReadOpen).toBe(false);
  });

  it('marks nothing when a second full read shows the same', async () => {
    const stores = world();
    const stream = new Stream();
    await take(stores, ...stream.fullRead([whole(anna), whole(bert)]));
    await clearPending(stores);
    await take(stores, ...stream.fullRead([whole(anna), whole(bert)]));
    expect(await pendingOf(stores)).toEqual([]);
  });

  it('takes what a complete full read no longer shows as deleted', async () => {
    const stores = world();
    const stream = new Stream();
    await take(stores, ...stream.fullRead([whole(anna), whole(bert)]));
    await clearPending(stores);
    await take(stores, ...stream.fullRead([whole(anna)]));
    expect(await pendingOf(stores)).toEqual([bert.objectGuid]);
    expect((await stores.space.load(connector, [bert.objectGuid])).get(bert.objectGuid)?.deleted).toBe(true);
  });

  it('takes nothing as deleted when a full read does not add up, and asks for another', async () => {
    const stores = world();
    const stream = new Stream();
    await take(stores, ...stream.fullRead([whole(anna), whole(bert)]));
    await clearPending(stores);
    const [begin, changes, end] = stream.fullRead([whole(anna)]) as [ChangeBatch, ChangeBatch, ChangeBatch];
    await take(stores, begin, changes);
    const result = await takeBatch(
      { ...end, content: { ...end.content, objects: 2 } as ChangeBatch['content'] },
      stores,
    );
    expect(result).toMatchObject({
      verdict: 'incomplete',
      problem: { code: 'LS2005' },
    });
    expect(stores.sent).toMatchObject([{ connector, command: 'resync' }]);
    expect(await pendingOf(stores)).toEqual([]);
  });

  describe('after a batch that was left half done', () => {
    const crash = new Error('crash');
    /** The connector space is written, and the process dies before the marks are. */
    async function halfDo(stores: World, batch: ChangeBatch): Promise<void> {
      const before = await stores.streams.load(connector);
      const dying = new MemoryTables();
      dying.onWrite = () => {
        throw crash;
      };
      const pending = new Pending(dying.tables, () => 'never');
      await expect(takeBatch(batch, { ...stores, pending })).rejects.toBe(crash);
      expect(await stores.streams.load(connector)).toEqual(before);
    }
    const deletion = { kind: 'deleted', objectGuid: bert.objectGuid } as const;

    it('marks the change when the batch is delivered again', async () => {
      const stores = world();
      const stream = new Stream();
      await take(stores, ...stream.fullRead([whole(anna), whole(bert)]));
      await clearPending(stores);
      const batch = stream.changes(partial(anna.objectGuid, { title: ['Head'] }), deletion);
      await halfDo(stores, batch);
      expect(await take(stores, batch)).toEqual(['apply']);
      expect(await pendingOf(stores)).toEqual([anna.objectGuid, bert.objectGuid]);
    });

    it('marks the change when the batch was given up and the next leader reads the same again', async () => {
      const stores = world();
      const stream = new Stream();
      const read = stream.fullRead([whole(anna), whole(bert)]);
      await take(stores, ...read);
      await clearPending(stores);
      await halfDo(stores, stream.changes(partial(anna.objectGuid, { title: ['Head'] }), deletion));
      stream.lead(read.at(-1)?.position);
      expect(await take(stores, stream.changes(partial(anna.objectGuid, { title: ['Head'] }), deletion))).toEqual([
        'apply',
      ]);
      expect(await pendingOf(stores)).toEqual([anna.objectGuid, bert.objectGuid]);
    });

    it('marks the change when the batch was given up and a full read mends the stream', async () => {
      const stores = world();
      const stream = new Stream();
      await take(stores, ...stream.fullRead([whole(anna), whole(bert)]));
      await clearPending(stores);
      await halfDo(stores, stream.changes(partial(anna.objectGuid, { title: ['Head'] }), deletion));
      expect(await take(stores, stream.changes(partial(anna.objectGuid, { mail: ['a@contoso.test'] })))).toEqual([
        'gap',
      ]);
      await take(
        stores,
        ...stream.fullRead([whole({ ...anna, attributes: { ...anna.attributes, title: ['Head'] } })], []),
      );
      expect(await pendingOf(stores)).toEqual([anna.objectGuid, bert.objectGuid]);
    });

    it('marks what a full read no longer shows when its end marker is delivered again', async () => {
      const stores = world();
      const stream = new Stream();
      await take(stores, ...stream.fullRead([whole(anna), whole(bert)]));
      await clearPending(stores);
      const [begin, changes, end] = stream.fullRead([whole(anna)]) as [ChangeBatch, ChangeBatch, ChangeBatch];
      await take(stores, begin, changes);
      await halfDo(stores, end);
      expect(await take(stores, end)).toEqual(['apply']);
      expect(await pendingOf(stores)).toEqual([bert.objectGuid]);
    });
  });

  it('tells a cleared attribute from an unchanged one', async () => {
    const stores = world();
    const stream = new Stream();
    await take(
      stores,
      ...stream.fullRead([whole(anna)]),
      stream.changes(partial(anna.objectGuid, { mail: ['anna@contoso.test'] })),
    );
    expect(await titleOf(stores, anna.objectGuid)).toBe('Clerk');
    await take(stores, stream.changes(partial(anna.objectGuid, { title: [] })));
    expect(await titleOf(stores, anna.objectGuid)).toBeUndefined();
  });

  it('skips a batch that it has applied, and drops one of a leader that was succeeded', async () => {
    const stores = world();
    const stream = new Stream();
    const full = stream.fullRead([whole(anna)]);
    const late = stream.changes(partial(anna.objectGuid, { title: ['Late'] }));
    await take(stores, ...full);
    const successor = stream.lead({ epoch: 1, sequence: 3 }).changes(partial(anna.objectGuid, { title: ['New'] }));
    expect(await take(stores, ...full.slice(1, 2), successor, late)).toEqual(['repeated', 'apply', 'stale']);
    expect(await titleOf(stores, anna.objectGuid)).toBe('New');
  });

  it('stops at a gap, asks once for a full read, and goes on with it', async () => {
    const stores = world();
    const stream = new Stream();
    await take(stores, ...stream.fullRead([whole(anna)]));
    stream.changes(partial(anna.objectGuid, { title: ['Lost'] }));
    const second = stream.changes(partial(anna.objectGuid, { title: ['Second'] }));
    const third = stream.changes(partial(anna.objectGuid, { title: ['Third'] }));
    expect(await takeBatch(second, stores)).toMatchObject({
      verdict: 'gap',
      problem: { code: 'LS2004' },
    });
    expect(await takeBatch(third, stores)).toMatchObject({ verdict: 'gap', problem: undefined });
    expect(stores.sent).toMatchObject([{ connector, command: 'resync' }]);
    expect(await titleOf(stores, anna.objectGuid)).toBe('Clerk');
    expect(
      await take(
        stores,
        ...stream.fullRead([whole({ ...anna, attributes: { ...anna.attributes, title: ['Third'] } })]),
      ),
    ).toEqual(['apply', 'apply', 'apply']);
    expect(await titleOf(stores, anna.objectGuid)).toBe('Third');
  });

  it('asks for a full read when a change concerns an object that it never saw', async () => {
    const stores = world();
    const stream = new Stream();
    await take(stores, ...stream.fullRead([whole(anna)]));
    expect(await takeBatch(stream.changes(partial(bert.objectGuid, { title: ['X'] })), stores)).toMatchObject({
      verdict: 'gap',
    });
    expect(stores.sent).toMatchObject([{ connector, command: 'resync' }]);
  });

  it('asks again when it died before it knew that it had asked', async () => {
    const stores = world();
    const stream = new Stream();
    await take(stores, ...stream.fullRead([whole(anna)]));
    const lost = stream.changes(partial(bert.objectGuid, { title: ['X'] }));
    stores.memory.onWrite = () => {
      throw new Error('crash');
    };
    await expect(takeBatch(lost, stores)).rejects.toThrow('crash');
    stores.memory.onWrite = () => undefined;
    await takeBatch(lost, stores);
    expect(stores.sent).toHaveLength(2);
  });

  it('changes one member without reading the others', async () => {
    const stores = world();
    const stream = new Stream();
    await take(stores, ...stream.fullRead([whole(anna), whole(bert), whole(staff, [anna.objectGuid])]));
    const link = { attribute: 'member', added: [bert.objectGuid], removed: [anna.objectGuid] };
    await take(
      stores,
      stream.changes({ kind: 'present', objectGuid: staff.objectGuid, whole: false, attributes: {}, links: [link] }),
    );
    expect(await membersOf(stores)).toEqual([bert.objectGuid]);
  });

  it('drops members only when the last part of a whole set has come', async () => {
    const stores = world();
    const stream = new Stream();
    await take(stores, ...stream.fullRead([whole(anna), whole(bert), whole(staff, [anna.objectGuid])]));
    const part = (target: string, last: boolean): ChangeBatch =>
      stream.changes({
        kind: 'present',
        objectGuid: staff.objectGuid,
        whole: false,
        attributes: {},
        links: [{ attribute: 'member', added: [target], removed: [], replace: { token: 'next', last } }],
      });
    await take(stores, part(bert.objectGuid, false));
    expect(await membersOf(stores)).toEqual([anna.objectGuid, bert.objectGuid]);
    await take(stores, part(guidOf(9, 'd'), true));
    expect(await membersOf(stores)).toEqual([bert.objectGuid, guidOf(9, 'd')]);
  });

  it('takes a deleted object out of the references to it, as Active Directory does without saying so', async () => {
    const stores = world();
    const stream = new Stream();
    await take(
      stores,
      ...stream.fullRead([whole(anna), whole(bert), whole(staff, [anna.objectGuid, bert.objectGuid])]),
    );
    await take(stores, stream.changes({ kind: 'deleted', objectGuid: anna.objectGuid }));
    expect(await membersOf(stores)).toEqual([bert.objectGuid]);
    expect(
      (await stores.space.load(connector, [bert.objectGuid])).get(bert.objectGuid)?.object.attributes['manager'],
    ).toBeUndefined();
    expect(await stores.space.referrers(connector, anna.objectGuid)).toEqual([
      { attribute: 'manager', source: bert.objectGuid },
      { attribute: 'member', source: staff.objectGuid },
    ]);
  });

  it('ends in the same state when it crashes before any of its writes and is given the batch again', async () => {
    const batches = (): ChangeBatch[] => {
      const stream = new Stream();
      return [
        ...stream.fullRead([whole(anna), whole(bert)], [whole(staff, [anna.objectGuid])]),
        stream.changes(
          { kind: 'deleted', objectGuid: anna.objectGuid },
          partial(bert.objectGuid, { title: ['Chief'] }),
        ),
        ...stream.lead().fullRead([whole(bert), whole(staff, [bert.objectGuid], 'other')]),
      ];
    };
    const dump = async (stores: World): Promise<unknown> => ({
      objects: [...(await stores.space.load(connector, [anna.objectGuid, bert.objectGuid, staff.objectGuid]))],
      members: await membersOf(stores),
      pending: (await pendingOf(stores)).sort(),
      stream: await stores.streams.load(connector),
    });
    const smooth = world();
    await take(smooth, ...batches());
    const expected = await dump(smooth);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 8 }), async (crashes) => {
        const stores = world();
        const plan = [...crashes];
        for (const batch of batches()) {
          for (;;) {
            let left = plan.shift() ?? Infinity;
            stores.memory.onWrite = () => {
              if (left === 0) throw new Error('crash');
              left -= 1;
            };
            try {
              await takeBatch(batch, stores);
              break;
            } catch (error) {
              expect((error as Error).message).toBe('crash');
            }
          }
        }
        stores.memory.onWrite = () => undefined;
        expect(await dump(stores)).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });
});
