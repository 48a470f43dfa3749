import { isLockstepError } from '../../shared/errors/lockstep-error.ts';
import type { Row, RowOperation, Table } from './table.ts';
import { collect, prefixRange } from './table.ts';

/** Objects spread over sixteen partitions by the first digit of their GUID: enough for 100-row transactions and for scale. */
export const buckets: readonly string[] = '0123456789abcdef'.split('');

export function bucketOf(guid: string): string {
  return guid.slice(0, 1);
}

export function groupBy<T>(items: Iterable<T>, key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** Runs at most `width` of the tasks at a time. Results in the order of the inputs. */
export async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  task: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await task(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}

/** Deletes rows of one partition, of which some may be gone: after an earlier attempt that crashed. */
export async function deleteRows(table: Table, partitionKey: string, rowKeys: readonly string[]): Promise<void> {
  try {
    await table.write(
      partitionKey,
      rowKeys.map((rowKey) => ({ kind: 'delete', rowKey })),
    );
  } catch (error) {
    // A row that is gone fails its whole transaction.
    if (isLockstepError(error) && error.retryable) throw error;
    await inParallel(rowKeys, 8, (rowKey) => table.deleteIfUnchanged(partitionKey, rowKey, '*'));
  }
}

/** Writes operations of many partitions, the partitions side by side. */
export async function writeAll(
  table: Table,
  operations: readonly { readonly partitionKey: string; readonly operation: RowOperation }[],
): Promise<void> {
  const partitions = [...groupBy(operations, (o) => o.partitionKey)];
  await inParallel(partitions, 8, ([partitionKey, rows]) =>
    table.write(
      partitionKey,
      rows.map((row) => row.operation),
    ),
  );
}

/** Rows in between that nobody asked for: so many are cheaper than another request. */
const toleratedStrangers = 1000;
/** From so many keys on, pages are read as long as each serves more of them than so many point reads would. */
const manyKeys = 32;
const worthAPage = 8;

/**
 * Reads the rows whose keys begin with one of several prefixes of the same length. A slice of a full synchronisation asks
 * for neighbours, so they come from one range; where too much else lies in between, the rest come one by one.
 */
export async function loadBehind(
  table: Table,
  partitionKey: string,
  prefixes: readonly string[],
): Promise<Map<string, readonly Row[]>> {
  const sorted = [...new Set(prefixes)].sort();
  const found = new Map<string, Row[]>(sorted.map((prefix) => [prefix, []]));
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) return found;
  let open: readonly string[] = sorted;
  if (sorted.length > 1) {
    open = [];
    let [wanted, strangers] = [0, 0];
    for await (const page of table.range({ ...prefixRange(partitionKey, last), from: first })) {
      for (const row of page) {
        const rows = found.get(row.rowKey.slice(0, first.length));
        if (rows === undefined) strangers += 1;
        else {
          rows.push(row);
          wanted += 1;
        }
      }
      const reached = page.at(-1)?.rowKey.slice(0, first.length);
      if (reached !== undefined && strangers > toleratedStrangers + 4 * wanted) {
        // What was reached may go on behind this page, so it is read anew.
        open = sorted.filter((prefix) => prefix >= reached);
        break;
      }
    }
  }
  await inParallel(open, 8, async (prefix) => {
    found.set(prefix, await collect(table.range(prefixRange(partitionKey, prefix))));
  });
  return found;
}

/**
 * Reads rows by key. Keys that lie close together (a slice of a full synchronisation) come from one range query,
 * the rest by point reads: the service answers an `or` of row keys by scanning the partition.
 */
export async function loadRows(
  table: Table,
  partitionKey: string,
  rowKeys: readonly string[],
): Promise<Map<string, Row>> {
  const found = new Map<string, Row>();
  const sorted = [...new Set(rowKeys)].sort();
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) return found;
  let missing: readonly string[] = sorted;
  if (sorted.length > worthAPage) {
    const wanted = new Set(sorted);
    const many = sorted.length >= manyKeys;
    const limit = sorted.length * 3;
    // All rows up to the last one seen are known, present or not; only keys behind it are still open.
    let horizon: string | undefined;
    let seen = 0;
    const range = { partitionKey, from: first, to: `${last}\u0000` };
    for await (const page of table.range(many ? range : { ...range, limit })) {
      const hits = page.filter((row) => wanted.has(row.rowKey));
      for (const row of hits) found.set(row.rowKey, row);
      seen += page.length;
      horizon = many && hits.length < worthAPage ? page.at(-1)?.rowKey : undefined;
      if (horizon !== undefined) break;
      if (!many && seen >= limit) horizon = page.at(-1)?.rowKey;
    }
    const reached = horizon;
    missing = reached === undefined ? [] : sorted.filter((key) => key > reached);
  }
  const rows = await inParallel(missing, 16, (key) => table.get(partitionKey, key));
  for (const row of rows) if (row !== undefined) found.set(row.rowKey, row);
  return found;
}
