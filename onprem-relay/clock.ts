import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { RelayClock } from './stream/ports.ts';

/** Real time and random ids. */
export const systemClock: RelayClock = {
  now: () => new Date(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal }).catch(() => undefined);
  },
  newId: randomUUID,
};
