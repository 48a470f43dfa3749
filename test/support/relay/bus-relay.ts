import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connectBus, type Bus } from '../../../onprem-relay/bus/bus.ts';
import { LdifSource } from '../../../onprem-relay/directory/ldif/ldif-source.ts';
import { runLeaderLoop } from '../../../onprem-relay/stream/leader-loop.ts';
import type { RelayClock } from '../../../onprem-relay/stream/ports.ts';
import { MemoryLog, type LogLine } from './memory-bus.ts';

/** Real time in which every wait is twenty times shorter, so that a standby asks ten times a second instead of twice in four. */
export const hurriedClock: RelayClock = {
  now: () => new Date(),
  sleep: async (ms, signal) => {
    await delay(ms / 20, undefined, { signal }).catch(() => undefined);
  },
  newId: randomUUID,
};

/** Keeps what was logged and tells when it is. */
class WatchedLog extends MemoryLog {
  readonly #waiting: (() => void)[] = [];

  override info(event: string, fields: Readonly<Record<string, unknown>>): void {
    super.info(event, fields);
    for (const check of [...this.#waiting]) check();
  }

  override error(error: unknown, fields?: Readonly<Record<string, unknown>>): void {
    super.error(error, fields);
    for (const check of [...this.#waiting]) check();
  }

  /** The line of that event, the nth one, as soon as it is there. */
  async when(event: string, nth = 1): Promise<LogLine> {
    return new Promise((resolve) => {
      const check = (): void => {
        const line = this.of(event)[nth - 1];
        if (line !== undefined) resolve(line);
      };
      this.#waiting.push(check);
      check();
    });
  }
}

/** A whole relay in this process: the file, the loop and the real Service Bus client. */
export class BusRelay {
  readonly log: WatchedLog = new WatchedLog();
  readonly #bus: Bus;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(connectionString: string, file: string, clock: RelayClock = hurriedClock) {
    const { log } = this;
    const onStandby = (connector: string): void => {
      log.info('lease.standby', { connector });
    };
    this.#bus = connectBus({ connectionString }, { clock, onStandby });
    this.#running = this.#run(file, clock);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#bus.close();
  }

  async #run(file: string, clock: RelayClock): Promise<void> {
    const sleep: RelayClock['sleep'] = (ms, signal) => hurriedClock.sleep(ms, signal);
    const source = new LdifSource({ path: file, sleep, quietMs: 5 });
    const { domain, connector } = await source.describe();
    const { leases, sender, commands } = this.#bus;
    await runLeaderLoop(
      { connector, domain, source, leases, sender, commands, clock, log: this.log },
      this.#stop.signal,
    );
  }
}
