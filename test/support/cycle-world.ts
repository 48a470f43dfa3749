import { takeBatch } from '../../functions/intake/intake.ts';
import { GraphTenant } from '../../functions/graph/entra.ts';
import { graphTransport } from '../../functions/graph/transport.ts';
import { Rules } from '../../functions/rules/rules.ts';
import { ConnectorSpace } from '../../functions/storage/connector-space.ts';
import { EntraSpace } from '../../functions/storage/entra-space.ts';
import { JoinIndex } from '../../functions/storage/join-index.ts';
import { LinkCounts } from '../../functions/storage/link-counts.ts';
import { Ledger } from '../../functions/storage/ledger.ts';
import { Pending } from '../../functions/storage/pending.ts';
import { Plans } from '../../functions/storage/plans.ts';
import { Problems } from '../../functions/storage/problems.ts';
import { noOperations } from '../../functions/telemetry/operations.ts';
import { Relays } from '../../functions/storage/relays.ts';
import { Runs } from '../../functions/storage/runs.ts';
import { Streams } from '../../functions/storage/streams.ts';
import { TenantStore } from '../../functions/storage/tenant-facts.ts';
import { compareStep, confirmStep, exportStep, recordRun, reviewStep } from '../../functions/sync/cycle.ts';
import type { Application } from '../../functions/composition.ts';
import type { WriteEvent } from '../../functions/sync/dependencies.ts';
import type { CycleInput, Steps } from '../../functions/sync/orchestration.ts';
import { freshCycle, syncCycle } from '../../functions/sync/orchestration.ts';
import type { RelayCommand } from '../../shared/contracts/relay-command.ts';
import type { ChangeBatch } from '../../shared/contracts/change-batch.ts';
import { WritePace } from '../../functions/graph/write-pace.ts';
import { directTransport } from './graph/direct-transport.ts';
import { operationOf } from '../sandbox/graph/request-contract.ts';
import type { GraphSimulator, GraphSimulatorOptions } from '../sandbox/graph/simulator.ts';
import { startGraphSimulator } from '../sandbox/graph/simulator.ts';
import { builtInRules } from '../../shared/rules/built-in/built-in.ts';
import { defaultBudget } from '../../shared/safety/change-budget.ts';
import type { RuleSet } from '../../shared/rules/model.ts';
import { MemoryTables } from './memory-tables.ts';

export const testDomains: GraphSimulatorOptions = {
  tenant: {
    domains: [
      { id: 'contoso.onmicrosoft.com', isInitial: true },
      { id: 'contoso.test', isDefault: true },
    ],
  },
  throttling: 'off',
};

/** A world that runs without a network, on a clock that it shares with the tenant. */
export interface InProcess {
  readonly clock: { ms: number };
  /** Called around each request to Graph; throws to crash the application there. */
  readonly onRequest: (phase: 'before' | 'after') => void;
  /** Writes in 150 seconds that the application keeps to. Default: as many as it can. */
  readonly writeQuota?: number;
}

export type WorldDependencies = Application;

/** The cloud application's use cases between tables in memory and a simulated tenant, driven without a Functions host. */
export class CycleWorld {
  readonly graph: GraphSimulator;
  readonly memory: MemoryTables = new MemoryTables();
  dependencies: WorldDependencies;
  /** Calls to Graph that were made, by their templates. */
  readonly operations: Set<string>;
  /** What was said of writes. */
  readonly traced: WriteEvent[] = [];
  /** What was sent to the relays. */
  readonly commands: RelayCommand[] = [];
  /** Milliseconds that the cycle asked to wait; nothing really waits. */
  waited = 0;
  #marks = 0;
  #ids = 0;
  readonly #clock: { ms: number };
  readonly #tenant: (rules: Rules) => GraphTenant;

