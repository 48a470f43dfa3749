import type { PlanItem, PlanSummary } from '../../shared/contracts/plans.ts';
import type { Table, Tables } from './table.ts';
import { collect, prefixRange } from './table.ts';
import { joinText, splitText } from './table-limits.ts';

/** How many plans that are over are kept. */
const keptPlans = 50;

/**
 * Table `Plans`. Partition `plans`, row key the id: a plan in numbers. Partition the id, row key a running number: what it
 * would do, object by object.
 */
export class Plans {
  readonly #table: Table;

  constructor(tables: Tables) {
    this.#table = tables('Plans');
  }

  /** Newest first. */
  async list(): Promise<readonly PlanSummary[]> {
    const rows = await collect(this.#table.range({ partitionKey: 'plans', from: '0', to: 'g' }));
    return rows
      .map((row) => JSON.parse(String(row.values['plan'])) as PlanSummary)
      .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  }

  async load(id: string): Promise<PlanSummary | undefined> {
    const row = await this.#table.get('plans', id);
    return row === undefined ? undefined : (JSON.parse(String(row.values['plan'])) as PlanSummary);
  }

  async save(plan: PlanSummary): Promise<void> {
    await this.#table.write('plans', [{ kind: 'put', rowKey: plan.id, values: { plan: JSON.stringify(plan) } }]);
  }

  /** Numbered from `first`. A repeated call with the same items changes nothing. */
  async saveItems(id: string, first: number, items: readonly PlanItem[]): Promise<void> {
    await this.#table.write(
      id,
      items.map((item, n) => ({
        kind: 'put',
        rowKey: numberKey(first + n),
        values: splitText('i', JSON.stringify(item)),
      })),
    );
  }

  /** Page by page, in the order of the plan. */
  async *items(id: string, from = 0): AsyncIterable<readonly PlanItem[]> {
    for await (const page of this.#table.range({ partitionKey: id, from: numberKey(from), to: ':' })) {
      yield page.map((row) => JSON.parse(joinText('i', row.values)) as PlanItem);
    }
  }

  async page(id: string, from: number, limit: number): Promise<readonly PlanItem[]> {
    const rows = await collect(this.#table.range({ partitionKey: id, from: numberKey(from), to: ':', limit }));
    return rows.map((row) => JSON.parse(joinText('i', row.values)) as PlanItem);
  }

  /** Forgets the oldest plans that are over. */
  async prune(): Promise<void> {
    const over = (await this.list()).filter(({ state }) => !['tripped', 'approved', 'staged'].includes(state));
    for (const { id } of over.slice(keptPlans)) {
      const rows = await collect(this.#table.range({ ...prefixRange(id, '0'), to: ':', select: [] }));
      await this.#table.write(
        id,
        rows.map((row) => ({ kind: 'delete', rowKey: row.rowKey })),
      );
      await this.#table.deleteIfUnchanged('plans', id, '*');
    }
  }
}

function numberKey(n: number): string {
  return String(n).padStart(8, '0');
}
