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

  /** Ends with the next ring, or when `timeout` resolves, which only begins if it has not rung yet. True when it rang. */
  async wait(timeout: () => Promise<void>): Promise<boolean> {
    if (!this.#rung)
      await Promise.race([
        timeout(),
        new Promise<void>((resolve) => {
          this.#wake = resolve;
        }),
      ]);
    this.#wake = undefined;
    const rung = this.#rung;
    this.#rung = false;
    return rung;
  }
}
