import { isHarmful, ledgerKey, type Effect, type EffectKind } from '../../shared/safety/effects.ts';
import { inParallel } from './buckets.ts';
import type { Table, Tables } from './table.ts';
import { collect, prefixRange } from './table.ts';

/**
 * Table `Ledger`: the effects that writes had, for the change budget. Partition the connector. Harmful effects have a row
 * each, `<kind>|<guid>` or `member-removal|<group>|<member>`, so that a write that is tried again counts once; creations and
 * changes have a row an hour, `<kind>|<hour>`, that may count one twice where a process died.
 */
export class Ledger {
  readonly #table: Table;

  constructor(tables: Tables) {
    this.#table = tables('Ledger');
  }

  /** Keys (see `ledgerKey`) of the harmful effects of the kind since then. Older ones are forgotten. */
  async keys(connector: string, kind: EffectKind, since: Date): Promise<ReadonlySet<string>> {
    const rows = await collect(this.#table.range(prefixRange(connector, `${kind}|`)));
    const first = since.toISOString();
    const old = rows.filter((row) => String(row.values['at']) < first);
    await inParallel(old, 8, (row) => this.#table.deleteIfUnchanged(connector, row.rowKey, row.etag ?? '*'));
    return new Set(rows.filter((row) => String(row.values['at']) >= first).map((row) => row.rowKey));
  }

  /** How many creations or changes there were since then, to the hour. */
  async number(connector: string, kind: EffectKind, since: Date): Promise<number> {
    const rows = await collect(this.#table.range(prefixRange(connector, `${kind}|`)));
    const first = `${kind}|${hourOf(since)}`;
    const old = rows.filter((row) => row.rowKey < first);
    await inParallel(old, 8, (row) => this.#table.deleteIfUnchanged(connector, row.rowKey, row.etag ?? '*'));
    return rows.filter((row) => row.rowKey >= first).reduce((sum, row) => sum + Number(row.values['count']), 0);
  }

  /** Before the write, so that one whose answer is lost is counted. The export lane is the only one that calls this. */
  async charge(connector: string, effects: readonly Effect[], at: Date): Promise<void> {
    const harmful = new Set(effects.filter(({ kind }) => isHarmful(kind)).map(ledgerKey));
    await this.#table.write(
      connector,
      [...harmful].map((rowKey) => ({ kind: 'put', rowKey, values: { at: at.toISOString() } })),
    );
    for (const kind of ['create', 'update'] as const) {
      const more = effects.filter((effect) => effect.kind === kind).length;
      if (more === 0) continue;
      const rowKey = `${kind}|${hourOf(at)}`;
      const row = await this.#table.get(connector, rowKey);
      const count = Number(row?.values['count'] ?? 0) + more;
      await this.#table.write(connector, [{ kind: 'put', rowKey, values: { count } }]);
    }
  }
}

function hourOf(time: Date): string {
  return time.toISOString().slice(0, 13);
}
