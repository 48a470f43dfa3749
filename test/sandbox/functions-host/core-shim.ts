import { randomUUID } from 'node:crypto';
import { messageOf } from './host-error.ts';
import type { Log, LogLevel } from './log.ts';
import type { FunctionMetadata, InvocationRequest, InvocationResponse } from './rpc-types.ts';

type Callback = (...args: unknown[]) => unknown;
type HookName = 'appStart' | 'appTerminate' | 'preInvocation' | 'postInvocation' | 'log';

interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], handler: Callback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<InvocationResponse>;
}

/** The half of `@azure/functions` that the worker drives. It is handed over in `setProgrammingModel`. */
interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(coreContext: unknown): InvocationModel;
  getCapabilities(capabilities: Record<string, string>): Promise<Record<string, string>>;
}

/** A function of the app: what it registered, and its handler. */
export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly handler: Callback;
}

/** The module that the app's SDK asks for as `@azure/functions-core`. */
export interface CoreModule {
  readonly version: string;
  readonly hostVersion: string;
  setProgrammingModel(model: ProgrammingModel): void;
  getProgrammingModel(): ProgrammingModel | undefined;
  registerFunction(metadata: FunctionMetadata, handler: Callback): { dispose(): void };
  registerHook(name: string, callback: Callback): { dispose(): void };
  log(level: LogLevel, category: string, message: string): void;
  readonly Disposable: typeof CoreDisposable;
}

/** The worker's side of one app: what it registered, and how to invoke it. */
export interface Core {
  readonly module: CoreModule;
  readonly functions: readonly RegisteredFunction[];
  /** Ends registration, runs the appStart hooks, and returns the worker's capabilities (`HttpUri` when HTTP streams). */
  start(): Promise<Record<string, string>>;
  /** Runs one invocation through the SDK. Throws what the handler threw; `onResult` sees what it returned. */
  invoke(
    target: RegisteredFunction,
    request: InvocationRequest,
    onResult?: (result: unknown) => void,
  ): Promise<InvocationResponse>;
  /** Runs the appTerminate hooks. */
  terminate(): Promise<void>;
}

const hookNames: ReadonlySet<string> = new Set(['appStart', 'appTerminate', 'preInvocation', 'postInvocation', 'log']);

/** An error that the SDK recognises as the system's own rather than the app's. */
function systemError<E extends Error>(error: E): E {
  return Object.assign(error, { isAzureFunctionsSystemError: true });
}

class CoreDisposable {
  readonly #callOnDispose: () => void;

  constructor(callOnDispose: () => void) {
    this.#callOnDispose = callOnDispose;
  }

  static from(...items: { dispose(): unknown }[]): CoreDisposable {
    return new CoreDisposable(() => {
      for (const item of items) item.dispose();
    });
  }

  dispose(): void {
    this.#callOnDispose();
  }
}

/**
 * Builds the contract between `@azure/functions` and its worker. The order of an invocation is the worker's: arguments,
 * preInvocation hooks (which may replace inputs and handler), the handler, postInvocation hooks (which may replace
 * result and error), response.
 */
export function createCore(log: Log): Core {
  let model: ProgrammingModel | undefined;
  let started = false;
  const functions: RegisteredFunction[] = [];
  const hooks = new Map<HookName, Callback[]>();
  const appHookData: Record<string, unknown> = {};

  async function runHooks(name: HookName, context: object): Promise<void> {
    for (const hook of hooks.get(name) ?? []) await hook(context);
  }

  /** Log hooks run synchronously and may change level and message (SDK `app.hook.log`). */
  function write(level: LogLevel, category: string, message: string, source: string, invocation?: Invocation): void {
    const context = { level, message, category, invocationContext: invocation?.context, hookData: appHookData };
    for (const hook of hooks.get('log') ?? []) hook(context);
    log(context.level, source, context.message, invocation?.id);
  }

  interface Invocation {
    readonly id: string;
    context?: unknown;
  }

  function coreContext(target: RegisteredFunction, request: InvocationRequest, invocation: Invocation): CoreContext {
    const name = target.metadata.name;
    return {
      invocationId: request.invocationId,
      request,
      metadata: target.metadata,
      state: undefined,
      log: (level, category, message) => {
        write(level, category, message, `Function.${name}.${category === 'user' ? 'User' : 'System'}`, invocation);
      },
    };
  }

  async function invoke(
    target: RegisteredFunction,
    request: InvocationRequest,
    onResult?: (result: unknown) => void,
  ): Promise<InvocationResponse> {
    if (!model) throw new Error('The app never handed over its programming model.');
    const invocation: Invocation = { id: request.invocationId };
    const core = coreContext(target, request, invocation);
    const sdk = model.getInvocationModel(core);
    const { context, inputs } = await sdk.getArguments();
    invocation.context = context;
    const hookData: Record<string, unknown> = {};
    const before = { hookData, appHookData, invocationContext: context, inputs, functionCallback: target.handler };
    core.state = 'preInvocationHooks';
    await runHooks('preInvocation', before);
    core.state = 'invocation';
    const after: PostInvocation = {
      hookData,
      appHookData,
      invocationContext: context,
      inputs: before.inputs,
      result: null,
      error: null,
    };
    try {
      after.result = await sdk.invokeFunction(context, before.inputs, before.functionCallback);
    } catch (error) {
      after.error = error;
    }
    core.state = 'postInvocationHooks';
    await runHooks('postInvocation', after);
    core.state = undefined;
    if (after.error !== null && after.error !== undefined) throw asError(after.error);
    onResult?.(after.result);
    return sdk.getResponse(context, after.result);
  }

  const module: CoreModule = {
    version: '3.14.1',
    hostVersion: '4.1042.0',
    setProgrammingModel: (given) => {
      model = given;
    },
    getProgrammingModel: () => model,
    registerFunction: (metadata, handler) => {
      if (started) {
        throw systemError(new Error('A function can only be registered during app startup.'));
      }
      const entry: RegisteredFunction = { metadata, handler };
      functions.push(entry);
      return new CoreDisposable(() => {
        functions.splice(functions.indexOf(entry), 1);
      });
    },
    registerHook: (name, callback) => {
      if (!hookNames.has(name)) throw systemError(new RangeError(`Unrecognized hook "${name}"`));
      const list = hooks.get(name as HookName) ?? [];
      hooks.set(name as HookName, list);
      list.push(callback);
      return new CoreDisposable(() => {
        list.splice(list.indexOf(callback), 1);
      });
    },
    log: (level, category, message) => {
      write(level, category, message, 'Worker');
    },
    Disposable: CoreDisposable,
  };

  return {
    module,
    functions,
    invoke,
    async start() {
      started = true;
      const capabilities = (await model?.getCapabilities({})) ?? {};
      await runHooks('appStart', { hookData: appHookData, appHookData });
      return capabilities;
    },
    async terminate() {
      await runHooks('appTerminate', { hookData: appHookData, appHookData });
    },
  };
}

interface CoreContext {
  readonly invocationId: string;
  readonly request: InvocationRequest;
  readonly metadata: FunctionMetadata;
  state: string | undefined;
  log(level: LogLevel, category: string, message: string): void;
}

interface PostInvocation {
  hookData: Record<string, unknown>;
  appHookData: Record<string, unknown>;
  invocationContext: unknown;
  inputs: unknown[];
  result: unknown;
  error: unknown;
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(messageOf(thrown));
}

/** A fresh invocation id. */
export function newInvocationId(): string {
  return randomUUID();
}
