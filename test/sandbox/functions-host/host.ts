import { createServer, type Server } from 'node:http';
import { loadApp } from './app-loader.ts';
import { answerDurable, createBuiltInPaths } from './built-in-paths.ts';
import { realClock, type Clock } from './clock.ts';
import { createCore, type Core } from './core-shim.ts';
import { durableClientInput, managementUrls, type DurableEndpoints } from './durable/binding.ts';
import { createDurableClient } from './durable/client.ts';
import { createDurableFunctions, type ReplaySchema } from './durable/functions.ts';
import { createDurableApi, type DurableApi } from './durable/rpc.ts';
import { createDurableRuntime, type DurableRuntime } from './durable/runtime.ts';
import type { DurableStore } from './durable/store.ts';
import { createGauge, type Gauge } from './gauge.ts';
import { type HostConfig, readHostConfig } from './host-config.ts';
import { closeServer, createHttpFront, listen } from './http-front.ts';
import { type HttpKeys, newKey } from './http-keys.ts';
import { requestUrl } from './http-message.ts';
import { createInvoker, type Invoker, triggerOf } from './invoker.ts';
import type { InvocationEvent, Log, LogEntry } from './log.ts';
import { createServiceBusFront, type ServiceBusFront } from './service-bus-front.ts';
import { applySettings, type Settings } from './settings.ts';
import { createTimerFront, type TimerFront } from './timer-front.ts';

export { realClock, virtualClock, type Clock, type VirtualClock } from './clock.ts';
export { memoryDurableStore } from './durable/memory-store.ts';
export { sqliteDurableStore } from './durable/sqlite-store.ts';
export type { DurableStore } from './durable/store.ts';
export { HostError } from './host-error.ts';
export type { InvocationEvent, LogEntry } from './log.ts';

export interface FunctionsHostOptions {
  /** Folder with package.json (its `main` names the built entry points, maybe as a glob) and host.json. */
  readonly appRoot: string;
  /**
   * App settings. They become process.env of the app; `%name%` in bindings and the `connection` of a binding (a connection string under its name, or
   * `<name>__fullyQualifiedNamespace`) resolve among them.
   */
  readonly settings: Settings;
  /** Port of the HTTP front on 127.0.0.1. Default 0: a free one. */
  readonly port?: number;
  /** Keeps orchestrations, entities and timer schedules. The host does not close it. */
  readonly durableStore: DurableStore;
  /** Default: the machine's. Service Bus keeps to the machine's clock in any case. */
  readonly clock?: Clock;
  /** Host-wide function keys by name. Default: one generated, named `default`. */
  readonly functionKeys?: Readonly<Record<string, string>>;
  /** Default: generated. */
  readonly masterKey?: string;
  /** Test mode: every turn is replayed from the history in the store, twice, and must give the same answer. */
  readonly replayEveryTurn?: boolean;
  /** What to offer the SDK: 2 is V3 (default), 3 is V4 with critical sections. */
  readonly durableSchema?: ReplaySchema;
  readonly onLog?: (entry: LogEntry) => void;
  readonly onInvocation?: (event: InvocationEvent) => void;
}

export interface FunctionsHost {
  readonly port: number;
  /** `http://127.0.0.1:<port>`. */
  readonly baseUrl: string;
  readonly masterKey: string;
  /** The key named `default`, or the first. */
  readonly functionKey: string;
  /** What the app registered; `type` is that of the trigger, e.g. `httpTrigger`. */
  readonly functions: readonly { readonly name: string; readonly type: string }[];
  /** Resolves when no invocation runs and no durable work item could run now. Timers in the future do not count. */
  idle(): Promise<void>;
  /** Stops taking work, lets what runs finish, runs the app's terminate hooks and takes the settings back. */
  stop(): Promise<void>;
}

/**
 * Runs a built Azure Functions app in this process, as the Functions host and its Node worker would.
 * @throws HostError when the app cannot be loaded, host.json or a binding makes no sense, or the port is taken.
 */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const config = readHostConfig(options.appRoot);
  const restore = applySettings({
    FUNCTIONS_WORKER_RUNTIME: 'node',
    AZURE_FUNCTIONS_ENVIRONMENT: 'Development',
    // The durable client rewrites its URLs when it does not find this; the port is filled in once it is known.
    WEBSITE_HOSTNAME: `127.0.0.1:${options.port ?? 0}`,
    ...options.settings,
  });
  try {
    return await assemble(options, config, restore);
  } catch (error) {
    restore();
    throw error;
  }
}

interface Parts {
  readonly core: Core;
  readonly gauge: Gauge;
  readonly runtime: DurableRuntime;
  readonly timers: TimerFront;
  readonly bus: ServiceBusFront;
  readonly servers: readonly Server[];
}

