import type { OutgoingDelivery, Sender } from './amqp.ts';
import { rhea } from './amqp.ts';
import { textProperties, toText } from './management.ts';
import { encodeDelivery, tagOf } from './messages.ts';
import type { Clock, Consumer, Delivery, MessageQueue, Settlement } from './queue.ts';
import { BrokerError } from './queue.ts';
import { guidFromBytes } from '../../../shared/directory/guid.ts';

const sessionFilter = 'com.microsoft:session-filter';
const defaultWaitMs = 60_000;
/** Ticks of 100 ns between 0001-01-01 (.NET) and 1970-01-01. */
const epochTicks = 621_355_968_000_000_000n;

/** A link on which a client receives: it takes from a queue, of one session where the queue has sessions. */
export class ReceiverLink implements Consumer {
  readonly mode: Consumer['mode'];
  session: string | null = null;
  readonly #sender: Sender;
  readonly #queue: MessageQueue;
  readonly #clock: Clock;
  #giveUp: (() => void) | undefined;
  #attached = false;
  #unsent = 0;

  constructor(sender: Sender, queue: MessageQueue, clock: Clock) {
    this.#sender = sender;
    this.#queue = queue;
    this.#clock = clock;
    this.mode = sender.remote.attach.snd_settle_mode === 1 ? 'receive-and-delete' : 'peek-lock';
  }

  open(): void {
    const { filter } = this.#sender.remote.attach.source ?? {};
    if (!this.#queue.definition.requiresSession) {
      this.#attached = true;
      this.#queue.addConsumer(this);
    } else if (filter === undefined || filter === null || !(sessionFilter in filter)) {
      this.#refuse(
        'amqp:not-allowed',
        `The queue ${this.#queue.definition.name} requires sessions; receive from a session.`,
      );
    } else if (typeof filter[sessionFilter] === 'string') this.#takeSession(filter[sessionFilter]);
    else this.#waitForSession();
  }

  hasCredit(): boolean {
    return this.#attached && this.#sender.is_open() && this.#sender.sendable() && this.#sender.credit > this.#unsent;
  }

  deliver(delivery: Delivery): void {
    const tag = delivery.lock === undefined ? undefined : tagOf(delivery.lock.token);
    const sent = this.#sender.send(encodeDelivery(delivery), tag, 0);
    if (delivery.lock === undefined) sent.settled = true;
    // rhea takes the credit when it writes the frame, at the end of this turn; until then it is counted here.
    this.#unsent += 1;
    process.nextTick(() => {
      this.#unsent -= 1;
    });
  }

  /** The client gave credit, or asks that what is there be sent and the rest of the credit be given back. */
  flow(draining: boolean): void {
    this.#queue.pump();
    if (draining) this.#sender.set_drained(true);
  }

  settle(outcome: 'accepted' | 'released' | 'rejected' | 'modified', delivery: OutgoingDelivery): void {
    if (this.mode === 'receive-and-delete') return;
    try {
      this.#queue.settle(guidFromBytes(delivery.tag), settlementOf(outcome, delivery));
      // The client takes any outcome with an error for a failure, so every success is answered `accepted`.
      delivery.update(true, rhea.message.accepted().described());
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      const condition = this.session === null ? error.condition : 'com.microsoft:session-lock-lost';
      delivery.update(true, rhea.message.rejected({ error: { condition, description: error.message } }).described());
    }
  }

  /** The link or its connection ended. */
  close(): void {
    this.#giveUp?.();
    this.#attached = false;
    this.#queue.removeConsumer(this);
    if (this.session !== null) this.#queue.unlockSession(this.session);
    this.session = null;
  }

  #takeSession(session: string): void {
    try {
      this.#hold(session);
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      this.#refuse(error.condition, error.message);
    }
  }

  /** The answer to the attach is held back until there is a session, or the client's patience ends. */
  #waitForSession(): void {
    const timeout = Number(this.#sender.remote.attach.properties?.['com.microsoft:timeout'] ?? defaultWaitMs);
    const release = this.#holdBack();
    const cancelTimer = this.#clock.after(timeout, () => {
      this.#giveUp?.();
      this.#refuse('com.microsoft:timeout', 'No session with messages became available in time.');
    });
    const stopWaiting = this.#queue.lockNextSession((session) => {
      cancelTimer();
      this.#giveUp = undefined;
      this.#takeSession(session);
      release();
    });
    // A session may have been granted at once.
    if (this.session !== null) return;
    this.#giveUp = () => {
      cancelTimer();
      stopWaiting();
      this.#giveUp = undefined;
      // The client gave up: without the held-back attach, its detach would never be answered.
      release();
    };
  }

  #hold(session: string): void {
    const until = this.#queue.lockSession(session, () => {
      this.session = null;
      this.#refuse('com.microsoft:session-lock-lost', `The lock of session ${session} expired.`);
      this.close();
    });
    this.session = session;
    const source = this.#sender.remote.attach.source;
    this.#sender.set_source({ ...source, filter: { ...source?.filter, [sessionFilter]: session } });
    const ticks = Buffer.alloc(8);
    ticks.writeBigInt64BE(BigInt(until) * 10_000n + epochTicks);
    this.#sender.local.attach.properties = {
      'com.microsoft:locked-until-utc': rhea.types.wrap_long(ticks as unknown as number),
    };
    this.#attached = true;
    this.#queue.addConsumer(this);
  }

  #holdBack(): () => void {
    this.#sender._process = () => undefined;
    return () => {
      delete this.#sender._process;
      this.#sender.connection._register();
    };
  }

  #refuse(condition: string, description: string): void {
    // A refused link is attached without a source and then ended (AMQP 1.0 part 2, 2.6.3); with the filter echoed the
    // client would believe that it has the session.
    if (!this.#attached) this.#sender.set_source({});
    this.#sender.close({ condition, description });
  }
}

function settlementOf(
  outcome: 'accepted' | 'released' | 'rejected' | 'modified',
  { remote_state: state }: OutgoingDelivery,
): Settlement {
  if (outcome === 'accepted') return { kind: 'complete' };
  if (outcome === 'rejected') {
    const { DeadLetterReason, DeadLetterErrorDescription, ...added } = state?.error?.info ?? {};
    return {
      kind: 'dead-letter',
      reason: toText(DeadLetterReason),
      description: toText(DeadLetterErrorDescription),
      added: textProperties(added),
    };
  }
  const added = textProperties(state?.message_annotations);
  return outcome === 'modified' && state?.undeliverable_here === true
    ? { kind: 'defer', added }
    : { kind: 'abandon', added };
}
