import type { RelayHeartbeat } from '../../shared/contracts/relay-heartbeat.ts';
import { inParallel } from './buckets.ts';
import type { Row, Table, Tables } from './table.ts';
import { collect } from './table.ts';

const partition = 'relays';
/** A relay that was heard so long ago is gone for good. */
const forgetAfterMs = 30 * 24 * 3_600_000;
/** An earlier run of a relay on the same machine is of no interest any more. */
const replaceAfterMs = 3_600_000;

/** What a run of a relay said last, and when it was heard. */
export interface HeardRelay {
  readonly heartbeat: RelayHeartbeat;
  /** ISO 8601, by the clock of the cloud: that of a relay may be wrong. */
  readonly heardAt: string;
}

/** Table `Relays`: the last heartbeat of each run of a relay. One partition; row key the GUID of the run. */
export class Relays {
  readonly #table: Table;

  constructor(tables: Tables) {
    this.#table = tables('Relays');
  }

  /** Keeps the heartbeat unless a later one of the same run is known. */
  async save(heartbeat: RelayHeartbeat, heardAt: Date): Promise<void> {
    const { instance, machine, sequence } = heartbeat;
    const before = await this.#table.get(partition, instance);
    if (before !== undefined && Number(before.values['sequence']) > sequence) return;
    const values = { machine, sequence, heardAt: heardAt.toISOString(), heartbeat: JSON.stringify(heartbeat) };
    await this.#table.write(partition, [{ kind: 'put', rowKey: instance, values }]);
    if (before === undefined) await this.#forgetOld(heartbeat, heardAt);
  }

  /** Of each run, the one heard last first. */
  async all(): Promise<readonly HeardRelay[]> {
    const heard = (await this.#rows()).map(toHeard);
    return heard.sort((a, b) => (a.heardAt < b.heardAt ? 1 : -1));
  }

  #rows(): Promise<Row[]> {
    return collect(this.#table.range({ partitionKey: partition, from: '0', to: 'g' }));
  }

  async #forgetOld({ instance, machine }: RelayHeartbeat, now: Date): Promise<void> {
    const isOld = ({ rowKey, values }: Row): boolean => {
      const age = now.getTime() - Date.parse(String(values['heardAt']));
      return rowKey !== instance && age > (values['machine'] === machine ? replaceAfterMs : forgetAfterMs);
    };
    const old = (await this.#rows()).filter(isOld);
    await inParallel(old, 8, (row) => this.#table.deleteIfUnchanged(partition, row.rowKey, row.etag ?? '*'));
  }
}

function toHeard({ values }: Row): HeardRelay {
  return {
    heartbeat: JSON.parse(String(values['heartbeat'])) as RelayHeartbeat,
    heardAt: String(values['heardAt']),
  };
}
