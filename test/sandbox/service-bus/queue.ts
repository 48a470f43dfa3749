import { randomUUID } from 'node:crypto';
import type { QueueDefinition } from './config.ts';
import type { BrokerStore, StoredMessage } from './store.ts';

/** Time for the broker: `after` calls once, unless it is cancelled. */
export interface Clock {
  now(): number;
  after(ms: number, callback: () => void): () => void;
}

/** A message on its way to a consumer. */
export interface Delivery {
  readonly message: StoredMessage;
  /** `undefined` for receive-and-delete. */
  readonly lock: { readonly token: string; readonly until: number } | undefined;
}

/** Somebody who takes messages. */
export interface Consumer {
  /** `null` on a queue without sessions. */
  readonly session: string | null;
  readonly mode: 'peek-lock' | 'receive-and-delete';
  /** True while one more message may be delivered. */
  hasCredit(): boolean;
  deliver(delivery: Delivery): void;
}

export type Settlement =
  | { readonly kind: 'complete' }
  | { readonly kind: 'abandon'; readonly added?: Readonly<Record<string, string>> }
  | { readonly kind: 'defer'; readonly added?: Readonly<Record<string, string>> }
  | {
      readonly kind: 'dead-letter';
      readonly reason: string;
      readonly description: string;
      readonly added?: Readonly<Record<string, string>>;
    };

export interface Incoming {
  readonly messageId: string;
  readonly sessionId: string | null;
  readonly body: Buffer;
  /** Milliseconds since 1970; absent for now. */
  readonly scheduledAt?: number | undefined;
  /** Milliseconds; absent for the queue's default. */
  readonly timeToLiveMs?: number | undefined;
  readonly added?: Readonly<Record<string, string>> | undefined;
}

/** Messages of a queue: `active` can be delivered or are `locked`; `scheduled` ones wait for their time. */
export interface QueueCounts {
  readonly active: number;
  readonly deadLetter: number;
  readonly scheduled: number;
  readonly locked: number;
}

interface Lock {
  readonly token: string;
  until: number;
  readonly message: StoredMessage;
  readonly consumer: Consumer;
  readonly cancel: () => void;
}

interface SessionLock {
  until: number;
  cancel: () => void;
  readonly lost: () => void;
}

/** The error that a Service Bus client knows by its condition. */
export class BrokerError extends Error {
  readonly condition: string;

  constructor(condition: string, message: string) {
    super(message);
    this.name = 'BrokerError';
    this.condition = condition;
  }
}

/**
 * One queue: order, locks, sessions, delivery counts, scheduling, expiry and duplicate detection. Knows nothing of AMQP.
 * A message that is locked is out of `ready` and comes back to its place when the lock ends.
 */
export class MessageQueue {
  readonly definition: QueueDefinition;
  readonly deadLetter: MessageQueue | undefined;
  readonly #store: BrokerStore;
  readonly #clock: Clock;
  readonly #messages = new Map<number, StoredMessage>();
  /** Sequence numbers that can be delivered, ascending, by session ('' without sessions). */
  readonly #ready = new Map<string, number[]>();
  readonly #locks = new Map<string, Lock>();
  readonly #consumers: Consumer[] = [];
  readonly #states: Map<string, Buffer>;
  readonly #duplicates: Map<string, number>;
  readonly #sessions = new Map<string, SessionLock>();
  readonly #waiting: { grant: (session: string) => void }[] = [];
  readonly #timers = new Map<number, () => void>();
  #sequence: number;
  /** Called after each change of what `counts` says. */
  onChange: (() => void) | undefined;

  constructor(definition: QueueDefinition, store: BrokerStore, clock: Clock, isDeadLetter = false) {
    this.definition = definition;
    this.#store = store;
    this.#clock = clock;
    if (!isDeadLetter) {
      const own = {
        ...definition,
        name: `${definition.name}/$deadletterqueue`,
        requiresSession: false,
        duplicateWindowMs: 0,
        maxDeliveryCount: Infinity,
        timeToLiveMs: 1e15,
      };
      this.deadLetter = new MessageQueue(own, store, clock, true);
    }
    const kept = store.load(definition.name);
    this.#states = kept.sessions;
    this.#duplicates = kept.duplicates;
    this.#sequence = kept.lastSequence;
    for (const message of kept.messages) this.#admit(message);
  }

