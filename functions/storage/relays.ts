import type { RelayHeartbeat } from '../../shared/contracts/relay-heartbeat.ts';
import { inParallel } from './buckets.ts';
import type { Row, Table, Tables } from './table.ts';
import { collect } from './table.ts';

const partition = 'relays';
/** A relay that was heard so long ago is gone for good. */
const forgetAfterMs = 30 * 24 * 3_600_000;
/** An earlier run of a relay on the same machine is of no interest any more. */
const replaceAfterMs = 3_600_000;

/** Table `Relays`: the last heartbeat of each run of a relay. One partition; row key the GUID of the run. */
export class Relays {
  readonly #table: Table;

  constructor(tables: Tables) {
    this.#table = tables('Relays');
  }

  /** Keeps the heartbeat unless a later one of the same run is known: the queue does not keep their order. */
  async save(heartbeat: RelayHeartbeat): Promise<void> {
    const before = await this.#table.get(partition, heartbeat.instance);
    if (before !== undefined && String(before.values['sentAt']) > heartbeat.sentAt) return;
    const { sentAt, machine } = heartbeat;
    const values = { sentAt, machine, heartbeat: JSON.stringify(heartbeat) };
    await this.#table.write(partition, [{ kind: 'put', rowKey: heartbeat.instance, values }]);
    if (before === undefined) await this.#forgetOld(heartbeat);
  }

  /** Of each run, the one heard last first. */
  async all(): Promise<readonly RelayHeartbeat[]> {
    const heartbeats = (await this.#rows()).map(toHeartbeat);
    return heartbeats.sort((a, b) => (a.sentAt < b.sentAt ? 1 : -1));
  }

  #rows(): Promise<Row[]> {
    return collect(this.#table.range({ partitionKey: partition, from: '0', to: 'g' }));
  }

  async #forgetOld({ instance, machine, sentAt }: RelayHeartbeat): Promise<void> {
    const isOld = ({ rowKey, values }: Row): boolean => {
      const age = Date.parse(sentAt) - Date.parse(String(values['sentAt']));
      return rowKey !== instance && age > (values['machine'] === machine ? replaceAfterMs : forgetAfterMs);
    };
    const old = (await this.#rows()).filter(isOld);
    await inParallel(old, 8, (row) => this.#table.deleteIfUnchanged(partition, row.rowKey, row.etag ?? '*'));
  }
}

function toHeartbeat({ values }: Row): RelayHeartbeat {
  return JSON.parse(String(values['heartbeat'])) as RelayHeartbeat;
}
