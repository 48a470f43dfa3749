import { catalogue, type ErrorCode } from './catalogue.ts';

/** What may accompany an error: the object it concerns, a shorter remedy for this very case, what caused it. */
export interface LockstepErrorOptions {
  /** The directory object, domain, file or setting that the error is about, as an operator would name it. */
  readonly object?: string;
  /** Replaces the catalogue's remedy where the case allows a more exact one. */
  readonly remedy?: string;
  /** True when the same call may succeed later without anybody's doing. Default: false. */
  readonly retryable?: boolean;
  /** Milliseconds that the other side asked us to wait before a retry. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/**
 * Every failure that an operator can see. `message` says what happened and why, `remedy` what to do;
 * `code` is stable and documented in docs/Reference/errors.md. Messages never carry secrets.
 */
export class LockstepError extends Error {
  readonly code: ErrorCode;
  readonly object: string | undefined;
  readonly remedy: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: LockstepErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'LockstepError';
    this.code = code;
    this.object = options.object;
    this.remedy = options.remedy ?? catalogue[code].remedy;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Recognises a LockstepError also across bundles, where `instanceof` fails. */
export function isLockstepError(error: unknown): error is LockstepError {
  return error instanceof Error && error.name === 'LockstepError' && 'code' in error;
}
