import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChangeBatch } from '../../shared/contracts/change-batch.ts';
import type { DirectoryObject } from '../../shared/directory/object.ts';
import { takeBatch } from '../../functions/intake/intake.ts';
import { CycleWorld } from '../support/cycle-world.ts';
import { groupObject, guidOf, partial, Stream, userObject, whole } from '../support/facts.ts';
import { differences } from '../support/in-step.ts';

/** A small company: everyone has the first as manager, every group has some of them and the group before it. */
const users = Array.from({ length: 24 }, (_, n): DirectoryObject => {
  const manager: DirectoryObject['attributes'] = n === 0 ? {} : { manager: [guidOf(100, '0')] };
  return userObject(`user${n}`, manager, guidOf(100 + n, (n % 16).toString(16)));
});
const groups = Array.from({ length: 4 }, (_, n) =>
  groupObject(`group${n}`, {}, guidOf(200 + n, ((n * 5) % 16).toString(16))),
);
const membersOf = (n: number): string[] => [
  ...users.filter((_, i) => (i + n) % 2 === 0 || n === 0).map((user) => user.objectGuid),
  ...(n === 0 ? [] : [groups[n - 1]?.objectGuid ?? '']),
];

interface Scenario {
  readonly batches: readonly ChangeBatch[];
  readonly objects: readonly DirectoryObject[];
  readonly members: ReadonlyMap<string, readonly string[]>;
}

/** A first read, then changes, a deletion and a deletion undone. */
function scenario(): Scenario {
  const stream = new Stream();
  const [gone, back, titled] = [users[3], users[4], users[5]] as [DirectoryObject, DirectoryObject, DirectoryObject];
  const batches = [
    ...stream.fullRead(
      users.map((user) => whole(user)),
      groups.map((group, n) => whole(group, membersOf(n))),
    ),
    stream.changes({ kind: 'deleted', objectGuid: gone.objectGuid }, { kind: 'deleted', objectGuid: back.objectGuid }),
    stream.changes(partial(titled.objectGuid, { title: ['Engineer'] }), whole(back)),
  ];
  const final = users
    .filter((user) => user !== gone)
    .map((user) => (user === titled ? { ...user, attributes: { ...user.attributes, title: ['Engineer'] } } : user));
  const left = new Set([gone.objectGuid, back.objectGuid]);
  const members = new Map(groups.map((group, n) => [group.objectGuid, membersOf(n).filter((guid) => !left.has(guid))]));
  return { batches, objects: [...final, ...groups], members };
}

const crash = new Error('crash');

/** Runs the step until it gets through; each run dies before the write that the plan names next. */
async function withCrashes(world: CycleWorld, plan: number[], step: () => Promise<unknown>): Promise<void> {
  for (;;) {
    let left = plan.shift() ?? Infinity;
    world.memory.onWrite = () => {
      if (left === 0) throw crash;
      left -= 1;
    };
    try {
      await step();
      world.memory.onWrite = () => undefined;
      return;
    } catch (error) {
      if (error !== crash) throw error;
    }
  }
}

async function play(world: CycleWorld, plan: number[]): Promise<Scenario> {
  const played = scenario();
  for (const batch of played.batches) {
    await withCrashes(world, plan, () => takeBatch(batch, world.dependencies));
    await withCrashes(world, plan, () => world.sync());
  }
  return played;
}

describe('the sync cycle under crashes and faults', () => {
  it('ends in step and creates nothing twice, wherever the process dies', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 12 }), async (plan) => {
        const world = await CycleWorld.start();
        try {
          const { objects, members } = await play(world, [...plan]);
          expect(differences({ objects, members }, world.graph.snapshot())).toEqual([]);
        } finally {
          await world.stop();
        }
      }),
      { numRuns: 60 },
    );
  });

  it('loses no change and no deletion when the process dies once, at whichever write', async () => {
    // Batches 3 and 4 of the scenario are a deletion and a change; they take fewer than 30 writes until they are in Entra.
    const moments = [...Array(30).keys()];
    for (const moment of moments) {
      const world = await CycleWorld.start();
      try {
        const { batches, objects, members } = scenario();
        for (const [n, batch] of batches.entries()) {
          const plan = n < batches.length - 2 ? [] : [moment];
          await withCrashes(world, plan, () => takeBatch(batch, world.dependencies));
          await withCrashes(world, plan, () => world.sync());
        }
        expect(differences({ objects, members }, world.graph.snapshot()), `write ${moment}`).toEqual([]);
      } finally {
        await world.stop();
      }
    }
  });

  it('ends in step when Graph throttles, fails, cuts connections and loses answers', async () => {
    const fault = fc.record({
      kind: fc.constantFrom<'429' | '503' | '500' | '409' | 'drop' | 'late'>(
        '429',
        '503',
        '500',
        '409',
        'drop',
        'late',
      ),
      phase: fc.constantFrom<'before-commit' | 'after-commit'>('before-commit', 'after-commit'),
      url: fc.constantFrom('/users', '/groups', 'batch', 'deletedItems'),
      nth: fc.integer({ min: 1, max: 30 }),
      times: fc.integer({ min: 1, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { minLength: 1, maxLength: 8 }), async (faults) => {
        const world = await CycleWorld.start();
        try {
          for (const { kind, phase, url, nth, times } of faults) {
            // Graph says 409 and 429 before it does anything.
            const early = kind === '409' || kind === '429';
            const common = { url, nth, times, phase: early ? 'before-commit' : phase } as const;
            if (kind === 'drop') world.graph.inject({ ...common, drop: true });
            else
              world.graph.inject({
                ...common,
                status: kind === 'late' ? 504 : Number(kind),
                ...(kind === '429' ? { retryAfter: 2 } : {}),
              });
          }
          const { objects, members } = await play(world, []);
          for (let i = 0; i < 5 && (await world.dependencies.tenantStore.halt()) !== null; i += 1) await world.sync();
          expect(await world.dependencies.tenantStore.halt()).toBeNull();
          expect(differences({ objects, members }, world.graph.snapshot())).toEqual([]);
        } finally {
          await world.stop();
        }
      }),
      { numRuns: 60 },
    );
  });
});
