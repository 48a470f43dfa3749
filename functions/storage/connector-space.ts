import type { StreamPosition } from '../../shared/contracts/change-batch.ts';
import type { AttributeValues, ObjectClass } from '../../shared/directory/change.ts';
import type { DirectoryObject } from '../../shared/directory/object.ts';
import { bucketOf, buckets, groupBy, inParallel, loadBehind, loadRows, writeAll } from './buckets.ts';
import type { Row, RowOperation, Table, Tables } from './table.ts';
import { collect, prefixRange } from './table.ts';
import { joinText, splitText } from './table-limits.ts';

/**
 * How an object left the connector space: deleted in the directory, outside of what the relay reads, or not among what
 * a full read showed.
 */
export type Departure = 'deleted' | 'out-of-scope' | 'unseen';

/** A directory object as the connector space keeps it. A deleted one stays: a restored object must find its place again. */
export interface StoredObject {
  readonly object: DirectoryObject;
  readonly deleted: boolean;
  /** Of a deleted one: how it left. Unknown where it left before this was kept. */
  readonly departure?: Departure | undefined;
  /** Full read in which the object was last seen, or that was current when a change brought it. */
  readonly generation: number;
  /** Position of the batch that last changed it. */
  readonly changedAt: StreamPosition;
}

/** A source that names a target in a reference attribute. */
export interface Referrer {
  readonly attribute: string;
  readonly source: string;
}

/** A link value and the token of the set that it came with (see LinkChange.replace). */
export interface StoredLink {
  readonly target: string;
  readonly token: string;
}

/** When an object was last seen. */
export interface Sighting {
  readonly guid: string;
  readonly generation: number;
  readonly deleted: boolean;
  readonly changedAt: StreamPosition;
}

interface Placed {
  readonly partitionKey: string;
  readonly operation: RowOperation;
}

/**
 * Table `ConnectorSpace`. Partition: `<connector>|<first digit of the GUID>`. Rows:
 * `o|<guid>` the object, `l|<guid>|<attribute>|<target>` a link value, `r|<target>|<attribute>|<guid>` the same link seen
 * from its target; `n|<guid>` is of LinkCounts. A change to one link costs two rows, whatever the size of the group.
 */
export class ConnectorSpace {
  readonly #table: Table;

  constructor(tables: Tables) {
    this.#table = tables('ConnectorSpace');
  }

  /** Forgets everything. */
  clear(): Promise<void> {
    return this.#table.clear();
  }

  async load(connector: string, guids: readonly string[]): Promise<Map<string, StoredObject>> {
    const found = new Map<string, StoredObject>();
    await inParallel([...groupBy(guids, bucketOf)], 4, async ([bucket, some]) => {
      const rows = await loadRows(
        this.#table,
        `${connector}|${bucket}`,
        some.map((guid) => `o|${guid}`),
      );
      for (const row of rows.values()) {
        const stored = toStored(row);
        found.set(stored.object.objectGuid, stored);
      }
    });
    return found;
  }

  async save(connector: string, objects: readonly StoredObject[]): Promise<void> {
    await writeAll(
      this.#table,
      objects.map((stored) => place(connector, stored.object.objectGuid, toPut(stored))),
    );
  }

