/** Groups what arrives while a batch is being worked on into the next one. */
export interface Batcher<T> {
  /** Resolves when the batch that took `item` has been worked on. */
  add(item: T): Promise<void>;
}

/** A batcher of at most `limit` items that works on one batch at a time, the first as soon as the current turn of the event loop is over. */
export function createBatcher<T>(limit: number, work: (items: readonly T[]) => Promise<void>): Batcher<T> {
  const waiting: { item: T; done: () => void }[] = [];
  let running = false;

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, limit);
      await work(batch.map(({ item }) => item));
      for (const { done } of batch) done();
    }
    running = false;
  }

  return {
    add: (item) =>
      new Promise((resolve) => {
        waiting.push({ item, done: resolve });
        if (running) return;
        running = true;
        setImmediate(() => void run());
      }),
  };
}
