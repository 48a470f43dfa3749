import type { ServiceBusClient, ServiceBusSessionReceiver } from '@azure/service-bus';
import { queues } from '../../shared/contracts/queues.ts';
import { relayCheckpointSchema, type RelayCheckpoint } from '../../shared/contracts/relay-lease.ts';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import type { HeldLease, LeaderLease, RelayClock } from '../stream/ports.ts';
import { busError, isSessionLost, isSessionTaken } from './bus-errors.ts';
import { closeSoon } from './closing.ts';
import { isAborted } from '../is-aborted.ts';

export interface SessionLeaseOptions {
  readonly client: ServiceBusClient;
  readonly clock: RelayClock;
  /** Called once when another relay leads and this one begins to wait. */
  readonly onStandby: (connector: string) => void;
  /** Milliseconds between two attempts while another relay leads. Default 2,000. */
  readonly retryMs?: number;
}

/** Leadership as the lock of a session that never has messages; the session's state is the checkpoint. */
export class SessionLease implements LeaderLease {
  readonly #options: SessionLeaseOptions;

  constructor(options: SessionLeaseOptions) {
    this.#options = options;
  }

  async acquire(connector: string, signal: AbortSignal): Promise<HeldLease> {
    const { client, clock, onStandby, retryMs = 2_000 } = this.#options;
    for (let first = true; ; first = false) {
      signal.throwIfAborted();
      try {
        // The lock is renewed below, not by the client: it renews for a limited time and does not tell when it fails.
        const receiver = await client.acceptSession(queues.relayLeases, connector, {
          maxAutoLockRenewalDurationInMs: 0,
          abortSignal: signal,
        });
        return await hold(receiver, clock);
      } catch (error) {
        if (!isSessionTaken(error)) throw busError(error, queues.relayLeases);
        if (first) onStandby(connector);
      }
      await clock.sleep(retryMs, signal);
    }
  }
}

async function hold(receiver: ServiceBusSessionReceiver, clock: RelayClock): Promise<HeldLease> {
  let checkpoint: RelayCheckpoint | null;
  try {
    checkpoint = readCheckpoint(await receiver.getSessionState());
  } catch (error) {
    await closeSoon(receiver, clock);
    throw error;
  }
  const lost = new AbortController();
  const released = new AbortController();
  const renewal = keepRenewing(receiver, clock, lost, released.signal);
  return {
    checkpoint,
    lost: lost.signal,
    save: async (next) => {
      lost.signal.throwIfAborted();
      try {
        await receiver.setSessionState(next);
      } catch (error) {
        throw busError(error, queues.relayLeases);
      }
    },
    release: async () => {
      released.abort();
      await renewal;
      await closeSoon(receiver, clock);
    },
  };
}

/**
 * Renews when a third of the lock's time has passed, which leaves room for two more attempts. When the time is over, the
 * lease counts as lost even if no answer says so: another relay may have it by now.
 */
async function keepRenewing(
  receiver: ServiceBusSessionReceiver,
  clock: RelayClock,
  lost: AbortController,
  released: AbortSignal,
): Promise<void> {
  let until = receiver.sessionLockedUntilUtc.getTime();
  while (!released.aborted) {
    await clock.sleep(Math.max((until - clock.now().getTime()) / 3, 250), released);
    if (isAborted(released)) return;
    const overdue = new AbortController();
    const expiry = clock.sleep(Math.max(until - clock.now().getTime(), 0), AbortSignal.any([released, overdue.signal]));
    const renewed = await Promise.race([renew(receiver), expiry.then(() => undefined)]);
    overdue.abort();
    if (isAborted(released)) return;
    if (typeof renewed === 'number') until = renewed;
    else if (renewed === 'lost' || receiver.isClosed || clock.now().getTime() >= until) {
      lost.abort(new LockstepError('LS2001', 'The lease was lost.', { object: queues.relayLeases, retryable: true }));
      return;
    }
  }
}

/** Until when the lock holds (milliseconds since 1970); `undefined` when it is worth another attempt. */
async function renew(receiver: ServiceBusSessionReceiver): Promise<number | 'lost' | undefined> {
  try {
    return (await receiver.renewSessionLock()).getTime();
  } catch (error) {
    return isSessionLost(error) ? 'lost' : undefined;
  }
}

/**
 * The state is JSON; the client decodes it where it can. A state that this release cannot read stops the relay instead of
 * being overwritten: it may be a newer release's.
 */
function readCheckpoint(state: unknown): RelayCheckpoint | null {
  if (state === null || state === undefined) return null;
  if (Buffer.isBuffer(state) && state.length === 0) return null;
  const value: unknown = Buffer.isBuffer(state) ? parseJson(state.toString('utf8')) : state;
  const parsed = relayCheckpointSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const version = typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined;
  const [code, text] =
    version === undefined || version === 1
      ? (['LS2002', 'The checkpoint in the session state does not have the form it must have'] as const)
      : (['LS2003', `The checkpoint was written by a newer release (version ${JSON.stringify(version)})`] as const);
  throw new LockstepError(code, `${text}.`, { object: queues.relayLeases });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
