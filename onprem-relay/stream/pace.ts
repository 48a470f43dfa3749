import { once } from 'node:events';
import type { LockstepError } from '../../shared/errors/lockstep-error.ts';
import type { DirectorySource } from '../directory/directory-source.ts';
import { Bell } from './bell.ts';
import type { RelayClock, RelayLog } from './ports.ts';

export interface PaceOptions {
  readonly connector: string;
  readonly source: DirectorySource;
  readonly clock: RelayClock;
  readonly log: RelayLog;
  /** Milliseconds between two reads when nothing rings. Default 30,000. */
  readonly safetyPollMs?: number;
}

/** The least milliseconds between two reads of a directory that cannot notify. */
const shortestPollMs = 1_000;
const defaultSafetyPollMs = 30_000;
/** The least and the most milliseconds that a domain controller is left alone after a read that is followed by another. */
const shortestRestMs = 10;
const longestRestMs = 1_000;
/** After so many reads in a row during which it rang again, or so many rings during one, a doorbell tells nothing that the next read would not. */
const busyReads = 2;
const busyRings = 5;
/** Milliseconds of rest without a change after which it is worth being told again. */
const quietRestMs = 500;

/**
 * When to read next, for one tenure: when the doorbell rings, and in case it does not, after a while.
 *
 * Being told costs the domain controller something for each change, reading something for each read. While changes come faster
 * than reads, the doorbell is taken down and reads follow one another; once it is quiet it is put up again, and rings once for
 * what it may have missed.
 */
export class Pace {
  readonly #options: PaceOptions;
  readonly #bell = new Bell();
  #pollMs: number;
  #lastFailed = false;
  #adaptive = false;
  /** Reads in a row during which it rang. */
  #busy = 0;
  /** Rings of the doorbell since the last read was due. */
  #rings = 0;
  /** While the doorbell is down: rest without a change, and what ends it. */
  #down: { restMs: number; readonly end: AbortController } | undefined;
  #takeDown = new AbortController();

  constructor(options: PaceOptions) {
    this.#options = options;
    this.#pollMs = this.#safetyPollMs;
  }

  /** Whoever wants a read to come soon. */
  readonly ring: () => void = this.#bell.ring;

  /** A read that waits for a domain controller which is busy with telling is helped at once. */
  readonly #rung = (): void => {
    this.#bell.ring();
    this.#rings += 1;
    if (this.#rings >= busyRings) this.#takeItDown();
  };

  get #safetyPollMs(): number {
    return this.#options.safetyPollMs ?? defaultSafetyPollMs;
  }

  /** Keeps the doorbell up, while it is worth it, until the signal is aborted. */
  async listen(signal: AbortSignal): Promise<void> {
    const { source, connector, clock, log } = this.#options;
    const problem = (error: LockstepError): void => {
      log.error(error, { part: 'doorbell' });
    };
    while (!signal.aborted) {
      const up = AbortSignal.any([signal, this.#takeDown.signal]);
      try {
        const outcome = await source.doorbell({ ring: this.#rung, problem }, up);
        if (outcome === 'unsupported') {
          this.#adaptive = true;
          log.info('doorbell.unsupported', { connector });
          return;
        }
      } catch (error) {
        if (!up.aborted) {
          log.error(error, { part: 'doorbell' });
          await clock.sleep(this.#safetyPollMs, up);
        }
      }
      if (this.#down !== undefined) await aborted(AbortSignal.any([signal, this.#down.end.signal]));
    }
  }

  /** A read succeeded, and has sent so many changes. */
  succeeded(changes: number): void {
    this.#lastFailed = false;
    if (this.#down !== undefined && changes > 0) this.#down.restMs = 0;
    if (!this.#adaptive) this.#pollMs = this.#safetyPollMs;
    else this.#pollMs = changes > 0 ? shortestPollMs : Math.min(this.#pollMs * 2, this.#safetyPollMs);
  }

  /** A read failed. */
  failed(retryInMs: number): void {
    this.#pollMs = retryInMs;
    this.#lastFailed = true;
  }

  /** Returns when the next read is due, or the signal is aborted. `readMs`: how long the last one took. */
  async next(readMs: number, signal: AbortSignal): Promise<void> {
    await this.#untilDue(readMs, signal);
    this.#rings = 0;
  }

  async #untilDue(readMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    // As long as the read took: while changes follow upon each other, the domain controller is ours for half of the time at most,
    // and one read takes along what came meanwhile.
    const restMs = Math.min(readMs, longestRestMs);
    if (this.#down === undefined) {
      if (restMs > 0) await clock.sleep(restMs, signal);
    } else if (this.#lastFailed) {
      await clock.sleep(this.#pollMs, signal);
      return;
    } else {
      // The longer nothing came, the longer the domain controller is left alone; by the time that it slept, not by the clock's,
      // which may jump.
      const rest = Math.max(restMs, shortestRestMs, this.#down.restMs);
      await clock.sleep(rest, signal);
      this.#down.restMs += rest;
      if (this.#down.restMs < quietRestMs) return;
      this.#putUp(this.#down);
    }
    this.#busy = this.#bell.hasRung ? this.#busy + 1 : 0;
    if (this.#busy >= busyReads) this.#takeItDown();
    await this.#bell.wait((either) => clock.sleep(this.#pollMs, either), signal);
  }

  #takeItDown(): void {
    const { log, connector, source } = this.#options;
    if (this.#down !== undefined || !source.doorbellCosts) return;
    this.#down = { restMs: 0, end: new AbortController() };
    this.#takeDown.abort();
    log.info('doorbell.down', { connector, why: 'changes come faster than reads' });
  }

  #putUp({ end }: { readonly end: AbortController }): void {
    this.#down = undefined;
    // A ring that is left from the time before, and the one for being put up, tell of no haste.
    this.#busy = -2;
    this.#takeDown = new AbortController();
    end.abort();
    this.#options.log.info('doorbell.up', { connector: this.#options.connector });
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
