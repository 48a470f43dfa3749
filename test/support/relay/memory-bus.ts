import type { ChangeBatchEnvelope } from '../../../shared/contracts/change-batch.ts';
import type { RelayCheckpoint } from '../../../shared/contracts/relay-lease.ts';
import type { RelayCommand } from '../../../shared/contracts/relay-command.ts';
import { LockstepError } from '../../../shared/errors/lockstep-error.ts';
import type { BatchSender, Commands, HeldLease, LeaderLease, RelayLog } from '../../../onprem-relay/stream/ports.ts';

/** What the next calls of a port do instead of succeeding; taken one a call. */
type Fault = 'none' | 'refused' | 'accepted-but-unknown';

const outOfReach = (): LockstepError =>
  new LockstepError('LS2001', 'Service Bus is out of reach.', { object: 'bus', retryable: true });

/** One session's lock and state. */
export class MemoryLease implements LeaderLease {
  state: RelayCheckpoint | null = null;
  saves = 0;
  readonly saveFaults: Fault[] = [];
  #holder: AbortController | undefined;
  #waiting: (() => void)[] = [];

  async acquire(_connector: string, signal: AbortSignal): Promise<HeldLease> {
    while (this.#holder !== undefined) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        signal.addEventListener('abort', () => {
          resolve();
        });
      });
      signal.throwIfAborted();
    }
    signal.throwIfAborted();
    const lost = new AbortController();
    this.#holder = lost;
    return {
      checkpoint: this.state,
      lost: lost.signal,
      save: (checkpoint) => this.#save(lost, checkpoint),
      release: () => {
        this.#free(lost);
        return Promise.resolve();
      },
    };
  }

  /** The lock runs out. The holder is told, unless it is cut off as well. False when nobody holds it. */
  expire(tellHolder = true): boolean {
    const holder = this.#holder;
    if (holder === undefined) return false;
    this.#free(holder);
    if (tellHolder) holder.abort(new Error('lost'));
    return true;
  }

  #free(holder: AbortController): void {
    if (this.#holder !== holder) return;
    this.#holder = undefined;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #save(holder: AbortController, checkpoint: RelayCheckpoint): Promise<void> {
    const fault = this.saveFaults.shift() ?? 'none';
    if (this.#holder !== holder || fault === 'refused') return Promise.reject(outOfReach());
    this.state = checkpoint;
    this.saves++;
    return fault === 'none' ? Promise.resolve() : Promise.reject(outOfReach());
  }
}

export interface SentMessage {
  readonly envelope: ChangeBatchEnvelope;
  readonly subject: string;
}

/** The queue of change batches. */
export class MemoryQueue implements BatchSender {
  readonly messages: SentMessage[] = [];
  readonly faults: Fault[] = [];
  onSend: ((count: number) => void) | undefined;

  send(envelope: ChangeBatchEnvelope, subject: string): Promise<void> {
    const fault = this.faults.shift() ?? 'none';
    if (fault !== 'refused') this.messages.push({ envelope, subject });
    this.onSend?.(this.messages.length);
    return fault === 'none' ? Promise.resolve() : Promise.reject(outOfReach());
  }
}

/** The queue of commands. */
export class MemoryCommands implements Commands {
  #handle: ((command: RelayCommand) => Promise<void>) | undefined;

  async listen(
    _connector: string,
    handle: (command: RelayCommand) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    this.#handle = handle;
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
  }

  /** Resolves when the relay has settled it. */
  async resync(reason: string): Promise<void> {
    if (this.#handle === undefined) throw new Error('Nobody listens.');
    await this.#handle({ version: 1, connector: 'contoso.test', command: 'resync', reason });
  }
}

export interface LogLine {
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Keeps what was logged. */
export class MemoryLog implements RelayLog {
  readonly lines: LogLine[] = [];

  info(event: string, fields: Readonly<Record<string, unknown>>): void {
    this.lines.push({ event, fields });
  }

  error(error: unknown, fields: Readonly<Record<string, unknown>> = {}): void {
    this.lines.push({ event: 'error', fields: { error, ...fields } });
  }

  of(event: string): LogLine[] {
    return this.lines.filter((line) => line.event === event);
  }

  /** The codes of the errors, in order. */
  get codes(): string[] {
    return this.of('error').map(({ fields }) =>
      fields['error'] instanceof LockstepError ? fields['error'].code : '?',
    );
  }
}
