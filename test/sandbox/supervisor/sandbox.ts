import { fileURLToPath } from 'node:url';
import type { GraphUsage, ProblemReport, StatusReport } from '../../../shared/contracts/status.ts';
import type { Azurite } from '../azurite/azurite.ts';
import { startAzurite } from '../azurite/azurite.ts';
import type { SandboxOptions } from '../cli/options.ts';
import type { GraphSimulator } from '../graph/simulator.ts';
import type { SambaDc } from '../samba/samba-dc.ts';
import { startBroker } from '../service-bus/broker.ts';
import { lockstepBusConfig } from '../service-bus/lockstep-config.ts';
import type { DataFolder } from './data-folder.ts';
import { openDataFolder } from './data-folder.ts';
import { directoryName, openDirectory, type Directory } from './directory.ts';
import type { FunctionsHost } from './functions-host.ts';
import { startHost } from './functions-host.ts';
import type { RelayEvent } from './relay.ts';
import { compileRules } from './rules.ts';
import type { AdminApi } from './status-client.ts';
import { adminApi } from './status-client.ts';
import { openTenant, tenantName } from './tenant.ts';
import { WatchedRelay } from './watched-relay.ts';

/** What happens in a sandbox, as it happens. */
export type SandboxEvent =
  | { readonly kind: 'step'; readonly text: string }
  | { readonly kind: 'place'; readonly what: string; readonly where: string }
  | { readonly kind: 'relay'; readonly event: RelayEvent }
  | { readonly kind: 'trouble'; readonly text: string };

export interface Surroundings {
  readonly onEvent: (event: SandboxEvent) => void;
  /** Puts the example estate into a new Samba domain. */
  readonly fillSamba: (dc: SambaDc) => Promise<void>;
  /** Default `documented`. */
  readonly throttling?: 'documented' | 'off';
  /** Folder of the application that the host runs. Default: this project, built. */
  readonly cloudRoot?: string;
  /** More application settings. */
  readonly cloudSettings?: Readonly<Record<string, string>>;
}

export const appRoot: string = fileURLToPath(new URL('../../../', import.meta.url));

/** A hybrid estate on this machine: starts its parts, each after those that it needs, and knows how they are. */
export class Sandbox {
  /** When this run began, milliseconds since 1970. */
  readonly startedAt: number;
  readonly #emit: (event: SandboxEvent) => void;
  /** In the order of their start; they are stopped from the last to the first. */
  readonly #stops: (() => Promise<void> | void)[] = [];
  #simulator: GraphSimulator | undefined;
  #samba: SambaDc | undefined;
  #azurite: Azurite | undefined;
  #host: FunctionsHost | undefined;
  readonly #relays: WatchedRelay[] = [];
  #admin: AdminApi | undefined;
  #usageBefore: GraphUsage = { requests: 0, writes: 0 };
  #failure: ProblemReport | undefined;

  private constructor(emit: (event: SandboxEvent) => void) {
    this.#emit = emit;
    this.startedAt = Date.now();
  }

  /**
   * Starts everything, or nothing.
   * @throws LockstepError for a mistake in the options, Error for anything else.
   */
  static async start(options: SandboxOptions, surroundings: Surroundings): Promise<Sandbox> {
    const sandbox = new Sandbox(surroundings.onEvent);
    try {
      await sandbox.#start(options, surroundings);
      return sandbox;
    } catch (error) {
      await sandbox.stop();
      throw error;
    }
  }

  get baseUrl(): string {
    return this.#host?.baseUrl ?? '';
  }

  get simulator(): GraphSimulator | undefined {
    return this.#simulator;
  }

  get samba(): SambaDc | undefined {
    return this.#samba;
  }

  /** What makes going on useless, once there is something. */
  get failure(): ProblemReport | undefined {
    return this.#failure ?? this.#undocumented();
  }

  /** What a relay complained of last, until it is well again. */
  get relayProblem(): ProblemReport | undefined {
    return this.#relays.map(({ problem }) => problem).find((problem) => problem !== undefined);
  }

  /** Whether the application has applied all that the relays saw. */
  hasArrived(status: StatusReport): boolean {
    return this.#relays.length > 0 && this.#relays.every((relay) => relay.hasArrived(status));
  }