  get counts(): QueueCounts {
    const ready = [...this.#ready.values()].reduce((sum, list) => sum + list.length, 0);
    const scheduled = [...this.#messages.values()].filter((m) => m.availableAt > this.#clock.now()).length;
    return {
      active: ready + this.#locks.size,
      deadLetter: this.deadLetter?.counts.active ?? 0,
      scheduled,
      locked: this.#locks.size,
    };
  }

  /** Takes a message. The sequence number, or that of nothing (0) for a duplicate, which is dropped as the service does. */
  enqueue(incoming: Incoming): number {
    const { name, requiresSession, duplicateWindowMs, timeToLiveMs } = this.definition;
    if (requiresSession && incoming.sessionId === null) {
      throw new BrokerError(
        'amqp:not-allowed',
        `The queue ${name} requires sessions, and the message has no session id.`,
      );
    }
    const now = this.#clock.now();
    if (duplicateWindowMs > 0 && this.#isDuplicate(incoming.messageId, now, duplicateWindowMs)) return 0;
    this.#sequence += 1;
    const message: StoredMessage = {
      sequenceNumber: this.#sequence,
      messageId: incoming.messageId,
      sessionId: requiresSession ? incoming.sessionId : null,
      body: incoming.body,
      enqueuedAt: now,
      availableAt: Math.max(now, incoming.scheduledAt ?? now),
      expiresAt: Math.max(now, incoming.scheduledAt ?? now) + Math.min(incoming.timeToLiveMs ?? Infinity, timeToLiveMs),
      deliveryCount: 0,
      deferred: false,
      added: incoming.added ?? {},
    };
    this.#store.put(name, message);
    this.#admit(message);
    this.pump();
    return message.sequenceNumber;
  }

  cancelScheduled(sequenceNumber: number): void {
    const message = this.#messages.get(sequenceNumber);
    if (message === undefined || message.availableAt <= this.#clock.now())
      throw new BrokerError('com.microsoft:message-not-found', `No scheduled message ${sequenceNumber}.`);
    this.#timers.get(sequenceNumber)?.();
    this.#timers.delete(sequenceNumber);
    this.#forget(message);
  }

  addConsumer(consumer: Consumer): void {
    this.#consumers.push(consumer);
    this.pump();
  }

  /** The consumer is gone: what it had comes back at once. */
  removeConsumer(consumer: Consumer): void {
    const index = this.#consumers.indexOf(consumer);
    if (index >= 0) this.#consumers.splice(index, 1);
    for (const lock of [...this.#locks.values()]) if (lock.consumer === consumer) this.#return(lock, {});
    this.pump();
  }

  /** Delivers what can be delivered. */
  pump(): void {
    for (let progress = true; progress;) {
      progress = false;
      for (const consumer of [...this.#consumers]) {
        if (!consumer.hasCredit()) continue;
        const sequence = this.#ready.get(consumer.session ?? '')?.shift();
        if (sequence === undefined) continue;
        progress = true;
        const message = this.#messages.get(sequence);
        if (message !== undefined && !this.#expire(message)) this.#deliver(consumer, message);
      }
      // Takes turns, so that several consumers share a queue.
      const first = this.#consumers.shift();
      if (first !== undefined) this.#consumers.push(first);
    }
    this.#grantSessions();
    this.onChange?.();
  }

  /** Ends a lock. Throws `message-lock-lost` when it is not held any more. */
  settle(token: string, settlement: Settlement): void {
    const lock = this.#locks.get(token);
    if (lock === undefined) throw new BrokerError('com.microsoft:message-lock-lost', 'The lock is not held any more.');
    switch (settlement.kind) {
      case 'complete':
        this.#unlock(lock);
        this.#forget(lock.message);
        break;
      case 'abandon':
        this.#return(lock, settlement.added ?? {});
        break;
      case 'defer':
        this.#unlock(lock);
        this.#keep({ ...lock.message, deferred: true, added: { ...lock.message.added, ...settlement.added } });
        break;
      case 'dead-letter':
        this.#unlock(lock);
        this.#moveToDeadLetter(lock.message, settlement.reason, settlement.description, settlement.added);
        break;
    }
    this.pump();
  }

  renew(token: string): number {
    const lock = this.#locks.get(token);
    if (lock === undefined) throw new BrokerError('com.microsoft:message-lock-lost', 'The lock is not held any more.');
    lock.until = this.#clock.now() + this.definition.lockMs;
    return lock.until;
  }

  /** Messages in order, locked and deferred ones too, from a sequence number on. */
  peek(from: number, count: number, session: string | null): readonly StoredMessage[] {
    return [...this.#messages.values()]
      .filter((m) => m.sequenceNumber >= from && (session === null || m.sessionId === session))
      .sort((a, b) => a.sequenceNumber - b.sequenceNumber)
      .slice(0, count);
  }

  receiveDeferred(sequenceNumber: number, consumer: Consumer): Delivery {
    const message = this.#messages.get(sequenceNumber);
    if (message?.deferred !== true)
      throw new BrokerError('com.microsoft:message-not-found', `No deferred message ${sequenceNumber}.`);
    return this.#lock(consumer, message);
  }

  /** Locks a session, or throws `session-cannot-be-locked`. `lost` is called when the lock expires. */
  lockSession(session: string, lost: () => void): number {
    if (this.#sessions.has(session))
      throw new BrokerError(
        'com.microsoft:session-cannot-be-locked',
        `The session ${session} is locked by another receiver.`,
      );
    const lock: SessionLock = { until: 0, cancel: () => undefined, lost };
    this.#sessions.set(session, lock);
    return this.renewSession(session);
  }

  /** Locks the next session that has messages: now, or when there is one. The returned function gives up waiting. */
  lockNextSession(granted: (session: string) => void): () => void {
    const entry = { grant: granted };
    this.#waiting.push(entry);
    this.#grantSessions();
    return () => {
      const index = this.#waiting.indexOf(entry);
      if (index >= 0) this.#waiting.splice(index, 1);
    };
  }

  renewSession(session: string): number {
    const lock = this.#sessions.get(session);
    if (lock === undefined)
      throw new BrokerError('com.microsoft:session-lock-lost', `The lock of session ${session} is not held any more.`);
    lock.cancel();
    lock.until = this.#clock.now() + this.definition.lockMs;
    lock.cancel = this.#clock.after(this.definition.lockMs, () => {
      this.unlockSession(session);
      lock.lost();
    });
    return lock.until;
  }

  unlockSession(session: string): void {
    this.#sessions.get(session)?.cancel();
    this.#sessions.delete(session);
    this.#grantSessions();
  }

  sessionState(session: string): Buffer | null {
    return this.#states.get(session) ?? null;
  }

  setSessionState(session: string, state: Buffer | null): void {
    if (state === null) this.#states.delete(session);
    else this.#states.set(session, state);
    this.#store.putSession(this.definition.name, session, state);
  }

  stop(): void {
    for (const cancel of this.#timers.values()) cancel();
    for (const lock of this.#locks.values()) lock.cancel();
    for (const lock of this.#sessions.values()) lock.cancel();
    this.deadLetter?.stop();
  }

  #isDuplicate(messageId: string, now: number, window: number): boolean {
    const { name } = this.definition;
    const known = this.#duplicates.get(messageId);
    if (known !== undefined && known > now) return true;
    if (this.#duplicates.size > 1000) {
      for (const [id, expiresAt] of this.#duplicates) if (expiresAt <= now) this.#duplicates.delete(id);
      this.#store.forgetDuplicates(name, now);
    }
    this.#duplicates.set(messageId, now + window);
    this.#store.putDuplicate(name, messageId, now + window);
    return false;
  }

  /** Puts a message where it can be delivered, now or when its time comes. */
  #admit(message: StoredMessage): void {
    this.#messages.set(message.sequenceNumber, message);
    if (message.deferred) return;
    const wait = message.availableAt - this.#clock.now();
    if (wait <= 0) {
      insert(this.#readyOf(message), message.sequenceNumber);
      return;
    }
    const due = (): void => {
      this.#timers.delete(message.sequenceNumber);
      if (this.#messages.get(message.sequenceNumber) !== message) return;
      insert(this.#readyOf(message), message.sequenceNumber);
      this.pump();
    };
    this.#timers.set(message.sequenceNumber, this.#clock.after(wait, due));
  }

  #readyOf(message: StoredMessage): number[] {
    const key = message.sessionId ?? '';
    let list = this.#ready.get(key);
    if (list === undefined) this.#ready.set(key, (list = []));
    return list;
  }

  #deliver(consumer: Consumer, message: StoredMessage): void {
    if (consumer.mode === 'receive-and-delete') {
      this.#forget(message);
      consumer.deliver({ message, lock: undefined });
      return;
    }
    consumer.deliver(this.#lock(consumer, message));
  }

  #lock(consumer: Consumer, message: StoredMessage): Delivery {
    const token = randomUUID();
    const { lockMs } = this.definition;
    const check = (ms: number): (() => void) =>
      this.#clock.after(ms, () => {
        const lock = this.#locks.get(token);
        if (lock === undefined) return;
        const left = lock.until - this.#clock.now();
        if (left > 0) {
          this.#locks.set(token, { ...lock, cancel: check(left) });
          return;
        }
        this.#return(lock, {});
        this.pump();
      });
    // In a session it is the session's lock that counts; a message is given back when that ends.
    const until = this.#clock.now() + lockMs;
    const cancel = consumer.session === null ? check(lockMs) : (): void => undefined;
    this.#locks.set(token, { token, until, message, consumer, cancel });
    return { message, lock: { token, until } };
  }

  #unlock(lock: Lock): void {
    this.#locks.get(lock.token)?.cancel();
    this.#locks.delete(lock.token);
  }

  /** Gives a message back to its place, or to the dead letters when it was delivered too often. */
  #return(lock: Lock, added: Readonly<Record<string, string>>): void {
    this.#unlock(lock);
    const message = {
      ...lock.message,
      deliveryCount: lock.message.deliveryCount + 1,
      added: { ...lock.message.added, ...added },
    };
    if (message.deliveryCount >= this.definition.maxDeliveryCount) {
      const description = `Message could not be consumed after ${message.deliveryCount} delivery attempts.`;
      this.#moveToDeadLetter(message, 'MaxDeliveryCountExceeded', description, undefined);
    } else this.#keep(message);
  }

  #keep(message: StoredMessage): void {
    this.#store.put(this.definition.name, message);
    this.#admit(message);
  }

  #forget(message: StoredMessage): void {
    this.#messages.delete(message.sequenceNumber);
    this.#store.remove(this.definition.name, message.sequenceNumber);
  }

  #moveToDeadLetter(
    message: StoredMessage,
    reason: string,
    description: string,
    added: Readonly<Record<string, string>> | undefined,
  ): void {
    // First there, then gone from here: a crash in between leaves two, never none.
    this.deadLetter?.enqueue({
      messageId: message.messageId,
      sessionId: message.sessionId,
      body: message.body,
      added: { ...message.added, ...added, DeadLetterReason: reason, DeadLetterErrorDescription: description },
    });
    this.#forget(message);
  }

  #expire(message: StoredMessage): boolean {
    if (message.expiresAt > this.#clock.now()) return false;
    if (this.definition.deadLetterExpired) {
      this.#moveToDeadLetter(message, 'TTLExpiredException', 'The message expired and was dead lettered.', undefined);
    } else this.#forget(message);
    return true;
  }

  #grantSessions(): void {
    if (!this.definition.requiresSession) return;
    for (const [session, list] of this.#ready) {
      const next = this.#waiting[0];
      if (next === undefined) return;
      if (list.length === 0 || this.#sessions.has(session)) continue;
      this.#waiting.shift();
      next.grant(session);
    }
  }
}

/** Keeps the list ascending; nearly always the new one is the last. */
function insert(list: number[], value: number): void {
  let i = list.length;
  while (i > 0 && (list[i - 1] ?? 0) > value) i -= 1;
  list.splice(i, 0, value);
}
