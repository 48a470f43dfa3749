import { z } from 'zod';
import type { EventFields, EventTypeName, FailureDetails } from './history.ts';
import type { ActivityItem } from './store.ts';

/** How an activity ended: its result as JSON text (null for none), or what it threw. */
export type ActivityAnswer =
  | { readonly kind: 'result'; readonly result: string | null }
  | { readonly kind: 'failure'; readonly message: string; readonly stack: string };

/** What the SDK writes as the message of an error for which an exception properties provider is registered. */
const structuredMessage = z.object({
  errorType: z.string(),
  errorMessage: z.string(),
  isNonRetriable: z.boolean(),
  properties: z.record(z.string(), z.unknown()),
  stackTrace: z.string().optional(),
});

/** The event with which an activity answers its orchestration. */
export function activityOutcome(
  item: ActivityItem,
  answer: ActivityAnswer,
): { readonly type: EventTypeName; readonly fields: EventFields } {
  if (answer.kind === 'result') {
    return { type: 'TaskCompleted', fields: { TaskScheduledId: item.taskId, Result: answer.result } };
  }
  const details = failureDetails(answer.message);
  const message = details?.ErrorMessage ?? answer.message;
  return {
    type: 'TaskFailed',
    fields: {
      TaskScheduledId: item.taskId,
      Reason: `Activity function '${item.name}' failed: ${message}`,
      Details: answer.stack,
      ...(details ? { FailureDetails: details } : {}),
    },
  };
}

function failureDetails(message: string): FailureDetails | undefined {
  if (!message.startsWith('{')) return undefined;
  try {
    const parsed = structuredMessage.safeParse(JSON.parse(message));
    if (!parsed.success) return undefined;
    const { errorType, errorMessage, isNonRetriable, properties, stackTrace } = parsed.data;
    return {
      ErrorType: errorType,
      ErrorMessage: errorMessage,
      IsNonRetriable: isNonRetriable,
      Properties: properties,
      ...(stackTrace === undefined ? {} : { StackTrace: stackTrace }),
    };
  } catch {
    return undefined;
  }
}
