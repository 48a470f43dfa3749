import type { FaultPhase } from './faults.ts';

/** A write on its way, as a listener sees it. */
export interface ObservedWrite {
  readonly method: string;
  /** Below the version: `/users/…`. */
  readonly url: string;
  readonly status: number;
  /** Milliseconds on the simulator's clock. */
  readonly at: number;
  /** Counts writes from 1, in the order of their arrival. */
  readonly ordinal: number;
  /** `before-commit`: a process that dies now loses the write. `after-commit`: it is durable, the answer not yet sent. */
  readonly phase: FaultPhase;
}

export type WriteListener = (write: ObservedWrite) => void;

/** What reached Graph so far. */
export interface Usage {
  /** HTTP requests; a `$batch` is one. */
  requests: number;
  /** POST, PATCH, PUT and DELETE, those of a batch one by one; read-only POSTs and `$batch` itself are none. */
  writes: number;
}
