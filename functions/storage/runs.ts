import type { Table, Tables } from './table.ts';
import { collect } from './table.ts';

/** What one pass of the sync cycle did. */
export interface RunRecord {
  readonly runId: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly counts: Readonly<Record<RunCounter, number>>;
  /** Code of the error that stopped the pass, or `null`. */
  readonly haltedBy: string | null;
}

export const runCounters = [
  'created',
  'updated',
  'deleted',
  'restored',
  'adopted',
  'managers',
  'membersAdded',
  'membersRemoved',
  'failed',
] as const;
export type RunCounter = (typeof runCounters)[number];

/** Table `Runs`, newest first: the row key counts down. */
export class Runs {
  readonly #table: Table;

  constructor(tables: Tables) {
    this.#table = tables('Runs');
  }

  async save(run: RunRecord): Promise<void> {
    const countdown = String(9_999_999_999_999 - Date.parse(run.startedAt)).padStart(13, '0');
    await this.#table.write('runs', [
      { kind: 'put', rowKey: `${countdown}-${run.runId}`, values: { run: JSON.stringify(run) } },
    ]);
  }

  async latest(limit: number): Promise<readonly RunRecord[]> {
    const rows = await collect(this.#table.range({ partitionKey: 'runs', from: '0', to: ':', limit }));
    return rows.map((row) => JSON.parse(String(row.values['run'])) as RunRecord);
  }
}
