/** A row of a table: two keys, an etag when it was read, and flat properties (text, number, boolean). */
export interface Row {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly etag?: string | undefined;
  readonly values: Readonly<Record<string, string | number | boolean>>;
}

export type RowOperation =
  | { readonly kind: 'put'; readonly rowKey: string; readonly values: Row['values'] }
  /** Must exist. Deleting on condition is `deleteIfUnchanged`: the client takes no etag in a transaction. */
  | { readonly kind: 'delete'; readonly rowKey: string };

export interface RangeQuery {
  readonly partitionKey: string;
  /** Inclusive. */
  readonly from: string;
  /** Exclusive. */
  readonly to: string;
  /** Only these properties are read. Default: all. */
  readonly select?: readonly string[];
  /** Default: no limit. */
  readonly limit?: number;
}

/**
 * What the repositories need of Table Storage. Keys are compared by code unit. Every method throws LS4001 when the
 * service cannot be reached and LS4002 when a row would break a limit of the service.
 */
export interface Table {
  get(partitionKey: string, rowKey: string): Promise<Row | undefined>;
  /** In the order of the row keys, page by page. */
  range(query: RangeQuery): AsyncIterable<readonly Row[]>;
  /**
   * Applies the operations of one partition in transactions of at most 100 rows and 4 MiB, in order. Each transaction is
   * atomic, the call is not: callers write so that a repeated call ends in the same state.
   */
  write(partitionKey: string, operations: readonly RowOperation[]): Promise<void>;
  /**
   * Adds rows of one partition that are not there yet, in transactions where it can. Returns the keys that were taken
   * already; their rows are left as they are.
   */
  insertNew(partitionKey: string, rows: readonly Omit<Row, 'partitionKey' | 'etag'>[]): Promise<readonly string[]>;
  /** Deletes a row if it still carries the etag; false when it was changed or is gone. */
  deleteIfUnchanged(partitionKey: string, rowKey: string, etag: string): Promise<boolean>;
  /** Deletes every row. A crash in between leaves some; the next call deletes them. */
  clear(): Promise<void>;
}

export type TableName =
  | 'ConnectorSpace'
  | 'Pending'
  | 'EntraSpace'
  | 'JoinKeys'
  | 'Streams'
  | 'Problems'
  | 'Runs'
  | 'Tenant'
  | 'Plans'
  | 'Ledger'
  | 'Awaited'
  | 'Relays';
export const tableNames: readonly TableName[] = [
  'ConnectorSpace',
  'Pending',
  'EntraSpace',
  'JoinKeys',
  'Streams',
  'Problems',
  'Runs',
  'Tenant',
  'Plans',
  'Ledger',
  'Awaited',
  'Relays',
];

export type Tables = (name: TableName) => Table;

export async function collect(pages: AsyncIterable<readonly Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const page of pages) rows.push(...page);
  return rows;
}

/** The range of all row keys that begin with the prefix. */
export function prefixRange(partitionKey: string, prefix: string): RangeQuery {
  return {
    partitionKey,
    from: prefix,
    to: prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1),
  };
}
