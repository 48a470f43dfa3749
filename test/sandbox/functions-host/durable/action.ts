import { z } from 'zod';
import { HostError } from '../host-error.ts';

/** The actions of the out-of-process protocol, by number (ActionType of the SDK and AsyncActionType of the extension). */
export const actionType = {
  callActivity: 0,
  callActivityWithRetry: 1,
  callSubOrchestrator: 2,
  callSubOrchestratorWithRetry: 3,
  continueAsNew: 4,
  createTimer: 5,
  waitForExternalEvent: 6,
  callEntity: 7,
  callHttp: 8,
  signalEntity: 9,
  whenAny: 11,
  whenAll: 12,
  lockEntities: 13,
  releaseEntities: 14,
} as const;

/** The retry policy of an activity or sub-orchestration; delays in milliseconds. */
export interface OrchestrationRetry {
  readonly firstRetryIntervalInMilliseconds: number;
  readonly maxNumberOfAttempts: number;
  readonly backoffCoefficient?: number | undefined;
  readonly maxRetryIntervalInMilliseconds?: number | undefined;
}

const retryOptions: z.ZodType<OrchestrationRetry> = z.object({
  firstRetryIntervalInMilliseconds: z.number(),
  maxNumberOfAttempts: z.number(),
  backoffCoefficient: z.number().optional(),
  maxRetryIntervalInMilliseconds: z.number().optional(),
});

interface Common {
  /** The same number on two actions says that they are one task, yielded twice (see `tagActions`). */
  readonly ref?: number | undefined;
}

interface ActivityAction extends Common {
  readonly functionName: string;
  readonly input?: unknown;
}

interface SubOrchestratorAction extends ActivityAction {
  readonly instanceId?: string | null | undefined;
  readonly version?: string | null | undefined;
}

interface EntityAction extends Common {
  readonly instanceId: string;
  readonly operation: string;
  readonly input?: unknown;
}

/** An action that stands for one task, or for none that is waited for. */
export type SimpleAction =
  | (ActivityAction & { readonly actionType: 0 })
  | (ActivityAction & { readonly actionType: 1; readonly retryOptions: OrchestrationRetry })
  | (SubOrchestratorAction & { readonly actionType: 2 })
  | (SubOrchestratorAction & { readonly actionType: 3; readonly retryOptions: OrchestrationRetry })
  | (Common & { readonly actionType: 4; readonly input?: unknown })
  | (Common & { readonly actionType: 5; readonly fireAt: string; readonly isCanceled: boolean })
  | (Common & { readonly actionType: 6; readonly externalEventName: string })
  | (EntityAction & { readonly actionType: 7 | 9 })
  | (Common & {
      readonly actionType: 13;
      readonly lockRequestId: string;
      readonly lockSet: readonly { readonly name: string; readonly key: string }[];
    })
  | (Common & { readonly actionType: 14 });

const ref = z.number().optional();
const activity = { ref, functionName: z.string(), input: z.unknown().optional() };
const subOrchestrator = { ...activity, instanceId: z.string().nullish(), version: z.string().nullish() };
const entityOperation = { ref, instanceId: z.string(), operation: z.string(), input: z.unknown().optional() };

const simpleAction: z.ZodType<SimpleAction> = z.discriminatedUnion('actionType', [
  z.object({ actionType: z.literal(actionType.callActivity), ...activity }),
  z.object({ actionType: z.literal(actionType.callActivityWithRetry), ...activity, retryOptions }),
  z.object({ actionType: z.literal(actionType.callSubOrchestrator), ...subOrchestrator }),
  z.object({ actionType: z.literal(actionType.callSubOrchestratorWithRetry), ...subOrchestrator, retryOptions }),
  z.object({ actionType: z.literal(actionType.continueAsNew), ref, input: z.unknown().optional() }),
  z.object({ actionType: z.literal(actionType.createTimer), ref, fireAt: z.string(), isCanceled: z.boolean() }),
  z.object({ actionType: z.literal(actionType.waitForExternalEvent), ref, externalEventName: z.string() }),
  z.object({ actionType: z.literal(actionType.callEntity), ...entityOperation }),
  z.object({ actionType: z.literal(actionType.signalEntity), ...entityOperation }),
  z.object({
    actionType: z.literal(actionType.lockEntities),
    ref,
    lockRequestId: z.string(),
    lockSet: z.array(z.object({ name: z.string(), key: z.string() })),
  }),
  z.object({ actionType: z.literal(actionType.releaseEntities), ref }),
]);

/** A wait for all or any of several actions. */
export interface CompoundAction {
  readonly actionType: 11 | 12;
  readonly ref?: number | undefined;
  readonly compoundActions: readonly Action[];
}

/** One step that an orchestrator asked for. */
export type Action = SimpleAction | CompoundAction;

const compoundAction: z.ZodType<CompoundAction> = z.object({
  actionType: z.union([z.literal(actionType.whenAny), z.literal(actionType.whenAll)]),
  ref,
  get compoundActions() {
    return z.array(action);
  },
});

const action: z.ZodType<Action> = z.union([compoundAction, simpleAction]);

const stateSchema = z.object({
  isDone: z.boolean(),
  actions: z.array(z.array(z.unknown())),
  output: z.unknown().optional(),
  error: z.string().optional(),
  customStatus: z.unknown().optional(),
});

/** What an orchestrator answered: every action so far, one a yield, and how it ended if it did. */
export interface OrchestratorState {
  readonly isDone: boolean;
  readonly actions: readonly Action[];
  readonly output: unknown;
  readonly error: string | undefined;
  readonly customStatus: unknown;
}

/**
 * Validates an orchestrator's answer.
 * @throws HostError for an action that this host cannot run, callHttp among them: the durable extension polls for it,
 *   and an activity does the same work on either host.
 */
export function parseOrchestratorState(value: unknown): OrchestratorState {
  const parsed = stateSchema.safeParse(value);
  if (!parsed.success) throw new HostError(`The orchestrator's answer is malformed: ${z.prettifyError(parsed.error)}`);
  const { isDone, actions, output, error, customStatus } = parsed.data;
  return { isDone, actions: actions.flat().map(parseAction), output, error, customStatus };
}

function parseAction(value: unknown): Action {
  const parsed = action.safeParse(value);
  if (parsed.success) return parsed.data;
  if (z.object({ actionType: z.literal(actionType.callHttp) }).safeParse(value).success) {
    throw new HostError('context.df.callHttp is not supported by this host. Make the call in an activity.');
  }
  throw new HostError(`The orchestrator asked for an unknown action: ${JSON.stringify(value)}`);
}

/**
 * Numbers the actions of a live orchestrator state by identity. An orchestrator may yield one task several times (a timeout
 * that several Task.any share); the SDK schedules it once but lists its action each time, and as JSON the two could not be told from
 * two tasks that look alike. Anything that is not a state is returned as it is.
 */
export function tagActions(state: unknown): unknown {
  if (!isRecord(state) || !Array.isArray(state['actions'])) return state;
  const refs = new Map<unknown, number>();
  const tag = (one: unknown): unknown => {
    if (!isRecord(one)) return one;
    const number = refs.get(one) ?? refs.size;
    refs.set(one, number);
    const children = one['compoundActions'];
    return { ...one, ref: number, ...(Array.isArray(children) ? { compoundActions: children.map(tag) } : {}) };
  };
  const actions = state['actions'].map((list: unknown) => (Array.isArray(list) ? list.map(tag) : list));
  return { ...state, actions };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
