/** The window of Graph's write quota (Graph throttling limits, "Identity and access": 3,000 writes in 2 min 30 s). */
const windowMs = 150_000;
/** A refusal says that others use the quota, too: so much of the rate is left to them, and comes back as writes pass. */
const backOff = 0.9;
const recovery = 1.001;
const slowest = 0.05;
const rounding = 0.05;

export interface PaceOptions {
  /** Writes in 150 seconds that this application may send. `Infinity`: as fast as the answers come. */
  readonly quota: number;
  /** Milliseconds, never going back. */
  readonly now: () => number;
}

/**
 * Keeps the write quota full and does not break it. Graph meters with a bucket that fills evenly; a refused request takes
 * from it as well, so that running into the limit again and again costs more than keeping just below it. What the bucket
 * holds is known from what was sent, and learnt anew from each refusal.
 */
export class WritePace {
  readonly #quota: number;
  readonly #now: () => number;
  #tokens: number;
  #at: number;
  /** Share of the quota that is used: below 1 while other applications use the tenant's, too. */
  #share = 1;

  constructor({ quota, now }: PaceOptions) {
    this.#quota = quota;
    this.#now = now;
    this.#tokens = quota;
    this.#at = now();
  }

  /** Milliseconds until so many writes fit into the quota. */
  waitFor(writes: number): number {
    if (this.#quota === Infinity) return 0;
    this.#refill();
    // No more than the bucket ever holds, or the wait would never end.
    const missing = Math.min(writes, this.#quota) - this.#tokens;
    return missing <= 0 ? 0 : Math.ceil((missing * windowMs) / (this.#quota * this.#share));
  }

  /** So many writes are sent now, and count whatever becomes of them. */
  take(writes: number): void {
    this.#refill();
    this.#tokens -= writes;
  }

  /** Graph has taken writes. */
  passed(writes: number): void {
    this.#share = Math.min(1, this.#share * recovery ** writes);
  }

  /** Graph has refused writes: its bucket is empty, whatever we thought. */
  refused(): void {
    this.#refill();
    this.#tokens = Math.min(this.#tokens, 0);
    this.#share = Math.max(slowest, this.#share * backOff);
  }

  /**
   * Graph says how full its bucket is (`x-ms-throttle-limit-percentage`, from 0.8 on): others may have used it.
   * `usage`: 1 is the limit. It is rounded to a tenth, so what it says is given half of one.
   */
  told(usage: number): void {
    if (this.#quota === Infinity) return;
    this.#refill();
    this.#tokens = Math.min(this.#tokens, Math.max(0, Math.round(this.#quota * (1 - usage + rounding))));
  }

  #refill(): void {
    const now = this.#now();
    const rate = (this.#quota * this.#share) / windowMs;
    if (this.#quota !== Infinity) this.#tokens = Math.min(this.#quota, this.#tokens + (now - this.#at) * rate);
    this.#at = now;
  }
}
