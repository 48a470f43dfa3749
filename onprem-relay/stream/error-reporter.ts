import { isLockstepError } from '../../shared/errors/lockstep-error.ts';
import type { RelayLog } from './ports.ts';

/**
 * Logs failures that repeat without flooding: one that waits for somebody to repair something (not retryable) is logged once
 * until a read has succeeded or it changes; one that passes by itself is logged at every attempt, with its number.
 */
export class ErrorReporter {
  readonly #log: RelayLog;
  #standing = '';
  #attempts = 0;

  constructor(log: RelayLog) {
    this.#log = log;
  }

  /** Failures in a row since the last success. */
  get attempts(): number {
    return this.#attempts;
  }

  failed(error: unknown, retryInMs: number): void {
    this.#attempts++;
    const standing = isLockstepError(error) && !error.retryable ? `${error.code} ${error.message}` : '';
    if (standing !== '' && standing === this.#standing) return;
    this.#standing = standing;
    this.#log.error(error, { attempt: this.#attempts, retryInMs });
  }

  succeeded(): void {
    this.#standing = '';
    this.#attempts = 0;
  }
}

/** Bounded exponential backoff in milliseconds: 1 s, 2 s, 4 s … 60 s. `attempts`: failures so far, from 0. */
export function backoffMs(attempts: number): number {
  return Math.min(1_000 * 2 ** Math.min(attempts, 6), 60_000);
}
