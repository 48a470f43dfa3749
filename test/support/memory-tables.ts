import { SortedMap } from './sorted-map.ts';
import type { RangeQuery, Row, RowOperation, Table, TableName, Tables } from '../../functions/storage/table.ts';
import { checkRow, transactionsOf } from '../../functions/storage/table-limits.ts';

/** Tables in memory that keep the service's rules: ordinal key order, etags, atomic transactions, row limits. */
export class MemoryTables {
  readonly #tables = new Map<TableName, MemoryTable>();
  readonly tables: Tables = (name) => {
    let table = this.#tables.get(name);
    if (table === undefined)
      this.#tables.set(
        name,
        (table = new MemoryTable(() => {
          this.onWrite();
        })),
      );
    return table;
  };
  /** Everything that a table holds, as text. */
  text(name: TableName): string {
    return this.#tables.get(name)?.text ?? '';
  }

  /** Called before each transaction; a test throws here to crash the writer between two of them. */
  onWrite: () => void = () => undefined;
}

/** Rows that the service gives at once. */
const pageSize = 1000;

class MemoryTable implements Table {
  readonly #partitions = new Map<string, SortedMap<Row>>();
  readonly #beforeWrite: () => void;
  #version = 0;

  constructor(beforeWrite: () => void) {
    this.#beforeWrite = beforeWrite;
  }

  get text(): string {
    return JSON.stringify([...this.#partitions.values()].flatMap((partition) => [...partition.values()]));
  }

  get(partitionKey: string, rowKey: string): Promise<Row | undefined> {
    return Promise.resolve(this.#partitions.get(partitionKey)?.get(rowKey));
  }

  async *range({ partitionKey, from, to, limit = Infinity }: RangeQuery): AsyncIterable<readonly Row[]> {
    // All of it at once, so that what is written between two pages is not in the second: callers must not rely on it.
    const rows: Row[] = [];
    for (const row of this.#partitions.get(partitionKey)?.range(from, to) ?? []) {
      if (rows.length >= limit) break;
      rows.push(row);
    }
    for (let i = 0; i < rows.length; i += pageSize) yield await Promise.resolve(rows.slice(i, i + pageSize));
  }

  async write(partitionKey: string, operations: readonly RowOperation[]): Promise<void> {
    for (const part of transactionsOf(operations)) {
      this.#beforeWrite();
      const partition = this.#partition(partitionKey);
      // All or nothing: everything is checked before the first change.
      for (const operation of part) {
        if (operation.kind === 'put') checkRow(operation);
        else if (!partition.has(operation.rowKey)) throw new Error(`404: ${operation.rowKey}`);
      }
      for (const operation of part) {
        if (operation.kind === 'delete') partition.delete(operation.rowKey);
        else this.#put(partition, { partitionKey, rowKey: operation.rowKey, values: operation.values });
      }
    }
    await Promise.resolve();
  }

  #partition(partitionKey: string): SortedMap<Row> {
    let partition = this.#partitions.get(partitionKey);
    if (partition === undefined) this.#partitions.set(partitionKey, (partition = new SortedMap<Row>()));
    return partition;
  }

  #put(partition: SortedMap<Row>, row: Row): void {
    this.#version += 1;
    partition.set(row.rowKey, { ...row, etag: String(this.#version) });
  }

  async insertNew(
    partitionKey: string,
    rows: readonly Omit<Row, 'partitionKey' | 'etag'>[],
  ): Promise<readonly string[]> {
    const taken: string[] = [];
    for (const { rowKey, values } of rows) {
      if (this.#partitions.get(partitionKey)?.has(rowKey) === true) taken.push(rowKey);
      else await this.write(partitionKey, [{ kind: 'put', rowKey, values }]);
    }
    return taken;
  }

  deleteIfUnchanged(partitionKey: string, rowKey: string, etag: string): Promise<boolean> {
    this.#beforeWrite();
    const partition = this.#partitions.get(partitionKey);
    const row = partition?.get(rowKey);
    if (partition === undefined || row === undefined || (etag !== '*' && row.etag !== etag))
      return Promise.resolve(false);
    return Promise.resolve(partition.delete(rowKey));
  }

  clear(): Promise<void> {
    this.#beforeWrite();
    this.#partitions.clear();
    return Promise.resolve();
  }
}
