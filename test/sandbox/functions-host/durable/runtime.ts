import type { Clock } from '../clock.ts';
import { messageOf } from '../host-error.ts';
import type { Log } from '../log.ts';
import { type ActivityAnswer, activityOutcome } from './activity.ts';
import { entityIdParts, isTakeable, newEntity, takeEntityTurn, type EntityPayload } from './entity-turn.ts';
import type { HistoryEvent } from './history.ts';
import { createInbox } from './inbox.ts';
import { Outbox } from './outbox.ts';
import type { ActivityItem, DurableStore, InstanceRecord, StoreChange } from './store.ts';
import { takeTurn, type OrchestratorAnswer, type TurnWorld } from './turn.ts';
import { createWorkQueue } from './work-queue.ts';

/** How the runtime calls the functions of the app. None of them may throw but runEntity. */
export interface DurableFunctions {
  runOrchestrator(instance: InstanceRecord, history: readonly HistoryEvent[]): Promise<OrchestratorAnswer>;
  runActivity(item: ActivityItem): Promise<ActivityAnswer>;
  runEntity(name: string, payload: EntityPayload): Promise<unknown>;
}

export interface DurableLimits {
  readonly activities: number;
  readonly orchestrators: number;
  readonly entities: number;
  readonly entityBatch: number;
}

export interface RuntimeOptions {
  readonly store: DurableStore;
  readonly clock: Clock;
  readonly functions: DurableFunctions;
  readonly limits: DurableLimits;
  /** Reads the history from the store before each turn instead of keeping it. */
  readonly rereadHistory: boolean;
  readonly log: Log;
  /** Called whenever work was finished. */
  readonly changed: () => void;
}

/** Runs orchestrations, activities and entities out of a store. */
export interface DurableRuntime {
  readonly clock: Clock;
  readonly store: DurableStore;
  /** Makes the changes that `fill` puts into the outbox, as one commit, and sets going what follows from them. */
  commit(fill: (out: Outbox) => void): void;
  /** Nothing runs, and nothing could run now. */
  readonly quiet: boolean;
  /** Takes up what is outstanding in the store. */
  start(): void;
  /** Finishes what runs and starts nothing more. */
  stop(): Promise<void>;
}

/**
 * The runtime. What is to be done follows from the store alone: after each commit the same changes are applied to the queues in
 * memory, and at the start the queues are filled from the store. Nothing polls.
 */
export function createDurableRuntime(options: RuntimeOptions): DurableRuntime {
  const { store, clock, functions, limits, log, changed } = options;
  const histories = new Map<string, HistoryEvent[]>();
  const activityItems = new Map<number, ActivityItem>();
  let lastId = 0;
  const nextId = (): number => (lastId += 1);

  const guard =
    <K>(what: string, work: (key: K) => Promise<void>) =>
    async (key: K): Promise<void> => {
      try {
        await work(key);
      } catch (error) {
        // Nothing was committed; the work is still in the store and is taken up again at the next start.
        log('error', 'Host.Triggers.DurableTask', `${what} ${String(key)}: ${messageOf(error)}`);
      }
    };

  const orchestrations = createWorkQueue(limits.orchestrators, guard('Orchestration', runOrchestration), changed);
  const entities = createWorkQueue(limits.entities, guard('Entity', runEntity), changed);
  const activities = createWorkQueue(limits.activities, guard('Activity', runActivity), changed);
  const inbox = createInbox(clock, (target) => {
    (target.startsWith('@') ? entities : orchestrations).add(target);
  });

  function mirror(change: StoreChange): void {
    switch (change.op) {
      case 'put-message':
        inbox.put(change.message);
        break;
      case 'delete-message':
        inbox.remove(change.id);
        break;
      case 'put-activity':
        activityItems.set(change.activity.id, change.activity);
        activities.add(change.activity.id);
        break;
      case 'delete-activity':
        activityItems.delete(change.id);
        break;
      case 'append-history':
        if (histories.has(change.id)) histories.get(change.id)?.push(...change.events);
        break;
      case 'clear-history':
      case 'delete-instance':
        histories.delete(change.id);
        break;
      default:
        break;
    }
  }

  function apply(out: Outbox): void {
    if (out.changes.length === 0) return;
    store.commit(out.changes);
    for (const change of out.changes) mirror(change);
  }

  const world: TurnWorld = {
    run: (instance, history) => functions.runOrchestrator(instance, history),
    findInstance: (id) => store.instance(id),
    timersOf: (id) => inbox.scheduled(id),
    lockedBy: (id) =>
      usesLocks(id)
        ? store
            .entities()
            .filter((entity) => entity.lockedBy === id)
            .map((entity) => entity.id)
        : [],
  };

  /** Only a critical section names a set of locks in what it sends. */
  function usesLocks(id: string): boolean {
    return historyOf(id).some((event) => event.Input?.includes('"lockset":') === true);
  }

  function historyOf(id: string): readonly HistoryEvent[] {
    if (options.rereadHistory) return store.history(id);
    const known = histories.get(id) ?? store.history(id);
    histories.set(id, known);
    return known;
  }

  async function runOrchestration(id: string): Promise<void> {
    const messages = inbox.due(id);
    if (messages.length === 0) return;
    const instance = store.instance(id);
    const out = new Outbox(clock.now(), nextId);
    if (!instance) {
      for (const message of messages) out.add({ op: 'delete-message', id: message.id });
    } else {
      // A suspended instance keeps its events; only a control message is a reason for a turn.
      if (instance.status === 'Suspended' && messages.every(({ body }) => body.kind === 'event')) return;
      await takeTurn({ instance, past: historyOf(id), messages }, world, out);
    }
    apply(out);
    const now = store.instance(id);
    if (!now || now.status === 'Completed' || now.status === 'Failed' || now.status === 'Terminated') {
      histories.delete(id);
    }
  }

  async function runEntity(id: string): Promise<void> {
    const entity = store.entity(id) ?? newEntity(id);
    const messages = inbox.due(id);
    if (!messages.some((message) => isTakeable(message, entity.lockedBy))) return;
    const out = new Outbox(clock.now(), nextId);
    const { name } = entityIdParts(id);
    await takeEntityTurn(entity, messages, limits.entityBatch, (payload) => functions.runEntity(name, payload), out);
    apply(out);
    if (inbox.due(id).length > 0) entities.add(id);
  }

  async function runActivity(id: number): Promise<void> {
    const item = activityItems.get(id);
    if (!item) return;
    const answer = await functions.runActivity(item);
    const out = new Outbox(clock.now(), nextId);
    out.add({ op: 'delete-activity', id });
    const { type, fields } = activityOutcome(item, answer);
    out.sendEvent(item, type, fields);
    apply(out);
  }

  return {
    clock,
    store,
    commit(fill) {
      const out = new Outbox(clock.now(), nextId);
      fill(out);
      apply(out);
    },
    get quiet() {
      return orchestrations.empty && entities.empty && activities.empty;
    },
    start() {
      const outstanding = store.outstanding();
      lastId = outstanding.nextId - 1;
      for (const message of outstanding.messages) inbox.put(message);
      for (const activity of outstanding.activities) mirror({ op: 'put-activity', activity });
    },
    async stop() {
      inbox.close();
      await Promise.all([orchestrations.stop(), entities.stop(), activities.stop()]);
    },
  };
}
