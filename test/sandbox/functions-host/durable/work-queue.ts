/** Runs work by key: one piece of a key at a time, at most `limit` at once, in the order in which keys were added. */
export interface WorkQueue<K> {
  /** Asks for a run of `key`. While it runs already, it runs once more afterwards. */
  add(key: K): void;
  /** True when nothing runs or waits. */
  readonly empty: boolean;
  /** Starts nothing more; resolves when what runs has finished. */
  stop(): Promise<void>;
}

/**
 * A work queue over `run`, which must not throw. Work starts after the current tick, so that what arrives together is taken together.
 */
export function createWorkQueue<K>(limit: number, run: (key: K) => Promise<void>, changed: () => void): WorkQueue<K> {
  const waiting = new Set<K>();
  const running = new Map<K, Promise<void>>();
  const again = new Set<K>();
  let stopped = false;
  let pumping = false;

  function pump(): void {
    pumping = false;
    for (const key of waiting) {
      if (stopped || running.size >= limit) return;
      waiting.delete(key);
      running.set(key, work(key));
    }
  }

  function schedule(): void {
    if (pumping || stopped) return;
    pumping = true;
    setImmediate(pump);
  }

  async function work(key: K): Promise<void> {
    await run(key);
    running.delete(key);
    if (again.delete(key)) waiting.add(key);
    schedule();
    changed();
  }

  return {
    add(key) {
      if (running.has(key)) again.add(key);
      else waiting.add(key);
      schedule();
    },
    get empty() {
      return waiting.size === 0 && running.size === 0;
    },
    async stop() {
      stopped = true;
      while (running.size > 0) await Promise.all(running.values());
    },
  };
}
