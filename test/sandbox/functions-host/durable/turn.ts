import type { OrchestratorState } from './action.ts';
import { dispatch, stableGuid } from './dispatch.ts';
import { eventType, historyEvent, type HistoryEvent } from './history.ts';
import type { Outbox } from './outbox.ts';
import { replay, type ReplayResult } from './replay.ts';
import { hasEnded, sendStart } from './start.ts';
import type { InstanceRecord, StoredMessage } from './store.ts';

/** How an orchestrator answered a turn: with its state, or with a fault that is not the code's own (it never ran, or spoke nonsense). */
export type OrchestratorAnswer =
  { readonly kind: 'state'; readonly state: OrchestratorState } | { readonly kind: 'fault'; readonly message: string };

/** One turn of one orchestration. */
export interface Turn {
  readonly instance: InstanceRecord;
  /** The history up to now. */
  readonly past: readonly HistoryEvent[];
  /** What is in the inbox and due, in order of sending. */
  readonly messages: readonly StoredMessage[];
}

/** What a turn needs from outside. */
export interface TurnWorld {
  /** Runs the orchestrator function over a history, of which the last events are new. */
  run(instance: InstanceRecord, history: readonly HistoryEvent[]): Promise<OrchestratorAnswer>;
  findInstance(id: string): InstanceRecord | undefined;
  /** Ids of messages that wait for their time, for an instance. */
  timersOf(id: string): readonly StoredMessage[];
  /** Entities whose lock an instance holds. */
  lockedBy(id: string): readonly string[];
}

/** Takes the messages of a turn and puts everything that follows from them into `out`, to be committed as one. */
export async function takeTurn(turn: Turn, world: TurnWorld, out: Outbox): Promise<void> {
  const { instance } = turn;
  const control = turn.messages.filter((message) => message.body.kind !== 'event');
  const terminate = control.find((message) => message.body.kind === 'terminate');
  if (hasEnded(instance)) {
    drop(turn.messages, out);
  } else if (terminate) {
    drop(turn.messages, out);
    end(instance, 'Terminated', reasonOf(terminate), world, out);
  } else {
    drop(control, out);
    const { current, events } = applyControl(turn, control, out);
    if (current.status !== 'Suspended') await takeEvents({ ...turn, instance: current }, events, world, out);
  }
}

/** Suspends and resumes in the order of the messages. Events wait in the inbox while the instance is suspended. */
function applyControl(
  turn: Turn,
  control: readonly StoredMessage[],
  out: Outbox,
): { current: InstanceRecord; events: StoredMessage[] } {
  let current = turn.instance;
  for (const message of control) {
    const suspend = message.body.kind === 'suspend';
    if (suspend === (current.status === 'Suspended')) continue;
    current = { ...current, status: suspend ? 'Suspended' : 'Running', updated: out.now };
    const event = historyEvent(suspend ? 'ExecutionSuspended' : 'ExecutionResumed', out.now, {
      Reason: reasonOf(message),
    });
    out.add({ op: 'append-history', id: current.id, events: [event] }, { op: 'put-instance', instance: current });
  }
  return { current, events: turn.messages.filter((message) => message.body.kind === 'event') };
}

function reasonOf(message: StoredMessage): string {
  return 'reason' in message.body ? message.body.reason : '';
}

function drop(messages: readonly StoredMessage[], out: Outbox): void {
  for (const { id } of messages) out.add({ op: 'delete-message', id });
}

async function takeEvents(
  turn: Turn,
  messages: readonly StoredMessage[],
  world: TurnWorld,
  out: Outbox,
): Promise<void> {
  const { instance } = turn;
  drop(messages, out);
  const received = messages.flatMap(({ body }) =>
    body.kind === 'event' && (body.executionId === undefined || body.executionId === instance.executionId)
      ? [{ ...body.event, Timestamp: new Date(out.now).toISOString() }]
      : [],
  );
  if (received.length === 0) return;
  // An event that was carried over from an earlier execution may have been sent before the start of this one.
  received.sort((a, b) => Number(isStart(b)) - Number(isStart(a)));
  const started = historyEvent('OrchestratorStarted', out.now);
  // Suspension of this very commit is in `out` already, not in `past`; replay ignores those events either way.
  const history = [...turn.past.map((event) => ({ ...event, IsPlayed: true })), started, ...received];
  const answer = await world.run(instance, history);
  conclude(instance, [started, ...received], history, answer, world, out);
}

function isStart(event: HistoryEvent): boolean {
  return event.EventType === eventType.ExecutionStarted;
}

