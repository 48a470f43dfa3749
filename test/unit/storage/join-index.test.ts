import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JoinIndex } from '../../../functions/storage/join-index.ts';
import { ClusterIndex } from '../../../shared/engine/cluster-index.ts';
import { objectKey, type ObjectReference } from '../../../shared/engine/space-object.ts';
import { guidOf } from '../../support/facts.ts';
import { MemoryTables } from '../../support/memory-tables.ts';

const reference = (number: number): ObjectReference => ({
  connector: number % 2 === 0 ? 'a.test' : 'b.test',
  // Spread over the buckets.
  objectGuid: guidOf(number, (number % 5).toString(16)),
});
const sorted = (cluster: readonly ObjectReference[]): readonly string[] => cluster.map(objectKey).sort();

describe('the index of join keys in tables', () => {
  const step = fc.record({
    number: fc.integer({ min: 1, max: 8 }),
    keys: fc.uniqueArray(
      fc.constantFrom<string>('mail=sa', 'mail=sb', 'id=s1', 'id=s2', 'sid=x01', 'mail=s|odd/key#?'),
      {
        maxLength: 3,
      },
    ),
  });

  it('knows the same clusters as one in memory, after any sequence of changes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const index = new JoinIndex(new MemoryTables().tables);
        const model = new ClusterIndex();
        const held = new Map<number, readonly string[]>();
        for (const { number, keys } of steps) {
          const object = reference(number);
          const before = held.get(number) ?? [];
          await index.release([{ object, keys: before.filter((key) => !keys.includes(key)) }]);
          await index.claim([{ object, keys: keys.filter((key) => !before.includes(key)) }]);
          held.set(number, keys);
          model.set(object, keys);
        }
        const all = Array.from({ length: 8 }, (_, i) => reference(i + 1));
        for (const object of all) {
          const [cluster = []] = await index.clustersOf([object]);
          expect(sorted(cluster)).toEqual(sorted(model.clusterOf(object)));
        }
        const clusters = await index.clustersOf(all);
        expect(clusters.flatMap(sorted).sort()).toEqual(sorted(all));
      }),
      { numRuns: 150 },
    );
  });

  it('tells who else holds a key that is claimed, also within one batch', async () => {
    const index = new JoinIndex(new MemoryTables().tables);
    const [one, two, three] = [reference(1), reference(2), reference(3)];
    expect(await index.claim([{ object: one, keys: ['mail=sa'] }])).toEqual([]);
    expect(sorted(await index.claim([{ object: two, keys: ['mail=sa'] }]))).toEqual(sorted([one]));
    const together = await index.claim([
      { object: two, keys: ['id=s1'] },
      { object: three, keys: ['id=s1'] },
    ]);
    expect(sorted(together)).toContain(objectKey(two));
  });

  it('changes nothing when a claim is made again, as after a crash', async () => {
    const index = new JoinIndex(new MemoryTables().tables);
    const claim = [{ object: reference(1), keys: ['mail=sa', 'id=s1'] }];
    await index.claim(claim);
    expect(await index.claim(claim)).toEqual([]);
    expect((await index.clustersOf([reference(1)])).map(sorted)).toEqual([sorted([reference(1)])]);
  });
});
