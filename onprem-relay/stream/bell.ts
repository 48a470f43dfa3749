/**
 * Rings coalesce: however often it rang since the last wait, the next wait ends once. A ring while nobody waits is kept,
 * so a change that comes during a read leads to one more read.
 */
export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  readonly ring = (): void => {
    this.#rung = true;
    this.#wake?.();
  };

  /** A ring is kept for the next wait. */
  get hasRung(): boolean {
    return this.#rung;
  }

  /**
   * Ends with the next ring, or when `sleep` resolves, which only begins if it has not rung yet and is woken by the ring as by the
   * signal. True when it rang.
   */
  async wait(sleep: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<boolean> {
    const woken = new AbortController();
    if (!this.#rung)
      await Promise.race([
        sleep(AbortSignal.any([signal, woken.signal])),
        new Promise<void>((resolve) => {
          this.#wake = resolve;
        }),
      ]);
    woken.abort();
    this.#wake = undefined;
    const rung = this.#rung;
    this.#rung = false;
    return rung;
  }
}