/** Turns an answer into changes: new tasks, the end, or the next execution. */
function conclude(
  instance: InstanceRecord,
  added: readonly HistoryEvent[],
  history: readonly HistoryEvent[],
  answer: OrchestratorAnswer,
  world: TurnWorld,
  out: Outbox,
): void {
  const record = (created: readonly HistoryEvent[]): void => {
    const events = [...added, ...created, historyEvent('OrchestratorCompleted', out.now)];
    out.add({ op: 'append-history', id: instance.id, events });
  };
  const fail = (message: string): void => {
    record([]);
    end(instance, 'Failed', `Orchestrator function '${instance.name}' failed: ${message}`, world, out);
  };
  if (answer.kind === 'fault') {
    fail(answer.message);
    return;
  }
  const { state } = answer;
  const result = replay(state.actions, history);
  if (result.nonDeterminism !== undefined) {
    fail(`Non-Deterministic workflow detected: ${result.nonDeterminism}.`);
    return;
  }
  const current: InstanceRecord = {
    ...instance,
    status: 'Running',
    updated: out.now,
    customStatus: jsonText(state.customStatus) ?? instance.customStatus,
  };
  const over = state.isDone || state.error !== undefined;
  // Once the orchestrator is over nobody waits for a timer any more; what it set going beside that still goes out.
  const decisions = result.fresh.filter((one) => !(over && one.kind === 'timer'));
  const { cancelledTimers } = result;
  const context = { instance: current, cancelledTimers, findInstance: (id: string) => world.findInstance(id) };
  record(decisions.map((one) => dispatch(one, out, context)));
  cancelTimers(current, result, world, out);
  if (state.error !== undefined) {
    end(current, 'Failed', `Orchestrator function '${instance.name}' failed: ${state.error}`, world, out);
  } else if (result.continueAsNew) {
    continueAsNew(current, result, world, out);
  } else if (state.isDone) {
    end(current, 'Completed', jsonText(state.output) ?? null, world, out);
  } else {
    out.add({ op: 'put-instance', instance: current });
  }
}

function cancelTimers(instance: InstanceRecord, result: ReplayResult, world: TurnWorld, out: Outbox): void {
  for (const message of world.timersOf(instance.id)) {
    if (message.body.kind !== 'event') continue;
    const { TimerId } = message.body.event;
    if (TimerId !== undefined && result.cancelledTimers.has(TimerId)) out.add({ op: 'delete-message', id: message.id });
  }
}

/** JSON of a value, undefined for null and undefined (the SDK leaves out what it does not have). */
function jsonText(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : JSON.stringify(value);
}

/** Ends an instance, forgets its timers, frees its locks and answers its parent. `output` is JSON text when it completed, otherwise a reason. */
function end(
  instance: InstanceRecord,
  status: 'Completed' | 'Failed' | 'Terminated',
  output: string | null,
  world: TurnWorld,
  out: Outbox,
): void {
  const completed = status === 'Completed';
  const event = completed
    ? historyEvent('ExecutionCompleted', out.now, { Result: output })
    : historyEvent(status === 'Failed' ? 'ExecutionCompleted' : 'ExecutionTerminated', out.now, {
        Reason: output ?? '',
      });
  drop(world.timersOf(instance.id), out);
  for (const entity of world.lockedBy(instance.id)) out.send(entity, { kind: 'release', owner: instance.id });
  out.add(
    { op: 'append-history', id: instance.id, events: [event] },
    {
      op: 'put-instance',
      instance: { ...instance, status, updated: out.now, output: completed ? output : JSON.stringify(output) },
    },
  );
  if (completed) out.sendParent(instance.parent, 'SubOrchestrationInstanceCompleted', { Result: output });
  else {
    const fields = { Reason: output ?? '', Details: status === 'Failed' ? (output ?? '') : 'Terminated' };
    out.sendParent(instance.parent, 'SubOrchestrationInstanceFailed', fields);
  }
}

/** Begins the next execution of an instance; events that nobody waited for go with it. */
function continueAsNew(instance: InstanceRecord, result: ReplayResult, world: TurnWorld, out: Outbox): void {
  const next: InstanceRecord = {
    ...instance,
    executionId: stableGuid(instance.executionId, 'next'),
    input: nextInput(result.continueAsNew?.input),
  };
  drop(world.timersOf(instance.id), out);
  out.add({ op: 'clear-history', id: instance.id }, { op: 'put-instance', instance: next });
  sendStart(out, next);
  for (const event of result.unusedEvents) out.send(instance.id, { kind: 'event', event });
}

/** The SDK makes JSON of a string input, and leaves other values to the answer as a whole. */
function nextInput(input: unknown): string | null {
  if (input === undefined || input === null) return null;
  return typeof input === 'string' ? input : JSON.stringify(input);
}
