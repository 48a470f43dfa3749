import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../host-error.ts';
import type { Invoker } from '../invoker.ts';
import { typedValue, type TypedData } from '../rpc-types.ts';
import { parseOrchestratorState, tagActions } from './action.ts';
import type { ActivityAnswer } from './activity.ts';
import type { EntityPayload } from './entity-turn.ts';
import type { HistoryEvent } from './history.ts';
import type { DurableFunctions } from './runtime.ts';
import type { ActivityItem, InstanceRecord } from './store.ts';
import type { OrchestratorAnswer } from './turn.ts';

/** What stands between the outcome of an orchestrator that threw and its state (SDK OrchestrationFailureError). */
const stateLabel = '\n\n$OutOfProcData$:';

/** Schema of the out-of-process protocol to offer: 2 = V3, 3 = V4, which adds critical sections. */
export type ReplaySchema = 2 | 3;

export interface DurableFunctionsOptions {
  readonly invoker: Invoker;
  readonly schema: ReplaySchema;
  /** Runs every turn twice; an orchestrator that answers differently fails. */
  readonly runTwice: boolean;
}

/**
 * The payload of the orchestration trigger, as the extension writes it. The mandatory fields are history, instanceId, isReplaying and
 * upperSchemaVersion; the timer durations are those that `replay` reckons with.
 */
export function orchestrationPayload(
  instance: InstanceRecord,
  history: readonly HistoryEvent[],
  schema: ReplaySchema,
): Record<string, unknown> {
  return {
    history,
    input: JSON.parse(instance.input ?? 'null') as unknown,
    instanceId: instance.id,
    isReplaying: history.some((event) => event.IsPlayed),
    parentInstanceId: instance.parent?.OrchestrationInstance.InstanceId ?? null,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: schema,
    longRunningTimerIntervalDuration: '3.00:00:00',
    maximumShortTimerDuration: '6.00:00:00',
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  };
}

/** Calls the app's orchestrators, activities and entities through the SDK. */
export function createDurableFunctions(options: DurableFunctionsOptions): DurableFunctions {
  const { invoker } = options;
  const byName = (type: string): Map<string, string> =>
    new Map(invoker.ofType(type).map((one) => [one.metadata.name.toLowerCase(), one.metadata.name]));
  const orchestrators = byName('orchestrationTrigger');
  const activities = byName('activityTrigger');
  const entities = byName('entityTrigger');

  async function runOnce(name: string, payload: string): Promise<OrchestratorAnswer> {
    // The live state tells tasks that are one from tasks that look alike; its JSON does not.
    let live: unknown;
    try {
      const response = await invoker.invoke(name, { string: payload }, { onResult: (result) => (live = result) });
      const written = typedValue(response.returnValue);
      const state = tagActions(live ?? written);
      return { kind: 'state', state: parseOrchestratorState(JSON.parse(JSON.stringify(state))) };
    } catch (error) {
      return failedAnswer(messageOf(error));
    }
  }

  async function runOrchestrator(
    instance: InstanceRecord,
    history: readonly HistoryEvent[],
  ): Promise<OrchestratorAnswer> {
    const name = orchestrators.get(instance.name.toLowerCase());
    if (name === undefined) {
      const message = `The function '${instance.name}' doesn't exist, is disabled, or is not an orchestrator function.`;
      return { kind: 'fault', message };
    }
    const payload = JSON.stringify(orchestrationPayload(instance, history, options.schema));
    const answer = await runOnce(name, payload);
    if (!options.runTwice) return answer;
    const second = await runOnce(name, payload);
    return isDeepStrictEqual(answer, second)
      ? answer
      : { kind: 'fault', message: 'Non-Deterministic workflow detected: two runs over one history differ.' };
  }

  async function runActivity(item: ActivityItem): Promise<ActivityAnswer> {
    const name = activities.get(item.name.toLowerCase());
    if (name === undefined) {
      const message = `The function '${item.name}' doesn't exist, is disabled, or is not an activity function.`;
      return { kind: 'failure', message, stack: message };
    }
    try {
      const data: TypedData = item.input === null ? {} : { string: item.input };
      const metadata = { InstanceId: { string: item.instanceId } };
      const response = await invoker.invoke(name, data, { triggerMetadata: metadata });
      return { kind: 'result', result: jsonResult(response.returnValue) };
    } catch (error) {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { kind: 'failure', message: messageOf(error), stack };
    }
  }

  async function runEntity(name: string, payload: EntityPayload): Promise<unknown> {
    const registered = entities.get(name.toLowerCase());
    if (registered === undefined) {
      throw new Error(`The function '${name}' doesn't exist, is disabled, or is not an entity function.`);
    }
    const response = await invoker.invoke(registered, { string: JSON.stringify(payload) });
    return typedValue(response.returnValue);
  }

  return { runOrchestrator, runActivity, runEntity };
}

/** An orchestrator that threw says so in an error whose message ends with its state. */
function failedAnswer(message: string): OrchestratorAnswer {
  const at = message.indexOf(stateLabel);
  if (at < 0) return { kind: 'fault', message };
  try {
    const state = parseOrchestratorState(JSON.parse(message.slice(at + stateLabel.length)));
    return { kind: 'state', state: { ...state, error: state.error ?? 'Error' } };
  } catch (error) {
    return { kind: 'fault', message: messageOf(error) };
  }
}

/** The result of an activity as JSON text: strings are written as JSON strings, void as null. */
function jsonResult(data: TypedData | null | undefined): string | null {
  if (data?.json !== undefined) return data.json;
  const value = typedValue(data);
  if (value === undefined || value === null) return null;
  return JSON.stringify(Buffer.isBuffer(value) ? value.toString('base64') : value);
}
