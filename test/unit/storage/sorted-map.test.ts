import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SortedMap } from '../../support/sorted-map.ts';

const key = fc.nat(2_000).map((n) => n.toString(36));
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('set' as const), key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
);

test('the sorted map of the tables in memory gives what a plain map, sorted anew each time, gives', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 3_000, size: 'max' }), key, key, (steps, from, to) => {
      const [sorted, plain] = [new SortedMap<number>(), new Map<string, number>()];
      steps.forEach(({ kind, key: name }, n) => {
        if (kind === 'delete') expect(sorted.delete(name)).toBe(plain.delete(name));
        else {
          sorted.set(name, n);
          plain.set(name, n);
        }
      });
      const expected = [...plain].filter(([name]) => name >= from && name < to).sort(([a], [b]) => (a < b ? -1 : 1));
      expect([...sorted.range(from, to)]).toEqual(expected.map(([, value]) => value));
      expect(sorted.size).toBe(plain.size);
    }),
    { numRuns: 60 },
  );
});
