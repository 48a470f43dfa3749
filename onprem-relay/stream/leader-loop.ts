import { SendFailure } from './batch-stream.ts';
import { backoffMs, ErrorReporter } from './error-reporter.ts';
import { Leadership, type LeadershipOptions } from './leadership.ts';
import { Pace } from './pace.ts';
import type { Commands, HeldLease, LeaderLease } from './ports.ts';
import { isAborted } from '../is-aborted.ts';

export interface LeaderLoopOptions extends LeadershipOptions {
  readonly leases: LeaderLease;
  readonly commands: Commands;
  /** Milliseconds between two reads when nothing rings. Default 30,000. */
  readonly safetyPollMs?: number;
  /** Called after each read whose changes were all accepted. */
  readonly onRead?: () => void;
}

/** A command that waits for the loop. */
interface PendingResync {
  readonly reason: string;
  readonly done: PromiseWithResolvers<undefined>;
}

/** Milliseconds until commands are listened to again. */
const commandsRetryMs = 30_000;

/**
 * Leads the connector whenever the lease can be had, until the signal is aborted. Everything that goes wrong meanwhile is
 * logged and tried again: a lost lease or a failed send by a new tenure, a failed read within the tenure.
 */
export async function runLeaderLoop(options: LeaderLoopOptions, signal: AbortSignal): Promise<void> {
  const reporter = new ErrorReporter(options.log);
  while (!signal.aborted) {
    let lease: HeldLease | undefined;
    try {
      lease = await options.leases.acquire(options.connector, signal);
      await new Tenure(options, lease, reporter).run(signal);
    } catch (error) {
      if (isAborted(signal)) break;
      if (lease?.lost.aborted === true) continue;
      const retryInMs = backoffMs(reporter.attempts);
      reporter.failed(error instanceof SendFailure ? error.cause : error, retryInMs);
      await release(lease);
      await options.clock.sleep(retryInMs, signal);
    } finally {
      if (lease?.lost.aborted === true) options.log.info('lease.lost', { connector: options.connector });
      await release(lease);
    }
  }
}

/** The time for which one lease is held: the read loop with its doorbell and its commands. */
class Tenure {
  readonly #options: LeaderLoopOptions;
  readonly #lease: HeldLease;
  readonly #reporter: ErrorReporter;
  readonly #pace: Pace;
  readonly #resyncs: PendingResync[] = [];

  constructor(options: LeaderLoopOptions, lease: HeldLease, reporter: ErrorReporter) {
    this.#options = options;
    this.#lease = lease;
    this.#reporter = reporter;
    this.#pace = new Pace(options);
  }

  async run(stop: AbortSignal): Promise<void> {
    const { log, connector, clock } = this.#options;
    const ended = new AbortController();
    const signal = AbortSignal.any([stop, this.#lease.lost, ended.signal]);
    const leadership = await Leadership.begin(this.#options, this.#lease, signal);
    log.info('lease.acquired', { connector, epoch: leadership.epoch, position: leadership.position });
    const side = [this.#pace.listen(signal), this.#listenToCommands(signal)];
    try {
      while (!signal.aborted) {
        const begun = clock.now().getTime();
        await this.#step(leadership, signal);
        await this.#pace.next(clock.now().getTime() - begun, signal);
      }
    } finally {
      ended.abort();
      for (const { done } of this.#resyncs.splice(0)) done.reject(new Error('No longer the leader.'));
      await Promise.all(side);
    }
  }

  /** One read. A failed one is reported and sets the pace; a failed send or a lost lease ends the tenure. */
  async #step(leadership: Leadership, signal: AbortSignal): Promise<void> {
    try {
      await this.#beginResync(leadership);
      const changes = await leadership.readOnce();
      this.#reporter.succeeded();
      this.#options.onRead?.();
      this.#pace.succeeded(changes);
    } catch (error) {
      if (signal.aborted || error instanceof SendFailure) throw error;
      const retryInMs = backoffMs(this.#reporter.attempts);
      this.#reporter.failed(error, retryInMs);
      this.#pace.failed(retryInMs);
    }
  }

  async #beginResync(leadership: Leadership): Promise<void> {
    const resyncs = this.#resyncs.splice(0);
    if (resyncs.length === 0) return;
    try {
      await leadership.requireFullRead();
    } catch (error) {
      this.#resyncs.unshift(...resyncs);
      throw error;
    }
    for (const { reason, done } of resyncs) {
      this.#options.log.info('resync.accepted', { connector: this.#options.connector, reason });
      done.resolve(undefined);
    }
  }

  async #listenToCommands(signal: AbortSignal): Promise<void> {
    const handle = async ({ reason }: { readonly reason: string }): Promise<void> => {
      const done = Promise.withResolvers<undefined>();
      this.#resyncs.push({ reason, done });
      this.#pace.ring();
      await done.promise;
    };
    while (!signal.aborted) {
      try {
        await this.#options.commands.listen(this.#options.connector, handle, signal);
      } catch (error) {
        if (isAborted(signal)) return;
        this.#options.log.error(error, { part: 'commands' });
      }
      await this.#options.clock.sleep(commandsRetryMs, signal);
    }
  }
}

/** Releasing twice, or a lease that is lost, is no harm: it runs out by itself. */
async function release(lease: HeldLease | undefined): Promise<void> {
  try {
    await lease?.release();
  } catch {
    return;
  }
}
