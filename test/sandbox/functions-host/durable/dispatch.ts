import { createHash } from 'node:crypto';
import type { Decision } from './decision.ts';
import { historyEvent, type HistoryEvent } from './history.ts';
import type { Outbox } from './outbox.ts';
import { hasEnded, startInstance } from './start.ts';
import type { InstanceRecord } from './store.ts';

/** What dispatching needs to know of the world. */
export interface DispatchContext {
  readonly instance: InstanceRecord;
  /** Timers that were cancelled in the very turn that created them: they are recorded, or their ids would be missing, but never fire. */
  readonly cancelledTimers: ReadonlySet<number>;
  findInstance(id: string): InstanceRecord | undefined;
}

/** A GUID that depends on its parts only, so that a turn that is run again asks under the same id. */
export function stableGuid(...parts: (string | number)[]): string {
  const hex = createHash('sha256').update(parts.join('\n')).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

/** Sends what a decision asks for and returns the event that records it. */
export function dispatch(decision: Decision, out: Outbox, context: DispatchContext): HistoryEvent {
  const { instance } = context;
  const self = { instanceId: instance.id, executionId: instance.executionId };
  switch (decision.kind) {
    case 'activity':
      out.schedule({ ...self, taskId: decision.id, name: decision.name, input: decision.input });
      return historyEvent('TaskScheduled', out.now, { Name: decision.name, Input: decision.input }, decision.id);
    case 'timer': {
      const FireAt = new Date(decision.fireAt).toISOString();
      if (!context.cancelledTimers.has(decision.id)) {
        out.sendEvent(self, 'TimerFired', { TimerId: decision.id, FireAt }, decision.fireAt);
      }
      return historyEvent('TimerCreated', out.now, { FireAt }, decision.id);
    }
    case 'sub-orchestration':
      return startChild(decision, out, context);
    case 'entity':
      return sendOperation(decision, out, context);
    case 'lock':
      return sendLock(decision, out, context);
    case 'release': {
      const Input = JSON.stringify({ parent: instance.id, id: stableGuid(instance.executionId, 'lock') });
      out.send(decision.target, { kind: 'release', owner: instance.id });
      return historyEvent('EventSent', out.now, { InstanceId: decision.target, Name: 'release', Input }, decision.id);
    }
  }
}

type Of<K extends Decision['kind']> = Extract<Decision, { kind: K }>;

function startChild(decision: Of<'sub-orchestration'>, out: Outbox, context: DispatchContext): HistoryEvent {
  const { instance } = context;
  const id = decision.instanceId ?? `${instance.executionId}:${String(decision.id)}`;
  const parent = {
    Name: instance.name,
    TaskScheduleId: decision.id,
    OrchestrationInstance: { InstanceId: instance.id, ExecutionId: instance.executionId },
  };
  const present = context.findInstance(id);
  if (present && !hasEnded(present)) {
    const Reason = `Sub-orchestration '${decision.name}' failed: an instance with the id '${id}' is already running.`;
    out.sendParent(parent, 'SubOrchestrationInstanceFailed', { Reason, Details: '' });
  } else {
    const executionId = stableGuid(instance.executionId, decision.id, 'child');
    startInstance(out, {
      id,
      executionId,
      name: decision.name,
      input: decision.input,
      version: decision.version,
      parent,
    });
  }
  const fields = { InstanceId: id, Name: decision.name, Input: decision.input };
  return historyEvent('SubOrchestrationInstanceCreated', out.now, fields, decision.id);
}

function sendOperation(decision: Of<'entity'>, out: Outbox, { instance }: DispatchContext): HistoryEvent {
  const { target, operation, input, signal } = decision;
  const id = stableGuid(instance.executionId, decision.id, 'request');
  const caller = { instanceId: instance.id, executionId: instance.executionId };
  out.send(target, { kind: 'operation', request: { id, operation, input, caller: signal ? null : caller } });
  const request = {
    op: operation,
    ...(signal ? { signal: true } : {}),
    ...(input === null ? {} : { input }),
    id,
    parent: caller.instanceId,
    parentExecution: caller.executionId,
  };
  return historyEvent(
    'EventSent',
    out.now,
    { InstanceId: target, Name: 'op', Input: JSON.stringify(request) },
    decision.id,
  );
}

function sendLock(decision: Of<'lock'>, out: Outbox, { instance }: DispatchContext): HistoryEvent {
  const { requestId: id, lockSet } = decision;
  const owner = { instanceId: instance.id, executionId: instance.executionId };
  const target = lockSet[0] ?? '';
  out.send(target, { kind: 'lock', request: { id, lockSet, position: 0, owner } });
  const request = { id, lockset: lockSet, pos: 0, parent: owner.instanceId, parentExecution: owner.executionId };
  return historyEvent(
    'EventSent',
    out.now,
    { InstanceId: target, Name: 'op', Input: JSON.stringify(request) },
    decision.id,
  );
}
