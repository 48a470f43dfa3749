/** Event types of an orchestration's history, numbered as the Durable Task Framework does (EventType enumeration). */
export const eventType = {
  ExecutionStarted: 0,
  ExecutionCompleted: 1,
  ExecutionTerminated: 3,
  TaskScheduled: 4,
  TaskCompleted: 5,
  TaskFailed: 6,
  SubOrchestrationInstanceCreated: 7,
  SubOrchestrationInstanceCompleted: 8,
  SubOrchestrationInstanceFailed: 9,
  TimerCreated: 10,
  TimerFired: 11,
  OrchestratorStarted: 12,
  OrchestratorCompleted: 13,
  EventSent: 14,
  EventRaised: 15,
  ContinueAsNew: 16,
  ExecutionSuspended: 19,
  ExecutionResumed: 20,
} as const;

export type EventTypeName = keyof typeof eventType;

/** How a failure is told to SDKs that understand structured failures. */
export interface FailureDetails {
  readonly ErrorType: string;
  readonly ErrorMessage: string;
  readonly StackTrace?: string;
  readonly IsNonRetriable: boolean;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/**
 * One event of a history, in the extension's own spelling: it goes to the SDK as it is. `EventId` is -1 unless the event
 * schedules something, `Timestamp` ISO 8601, results and inputs are JSON texts (null for none).
 */
export interface HistoryEvent {
  readonly EventType: number;
  readonly EventId: number;
  readonly IsPlayed: boolean;
  readonly Timestamp: string;
  readonly Name?: string;
  readonly Version?: string | null;
  readonly Input?: string | null;
  readonly Result?: string | null;
  readonly Reason?: string;
  readonly Details?: string;
  readonly FailureDetails?: FailureDetails;
  readonly TaskScheduledId?: number;
  readonly TimerId?: number;
  readonly FireAt?: string;
  readonly InstanceId?: string;
  readonly OrchestrationInstance?: { readonly InstanceId: string; readonly ExecutionId: string };
  readonly ParentInstance?: ParentInstance | null;
}

/** Who started a sub-orchestration, and which of its tasks waits for it. */
export interface ParentInstance {
  readonly Name: string;
  readonly TaskScheduleId: number;
  readonly OrchestrationInstance: { readonly InstanceId: string; readonly ExecutionId: string };
}

/** What an event holds beside the fields that all have in common. */
export type EventFields = Omit<HistoryEvent, 'EventType' | 'EventId' | 'IsPlayed' | 'Timestamp'>;

/** A history event at `at` milliseconds. `id` is that of the task it schedules. */
export function historyEvent(type: EventTypeName, at: number, fields: EventFields = {}, id = -1): HistoryEvent {
  return {
    EventType: eventType[type],
    EventId: id,
    IsPlayed: false,
    Timestamp: new Date(at).toISOString(),
    ...fields,
  };
}

/** The name of an event type number. */
export function eventName(type: number): string {
  return Object.entries(eventType).find(([, number]) => number === type)?.[0] ?? String(type);
}
