import { historyEvent, type ParentInstance } from './history.ts';
import type { Outbox } from './outbox.ts';
import type { InstanceRecord, RuntimeStatus } from './store.ts';

const ended: ReadonlySet<RuntimeStatus> = new Set(['Completed', 'Failed', 'Terminated']);

/** True when an instance will not run any more. */
export function hasEnded(instance: InstanceRecord): boolean {
  return ended.has(instance.status);
}

/** A new execution. `input` is JSON text. */
export interface StartOptions {
  readonly id: string;
  readonly executionId: string;
  readonly name: string;
  readonly input: string | null;
  readonly version: string | null;
  readonly parent: ParentInstance | null;
}

/** Puts a new instance into the store, over one that has ended, and sends it its first message. */
export function startInstance(out: Outbox, options: StartOptions): void {
  const { id, executionId, name, input, version, parent } = options;
  const instance: InstanceRecord = {
    id,
    name,
    version,
    executionId,
    status: 'Pending',
    input,
    output: null,
    customStatus: null,
    created: out.now,
    updated: out.now,
    parent,
  };
  out.add({ op: 'clear-history', id }, { op: 'put-instance', instance });
  sendStart(out, instance);
}

/** The message that begins an execution. */
export function sendStart(out: Outbox, instance: InstanceRecord): void {
  const event = historyEvent('ExecutionStarted', out.now, {
    Name: instance.name,
    Version: instance.version,
    Input: instance.input,
    OrchestrationInstance: { InstanceId: instance.id, ExecutionId: instance.executionId },
    ParentInstance: instance.parent,
  });
  out.send(instance.id, { kind: 'event', event, executionId: instance.executionId });
}
