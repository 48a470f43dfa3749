/** Counts work that is under way and tells when there is none. */
export interface Gauge {
  /** Runs `work` as one counted piece. */
  during<T>(work: () => Promise<T>): Promise<T>;
  readonly busy: boolean;
  /** Resolves as soon as nothing is under way and every `quiet` check given at the start holds. */
  idle(): Promise<void>;
  /** Look again: something outside, that a `quiet` check looks at, has changed. */
  poke(): void;
}

/** A gauge. `quiet` says whether other work is waiting, e.g. in a queue that has not started it yet. */
export function createGauge(quiet: () => boolean = () => true): Gauge {
  let running = 0;
  let waiting: (() => void)[] = [];
  const settled = (): boolean => running === 0 && quiet();
  const poke = (): void => {
    if (!settled()) return;
    const wake = waiting;
    waiting = [];
    for (const resolve of wake) resolve();
  };
  return {
    async during(work) {
      running += 1;
      try {
        return await work();
      } finally {
        running -= 1;
        // One turn later: what this work set going (a message, a response) is counted by then.
        setImmediate(poke);
      }
    },
    get busy() {
      return !settled();
    },
    async idle() {
      while (!settled()) {
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    poke,
  };
}