async function assemble(
  options: FunctionsHostOptions,
  config: HostConfig,
  restore: () => void,
): Promise<FunctionsHost> {
  const clock = options.clock ?? realClock();
  const log = createLog(clock, options.onLog);
  const keys = keysOf(options);
  const core = createCore(log);
  await loadApp(options.appRoot, core.module);
  const capabilities = await core.start();

  const endpoints: { value: DurableEndpoints | undefined } = { value: undefined };
  const late: { quiet: () => boolean } = { quiet: () => true };
  const gauge = createGauge(() => late.quiet());
  const bus = createServiceBusFront({ settings: options.settings, config: config.extensions.serviceBus, log, gauge });
  const invoker = createInvoker({
    core,
    gauge,
    log,
    inputFor: ({ type }) =>
      /^(durableClient|orchestrationClient)$/i.test(type) && endpoints.value
        ? { string: durableClientInput(endpoints.value) }
        : undefined,
    writeOutputs: (target, response) => bus.writeOutputs(target, response),
    onInvocation: options.onInvocation ?? (() => undefined),
  });

  const runtime = createRuntime(options, config, clock, log, invoker, gauge);
  late.quiet = () => runtime.quiet;
  const api = createDurableApi({
    client: createDurableClient(runtime),
    store: options.durableStore,
    managementUrls: (id) => (endpoints.value ? managementUrls(endpoints.value, id) : {}),
  });
  const timers = createTimerFront({ invoker, settings: options.settings, store: options.durableStore, clock, log });
  const functions = invoker.functions.map((one) => ({ name: one.metadata.name, type: triggerOf(one).binding.type }));
  const front = createHttpFront({
    invoker,
    settings: options.settings,
    routePrefix: config.extensions.http.routePrefix,
    keys,
    streamUri: capabilities['HttpUri'],
    builtIn: createBuiltInPaths({ keys, api, timers, functions }),
    log,
  });
  const rpc = createRpcServer(api);
  const port = await listen(front, options.port ?? 0);
  const baseUrl = `http://127.0.0.1:${port}`;
  endpoints.value = {
    hubName: config.extensions.durableTask.hubName,
    baseUrl,
    rpcUrl: `http://127.0.0.1:${await listen(rpc, 0)}/durabletask/`,
    systemKey: keys.durableKey,
  };
  if (options.settings['WEBSITE_HOSTNAME'] === undefined) process.env['WEBSITE_HOSTNAME'] = `127.0.0.1:${port}`;

  runtime.start();
  timers.start();
  bus.start(invoker);
  const stop = once(() => shutDown({ core, gauge, runtime, timers, bus, servers: [front, rpc] }, restore));
  const functionKey = keys.functionKeys['default'] ?? Object.values(keys.functionKeys)[0] ?? keys.masterKey;
  return { port, baseUrl, masterKey: keys.masterKey, functionKey, functions, idle: () => gauge.idle(), stop };
}

function createRuntime(
  options: FunctionsHostOptions,
  config: HostConfig,
  clock: Clock,
  log: Log,
  invoker: Invoker,
  gauge: Gauge,
): DurableRuntime {
  const { durableTask } = config.extensions;
  const replayEveryTurn = options.replayEveryTurn ?? false;
  return createDurableRuntime({
    store: options.durableStore,
    clock,
    log,
    functions: createDurableFunctions({
      invoker,
      schema: options.durableSchema ?? 2,
      runTwice: replayEveryTurn,
    }),
    limits: {
      activities: durableTask.maxConcurrentActivityFunctions,
      orchestrators: durableTask.maxConcurrentOrchestratorFunctions,
      entities: durableTask.maxConcurrentEntityFunctions,
      entityBatch: durableTask.maxEntityOperationBatchSize,
    },
    rereadHistory: replayEveryTurn,
    changed: () => {
      gauge.poke();
    },
  });
}

/** The endpoint that the durable client of the SDK talks to. Like the extension's it asks for no key and is on loopback only. */
function createRpcServer(api: DurableApi): Server {
  const prefix = '/durabletask/';
  return createServer((request, response) => {
    const url = requestUrl(request);
    if (!url.pathname.startsWith(prefix)) {
      response.writeHead(404).end();
      return;
    }
    answerDurable(api, url.pathname.slice(prefix.length), url, request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
}

/** First what brings work in, then what finishes it: activities may still need the HTTP ports and the bus. */
async function shutDown(parts: Parts, restore: () => void): Promise<void> {
  parts.timers.stop();
  await parts.bus.stopReceiving();
  await parts.runtime.stop();
  await Promise.all(parts.servers.map(closeServer));
  await parts.bus.close();
  await parts.core.terminate();
  restore();
}

function keysOf(options: FunctionsHostOptions): HttpKeys {
  return {
    functionKeys: options.functionKeys ?? { default: newKey() },
    masterKey: options.masterKey ?? newKey(),
    durableKey: newKey(),
  };
}

function createLog(clock: Clock, onLog: FunctionsHostOptions['onLog']): Log {
  return (level, category, message, invocationId) => {
    onLog?.({ at: clock.now(), level, category, message, ...(invocationId === undefined ? {} : { invocationId }) });
  };
}

/** Makes repeated calls share the first. */
function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
