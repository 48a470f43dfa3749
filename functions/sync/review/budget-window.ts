import { allowance, excesses, limitsOf, needsPopulation } from '../../../shared/safety/change-budget.ts';
import type { Excess, Spending } from '../../../shared/safety/change-budget.ts';
import { effectKey, effectKinds, isHarmful, ledgerKey } from '../../../shared/safety/effects.ts';
import type { Effect, EffectKind } from '../../../shared/safety/effects.ts';
import type { Population } from '../../storage/tenant-facts.ts';
import type { SyncDependencies } from '../dependencies.ts';

/** How old the count of what Entra holds may be: for saying that a plan is within its limits, and that it is not. */
const populationMaxAgeMs = { within: 3_600_000, beyond: 60_000 } as const;
const hourMs = 3_600_000;

type Needed = Pick<SyncDependencies, 'ledger' | 'plans' | 'entra' | 'tenantStore' | 'budget' | 'now'>;

/** How many effects of each kind a plan would have; those that an approval covers, or that were counted before, aside. */
export type Tally = ReadonlyMap<EffectKind, number>;

/**
 * The change budget at this moment: what the window has seen, what approvals cover, and what is left. Reads each of these
 * when it is first asked for, and keeps it.
 */
export class BudgetWindow {
  readonly #dependencies: Needed;
  readonly #connectors: readonly string[];
  readonly #keys = new Map<string, Promise<ReadonlySet<string>>>();
  readonly #exempt = new Map<string, Promise<ReadonlySet<string>>>();
  #population: Population | undefined;

  /** `connectors`: all that there are, which make up the tenant. */
  constructor(dependencies: Needed, connectors: readonly string[]) {
    this.#dependencies = dependencies;
    this.#connectors = connectors;
  }

