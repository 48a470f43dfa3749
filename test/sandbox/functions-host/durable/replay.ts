import { actionType, type Action, type OrchestrationRetry, type SimpleAction } from './action.ts';
import { type Decision, mismatch, recordsDecision } from './decision.ts';
import { eventType, type HistoryEvent } from './history.ts';
import {
  settle,
  type LeafNode,
  type LongTimerNode,
  type RetryNode,
  type TaskNode,
  type TreeHost,
} from './task-tree.ts';

/** Timers above `maximum` are made of several of `interval`; both in milliseconds, told to the SDK in its payload. */
export const longTimers: { readonly maximum: number; readonly interval: number } = {
  maximum: 6 * 86_400_000,
  interval: 3 * 86_400_000,
};

/** What comes of walking the actions of an orchestrator along its history. */
export interface ReplayResult {
  /** Decisions that the history does not record yet, in the order of their ids. */
  readonly fresh: readonly Decision[];
  /** Timers (by id) that the orchestrator cancelled. */
  readonly cancelledTimers: ReadonlySet<number>;
  /** Set when the orchestrator continues as new; the value is its next input as it stands in the action. */
  readonly continueAsNew: { readonly input: unknown } | undefined;
  /** External events that nothing waited for. They follow the orchestration when it continues as new. */
  readonly unusedEvents: readonly HistoryEvent[];
  /** Why history and code disagree, or undefined when they do not. */
  readonly nonDeterminism: string | undefined;
}

/**
 * Walks an orchestrator's list of actions along the history that it was given, allots the same ids to the same tasks as the SDK
 * did, and so finds which actions are new. The SDK numbers tasks as they are yielded, depth first, and retries as their
 * failures arrive.
 */
export function replay(actions: readonly Action[], history: readonly HistoryEvent[]): ReplayResult {
  const walk = new Replay(actions, history);
  walk.run();
  return walk.result();
}

class Replay implements TreeHost {
  readonly #actions: readonly Action[];
  readonly #history: readonly HistoryEvent[];
  /** Events that record a decision, by its id. */
  readonly #recorded: ReadonlyMap<number, HistoryEvent>;
  readonly #decisions = new Map<number, Decision>();
  readonly #open = new Map<string, LeafNode>();
  readonly #waiting = new Map<string, LeafNode[]>();
  readonly #deferred = new Map<string, HistoryEvent[]>();
  readonly #nodes = new Map<number, TaskNode>();
  readonly #timers = new Map<number, SimpleAction>();
  /** Ids under which entities answer. */
  readonly #requests = new Set<string>();
  #current: TaskNode | undefined;
  #started = false;
  #position = 0;
  #sequence = 0;
  #now = 0;
  #lockSet: readonly string[] = [];
  #continueAsNew: { input: unknown } | undefined;
  readonly #unprocessed: HistoryEvent[] = [];

  constructor(actions: readonly Action[], history: readonly HistoryEvent[]) {
    this.#actions = actions;
    this.#history = history;
    this.#recorded = new Map(history.filter(recordsDecision).map((event) => [event.EventId, event]));
  }