  /** Every object, bucket by bucket. */
  async *scan(connector: string): AsyncIterable<readonly StoredObject[]> {
    for (const bucket of buckets) {
      for await (const page of this.#table.range(prefixRange(`${connector}|${bucket}`, 'o|'))) yield page.map(toStored);
    }
  }

  /** Like {@link scan} without attributes: what the end of a full read needs. */
  async *scanGenerations(connector: string): AsyncIterable<readonly Sighting[]> {
    for (const bucket of buckets) {
      for await (const page of this.#table.range({
        ...prefixRange(`${connector}|${bucket}`, 'o|'),
        select: ['generation', 'deleted', 'changedAt'],
      })) {
        yield page.map((row) => ({
          guid: row.rowKey.slice(2),
          generation: Number(row.values['generation']),
          deleted: row.values['deleted'] === true,
          changedAt: toPosition(row.values['changedAt']),
        }));
      }
    }
  }

  async links(connector: string, source: string, attribute: string): Promise<readonly StoredLink[]> {
    return (await this.linksOf(connector, [source], attribute)).get(source) ?? [];
  }

  /** The links of several objects; each of them is in the answer. */
  async linksOf(
    connector: string,
    sources: readonly string[],
    attribute: string,
  ): Promise<Map<string, readonly StoredLink[]>> {
    const found = new Map<string, readonly StoredLink[]>();
    await inParallel([...groupBy(sources, bucketOf)], 4, async ([bucket, some]) => {
      const prefixOf = (source: string): string => `l|${source}|${attribute}|`;
      const rows = await loadBehind(this.#table, `${connector}|${bucket}`, some.map(prefixOf));
      for (const source of some) {
        const prefix = prefixOf(source);
        const links = rows.get(prefix) ?? [];
        found.set(
          source,
          links.map((row) => ({
            target: row.rowKey.slice(prefix.length),
            token: String(row.values['token'] ?? ''),
          })),
        );
      }
    });
    return found;
  }

  /** How many values each reference attribute of each object has; every object is in the answer. */
  async countLinks(connector: string, sources: readonly string[]): Promise<Map<string, ReadonlyMap<string, number>>> {
    const found = new Map<string, ReadonlyMap<string, number>>();
    await inParallel([...groupBy(sources, bucketOf)], 4, async ([bucket, some]) => {
      const rows = await loadBehind(
        this.#table,
        `${connector}|${bucket}`,
        some.map((source) => `l|${source}|`),
      );
      for (const source of some) {
        const counts = new Map<string, number>();
        for (const { rowKey } of rows.get(`l|${source}|`) ?? []) {
          const [, , attribute = ''] = rowKey.split('|');
          counts.set(attribute, (counts.get(attribute) ?? 0) + 1);
        }
        found.set(source, counts);
      }
    });
    return found;
  }

  /** Groups that each object is a direct member of, by the attribute `member`. Like {@link referrers} a hint. */
  async groupsOf(connector: string, members: readonly string[]): Promise<Map<string, readonly string[]>> {
    const found = new Map<string, readonly string[]>();
    await inParallel([...groupBy(members, bucketOf)], 4, async ([bucket, some]) => {
      const prefixOf = (member: string): string => `r|${member}|member|`;
      const rows = await loadBehind(this.#table, `${connector}|${bucket}`, some.map(prefixOf));
      for (const member of some) {
        found.set(
          member,
          (rows.get(prefixOf(member)) ?? []).map(({ rowKey }) => rowKey.slice(prefixOf(member).length)),
        );
      }
    });
    return found;
  }

  /** Which of the links are there. */
  async existingLinks<T extends { readonly source: string; readonly attribute: string; readonly target: string }>(
    connector: string,
    links: readonly T[],
  ): Promise<readonly T[]> {
    const keyOf = (l: T): string => `l|${l.source}|${l.attribute}|${l.target}`;
    const found = await inParallel([...groupBy(links, (l) => bucketOf(l.source))], 4, async ([bucket, some]) => {
      const rows = await loadRows(this.#table, `${connector}|${bucket}`, some.map(keyOf));
      return some.filter((l) => rows.has(keyOf(l)));
    });
    return found.flat();
  }

  async addLinks(
    connector: string,
    links: readonly {
      readonly source: string;
      readonly attribute: string;
      readonly target: string;
      readonly token: string;
    }[],
  ): Promise<void> {
    // The reverse row first: a link that nobody can find from its target would survive the target's deletion.
    await writeAll(
      this.#table,
      links.map((l) =>
        place(connector, l.target, { kind: 'put', rowKey: `r|${l.target}|${l.attribute}|${l.source}`, values: {} }),
      ),
    );
    await writeAll(
      this.#table,
      links.map((l) =>
        place(connector, l.source, {
          kind: 'put',
          rowKey: `l|${l.source}|${l.attribute}|${l.target}`,
          values: { token: l.token },
        }),
      ),
    );
  }

  /** Removes links; one that is not there is no error. With `keepReverse` the target still knows who named it. */
  async removeLinks(
    connector: string,
    links: readonly { readonly source: string; readonly attribute: string; readonly target: string }[],
    keepReverse = false,
  ): Promise<void> {
    const keys = links.flatMap((l) => [
      { partitionKey: `${connector}|${bucketOf(l.source)}`, rowKey: `l|${l.source}|${l.attribute}|${l.target}` },
      ...(keepReverse
        ? []
        : [{ partitionKey: `${connector}|${bucketOf(l.target)}`, rowKey: `r|${l.target}|${l.attribute}|${l.source}` }]),
    ]);
    await inParallel(keys, 16, ({ partitionKey, rowKey }) => this.#table.deleteIfUnchanged(partitionKey, rowKey, '*'));
  }

  async addReferrers(
    connector: string,
    references: readonly { readonly target: string; readonly attribute: string; readonly source: string }[],
  ): Promise<void> {
    await writeAll(
      this.#table,
      references.map((r) =>
        place(connector, r.target, { kind: 'put', rowKey: `r|${r.target}|${r.attribute}|${r.source}`, values: {} }),
      ),
    );
  }

  /** Who names the target. May name one that no longer does: it is a hint where to look, never a fact. */
  async referrers(connector: string, target: string): Promise<readonly Referrer[]> {
    const prefix = `r|${target}|`;
    const rows = await collect(this.#table.range(prefixRange(`${connector}|${bucketOf(target)}`, prefix)));
    return rows.map((row) => {
      const [attribute = '', source = ''] = row.rowKey.slice(prefix.length).split('|');
      return { attribute, source };
    });
  }
}

function place(connector: string, guid: string, operation: RowOperation): Placed {
  return { partitionKey: `${connector}|${bucketOf(guid)}`, operation };
}

function toPut({ object, deleted, departure, generation, changedAt }: StoredObject): RowOperation {
  return {
    kind: 'put',
    rowKey: `o|${object.objectGuid}`,
    values: {
      class: object.objectClass,
      dn: object.dn,
      deleted,
      ...(deleted && departure !== undefined ? { departure } : {}),
      generation,
      changedAt: `${changedAt.epoch}:${changedAt.sequence}`,
      ...splitText('a', JSON.stringify(object.attributes)),
    },
  };
}

function toStored(row: Row): StoredObject {
  const { values } = row;
  return {
    object: {
      objectGuid: row.rowKey.slice(2),
      objectClass: String(values['class']) as ObjectClass,
      dn: String(values['dn']),
      attributes: JSON.parse(joinText('a', values)) as AttributeValues,
    },
    deleted: values['deleted'] === true,
    departure: values['departure'] as Departure | undefined,
    generation: Number(values['generation']),
    changedAt: toPosition(values['changedAt']),
  };
}

function toPosition(value: unknown): StreamPosition {
  const [epoch, sequence] = String(value).split(':');
  return { epoch: Number(epoch), sequence: Number(sequence) };
}
