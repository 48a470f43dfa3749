import type { Core, RegisteredFunction } from './core-shim.ts';
import { newInvocationId } from './core-shim.ts';
import type { Gauge } from './gauge.ts';
import { HostError, messageOf } from './host-error.ts';
import type { InvocationEvent, Log } from './log.ts';
import type { BindingInfo, InvocationResponse, RetryContext, TypedData } from './rpc-types.ts';

/** What beside the trigger's data goes into an invocation. */
export interface InvokeOptions {
  readonly triggerMetadata?: Record<string, TypedData>;
  readonly retryContext?: RetryContext;
  readonly invocationId?: string;
  /** Sees what the handler returned, before it becomes data. */
  readonly onResult?: (result: unknown) => void;
}

/** Invokes functions by name. */
export interface Invoker {
  readonly functions: readonly RegisteredFunction[];
  /** The functions whose trigger has a type, e.g. `httpTrigger`. */
  ofType(type: string): readonly RegisteredFunction[];
  /** Runs a function with its trigger's data, then its output bindings. Throws what the handler threw. */
  invoke(name: string, data: TypedData, options?: InvokeOptions): Promise<InvocationResponse>;
}

export interface InvokerOptions {
  readonly core: Core;
  readonly gauge: Gauge;
  readonly log: Log;
  /** The value of an input binding that is not the trigger, e.g. the durable client. */
  inputFor(binding: BindingInfo): TypedData | undefined;
  /** Sends what output bindings were given. */
  writeOutputs(target: RegisteredFunction, response: InvocationResponse): Promise<void>;
  readonly onInvocation: (event: InvocationEvent) => void;
}

/** The trigger among a function's bindings, with its name. */
export function triggerOf(target: RegisteredFunction): { name: string; binding: BindingInfo } {
  for (const [name, binding] of Object.entries(target.metadata.bindings)) {
    if (/trigger$/i.test(binding.type)) return { name, binding };
  }
  throw new HostError(`The function ${target.metadata.name} has no trigger.`);
}

/** Ties the worker's side to the bindings. */
export function createInvoker(options: InvokerOptions): Invoker {
  const { core, gauge, log } = options;
  const byName = new Map(core.functions.map((one) => [one.metadata.name, one]));

  function inputData(target: RegisteredFunction, data: TypedData): { name: string; data: TypedData }[] {
    const trigger = triggerOf(target);
    const others = Object.entries(target.metadata.bindings).flatMap(([name, binding]) => {
      const input = name === trigger.name || binding.direction !== 'in' ? undefined : options.inputFor(binding);
      return input ? [{ name, data: input }] : [];
    });
    return [{ name: trigger.name, data }, ...others];
  }

  async function run(target: RegisteredFunction, data: TypedData, more: InvokeOptions): Promise<InvocationResponse> {
    const { triggerMetadata, retryContext, onResult } = more;
    const request = {
      invocationId: more.invocationId ?? newInvocationId(),
      inputData: inputData(target, data),
      ...(triggerMetadata ? { triggerMetadata } : {}),
      ...(retryContext ? { retryContext } : {}),
    };
    const response = await core.invoke(target, request, onResult);
    await options.writeOutputs(target, response);
    return response;
  }

  async function invoke(name: string, data: TypedData, more: InvokeOptions = {}): Promise<InvocationResponse> {
    const target = byName.get(name);
    if (!target) throw new HostError(`There is no function "${name}".`);
    const invocationId = more.invocationId ?? newInvocationId();
    const started = performance.now();
    const ended = (error?: string): void => {
      options.onInvocation({
        functionName: name,
        invocationId,
        outcome: error === undefined ? 'succeeded' : 'failed',
        durationMs: performance.now() - started,
        ...(error === undefined ? {} : { error }),
      });
    };
    try {
      const response = await gauge.during(() => run(target, data, { ...more, invocationId }));
      ended();
      return response;
    } catch (error) {
      log('error', `Function.${name}`, `Executed '${name}' (Failed): ${messageOf(error)}`, invocationId);
      ended(messageOf(error));
      throw error;
    }
  }

  return {
    functions: core.functions,
    ofType: (type) => core.functions.filter((one) => triggerOf(one).binding.type.toLowerCase() === type.toLowerCase()),
    invoke,
  };
}