  private constructor(graph: GraphSimulator, overrides: Partial<WorldDependencies>, inProcess?: InProcess) {
    this.#clock = inProcess?.clock ?? { ms: Date.parse('2026-01-01T00:00:00Z') };
    this.graph = graph;
    this.operations = new Set();
    graph.onRequest((request) => {
      // What tests do in the tenant themselves has no id.
      if (request.headers['client-request-id'] === undefined) return;
      this.operations.add(operationOf(request) ?? `${request.method} ${request.url}`);
    });
    const { tables } = this.memory;
    const sleep = (ms: number): Promise<void> => {
      this.waited += ms;
      this.#clock.ms += Math.round(ms);
      return Promise.resolve();
    };
    const transport =
      inProcess === undefined
        ? graphTransport({
            serviceRoot: graph.serviceRoot,
            token: () => Promise.resolve('token'),
            newRequestId: () => 'test',
          })
        : directTransport(graph, inProcess.onRequest);
    this.#tenant = ({ extensions }) =>
      new GraphTenant({
        transport,
        serviceRoot: graph.serviceRoot,
        extensions: [...extensions.values()].map(({ property }) => property),
        sleep,
        random: () => 0.5,
        ...(inProcess?.writeQuota === undefined
          ? {}
          : { pace: new WritePace({ quota: inProcess.writeQuota, now: () => this.#clock.ms }) }),
      });
    const rules = overrides.rules ?? new Rules(builtInRules());
    const space = new ConnectorSpace(tables);
    this.dependencies = {
      space,
      counts: new LinkCounts(tables, space),
      joins: new JoinIndex(tables),
      pending: new Pending(tables, () => String((this.#marks += 1))),
      entra: new EntraSpace(tables),
      problems: new Problems(tables),
      runs: new Runs(tables),
      plans: new Plans(tables),
      ledger: new Ledger(tables),
      streams: new Streams(tables),
      relays: new Relays(tables),
      operations: noOperations,
      tenantStore: new TenantStore(tables),
      commands: {
        send: (command) => {
          this.commands.push(command);
          return Promise.resolve();
        },
      },
      tenant: this.#tenant(rules),
      rules,
      now: () => new Date(this.#clock.ms),
      random: () => 0.5,
      newId: () => `00000000-0000-4000-8000-${String((this.#ids += 1)).padStart(12, '0')}`,
      newPassword: () => 'Passw0rd-of-a-test',
      matching: 'anchor',
      budget: defaultBudget,
      drift: 'repair',
      mode: 'live',
      trace: (event) => {
        this.traced.push(event);
      },
      ...overrides,
    };
  }

  static async start(
    options: GraphSimulatorOptions = {},
    overrides: Partial<WorldDependencies> = {},
    inProcess?: InProcess,
  ): Promise<CycleWorld> {
    const clock = inProcess === undefined ? {} : { clock: { now: () => inProcess.clock.ms } };
    return new CycleWorld(await startGraphSimulator({ ...testDomains, ...clock, ...options }), overrides, inProcess);
  }

  /** The application anew, without any state, before a tenant that exists. */
  static around(graph: GraphSimulator, overrides: Partial<WorldDependencies> = {}): CycleWorld {
    return new CycleWorld(graph, overrides);
  }

  /** The application is deployed anew with other rules. */
  useRules(ruleSet: RuleSet): void {
    const rules = new Rules(ruleSet);
    this.dependencies = { ...this.dependencies, rules, tenant: this.#tenant(rules) };
  }

  get writes(): number {
    return this.graph.usage.writes;
  }

  advance(ms: number): void {
    this.#clock.ms += Math.round(ms);
  }

  async take(...batches: readonly ChangeBatch[]): Promise<void> {
    for (const batch of batches) {
      const { verdict } = await takeBatch(batch, this.dependencies);
      if (verdict !== 'apply') throw new Error(`The batch was not applied: ${verdict}`);
    }
  }

  /** Runs the cycle until it would wait for something to do. Throws when it does not come to rest. */
  async sync(maxPasses = 50): Promise<void> {
    let input: CycleInput = freshCycle;
    for (let pass = 0; pass < maxPasses; pass += 1) {
      const next = await this.#pass(input);
      if (next === undefined) return;
      input = next;
    }
    throw new Error(`The cycle did not come to rest in ${maxPasses} passes.`);
  }

  /** One generation of the orchestration; `undefined` when it ended, idle or halted. */
  async #pass(input: CycleInput): Promise<CycleInput | undefined> {
    type Step = () => Promise<unknown>;
    let next: CycleInput | undefined;
    let halted = false as boolean;
    const pass = (ms: number): void => {
      this.#clock.ms += Math.round(ms);
    };
    const steps: Steps<Step> = {
      review: () => async () => {
        const answer = await reviewStep(this.dependencies);
        const idle = answer.pendingUsers + answer.pendingGroups === 0;
        halted = answer.halted !== null || (idle && answer.tripped.length > 0);
        return answer;
      },
      export: (request) => async () => {
        const answer = await exportStep(this.dependencies, request);
        halted ||= answer.halted !== null;
        return answer;
      },
      confirm: () => async () => {
        const answer = await confirmStep(this.dependencies);
        halted ||= answer.halted !== null;
        return answer;
      },
      compare: () => () => compareStep(this.dependencies),
      record: (run) => () => recordRun(this.dependencies, run),
      *wakeOr(ms) {
        yield () => {
          pass(ms);
          return Promise.resolve(ms);
        };
        return false;
      },
      again: (cycle) => (next = cycle),
      now: () => this.dependencies.now(),
      runId: 'run',
    };
    const cycle = syncCycle(steps, input);
    let turn = cycle.next();
    while (turn.done !== true) {
      const result = JSON.parse(JSON.stringify((await turn.value()) ?? null)) as unknown;
      turn = cycle.next(result);
    }
    return halted ? undefined : next;
  }

  async stop(): Promise<void> {
    await this.graph.stop();
  }
}
