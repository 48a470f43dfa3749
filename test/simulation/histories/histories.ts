import { describe, expect, it } from 'vitest';
import { playHistory } from './history.ts';

/** Seeds of all files together. LOCKSTEP_SEEDS says how many; LOCKSTEP_SEED plays one again. */
const count = Number(process.env['LOCKSTEP_SEEDS'] ?? 1000);
const one = process.env['LOCKSTEP_SEED'];
const perTest = 50;

/** Plays the part of the seeds that belongs to one file: files run side by side. */
export function playHistories(part: number, parts: number): void {
  const seeds =
    one === undefined
      ? Array.from({ length: count }, (_, n) => n + 1).filter((seed) => seed % parts === part)
      : part === 0
        ? [Number(one)]
        : [];
  describe.skipIf(seeds.length === 0)('a history of changes, faults and interference', () => {
    for (let from = 0; from < seeds.length; from += perTest) {
      const some = seeds.slice(from, from + perTest);
      it(`ends in step, within the budget and without a duplicate: seeds ${some[0] ?? ''} to ${some.at(-1) ?? ''}`, async () => {
        for (const seed of some) {
          const wrong = await playHistory(seed);
          expect(wrong, `seed ${seed}; LOCKSTEP_SEED=${seed} plays it again`).toEqual([]);
        }
      });
    }
  });
}
