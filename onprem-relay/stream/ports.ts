import type { ChangeBatchEnvelope } from '../../shared/contracts/change-batch.ts';
import type { RelayCheckpoint } from '../../shared/contracts/relay-lease.ts';
import type { RelayCommand } from '../../shared/contracts/relay-command.ts';

/** Leadership of one connector, held until it is released or lost. */
export interface HeldLease {
  /** What the last leader left; `null` when there never was one. */
  readonly checkpoint: RelayCheckpoint | null;
  /** Durable once it resolves. Rejects when the lease is no longer ours. */
  save(checkpoint: RelayCheckpoint): Promise<void>;
  /** Aborted when another relay may have become leader. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** All methods throw LockstepError LS2001 when Service Bus is out of reach. */
export interface LeaderLease {
  /** Waits until this relay leads; rejects when the signal is aborted. */
  acquire(connector: string, signal: AbortSignal): Promise<HeldLease>;
}

export interface BatchSender {
  /**
   * Resolves once Service Bus has accepted the message. After a rejection it is not known whether it did.
   * `subject` is the content's type, for those who look at the queue.
   */
  send(envelope: ChangeBatchEnvelope, subject: string, signal: AbortSignal): Promise<void>;
}

export interface Commands {
  /**
   * Gives the cloud's commands to `handle` until the signal is aborted. A command is settled when `handle` has resolved
   * and delivered again when it has rejected.
   */
  listen(connector: string, handle: (command: RelayCommand) => Promise<void>, signal: AbortSignal): Promise<void>;
}

/** Where the relay writes what it does: a stable event name, then its fields. Never a secret. */
export interface RelayLog {
  info(event: string, fields: Readonly<Record<string, unknown>>): void;
  error(error: unknown, fields?: Readonly<Record<string, unknown>>): void;
}

/** Time and ids, given so that tests decide them. */
export interface RelayClock {
  readonly now: () => Date;
  /** Returns early, without an error, when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly newId: () => string;
}
