import { type BatchContent, type ChangeBatch, type StreamPosition } from '../../shared/contracts/change-batch.ts';
import type { DirectoryChange } from '../../shared/directory/change.ts';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import { Batcher, halve } from './batching.ts';
import { envelopeOf, fits, packContent } from './envelope.ts';
import type { BatchSender, RelayClock } from './ports.ts';

/** A send failed: whether Service Bus has the message is unknown, so this epoch can send no other under its number. */
export class SendFailure extends Error {
  constructor(cause: unknown) {
    super('A batch could not be sent.', { cause });
    this.name = 'SendFailure';
  }
}

export interface BatchStreamOptions {
  readonly connector: string;
  readonly epoch: number;
  /** The position that the checkpoint covers: what the first batch follows. */
  readonly covered: StreamPosition;
  readonly sender: BatchSender;
  readonly clock: RelayClock;
  /** Aborted when the lease is lost or the relay stops: nothing is sent from then on. */
  readonly signal: AbortSignal;
}

/** One leader's part of a connector's change stream: numbers batches, links each to the one before, sends in order. */
export class BatchStream {
  readonly #options: BatchStreamOptions;
  #last: StreamPosition;
  #sequence = 0;
  #tokens = 0;

  constructor(options: BatchStreamOptions) {
    this.#options = options;
    this.#last = options.covered;
  }

  /** The position of the last message that Service Bus accepted; before the first one, what the checkpoint covers. */
  get position(): StreamPosition {
    return this.#last;
  }

  /** A batcher whose link-set tokens are unique in the connector: no other leader has this epoch. */
  newBatcher(): Batcher {
    return new Batcher(() => `${this.#options.epoch}:${++this.#tokens}`);
  }

  /** Sends changes as one message, or as several when they do not fit one. */
  async sendChanges(
    changes: readonly DirectoryChange[],
    read: { readonly correlationId: string; readonly generation?: number | undefined },
  ): Promise<void> {
    if (changes.length === 0) return;
    const content: BatchContent = { type: 'changes', generation: read.generation, changes };
    const packed = packContent(content);
    if (fits(packed)) {
      await this.#sendPacked(content.type, packed, read.correlationId);
      return;
    }
    const halves = halve(changes);
    if (halves === undefined)
      throw new LockstepError('LS1106', 'The values of one object are too large for a message.', {
        object: changes[0]?.objectGuid ?? '',
      });
    for (const half of halves) await this.sendChanges(half, read);
  }

  /** Sends a full read's begin or end marker. */
  async sendMarker(content: Exclude<BatchContent, { type: 'changes' }>, correlationId: string): Promise<void> {
    await this.#sendPacked(content.type, packContent(content), correlationId);
  }

  async #sendPacked(type: BatchContent['type'], packed: string, correlationId: string): Promise<void> {
    const { connector, epoch, sender, clock, signal } = this.#options;
    signal.throwIfAborted();
    const position = { epoch, sequence: ++this.#sequence };
    const batch: Omit<ChangeBatch, 'content'> = {
      version: 1,
      connector,
      position,
      follows: type === 'full-read-begin' ? null : this.#last,
      readAt: clock.now().toISOString(),
      correlationId,
    };
    try {
      await sender.send(envelopeOf(batch, packed), type, signal);
    } catch (error) {
      throw new SendFailure(error);
    }
    this.#last = position;
  }
}
