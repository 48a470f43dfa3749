import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadBehind } from '../../../functions/storage/buckets.ts';
import { MemoryTables } from '../../support/memory-tables.ts';

const prefixOf = (n: number): string => `m|${String(n).padStart(4, '0')}|`;

describe('rows behind several prefixes', () => {
  it('are those that a query for each prefix gives, whatever lies in between', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 60 })), { maxLength: 60 }),
        fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 20 }),
        async (groups, wanted) => {
          const table = new MemoryTables().tables('EntraSpace');
          const rows = groups.flatMap(([group, members]) =>
            Array.from({ length: members }, (_, member) => `${prefixOf(group)}${member}`),
          );
          await table.write(
            '0',
            rows.map((rowKey) => ({ kind: 'put', rowKey, values: {} })),
          );
          const found = await loadBehind(table, '0', wanted.map(prefixOf));
          expect([...found.keys()].sort()).toEqual([...new Set(wanted.map(prefixOf))].sort());
          for (const [prefix, behind] of found) {
            const expected = new Set(rows.filter((rowKey) => rowKey.startsWith(prefix)));
            expect(new Set(behind.map((row) => row.rowKey))).toEqual(expected);
            expect(behind).toHaveLength(expected.size);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
