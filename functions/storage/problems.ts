import type { ProblemReport } from '../../shared/contracts/status.ts';
import { inParallel } from './buckets.ts';
import type { Row, Table, Tables } from './table.ts';
import { collect } from './table.ts';

/** A write that Entra refused, and when it is tried again. */
export interface Failure {
  /** ISO 8601: when it failed first. */
  readonly since: string;
  readonly attempts: number;
  /** ISO 8601; `null` when only a change of the object leads to another attempt. */
  readonly retryAt: string | null;
}

export interface ProblemEntry {
  readonly guid: string;
  readonly problems: readonly ProblemReport[];
  /** Of an object whose write failed; `undefined` when the problems are only worth knowing. */
  readonly failure: Failure | undefined;
}

/**
 * Table `Problems`: what could not be carried, one row an object that has any. Partition the connector, row key the GUID.
 * `retryAt` stands in a column of its own, so that what is due is found without reading the rest.
 */
export class Problems {
  readonly #table: Table;

  constructor(tables: Tables) {
    this.#table = tables('Problems');
  }

  /** Forgets everything. */
  clear(): Promise<void> {
    return this.#table.clear();
  }

  /** The GUIDs that have problems, among which a caller finds those to clear. */
  async guids(connector: string): Promise<ReadonlySet<string>> {
    const rows = await collect(this.#table.range({ partitionKey: connector, from: '0', to: 'g', select: [] }));
    return new Set(rows.map((row) => row.rowKey));
  }

  async load(connector: string, guid: string): Promise<ProblemEntry | undefined> {
    const row = await this.#table.get(connector, guid);
    return row === undefined ? undefined : toEntry(row);
  }

  async save(connector: string, guid: string, problems: readonly ProblemReport[], failure?: Failure): Promise<void> {
    if (problems.length === 0) {
      await this.#table.deleteIfUnchanged(connector, guid, '*');
      return;
    }
    const values = {
      problems: JSON.stringify(problems),
      ...(failure === undefined ? {} : { since: failure.since, attempts: failure.attempts }),
      ...(failure?.retryAt === null || failure === undefined ? {} : { retryAt: failure.retryAt }),
    };
    await this.#table.write(connector, [{ kind: 'put', rowKey: guid, values }]);
  }

  async saveMany(connector: string, entries: readonly ProblemEntry[]): Promise<void> {
    await inParallel(entries, 8, ({ guid, problems, failure }) => this.save(connector, guid, problems, failure));
  }

  /** Those whose time to be tried again has come. */
  async due(connector: string, now: Date): Promise<readonly string[]> {
    const rows = await collect(this.#table.range({ partitionKey: connector, from: '0', to: 'g', select: ['retryAt'] }));
    const at = now.toISOString();
    return rows.filter(({ values }) => String(values['retryAt'] ?? '~') <= at).map((row) => row.rowKey);
  }

  async list(connector: string): Promise<readonly ProblemEntry[]> {
    const rows = await collect(this.#table.range({ partitionKey: connector, from: '0', to: 'g' }));
    return rows.map(toEntry);
  }
}

function toEntry({ rowKey, values }: Row): ProblemEntry {
  const { since, attempts, retryAt } = values;
  return {
    guid: rowKey,
    problems: JSON.parse(String(values['problems'])) as ProblemReport[],
    failure:
      since === undefined
        ? undefined
        : { since: String(since), attempts: Number(attempts), retryAt: retryAt === undefined ? null : String(retryAt) },
  };
}