  run(): void {
    for (const event of this.#history) {
      // The SDK stops reading as soon as the orchestrator asked to continue as new.
      if (this.#continueAsNew) this.#unprocessed.push(event);
      else this.#process(event);
    }
  }

  result(): ReplayResult {
    const cancelled = [...this.#timers].filter(([, timer]) => 'isCanceled' in timer && timer.isCanceled);
    const unused = [...[...this.#deferred.values()].flat(), ...this.#unprocessed];
    return {
      fresh: [...this.#decisions.values()].filter((one) => !this.#recorded.has(one.id)).sort((a, b) => a.id - b.id),
      cancelledTimers: new Set(cancelled.map(([id]) => id)),
      continueAsNew: this.#continueAsNew,
      unusedEvents: unused.filter(
        (event) => event.EventType === eventType.EventRaised && !this.#requests.has(event.Name ?? ''),
      ),
      nonDeterminism: this.#disagreement(),
    };
  }

  #disagreement(): string | undefined {
    for (const [id, event] of this.#recorded) {
      const reason = mismatch(this.#decisions.get(id), event);
      if (reason) return reason;
    }
    return undefined;
  }

  #process(event: HistoryEvent): void {
    switch (event.EventType) {
      case eventType.OrchestratorStarted:
        this.#now = Math.max(this.#now, Date.parse(event.Timestamp));
        break;
      case eventType.ExecutionStarted:
        this.#started = true;
        this.#resume();
        break;
      case eventType.EventSent:
        this.#rekey(event);
        break;
      case eventType.TaskCompleted:
      case eventType.SubOrchestrationInstanceCompleted:
      case eventType.TimerFired:
      case eventType.EventRaised:
      case eventType.TaskFailed:
      case eventType.SubOrchestrationInstanceFailed:
        this.#complete(event);
        this.#resume();
        break;
    }
  }

  /** An entity answers under the id of the request, not under that of the task. */
  #rekey(event: HistoryEvent): void {
    const key = String(event.EventId);
    const request = JSON.parse(event.Input ?? '{}') as { id?: string };
    if (request.id === undefined) return;
    this.#requests.add(request.id);
    const leaf = this.#open.get(key);
    if (!leaf) return;
    this.#open.delete(key);
    this.#open.set(request.id, leaf);
  }

  #complete(event: HistoryEvent): void {
    const key = String(event.TaskScheduledId ?? event.TimerId ?? event.Name);
    const leaf = this.#open.get(key) ?? this.#waiting.get(key)?.pop();
    if (!leaf) {
      this.#deferred.set(key, [...(this.#deferred.get(key) ?? []), event]);
      return;
    }
    this.#open.delete(key);
    const failed =
      event.EventType === eventType.TaskFailed || event.EventType === eventType.SubOrchestrationInstanceFailed;
    settle(leaf, failed ? 'failed' : 'completed', this);
  }

  /** Lets the orchestrator run on: takes actions until one has to be waited for. */
  #resume(): void {
    if (!this.#started) return;
    while (!this.#continueAsNew && (this.#current === undefined || this.#current.state !== 'running')) {
      const action = this.#actions[this.#position];
      if (!action) return;
      this.#position += 1;
      if (this.#fireAndForget(action)) continue;
      const known = action.ref === undefined ? undefined : this.#nodes.get(action.ref);
      this.#current = known ?? this.#build(action);
      this.#track(this.#current);
    }
  }

  /** True when `action` is one that is not waited for. */
  #fireAndForget(action: Action): boolean {
    switch (action.actionType) {
      case actionType.continueAsNew:
        this.#continueAsNew = { input: action.input };
        return true;
      case actionType.signalEntity:
        this.#decide({ kind: 'entity', ...entityFields(action), id: this.#sequence++, signal: true });
        return true;
      case actionType.releaseEntities:
        for (const target of this.#lockSet) this.#decide({ kind: 'release', id: this.#sequence++, target });
        this.#lockSet = [];
        return true;
      default:
        return false;
    }
  }

  #build(action: Action): TaskNode {
    const node = this.#newNode(action);
    if (action.ref !== undefined) this.#nodes.set(action.ref, node);
    return node;
  }

  #newNode(action: Action): TaskNode {
    switch (action.actionType) {
      case actionType.whenAll:
      case actionType.whenAny: {
        const children = action.compoundActions.map((child) => this.#child(child));
        const kind = action.actionType === actionType.whenAll ? 'all' : 'any';
        return adopt({ kind, children, state: 'running', parent: undefined });
      }
      case actionType.callActivityWithRetry:
      case actionType.callSubOrchestratorWithRetry:
        return adopt({
          kind: 'retry',
          children: [newLeaf(action)],
          action,
          retry: action.retryOptions,
          attempt: 1,
          waitingForTimer: false,
          state: 'running',
          parent: undefined,
        });
      case actionType.createTimer: {
        const fireAt = Date.parse(action.fireAt);
        if (fireAt - this.#now <= longTimers.maximum) return newLeaf(action);
        const first = newLeaf(this.#timerStep(fireAt));
        return adopt({ kind: 'long-timer', children: [first], fireAt, state: 'running', parent: undefined });
      }
      default:
        return newLeaf(action);
    }
  }

  /** A child of a compound: a task that was yielded before, or a new one. */
  #child(action: Action): TaskNode {
    if (action.ref !== undefined) return this.#nodes.get(action.ref) ?? this.#build(action);
    return this.#build(action);
  }

  #track(node: TaskNode): void {
    if (node.kind !== 'leaf') {
      for (const child of [...node.children]) this.#track(child);
      return;
    }
    if (node.key === undefined) this.#register(node);
    else if (node.action.actionType === actionType.waitForExternalEvent) this.#await(node);
    this.#replayDeferred(node);
  }

  #register(leaf: LeafNode): void {
    if (leaf.action.actionType === actionType.waitForExternalEvent) {
      leaf.key = leaf.action.externalEventName;
      this.#await(leaf);
      return;
    }
    const id = this.#sequence++;
    leaf.key = String(id);
    this.#open.set(leaf.key, leaf);
    this.#decide(this.#decisionOf(leaf.action, id));
  }

  #await(leaf: LeafNode): void {
    const name = leaf.key ?? '';
    this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), leaf]);
  }

  /** An answer may stand in the history before the task that it answers is yielded. */
  #replayDeferred(leaf: LeafNode): void {
    const early = this.#deferred.get(leaf.key ?? '');
    const event = early?.shift();
    if (event) this.#complete(event);
  }

  #decide(decision: Decision): void {
    this.#decisions.set(decision.id, decision);
  }

  #decisionOf(action: SimpleAction, id: number): Decision {
    switch (action.actionType) {
      case actionType.callActivity:
      case actionType.callActivityWithRetry:
        return { kind: 'activity', id, name: action.functionName, input: textInput(action.input) };
      case actionType.callSubOrchestrator:
      case actionType.callSubOrchestratorWithRetry:
        return {
          kind: 'sub-orchestration',
          id,
          name: action.functionName,
          instanceId: action.instanceId ?? null,
          input: jsonInput(action.input),
          version: action.version ?? null,
        };
      case actionType.createTimer:
        this.#timers.set(id, action);
        return { kind: 'timer', id, fireAt: Date.parse(action.fireAt) };
      case actionType.callEntity:
        return { kind: 'entity', ...entityFields(action), id, signal: false };
      case actionType.lockEntities:
        this.#lockSet = action.lockSet.map((entity) => `@${entity.name.toLowerCase()}@${entity.key}`);
        return { kind: 'lock', id, requestId: action.lockRequestId, lockSet: this.#lockSet };
      default:
        throw new Error(`Action ${action.actionType} is not one that is waited for.`);
    }
  }

  scheduleRetryTimer(node: RetryNode, attempt: number): void {
    this.#addChild(node, newLeaf(timerAction(this.#now + retryDelay(node.retry, attempt))));
  }

  scheduleRetryAttempt(node: RetryNode): void {
    this.#addChild(node, newLeaf(node.action));
  }

  extendLongTimer(node: LongTimerNode): boolean {
    if (node.fireAt <= this.#now) return false;
    this.#addChild(node, newLeaf(this.#timerStep(node.fireAt)));
    return true;
  }

  #timerStep(fireAt: number): SimpleAction {
    return timerAction(fireAt - this.#now > longTimers.maximum ? this.#now + longTimers.interval : fireAt);
  }

  #addChild(parent: RetryNode | LongTimerNode, child: LeafNode): void {
    child.parent = parent;
    parent.children.push(child);
    this.#track(child);
  }
}

function newLeaf(action: SimpleAction): LeafNode {
  return { kind: 'leaf', key: undefined, action, state: 'running', parent: undefined };
}

/** A task belongs to the compound that it was last put into. */
function adopt(node: Exclude<TaskNode, LeafNode>): TaskNode {
  for (const child of node.children) child.parent = node;
  return node;
}

function timerAction(fireAt: number): SimpleAction {
  return { actionType: actionType.createTimer, fireAt: new Date(fireAt).toISOString(), isCanceled: false };
}

function retryDelay(retry: OrchestrationRetry, attempt: number): number {
  const delay = retry.firstRetryIntervalInMilliseconds * (retry.backoffCoefficient ?? 1) ** (attempt - 1);
  return Math.min(delay, retry.maxRetryIntervalInMilliseconds ?? Infinity);
}

function entityFields(action: { instanceId: string; operation: string; input?: unknown }): {
  target: string;
  operation: string;
  input: string | null;
} {
  return { target: action.instanceId, operation: action.operation, input: jsonInput(action.input) };
}

/** The text that an activity is triggered with: the SDK has made JSON of a string already, of other values not. */
function textInput(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function jsonInput(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}
