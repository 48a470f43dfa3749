import type { HistoryEvent, ParentInstance } from './history.ts';

export type RuntimeStatus =
  'Pending' | 'Running' | 'Suspended' | 'Completed' | 'Failed' | 'Terminated' | 'ContinuedAsNew';

/** An orchestration instance. Times in milliseconds since 1970; input, output and custom status are JSON texts. */
export interface InstanceRecord {
  readonly id: string;
  readonly name: string;
  readonly version: string | null;
  /** Changes whenever the instance continues as new, so that answers to an earlier execution can be told apart. */
  readonly executionId: string;
  readonly status: RuntimeStatus;
  readonly input: string | null;
  readonly output: string | null;
  readonly customStatus: string | null;
  readonly created: number;
  readonly updated: number;
  readonly parent: ParentInstance | null;
}

/** What may be waiting in the inbox of an orchestration or an entity. */
export type MessageBody =
  /** Goes into the history as it is. An answer carries the execution that it answers; an external event does not. */
  | { readonly kind: 'event'; readonly event: HistoryEvent; readonly executionId?: string }
  | { readonly kind: 'terminate' | 'suspend' | 'resume'; readonly reason: string }
  | { readonly kind: 'operation'; readonly request: EntityRequest }
  | { readonly kind: 'lock'; readonly request: LockRequest }
  | { readonly kind: 'release'; readonly owner: string };

/** An operation on an entity: a call when it names whom to answer, otherwise a signal. */
export interface EntityRequest {
  readonly id: string;
  readonly operation: string;
  /** JSON text. */
  readonly input: string | null;
  readonly caller: { readonly instanceId: string; readonly executionId: string } | null;
}

/** A request to lock entities in the order of the set; `position` is the one that the message now stands at. */
export interface LockRequest {
  readonly id: string;
  readonly lockSet: readonly string[];
  readonly position: number;
  readonly owner: { readonly instanceId: string; readonly executionId: string };
}

/** A message for an orchestration (instance id) or an entity (`@name@key`), to be taken at `due` and not before. */
export interface StoredMessage {
  /** Ascending in order of sending. */
  readonly id: number;
  readonly target: string;
  /** Milliseconds since 1970; 0 for at once. */
  readonly due: number;
  readonly body: MessageBody;
}

/** An activity that has to run. */
export interface ActivityItem {
  readonly id: number;
  readonly instanceId: string;
  readonly executionId: string;
  readonly taskId: number;
  readonly name: string;
  /** The text of the activity trigger's payload; null for none. */
  readonly input: string | null;
}

/** An entity: its state as JSON text, and the orchestration that holds its lock. */
export interface EntityRecord {
  readonly id: string;
  readonly exists: boolean;
  readonly state: string | null;
  readonly lockedBy: string | null;
  readonly updated: number;
}

/** One change of the store. Changes are only made in commits, which happen whole or not at all. */
export type StoreChange =
  | { readonly op: 'put-instance'; readonly instance: InstanceRecord }
  | { readonly op: 'delete-instance'; readonly id: string }
  | { readonly op: 'append-history'; readonly id: string; readonly events: readonly HistoryEvent[] }
  | { readonly op: 'clear-history'; readonly id: string }
  | { readonly op: 'put-message'; readonly message: StoredMessage }
  | { readonly op: 'delete-message'; readonly id: number }
  | { readonly op: 'put-activity'; readonly activity: ActivityItem }
  | { readonly op: 'delete-activity'; readonly id: number }
  | { readonly op: 'put-entity'; readonly entity: EntityRecord }
  | { readonly op: 'delete-entity'; readonly id: string }
  | { readonly op: 'put-value'; readonly key: string; readonly value: string };

/** Work that was outstanding when the store was opened. */
export interface Outstanding {
  /** In order of sending. */
  readonly messages: readonly StoredMessage[];
  readonly activities: readonly ActivityItem[];
  /** The first id that is free for a message or an activity. */
  readonly nextId: number;
}

/** Which instances to list: by time of creation (inclusive, milliseconds) and status. */
export interface InstanceFilter {
  readonly createdFrom?: number;
  readonly createdTo?: number;
  readonly statuses?: readonly string[];
}

/**
 * Where orchestrations and entities are kept, and with them the schedule status of timers. Everything is synchronous: one turn is one commit, and a
 * process that is killed at any moment finds either all of it or nothing.
 */
export interface DurableStore {
  outstanding(): Outstanding;
  commit(changes: readonly StoreChange[]): void;
  instance(id: string): InstanceRecord | undefined;
  /** In order of creation. */
  instances(filter: InstanceFilter): InstanceRecord[];
  history(id: string): HistoryEvent[];
  entity(id: string): EntityRecord | undefined;
  /** Entities in the order of their ids. */
  entities(): EntityRecord[];
  /** A named value, e.g. the schedule status of a timer. */
  value(key: string): string | undefined;
  close(): void;
}
