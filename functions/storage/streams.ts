import type { DomainFacts, StreamPosition } from '../../shared/contracts/change-batch.ts';
import type { Table, Tables } from './table.ts';
import { collect } from './table.ts';

/** How far a connector's change stream was applied. */
export interface StreamState {
  readonly position: StreamPosition;
  /**
   * Everything up to here was applied and marked. Behind {@link position} while a full read is open or the stream is broken;
   * `null` before the first full read has ended.
   */
  readonly settled: StreamPosition | null;
  /** Of the full read that is open, or the last one. */
  readonly generation: number;
  readonly fullReadOpen: boolean;
  /** The full read that began on an empty connector space: its objects cannot have been there before. */
  readonly freshGeneration: number | null;
  /** True after a gap: nothing is applied until a full read begins. */
  readonly broken: boolean;
  readonly domain: DomainFacts;
}

/** Table `Streams`. One partition; row key the connector. */
export class Streams {
  readonly #table: Table;

  constructor(tables: Tables) {
    this.#table = tables('Streams');
  }

  /** Forgets everything. */
  clear(): Promise<void> {
    return this.#table.clear();
  }

  async load(connector: string): Promise<StreamState | undefined> {
    const row = await this.#table.get('streams', connector);
    return row === undefined ? undefined : (JSON.parse(String(row.values['state'])) as StreamState);
  }

  async save(connector: string, state: StreamState): Promise<void> {
    await this.#table.write('streams', [{ kind: 'put', rowKey: connector, values: { state: JSON.stringify(state) } }]);
  }

  async all(): Promise<readonly { readonly connector: string; readonly state: StreamState }[]> {
    const rows = await collect(this.#table.range({ partitionKey: 'streams', from: '!', to: '~' }));
    return rows.map((row) => ({
      connector: row.rowKey,
      state: JSON.parse(String(row.values['state'])) as StreamState,
    }));
  }
}
