import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectorSpace } from '../../../functions/storage/connector-space.ts';
import { LinkCounts } from '../../../functions/storage/link-counts.ts';
import { guidOf } from '../../support/facts.ts';
import { MemoryTables } from '../../support/memory-tables.ts';

const connector = 'contoso.test';
const group = guidOf(1, 'a');
const other = guidOf(2, 'b');

function stores(): { readonly space: ConnectorSpace; readonly counts: LinkCounts } {
  const { tables } = new MemoryTables();
  const space = new ConnectorSpace(tables);
  return { space, counts: new LinkCounts(tables, space) };
}
const links = (
  source: string,
  attribute: string,
  targets: readonly number[],
): Parameters<ConnectorSpace['addLinks']>[1] =>
  targets.map((n) => ({ source, attribute, target: guidOf(n, 'c'), token: 't' }));

describe('the counts of links', () => {
  it('are those of the links that are there', async () => {
    const { space, counts } = stores();
    await space.addLinks(connector, [...links(group, 'member', [1, 2, 3]), ...links(group, 'managedBy', [9])]);
    const found = await counts.countsOf(connector, [group, other]);
    expect([...(found.get(group) ?? [])].sort()).toEqual([
      ['managedBy', 1],
      ['member', 3],
    ]);
    expect(found.get(other)?.size ?? 0).toBe(0);
  });

  it('are taken as they were written once a change is closed', async () => {
    const { counts } = stores();
    await counts.close(connector, new Map([[group, new Map([['member', 250_000]])]]));
    expect((await counts.countsOf(connector, [group])).get(group)?.get('member')).toBe(250_000);
  });

  it('are counted anew after a crash between the links and the count', async () => {
    const { space, counts } = stores();
    await space.addLinks(connector, links(group, 'member', [1, 2]));
    await counts.countsOf(connector, [group]);
    await counts.open(connector, [group]);
    await space.addLinks(connector, links(group, 'member', [3]));
    // The process dies here; the change was never closed.
    expect((await counts.countsOf(connector, [group])).get(group)?.get('member')).toBe(3);
    expect((await counts.countsOf(connector, [group])).get(group)?.get('member')).toBe(3);
  });

  it('equal what is there whatever happened in between', async () => {
    const change = fc.record({
      source: fc.constantFrom(group, other),
      targets: fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 4 }),
      crash: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 8 }), async (changes) => {
        const { space, counts } = stores();
        const model = new Map<string, Set<number>>([group, other].map((source) => [source, new Set()]));
        for (const { source, targets, crash } of changes) {
          const own = model.get(source) ?? new Set<number>();
          const fresh = targets.filter((n) => !own.has(n));
          const before = await counts.open(connector, [source]);
          await space.addLinks(connector, links(source, 'member', fresh));
          for (const n of fresh) own.add(n);
          const known = before.get(source);
          if (!crash && known !== undefined)
            await counts.close(connector, new Map([[source, new Map([['member', own.size]])]]));
        }
        const found = await counts.countsOf(connector, [group, other]);
        for (const [source, own] of model) expect(found.get(source)?.get('member') ?? 0).toBe(own.size);
      }),
      { numRuns: 60 },
    );
  });
});
