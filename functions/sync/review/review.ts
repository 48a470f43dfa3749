import { createHash } from 'node:crypto';
import type { ProblemReport } from '../../../shared/contracts/status.ts';
import type { Intended } from '../../../shared/engine/intended.ts';
import { effectKey, type EffectKind } from '../../../shared/safety/effects.ts';
import { markObjects } from '../../storage/pending.ts';
import type { TenantFacts } from '../../storage/tenant-facts.ts';
import { BudgetWindow } from './budget-window.ts';
import type { SyncDependencies } from '../dependencies.ts';
import { problemReport } from '../dependencies.ts';
import { followRules } from '../plan/follow-rules.ts';
import { endApprovals, endOthers, keepPlan, trippedProblem } from './kept-plans.ts';
import { isKnownChange, planConnector, type PlannedObject } from '../plan/planning.ts';
import { prepareTenant } from '../prepare.ts';
import { rebuildIfAsked } from '../rebuild.ts';

/** The plan of a pass, in numbers: what the orchestration needs to know, and no object data. */
export interface Review {
  /** Connectors whose plan may be carried out. */
  readonly connectors: readonly string[];
  /** A full read is open: what it shows is not the whole yet, so nothing is written. */
  readonly fullReadOpen: boolean;
  /** Of {@link connectors}. */
  readonly pendingUsers: number;
  readonly pendingGroups: number;
  /** Users whose manager has to be set or cleared. */
  readonly managers: number;
  readonly halted: ProblemReport | null;
  /** Connectors whose plan is over the change budget, and why; their plans are kept. */
  readonly tripped: readonly Tripped[];
}

export interface Tripped {
  readonly connector: string;
  readonly plan: string;
  readonly problem: ProblemReport;
  /** True when it is time to tell somebody. */
  readonly alert: boolean;
}

/** What is pending for one connector, in numbers. */
interface Tally {
  users: number;
  groups: number;
  managers: number;
  /** Effects that the budget has to count. */
  readonly counted: Map<EffectKind, number>;
  /** Keys of all effects. */
  readonly keys: Set<string>;
  /** What no budget counts: restores, managers, members that are added. */
  readonly others: Set<string>;
  /** Users whose sign-in name the tenant takes. */
  acceptable: number;
  /** Users by a domain that the tenant does not have. */
  readonly foreign: Map<string, number>;
}

/** Plans everything that is pending and decides, before the first write, what of it may be written. */
export async function review(dependencies: SyncDependencies): Promise<Review> {
  await rebuildIfAsked(dependencies);
  const facts = await prepareTenant(dependencies);
  const streams = await dependencies.streams.all();
  const connectors = streams.map(({ connector }) => connector);
  await followRules(dependencies, connectors);
  if (streams.some(({ state }) => state.fullReadOpen)) return { ...emptyReview, connectors, fullReadOpen: true };
  await retryDue(dependencies, connectors);
  const window = new BudgetWindow(dependencies, connectors);
  const tallies = new Map<string, Tally>();
  for (const connector of connectors) {
    const tally = emptyTally();
    for await (const page of planConnector(dependencies, facts, connector)) {
      for (const planned of page) await count(tally, planned, connector, window);
    }
    tallies.set(connector, tally);
    await endApprovals(dependencies, connector, (keys) => [...keys].some((key) => tally.keys.has(key)));
  }
  const halted = await wrongTenant(dependencies, facts, [...tallies.values()]);
  if (halted !== null) return { ...emptyReview, connectors, halted };
  if (dependencies.mode === 'staging') {
    await stage(dependencies, facts, window, tallies);
    return emptyReview;
  }
  const read = streams.filter(({ state }) => state.settled !== null).map(({ connector }) => connector);
  const established = await followEstablished(dependencies, read, tallies);
  const tripped = await judge(dependencies, facts, window, tallies, established);
  const held = new Set(tripped.map(({ connector }) => connector));
  const free = connectors.filter((connector) => !held.has(connector));
  const sum = (key: 'users' | 'groups' | 'managers'): number =>
    free.reduce((total, connector) => total + (tallies.get(connector)?.[key] ?? 0), 0);
  return {
    connectors: free,
    fullReadOpen: false,
    pendingUsers: sum('users'),
    pendingGroups: sum('groups'),
    managers: sum('managers'),
    halted: null,
    tripped,
  };
}

export const emptyReview: Review = {
  connectors: [],
  fullReadOpen: false,
  pendingUsers: 0,
  pendingGroups: 0,
  managers: 0,
  halted: null,
  tripped: [],
};

function emptyTally(): Tally {
  return {
    users: 0,
    groups: 0,
    managers: 0,
    counted: new Map(),
    keys: new Set(),
    others: new Set(),
    acceptable: 0,
    foreign: new Map(),
  };
}

async function count(tally: Tally, planned: PlannedObject, connector: string, window: BudgetWindow): Promise<void> {
  tally[planned.type === 'user' ? 'users' : 'groups'] += 1;
  tally.managers += planned.changes.some((change) => change.kind === 'manager') ? 1 : 0;
  for (const effect of planned.effects) {
    tally.keys.add(effectKey(effect));
    if (!(await window.counts(connector, effect))) continue;
    tally.counted.set(effect.kind, (tally.counted.get(effect.kind) ?? 0) + 1);
  }
  const { guid } = planned.source;
  for (const change of planned.changes.filter(isKnownChange)) {
    if (change.kind === 'restore' || change.kind === 'manager') {
      tally.others.add(`${change.kind}|${guid}|${change.kind === 'manager' ? (change.to ?? '') : ''}`);
    }
  }
  for (const { entraId } of planned.members?.add ?? []) tally.others.add(`member-addition|${guid}|${entraId}`);
  countDomain(planned.source.intended, tally);
}

