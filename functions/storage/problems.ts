import type { ProblemReport } from '../../shared/contracts/status.ts';
import { inParallel } from './buckets.ts';
import type { Table, Tables } from './table.ts';
import { collect } from './table.ts';

/** Table `Problems`: what could not be carried, one row an object that has any. Partition the connector, row key the GUID. */
export class Problems {
  readonly #table: Table;

  constructor(tables: Tables) {
    this.#table = tables('Problems');
  }

  /** The GUIDs that have problems, among which a caller finds those to clear. */
  async guids(connector: string): Promise<ReadonlySet<string>> {
    const rows = await collect(this.#table.range({ partitionKey: connector, from: '0', to: 'g', select: [] }));
    return new Set(rows.map((row) => row.rowKey));
  }

  async save(connector: string, guid: string, problems: readonly ProblemReport[]): Promise<void> {
    if (problems.length === 0) await this.#table.deleteIfUnchanged(connector, guid, '*');
    else
      await this.#table.write(connector, [
        { kind: 'put', rowKey: guid, values: { problems: JSON.stringify(problems) } },
      ]);
  }

  async saveMany(connector: string, entries: ReadonlyMap<string, readonly ProblemReport[]>): Promise<void> {
    await inParallel([...entries], 8, ([guid, problems]) => this.save(connector, guid, problems));
  }

  async list(
    connector: string,
  ): Promise<readonly { readonly guid: string; readonly problems: readonly ProblemReport[] }[]> {
    const rows = await collect(this.#table.range({ partitionKey: connector, from: '0', to: 'g' }));
    return rows.map((row) => ({
      guid: row.rowKey,
      problems: JSON.parse(String(row.values['problems'])) as ProblemReport[],
    }));
  }
}
