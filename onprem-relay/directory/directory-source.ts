import type { DomainFacts } from '../../shared/contracts/change-batch.ts';
import type { DirectoryChange } from '../../shared/directory/change.ts';
import type { LockstepError } from '../../shared/errors/lockstep-error.ts';

/** Some facts in the order in which the directory gave them. */
export interface DirectoryPage {
  readonly changes: readonly DirectoryChange[];
  /**
   * Base64. Set on the last page of a read and only there: the place from which the next read goes on. What came before
   * it counts for nothing until it has come, because a read that breaks off has covered nothing.
   */
  readonly cookie?: string | undefined;
}

/** What a source tells about the domain it reads. */
export interface DirectoryDescription {
  readonly domain: DomainFacts;
  /** The connector's name unless a setting gives another: the domain's DNS name. */
  readonly connector: string;
  /** How to name the source to an operator: server and base DN, or the path of the file. */
  readonly label: string;
}

/** Who listens to the doorbell. */
export interface DoorbellListener {
  /** Something may have changed. Rings may be too many, never too few. */
  readonly ring: () => void;
  /** The doorbell is out of order for the moment and repairs itself; it rings once it works again. */
  readonly problem: (error: LockstepError) => void;
}

/** A directory as a log of changes: what the relay streams. All methods throw LockstepError (LS11xx, LS12xx). */
export interface DirectorySource {
  describe(signal: AbortSignal): Promise<DirectoryDescription>;
  /**
   * Every synchronisable object, whole. `last`: cookie of the read before, if there was one. A source that reads fewer objects
   * than that read did, because its settings say so, throws LS1113 before the first page until somebody has accepted it.
   */
  fullRead(signal: AbortSignal, last?: string): AsyncIterable<DirectoryPage>;
  /** What changed since the cookie; `full-read-required` when the cookie no longer leads anywhere. */
  changesSince(cookie: string, signal: AbortSignal): Promise<AsyncIterable<DirectoryPage> | 'full-read-required'>;
  /**
   * Rings until the signal is aborted, and once when it begins to listen, for what happened before is not told. `unsupported`: this
   * directory cannot notify, so it must be polled.
   */
  doorbell(listener: DoorbellListener, signal: AbortSignal): Promise<'closed' | 'unsupported'>;
  /** Each change costs the directory something for as long as it is listened to, so that it is better not to while changes come fast. */
  readonly doorbellCosts: boolean;
  close(): Promise<void>;
}
