import { eventName, type HistoryEvent } from './history.ts';
import type { InstanceRecord } from './store.ts';

/** What of an instance to show. */
export interface StatusOptions {
  readonly showInput: boolean;
  /** The history to show, when it was asked for. */
  readonly history?: readonly HistoryEvent[];
  readonly showHistoryOutput?: boolean;
}

/**
 * The status of an instance as the HTTP API writes it. `input` and `output` are always there (null for none): the SDK refuses a status
 * that lacks them. Times are to the second.
 */
export function statusJson(instance: InstanceRecord, options: StatusOptions): Record<string, unknown> {
  return {
    name: instance.name,
    instanceId: instance.id,
    runtimeStatus: instance.status,
    input: options.showInput ? json(instance.input) : null,
    customStatus: json(instance.customStatus),
    output: json(instance.output),
    createdTime: toSecond(instance.created),
    lastUpdatedTime: toSecond(instance.updated),
    ...(options.history
      ? { historyEvents: options.history.map((event) => historyJson(event, options.showHistoryOutput === true)) }
      : {}),
  };
}

function historyJson(event: HistoryEvent, showOutput: boolean): Record<string, unknown> {
  const { EventType, EventId, Result } = event;
  const rest = Object.entries(event).filter(([name]) => !hidden.has(name));
  return {
    EventType: eventName(EventType),
    ...(EventId >= 0 ? { EventId } : {}),
    ...Object.fromEntries(rest),
    ...(showOutput && Result !== undefined ? { Result: json(Result) } : {}),
  };
}

/** What is shown otherwise, only when asked for, or not at all. */
const hidden: ReadonlySet<string> = new Set(['EventType', 'EventId', 'IsPlayed', 'Input', 'Result']);

function json(text: string | null): unknown {
  return text === null ? null : (JSON.parse(text) as unknown);
}

function toSecond(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
