import { eventName, eventType, type HistoryEvent } from './history.ts';

/** Something that an orchestrator set going, with the id that the SDK gave it. Inputs are texts as they go on the wire. */
export type Decision =
  | { readonly kind: 'activity'; readonly id: number; readonly name: string; readonly input: string | null }
  | { readonly kind: 'timer'; readonly id: number; readonly fireAt: number }
  | {
      readonly kind: 'sub-orchestration';
      readonly id: number;
      readonly name: string;
      readonly instanceId: string | null;
      readonly input: string | null;
      readonly version: string | null;
    }
  | {
      readonly kind: 'entity';
      readonly id: number;
      readonly target: string;
      readonly operation: string;
      readonly input: string | null;
      readonly signal: boolean;
    }
  | { readonly kind: 'lock'; readonly id: number; readonly requestId: string; readonly lockSet: readonly string[] }
  | { readonly kind: 'release'; readonly id: number; readonly target: string };

const createdBy = {
  activity: eventType.TaskScheduled,
  timer: eventType.TimerCreated,
  'sub-orchestration': eventType.SubOrchestrationInstanceCreated,
  entity: eventType.EventSent,
  lock: eventType.EventSent,
  release: eventType.EventSent,
} as const;

const creating: ReadonlySet<number> = new Set(Object.values(createdBy));

/** True for the events that record a decision: they carry its id. */
export function recordsDecision(event: HistoryEvent): boolean {
  return creating.has(event.EventType);
}

/** Where a decision goes, as its event names it. Timers have no name. */
function nameOf(decision: Decision): string | undefined {
  switch (decision.kind) {
    case 'activity':
    case 'sub-orchestration':
      return decision.name;
    case 'entity':
    case 'release':
      return decision.target;
    case 'lock':
      return decision.lockSet[0];
    case 'timer':
      return undefined;
  }
}

function recordedName(event: HistoryEvent): string | undefined {
  return event.EventType === eventType.EventSent ? event.InstanceId : event.Name;
}

/** Why `event` cannot be the record of `decision`, or undefined when it is. */
export function mismatch(decision: Decision | undefined, event: HistoryEvent): string | undefined {
  const recorded = `${eventName(event.EventType)} ${recordedName(event) ?? ''}`.trim();
  if (!decision) return `the history has "${recorded}" as task ${event.EventId}, but the code did not ask for it`;
  const asked = `${decision.kind} ${nameOf(decision) ?? ''}`.trim();
  const same = createdBy[decision.kind] === event.EventType && nameOf(decision) === recordedName(event);
  return same || (decision.kind === 'timer' && event.EventType === eventType.TimerCreated)
    ? undefined
    : `the history has "${recorded}" as task ${event.EventId}, but the code asked for "${asked}"`;
}
