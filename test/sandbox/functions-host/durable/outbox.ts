import { historyEvent, type EventFields, type EventTypeName, type ParentInstance } from './history.ts';
import type { ActivityItem, MessageBody, StoreChange } from './store.ts';

/** Collects the changes of one commit. Ids come from `nextId`; `now` stamps the events. */
export class Outbox {
  readonly changes: StoreChange[] = [];
  readonly now: number;
  readonly #nextId: () => number;

  constructor(now: number, nextId: () => number) {
    this.now = now;
    this.#nextId = nextId;
  }

  add(...changes: StoreChange[]): void {
    this.changes.push(...changes);
  }

  /** Sends a message; `due` is a time in milliseconds, 0 for at once. */
  send(target: string, body: MessageBody, due = 0): void {
    this.add({ op: 'put-message', message: { id: this.#nextId(), target, due, body } });
  }

  /** Sends an event to one execution of an orchestration. */
  sendEvent(to: Execution, type: EventTypeName, fields: EventFields, due = 0): void {
    const event = historyEvent(type, this.now, fields);
    this.send(to.instanceId, { kind: 'event', event, executionId: to.executionId }, due);
  }

  /** Answers the parent of a sub-orchestration; does nothing when there is none. */
  sendParent(parent: ParentInstance | null, type: EventTypeName, fields: EventFields): void {
    if (!parent) return;
    const { InstanceId, ExecutionId } = parent.OrchestrationInstance;
    const to = { instanceId: InstanceId, executionId: ExecutionId };
    this.sendEvent(to, type, { TaskScheduledId: parent.TaskScheduleId, ...fields });
  }

  schedule(activity: Omit<ActivityItem, 'id'>): void {
    this.add({ op: 'put-activity', activity: { id: this.#nextId(), ...activity } });
  }
}

/** One execution of an orchestration instance. */
export interface Execution {
  readonly instanceId: string;
  readonly executionId: string;
}