function countDomain(intended: Intended, tally: Tally): void {
  if (intended.kind !== 'user') return;
  if (intended.foreignDomain === undefined) tally.acceptable += 1;
  else {
    tally.foreign.set(intended.foreignDomain, (tally.foreign.get(intended.foreignDomain) ?? 0) + 1);
  }
}

/** Objects whose write failed, and whose time has come, are looked at again. */
async function retryDue(
  { problems, pending, space, now }: SyncDependencies,
  connectors: readonly string[],
): Promise<void> {
  for (const connector of connectors) {
    const due = await problems.due(connector, now());
    const stored = await space.load(connector, due);
    const objects = [...stored.values()].map(({ object }) => object);
    await markObjects(pending, connector, objects, 'retry');
    for (const guid of due) {
      const entry = await problems.load(connector, guid);
      if (entry?.failure === undefined) continue;
      // The attempt gives it its next time; until then it is not due again.
      await problems.save(connector, guid, entry.problems, { ...entry.failure, retryAt: null });
    }
  }
}

/** Holds the plans that would break a limit, and lets go of those that would not any more. */
async function judge(
  dependencies: SyncDependencies,
  facts: TenantFacts,
  window: BudgetWindow,
  tallies: ReadonlyMap<string, Tally>,
  established: ReadonlySet<string>,
): Promise<readonly Tripped[]> {
  const all = new Map<EffectKind, number>();
  for (const { counted } of tallies.values()) {
    for (const [kind, number] of counted) all.set(kind, (all.get(kind) ?? 0) + number);
  }
  const everyone = [...tallies.keys()].every((connector) => established.has(connector));
  const ofTenant = await window.excessesOfTenant(all, everyone);
  const tripped: Tripped[] = [];
  for (const [connector, tally] of tallies) {
    const { counted } = tally;
    const own = await window.excessesOf(connector, counted, established.has(connector));
    const broken = new Set(own.map(({ kind }) => kind));
    const excesses = [...own, ...ofTenant.filter(({ kind }) => (counted.get(kind) ?? 0) > 0 && !broken.has(kind))];
    if (excesses.length === 0) {
      await endOthers(dependencies, connector, null);
      continue;
    }
    const kept = await keepPlan(dependencies, facts, {
      id: idOf(connector, tally),
      connector,
      state: 'tripped',
      excesses,
    });
    const problem = trippedProblem(kept.plan, dependencies.budget.windowHours);
    tripped.push({ connector, plan: kept.plan.id, problem, alert: kept.alert });
  }
  return tripped;
}

/** A connector is established once nothing was pending for it after its first full read; `read` have had that. */
async function followEstablished(
  { tenantStore }: SyncDependencies,
  read: readonly string[],
  tallies: ReadonlyMap<string, Tally>,
): Promise<ReadonlySet<string>> {
  const before = await tenantStore.established();
  const now = new Set([...before, ...read.filter((connector) => isIdle(tallies.get(connector)))]);
  if (now.size > before.size) await tenantStore.saveEstablished(now);
  return now;
}

function isIdle(tally: Tally | undefined): boolean {
  return tally !== undefined && tally.users + tally.groups === 0;
}

/** Keeps what would be done, for a person to look at; what the budget would say stands with it. */
async function stage(
  dependencies: SyncDependencies,
  facts: TenantFacts,
  window: BudgetWindow,
  tallies: ReadonlyMap<string, Tally>,
): Promise<void> {
  const established = await dependencies.tenantStore.established();
  for (const [connector, tally] of tallies) {
    if (tally.keys.size + tally.others.size === 0) {
      await endOthers(dependencies, connector, null);
      continue;
    }
    const excesses = await window.excessesOf(connector, tally.counted, established.has(connector));
    await keepPlan(dependencies, facts, { id: idOf(connector, tally), connector, state: 'staged', excesses });
  }
}

/** Ten hexadecimal digits that stand for exactly this plan. */
function idOf(connector: string, { keys, others }: Tally): string {
  const hash = createHash('sha256').update(connector);
  for (const key of [...keys, ...others].sort()) hash.update('\n').update(key);
  return hash.digest('hex').slice(0, 10);
}

/** Not one user could be written, and nothing ever was: this is the wrong tenant, or its domain was never added. */
async function wrongTenant(
  { tenantStore }: SyncDependencies,
  facts: TenantFacts,
  tallies: readonly Tally[],
): Promise<ProblemReport | null> {
  const foreign = new Map<string, number>();
  for (const tally of tallies) {
    if (tally.acceptable > 0) return null;
    for (const [domain, users] of tally.foreign) foreign.set(domain, (foreign.get(domain) ?? 0) + users);
  }
  if (foreign.size === 0 || (await tenantStore.usage()).writes > 0) return null;
  const wanted = [...foreign].map(([domain, users]) => `${domain} (${users} users)`).join(', ');
  const message = `The tenant has verified ${facts.domains.join(', ')}; the users' sign-in names are in ${wanted}. Nothing was written.`;
  return problemReport('LS3006', facts.domains[0] ?? 'the tenant', message);
}
