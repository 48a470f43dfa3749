import type { Row, Table, Tables } from './table.ts';
import { collect } from './table.ts';

/** Users are exported before groups, so what waits is kept by type. */
export type PendingType = 'user' | 'group';

export interface PendingMark {
  readonly objectGuid: string;
  readonly correlationId: string;
  readonly etag: string;
}

/** Table `Pending`: the objects whose intended state may differ from Entra. Partition `<connector>|<type>`, row key the GUID. */
export class Pending {
  readonly #table: Table;

  constructor(tables: Tables) {
    this.#table = tables('Pending');
  }

  async mark(connector: string, type: PendingType, guids: readonly string[], correlationId: string): Promise<void> {
    const unique = [...new Set(guids)];
    await this.#table.write(
      `${connector}|${type}`,
      unique.map((rowKey) => ({ kind: 'put', rowKey, values: { correlationId } })),
    );
  }

  /** The next marks in order of GUID, behind `after`. */
  async page(connector: string, type: PendingType, after: string, limit: number): Promise<readonly PendingMark[]> {
    const rows = await collect(
      this.#table.range({
        partitionKey: `${connector}|${type}`,
        from: after === '' ? '0' : `${after}\u0000`,
        to: 'g',
        limit,
      }),
    );
    return rows.map(toMark);
  }

  /** Removes marks that nobody set anew since they were read. */
  async clear(connector: string, type: PendingType, marks: readonly PendingMark[]): Promise<void> {
    const partitionKey = `${connector}|${type}`;
    try {
      await this.#table.write(
        partitionKey,
        marks.map((mark) => ({ kind: 'delete', rowKey: mark.objectGuid, etag: mark.etag })),
      );
    } catch {
      // One of them was marked anew, so its transaction was refused as a whole: take the others one by one.
      for (const mark of marks) await this.#table.deleteIfUnchanged(partitionKey, mark.objectGuid, mark.etag);
    }
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

function toMark(row: Row): PendingMark {
  return { objectGuid: row.rowKey, correlationId: String(row.values['correlationId']), etag: row.etag ?? '' };
}
