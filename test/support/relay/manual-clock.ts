import type { RelayClock } from '../../../onprem-relay/stream/ports.ts';

interface Sleep {
  readonly ms: number;
  readonly end: () => void;
}

/** A clock that stands still: sleeps end when the test says so, or their signal is aborted. */
export class ManualClock implements RelayClock {
  readonly sleeps: Set<Sleep> = new Set<Sleep>();
  #ids = 0;
  #waiters: ((ms: number) => void)[] = [];

  time: Date = new Date('2026-03-01T12:00:00.000Z');

  now(): Date {
    return this.time;
  }

  newId(): string {
    return `id-${++this.#ids}`;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const sleep: Sleep = {
        ms,
        end: () => {
          this.sleeps.delete(sleep);
          resolve();
        },
      };
      this.sleeps.add(sleep);
      signal.addEventListener('abort', sleep.end, { once: true });
      for (const waiter of this.#waiters.splice(0)) waiter(ms);
    });
  }

  /** Resolves with the length of the next sleep that begins. Ask before doing what leads to it. */
  nextSleep(): Promise<number> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Ends every sleep. */
  elapse(): void {
    for (const sleep of [...this.sleeps]) sleep.end();
  }
}