  get #since(): Date {
    const { now, budget } = this.#dependencies;
    return new Date(now().getTime() - budget.windowHours * hourMs);
  }

  /** Effect keys that approved plans of the connector cover. */
  exempt(connector: string): Promise<ReadonlySet<string>> {
    return cached(this.#exempt, connector, () => this.#loadExempt(connector));
  }

  async #loadExempt(connector: string): Promise<ReadonlySet<string>> {
    const { plans, now } = this.#dependencies;
    const keys = new Set<string>();
    for (const plan of await plans.list()) {
      if (plan.connector !== connector || plan.state !== 'approved') continue;
      if (plan.expiresAt === null || Date.parse(plan.expiresAt) <= now().getTime()) continue;
      for await (const page of plans.items(plan.id)) {
        for (const item of page) for (const key of item.effects) keys.add(key);
      }
    }
    return keys;
  }

  /** True when the effect has to be counted: it is neither approved nor counted in this window. */
  async counts(connector: string, effect: Effect): Promise<boolean> {
    if ((await this.exempt(connector)).has(effectKey(effect))) return false;
    return !isHarmful(effect.kind) || !(await this.#spentKeys(connector, effect.kind)).has(ledgerKey(effect));
  }

  #spentKeys(connector: string, kind: EffectKind): Promise<ReadonlySet<string>> {
    return cached(this.#keys, `${connector}|${kind}`, () =>
      this.#dependencies.ledger.keys(connector, kind, this.#since),
    );
  }

  async #spent(connector: string, kind: EffectKind): Promise<number> {
    return isHarmful(kind)
      ? (await this.#spentKeys(connector, kind)).size
      : await this.#dependencies.ledger.number(connector, kind, this.#since);
  }

  /** The limits of the connector that its plan would break. */
  async excessesOf(connector: string, planned: Tally, established: boolean): Promise<readonly Excess[]> {
    const spending = await this.#spending([connector], planned, established);
    return this.#excesses(spending, 'connector', connector);
  }

  /** The limits of the tenant that the plans of all connectors together would break. */
  async excessesOfTenant(planned: Tally, established: boolean): Promise<readonly Excess[]> {
    const spending = await this.#spending(this.#connectors, planned, established);
    return this.#excesses(spending, 'tenant', null);
  }

  async #excesses(
    spending: readonly Spending[],
    scope: Excess['scope'],
    connector: string | null,
  ): Promise<readonly Excess[]> {
    const { budget } = this.#dependencies;
    const limits = connector === null ? budget.tenant : limitsOf(budget, connector);
    const judge = (population: Population | undefined): readonly Excess[] =>
      excesses(spending, limits, (kind) => sizeOf(population, kind, connector), scope);
    if (!spending.some(({ kind, planned, spent }) => needsPopulation(limits[kind], planned + spent))) {
      return judge(undefined);
    }
    const found = judge(await this.population('within'));
    return found.length === 0 ? found : judge(await this.population('beyond'));
  }

  /** Until everything was in step once, what is new is not counted: a first synchronisation is nothing but new objects. */
  async #spending(connectors: readonly string[], planned: Tally, established: boolean): Promise<readonly Spending[]> {
    const spending: Spending[] = [];
    for (const kind of effectKinds) {
      const more = planned.get(kind) ?? 0;
      if (more === 0 || (!established && !isHarmful(kind))) continue;
      let spent = 0;
      for (const connector of connectors) spent += await this.#spent(connector, kind);
      spending.push({ kind, planned: more, spent });
    }
    return spending;
  }

  /**
   * Decides which writes may be sent, in order, and counts them before they are. `writes` are the effects of each: a write
   * is sent with all its effects or not at all.
   */
  async admit(connector: string, writes: readonly (readonly Effect[])[]): Promise<readonly boolean[]> {
    const left = new Map<EffectKind, number>();
    const admitted: boolean[] = [];
    const charged: Effect[] = [];
    for (const effects of writes) {
      const counted: Effect[] = [];
      for (const effect of effects) if (await this.counts(connector, effect)) counted.push(effect);
      let fits = true;
      for (const { kind } of counted) {
        if (!isHarmful(kind)) continue;
        if (!left.has(kind)) left.set(kind, await this.#left(connector, kind));
        fits &&= (left.get(kind) ?? 0) >= counted.filter((effect) => effect.kind === kind).length;
      }
      admitted.push(fits);
      if (!fits) continue;
      for (const { kind } of counted) left.set(kind, (left.get(kind) ?? 0) - 1);
      charged.push(...counted);
    }
    // What is new is not held against a directory that is read for the first time, nor against it the day after.
    const established = (await this.#dependencies.tenantStore.established()).has(connector);
    const kept = established ? charged : charged.filter(({ kind }) => isHarmful(kind));
    await this.#dependencies.ledger.charge(connector, kept, this.#dependencies.now());
    this.#keys.clear();
    return admitted;
  }

  /** How many more effects of the kind the window may have. */
  async #left(connector: string, kind: EffectKind): Promise<number> {
    const { budget } = this.#dependencies;
    const limits = [limitsOf(budget, connector)[kind], budget.tenant[kind]] as const;
    const spentBy = [await this.#spent(connector, kind), 0];
    for (const one of this.#connectors) spentBy[1] = (spentBy[1] ?? 0) + (await this.#spent(one, kind));
    const relative = limits.some((limit, n) => needsPopulation(limit, (spentBy[n] ?? 0) + 1));
    const population = relative ? await this.population('within') : undefined;
    const [own, all] = limits.map(
      (limit, n) => allowance(limit, sizeOf(population, kind, n === 0 ? connector : null)) - (spentBy[n] ?? 0),
    );
    return Math.min(own ?? 0, all ?? 0);
  }

  /** What Entra is known to hold. */
  async population(purpose: keyof typeof populationMaxAgeMs): Promise<Population> {
    const { tenantStore, entra, now } = this.#dependencies;
    this.#population ??= await tenantStore.population();
    const age = this.#population === undefined ? Infinity : now().getTime() - Date.parse(this.#population.at);
    if (this.#population === undefined || age > populationMaxAgeMs[purpose]) {
      this.#population = { at: now().toISOString(), ...(await entra.population()) };
      await tenantStore.savePopulation(this.#population);
    }
    return this.#population;
  }
}

function sizeOf(population: Population | undefined, kind: EffectKind, connector: string | null): number {
  if (population === undefined) return 0;
  if (kind === 'member-removal') return population.memberships;
  if (connector !== null) return population.objects[connector] ?? 0;
  return Object.values(population.objects).reduce((sum, count) => sum + count, 0);
}

function cached<T>(map: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
