import type { ObjectClass } from '../../shared/directory/change.ts';
import { isGuid } from '../../shared/directory/guid.ts';
import { deleteRows, groupBy } from './buckets.ts';
import type { RowOperation, Table, Tables } from './table.ts';
import { collect, prefixRange } from './table.ts';

/** Users are exported before groups, so what waits is kept by type. */
export type PendingType = 'user' | 'group';

export interface PendingMark {
  readonly objectGuid: string;
  /** Why it was marked first: a read's GUID, or a word. */
  readonly correlationId: string;
  /** GUID of a read that marked it, where one did. */
  readonly read?: string | undefined;
  /** The rows that were read. One that is written later is another row, and survives their removal. */
  readonly rowKeys: readonly string[];
}

export interface PendingPage {
  readonly marks: readonly PendingMark[];
  /** True when there may be more behind the last mark. */
  readonly more: boolean;
}

/**
 * Table `Pending`: the objects whose intended state may differ from Entra. Partition `<connector>|<type>`, row key
 * `<guid>|<id of the mark>`. Each mark is a row of its own, because the client cannot delete on condition in a transaction.
 */
export class Pending {
  readonly #table: Table;
  readonly #newId: () => string;

  /** `newId` gives ids that never repeat. */
  constructor(tables: Tables, newId: () => string) {
    this.#table = tables('Pending');
    this.#newId = newId;
  }

  /** Forgets everything. */
  clearAll(): Promise<void> {
    return this.#table.clear();
  }

  async mark(connector: string, type: PendingType, guids: readonly string[], correlationId: string): Promise<void> {
    const id = this.#newId();
    const rows = [...new Set(guids)].map((guid): RowOperation => ({
      kind: 'put',
      rowKey: `${guid}|${id}`,
      values: { correlationId },
    }));
    await this.#table.write(`${connector}|${type}`, rows);
  }

  /** The next marks in order of GUID, behind `after`, from at most `limit` rows. */
  async page(connector: string, type: PendingType, after: string, limit: number): Promise<PendingPage> {
    const from = after === '' ? '0' : `${after}}`;
    const rows = await collect(this.#table.range({ partitionKey: `${connector}|${type}`, from, to: 'g', limit }));
    const byObject = groupBy(rows, (row) => row.rowKey.slice(0, row.rowKey.indexOf('|')));
    const marks = [...byObject].map(([objectGuid, own]): PendingMark => {
      const causes = own.map(({ values }) => String(values['correlationId']));
      // Reads have a GUID, every other cause is a word.
      const read = causes.find(isGuid);
      return { objectGuid, correlationId: causes[0] ?? '', read, rowKeys: own.map((row) => row.rowKey) };
    });
    return { marks, more: rows.length === limit };
  }

  /** True while the object waits. */
  async has(connector: string, type: PendingType, guid: string): Promise<boolean> {
    const range = { ...prefixRange(`${connector}|${type}`, `${guid}|`), select: [], limit: 1 };
    return (await collect(this.#table.range(range))).length > 0;
  }

  /** Removes what was read; marks that were set since stay. */
  async clear(connector: string, type: PendingType, marks: readonly PendingMark[]): Promise<void> {
    await deleteRows(
      this.#table,
      `${connector}|${type}`,
      marks.flatMap((mark) => mark.rowKeys),
    );
  }

  /** How many wait, counted up to `limit`. */
  async count(connector: string, limit: number): Promise<number> {
    let count = 0;
    for (const type of ['user', 'group'] as const) {
      for await (const page of this.#table.range({
        partitionKey: `${connector}|${type}`,
        from: '0',
        to: 'g',
        select: [],
        limit: limit - count,
      })) {
        count += page.length;
      }
      if (count >= limit) break;
    }
    return count;
  }
}

/** Marks objects by their class. */
export async function markObjects(
  pending: Pending,
  connector: string,
  objects: Iterable<{ readonly objectGuid: string; readonly objectClass: ObjectClass }>,
  correlationId: string,
): Promise<void> {
  const all = [...objects];
  for (const type of ['user', 'group'] as const) {
    const guids = all
      .filter(({ objectClass }) => pendingTypeOf(objectClass) === type)
      .map(({ objectGuid }) => objectGuid);
    if (guids.length > 0) await pending.mark(connector, type, guids, correlationId);
  }
}

/**
 * Contacts and foreign security principals join users. Computers have nothing to wait for: Microsoft Graph cannot create
 * devices.
 */
export function pendingTypeOf(objectClass: ObjectClass): PendingType | undefined {
  if (objectClass === 'group') return 'group';
  return objectClass === 'computer' ? undefined : 'user';
}
