import { bucketOf, groupBy, inParallel, loadRows } from './buckets.ts';
import type { ConnectorSpace } from './connector-space.ts';
import type { Table, Tables } from './table.ts';

/** Number of values by reference attribute; attributes without any are not in it. */
export type Counts = ReadonlyMap<string, number>;

/**
 * How many values the reference attributes of an object have, in rows `n|<guid>` of table `ConnectorSpace`. They are
 * counted once, by reading all links, and kept up from then on, so that one new member of a group of 250,000 costs no
 * more than one of a group of five. While links are being written the row is marked as open; one that stays open (a
 * crash) is counted anew.
 */
export class LinkCounts {
  readonly #table: Table;
  readonly #space: ConnectorSpace;

  constructor(tables: Tables, space: ConnectorSpace) {
    this.#table = tables('ConnectorSpace');
    this.#space = space;
  }

  async countsOf(connector: string, sources: readonly string[]): Promise<Map<string, Counts>> {
    const known = await this.#settled(connector, sources);
    const uncounted = sources.filter((source) => !known.has(source));
    if (uncounted.length === 0) return known;
    const counted = await this.#space.countLinks(connector, uncounted);
    for (const [source, counts] of counted) known.set(source, counts);
    // Most objects have no links, and looking once more at nothing is cheaper than a row for each of them.
    await this.#put(connector, new Map([...counted].filter(([, counts]) => counts.size > 0)), false);
    return known;
  }

  /** Links of these objects are about to change. Returns the counts that are to be kept up. */
  async open(connector: string, sources: readonly string[]): Promise<Map<string, Counts>> {
    const counts = await this.#settled(connector, sources);
    await this.#put(connector, counts, true);
    return counts;
  }

  /** The change is written, and these are the counts now. */
  async close(connector: string, counts: ReadonlyMap<string, Counts>): Promise<void> {
    await this.#put(connector, counts, false);
  }

  async #settled(connector: string, sources: readonly string[]): Promise<Map<string, Counts>> {
    const found = new Map<string, Counts>();
    await inParallel([...groupBy(sources, bucketOf)], 4, async ([bucket, some]) => {
      const rows = await loadRows(
        this.#table,
        `${connector}|${bucket}`,
        some.map((source) => `n|${source}`),
      );
      for (const [rowKey, { values }] of rows) {
        if (values['open'] === true) continue;
        found.set(rowKey.slice(2), new Map(JSON.parse(String(values['counts'])) as [string, number][]));
      }
    });
    return found;
  }

  async #put(connector: string, counts: ReadonlyMap<string, Counts>, open: boolean): Promise<void> {
    await inParallel([...groupBy(counts, ([source]) => bucketOf(source))], 4, async ([bucket, some]) => {
      await this.#table.write(
        `${connector}|${bucket}`,
        some.map(([source, own]) => ({
          kind: 'put',
          rowKey: `n|${source}`,
          values: { counts: JSON.stringify([...own]), open },
        })),
      );
    });
  }
}
