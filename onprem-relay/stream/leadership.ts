import type { RelayCheckpoint } from '../../shared/contracts/relay-lease.ts';
import type { DomainFacts, StreamPosition } from '../../shared/contracts/change-batch.ts';
import { GuidSet } from '../../shared/directory/guid-set.ts';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import type { DirectoryPage, DirectorySource } from '../directory/directory-source.ts';
import { BatchStream } from './batch-stream.ts';
import type { BatchSender, HeldLease, RelayClock, RelayLog } from './ports.ts';

export interface LeadershipOptions {
  readonly connector: string;
  readonly domain: DomainFacts;
  readonly source: DirectorySource;
  readonly sender: BatchSender;
  readonly clock: RelayClock;
  readonly log: RelayLog;
}

/** Objects of a full read between two lines of progress in the log. */
const progressEvery = 5_000;

/**
 * One tenure as leader: reads the directory and sends what it reads, and moves the checkpoint only over what Service Bus has
 * accepted. A read may fail and be tried again within the tenure; a send may not (see SendFailure).
 */
export class Leadership {
  readonly #options: LeadershipOptions;
  readonly #lease: HeldLease;
  readonly #signal: AbortSignal;
  readonly #stream: BatchStream;
  #checkpoint: RelayCheckpoint;
  #reportedInStep = false;

  private constructor(options: LeadershipOptions, lease: HeldLease, checkpoint: RelayCheckpoint, signal: AbortSignal) {
    this.#options = options;
    this.#lease = lease;
    this.#checkpoint = checkpoint;
    this.#signal = signal;
    const { connector, sender, clock } = options;
    const { epoch, position: covered } = checkpoint;
    this.#stream = new BatchStream({ connector, epoch, covered, sender, clock, signal });
  }

  /**
   * Takes the next epoch. It is saved before anything is sent under it: a leader that comes after us takes a higher one,
   * whatever became of us.
   */
  static async begin(options: LeadershipOptions, lease: HeldLease, signal: AbortSignal): Promise<Leadership> {
    const last = lease.checkpoint;
    const checkpoint: RelayCheckpoint = {
      version: 1,
      epoch: (last?.epoch ?? 0) + 1,
      position: last?.position ?? { epoch: 1, sequence: 0 },
      generation: last?.generation ?? 0,
      cookie: last?.cookie ?? null,
      fullReadRequired: last?.fullReadRequired ?? true,
    };
    await lease.save(checkpoint);
    return new Leadership(options, lease, checkpoint, signal);
  }

  get epoch(): number {
    return this.#checkpoint.epoch;
  }

  get position(): StreamPosition {
    return this.#stream.position;
  }

  /** Durably: whatever happens now, a full read comes next. */
  async requireFullRead(): Promise<void> {
    if (!this.#checkpoint.fullReadRequired) await this.#save({ ...this.#checkpoint, fullReadRequired: true });
  }

  /**
   * Reads once from where the checkpoint is: what changed, or everything when that is required or the cookie leads nowhere.
   * Gives how many changes were sent.
   *
   * @throws LockstepError LS11xx, LS12xx from the directory; SendFailure.
   */
  async readOnce(): Promise<number> {
    const { cookie, fullReadRequired } = this.#checkpoint;
    if (cookie === null || fullReadRequired) return this.#fullRead();
    const pages = await this.#options.source.changesSince(cookie, this.#signal);
    return pages === 'full-read-required' ? this.#fullRead() : this.#delta(cookie, pages);
  }

  async #delta(before: string, pages: AsyncIterable<DirectoryPage>): Promise<number> {
    const { clock, log } = this.#options;
    const correlationId = clock.newId();
    const batcher = this.#stream.newBatcher();
    const objects = new GuidSet();
    let changes = 0;
    let cookie: string | undefined;
    for await (const page of pages) {
      for (const change of page.changes) objects.add(change.objectGuid);
      changes += page.changes.length;
      for (const full of batcher.add(page.changes)) await this.#stream.sendChanges(full, { correlationId });
      cookie = page.cookie;
    }
    await this.#stream.sendChanges(batcher.rest(), { correlationId });
    if (cookie === undefined) throw readEndedEarly();
    const { position } = this.#stream;
    if (changes > 0 || cookie !== before) await this.#save({ ...this.#checkpoint, position, cookie });
    if (changes > 0) log.info('delta.sent', { correlationId, changes, objects: objects.size, position });
    if (changes > 0 || !this.#reportedInStep) this.#inStep(objects.size);
    return changes;
  }

  async #fullRead(): Promise<number> {
    const { clock, log, source, domain } = this.#options;
    const correlationId = clock.newId();
    const generation = this.#checkpoint.generation + 1;
    const pages = source.fullRead(this.#signal, this.#checkpoint.cookie ?? undefined);
    const objects = new GuidSet();
    const batcher = this.#stream.newBatcher();
    let answered = false;
    let begun = false;
    let progress = progressEvery;
    let cookie: string | undefined;
    for await (const page of pages) {
      if (!answered) {
        // Before anything is sent: no two full reads ever share a generation, and a crash from here on leads to another full read.
        await this.#save({ ...this.#checkpoint, generation, fullReadRequired: true });
        log.info('full-read.begin', { correlationId, generation });
        answered = true;
      }
      // The marker waits for the first object: a directory that cannot be read, or shows nothing, has not begun to be read.
      if (!begun && page.changes.length > 0) {
        await this.#stream.sendMarker({ type: 'full-read-begin', generation, domain }, correlationId);
        begun = true;
      }
      for (const change of page.changes) objects.add(change.objectGuid);
      for (const full of batcher.add(page.changes)) await this.#stream.sendChanges(full, { correlationId, generation });
      if (objects.size >= progress) {
        log.info('full-read.progress', { correlationId, generation, objects: objects.size });
        progress += progressEvery;
      }
      cookie = page.cookie;
    }
    if (cookie === undefined) throw readEndedEarly();
    if (objects.size === 0)
      throw new LockstepError('LS1107', 'The directory shows no object that could be synchronised.', {
        object: domain.namingContext,
      });
    await this.#stream.sendChanges(batcher.rest(), { correlationId, generation });
    await this.#stream.sendMarker({ type: 'full-read-end', generation, objects: objects.size }, correlationId);
    await this.#save({ ...this.#checkpoint, position: this.#stream.position, cookie, fullReadRequired: false });
    log.info('full-read.end', { correlationId, generation, objects: objects.size });
    this.#inStep(objects.size);
    return objects.size;
  }

  #inStep(objects: number): void {
    this.#reportedInStep = true;
    this.#options.log.info('in-step', { connector: this.#options.connector, position: this.#stream.position, objects });
  }

  async #save(checkpoint: RelayCheckpoint): Promise<void> {
    this.#signal.throwIfAborted();
    await this.#lease.save(checkpoint);
    this.#checkpoint = checkpoint;
  }
}

function readEndedEarly(): LockstepError {
  return new LockstepError('LS1106', 'A read of the directory ended without saying from where to go on.', {
    retryable: true,
  });
}
