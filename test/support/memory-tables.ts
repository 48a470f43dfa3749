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
  readonly #partitions = new Map<string, Map<string, Row>>();
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

  async *range(query: RangeQuery): AsyncIterable<readonly Row[]> {
    const rows = [...(this.#partitions.get(query.partitionKey)?.values() ?? [])]
      .filter((row) => row.rowKey >= query.from && row.rowKey < query.to)
      .sort((a, b) => (a.rowKey < b.rowKey ? -1 : 1))
      .slice(0, query.limit);
    for (let i = 0; i < rows.length; i += pageSize) yield await Promise.resolve(rows.slice(i, i + pageSize));
  }

  async write(partitionKey: string, operations: readonly RowOperation[]): Promise<void> {
    for (const part of transactionsOf(operations)) {
      this.#beforeWrite();
      const partition = this.#partitions.get(partitionKey) ?? new Map<string, Row>();
      const next = new Map(partition);
      for (const operation of part) {
        if (operation.kind === 'put') {
          checkRow(operation);
          this.#version += 1;
          next.set(operation.rowKey, {
            partitionKey,
            rowKey: operation.rowKey,
            etag: String(this.#version),
            values: operation.values,
          });
        } else {
          if (!next.delete(operation.rowKey)) throw new Error(`404: ${operation.rowKey}`);
        }
      }
      this.#partitions.set(partitionKey, next);
    }
    await Promise.resolve();
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