  get pids(): { readonly host: number; readonly relay: number } {
    return { host: this.#host?.keeper.child.pid ?? 0, relay: this.#relays[0]?.keeper.child.pid ?? 0 };
  }

  /** Undefined while the application does not answer. */
  async status(objects = false): Promise<StatusReport | undefined> {
    return await this.#admin?.status(objects);
  }

  /** What this run asked of Graph. */
  usage(status: StatusReport | undefined): GraphUsage {
    if (this.#simulator !== undefined) return { ...this.#simulator.usage };
    const now = status?.graph ?? this.#usageBefore;
    return {
      requests: now.requests - this.#usageBefore.requests,
      writes: now.writes - this.#usageBefore.writes,
    };
  }

  /** Requests to Table Storage in this run. */
  async tableRequests(): Promise<number> {
    return (await this.#azurite?.requests()) ?? 0;
  }

  /** SIGKILL; it is started again. */
  killHost(): void {
    this.#host?.keeper.child.kill();
  }

  /** Stops every part, whatever becomes of the others; rejects with the first failure. */
  async stop(): Promise<void> {
    const failures: unknown[] = [];
    for (const stop of this.#stops.splice(0).reverse()) {
      try {
        await stop();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  async #start(options: SandboxOptions, surroundings: Surroundings): Promise<void> {
    const ends = {
      directory: options.directories.map(directoryName).join(' and '),
      tenant: tenantName(options.tenant),
    };
    const data = openDataFolder(options.data, { reset: options.reset, ends });
    this.#stops.push(() => {
      data.release();
    });
    if (data.recovered)
      this.#emit({ kind: 'step', text: 'The last run was cut off: its state is built anew from the tenant.' });
    this.#place('data', data.path);

    const rules = options.rules === undefined ? undefined : await compileRules(options.rules, data.rules);
    if (rules !== undefined) this.#place('rules', rules.label);
    const directories: Directory[] = [];
    for (const option of options.directories) {
      const directory = await openDirectory(option, {
        sambaFolder: data.samba,
        fill: surroundings.fillSamba,
        log: (text) => {
          this.#emit({ kind: 'step', text });
        },
      });
      this.#stops.push(() => directory.stop());
      this.#samba ??= directory.samba;
      this.#place('directory', directory.label);
      directories.push(directory);
    }
    const ownDomains = directories.flatMap(({ dnsDomain }) => dnsDomain ?? []);

    const tenant = await openTenant(options.tenant, {
      store: data.tenant,
      domains: options.verifiedDomains ?? [...new Set(ownDomains)],
      applications: [rules?.extensionApplication ?? []].flat(),
      throttling: surroundings.throttling ?? 'documented',
    });
    this.#stops.push(() => tenant.stop());
    this.#simulator = tenant.simulator;
    this.#place('tenant', tenant.label);

    const broker = await startBroker({ config: lockstepBusConfig, store: data.bus });
    this.#stops.push(() => broker.stop());
    this.#place('Service Bus', `127.0.0.1:${broker.port}`);
    const azurite = await startAzurite({ location: data.tables });
    this.#stops.push(() => azurite.stop());
    this.#azurite = azurite;
    this.#place('tables', `${azurite.tableEndpoint} (process ${azurite.pid})`);

    const bus = broker.connectionString;
    await this.#startHost(data, options.port, surroundings.cloudRoot ?? appRoot, {
      ...tenant.settings,
      LockstepBus: bus,
      LockstepStorage: azurite.connectionString,
      ...(rules === undefined ? {} : { LOCKSTEP_RULES: data.rules }),
      // A tenant without a quota needs no pace.
      ...(surroundings.throttling === 'off' ? { LOCKSTEP_WRITE_QUOTA: '0' } : {}),
      ...surroundings.cloudSettings,
    });
    directories.forEach(({ settings }, i) => {
      this.#startRelay(data, bus, settings, i === 0 ? 'relay.log' : `relay-${i + 1}.log`);
    });
  }

  async #startHost(
    data: DataFolder,
    port: number,
    cloudRoot: string,
    settings: Readonly<Record<string, string>>,
  ): Promise<void> {
    const host = await startHost({
      appRoot: cloudRoot,
      data,
      port,
      settings,
      onTrouble: (text) => {
        this.#emit({ kind: 'trouble', text });
      },
      onReady: () => undefined,
      onEnd: (text, restarts) => {
        this.#ended('the Functions host', text, restarts);
      },
    });
    this.#host = host;
    this.#stops.push(() => host.keeper.stop());
    const admin = adminApi(host.baseUrl, data.keys.function);
    this.#admin = admin;
    this.#usageBefore = (await admin.status(false))?.graph ?? this.#usageBefore;
    // What stopped the last run may have been mended since.
    await admin.sync();
    this.#place('functions', `${host.baseUrl} (process ${host.keeper.child.pid})`);
    this.#place(
      'command line',
      `LOCKSTEP_URL=${host.baseUrl} LOCKSTEP_KEY=$(cat ${data.functionKeyFile}) npm run -s lockstep -- status`,
    );
    this.#place('status', `curl -H "x-functions-key: $(cat ${data.functionKeyFile})" ${host.baseUrl}/api/status`);
  }

  #startRelay(
    data: DataFolder,
    busConnectionString: string,
    directory: Readonly<Record<string, string>>,
    logName: string,
  ): void {
    const relay = new WatchedRelay({
      appRoot,
      busConnectionString,
      directory,
      logs: data.logs,
      logName,
      onEvent: (event) => {
        this.#emit({ kind: 'relay', event });
      },
      onEnd: (text, restarts) => {
        this.#ended('the relay', text, restarts);
      },
    });
    this.#relays.push(relay);
    this.#stops.push(() => relay.keeper.stop());
    this.#place('relay', `process ${relay.keeper.child.pid}, logs in ${data.logs}`);
  }

  #ended(object: string, text: string, restarts: boolean): void {
    if (restarts) {
      this.#emit({ kind: 'trouble', text: `${text} It is started again.` });
      return;
    }
    this.#failure ??= this.relayProblem ?? {
      code: 'fault',
      object,
      message: text,
      remedy: 'The logs in the data folder say why.',
    };
  }

  #undocumented(): ProblemReport | undefined {
    const [violation] = this.#simulator?.undocumented ?? [];
    if (violation === undefined) return undefined;
    const message = `The application sent a request that Graph does not document: ${violation}.`;
    const remedy = 'This is a defect of Lockstep, or of the subset of the documentation in test/fixtures/graph.';
    return { code: 'fault', object: 'Microsoft Graph', message, remedy };
  }

  #place(what: string, where: string): void {
    this.#emit({ kind: 'place', what, where });
  }
}
