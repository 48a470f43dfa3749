import type { PlanCause, PlanItem, PlanSummary } from '../../../shared/contracts/plans.ts';
import type { ProblemReport } from '../../../shared/contracts/status.ts';
import type { Excess } from '../../../shared/safety/change-budget.ts';
import type { EffectKind } from '../../../shared/safety/effects.ts';
import type { TenantFacts } from '../../storage/tenant-facts.ts';
import { problemReport, type SyncDependencies } from '../dependencies.ts';
import { countInto, hasChanges, itemsOf, planConnector } from '../plan/planning.ts';

/** How long after an alert the same plan raises one again. */
const alertAgainMs = 24 * 3_600_000;
const itemsPerWrite = 500;

export interface PlanToKeep {
  /** Made from what the plan would do. */
  readonly id: string;
  readonly connector: string;
  readonly state: 'tripped' | 'staged';
  readonly excesses: readonly Excess[];
}

/**
 * Keeps a plan that is not carried out, object by object, so that a person can read it. One that is kept already is left as
 * it is. Gives the plan, and whether it is time to tell somebody.
 */
export async function keepPlan(
  dependencies: SyncDependencies,
  facts: TenantFacts,
  { id, connector, state, excesses }: PlanToKeep,
): Promise<{ readonly plan: PlanSummary; readonly alert: boolean }> {
  const { plans, now } = dependencies;
  await endOthers(dependencies, connector, id);
  const before = await plans.load(id);
  const at = now();
  if (before?.state !== state) {
    const totals = await saveItems(dependencies, facts, id, connector);
    const plan: PlanSummary = {
      id,
      connector,
      state,
      createdAt: at.toISOString(),
      ...totals,
      excesses: [...excesses],
      approvedBy: null,
      expiresAt: null,
      snoozedUntil: null,
      alertedAt: state === 'tripped' ? at.toISOString() : null,
    };
    await plans.save(plan);
    return { plan, alert: state === 'tripped' };
  }
  const silent =
    state !== 'tripped' ||
    (before.snoozedUntil !== null && Date.parse(before.snoozedUntil) > at.getTime()) ||
    (before.alertedAt !== null && at.getTime() - Date.parse(before.alertedAt) < alertAgainMs);
  const plan = { ...before, excesses: [...excesses], ...(silent ? {} : { alertedAt: at.toISOString() }) };
  if (JSON.stringify(plan) !== JSON.stringify(before)) await plans.save(plan);
  return { plan, alert: !silent };
}

async function saveItems(
  dependencies: SyncDependencies,
  facts: TenantFacts,
  id: string,
  connector: string,
): Promise<Pick<PlanSummary, 'objects' | 'counts' | 'causes'>> {
  const counts: Record<string, number> = {};
  const causes: Partial<Record<PlanCause, number>> = {};
  let [objects, saved] = [0, 0];
  let open: PlanItem[] = [];
  for await (const page of planConnector(dependencies, facts, connector)) {
    for (const planned of page) {
      if (!hasChanges(planned)) continue;
      objects += 1;
      countInto(counts, planned);
      for (const item of itemsOf(planned)) {
        open.push(item);
        causes[item.cause] = (causes[item.cause] ?? 0) + (item.changes.length > 0 || item.membersAdded > 0 ? 1 : 0);
      }
      if (open.length < itemsPerWrite) continue;
      await dependencies.plans.saveItems(id, saved, open);
      saved += open.length;
      open = [];
    }
  }
  await dependencies.plans.saveItems(id, saved, open);
  return { objects, counts, causes };
}

/** Another plan of the connector has taken their place, or (`null`) none has to. */
export async function endOthers({ plans }: SyncDependencies, connector: string, id: string | null): Promise<void> {
  let ended = false;
  for (const plan of await plans.list()) {
    if (plan.connector !== connector || plan.id === id) continue;
    if (plan.state !== 'tripped' && plan.state !== 'staged') continue;
    await plans.save({ ...plan, state: id === null ? 'resolved' : 'superseded' });
    ended = true;
  }
  if (ended) await plans.prune();
}

/** Ends approvals: of plans that are carried out, and of those whose time has come. `isOpen` says whether anything is left. */
export async function endApprovals(
  { plans, now }: SyncDependencies,
  connector: string,
  isOpen: (keys: ReadonlySet<string>) => boolean,
): Promise<void> {
  for (const plan of await plans.list()) {
    if (plan.connector !== connector || plan.state !== 'approved') continue;
    if (plan.expiresAt === null || Date.parse(plan.expiresAt) <= now().getTime()) {
      await plans.save({ ...plan, state: 'expired' });
      continue;
    }
    const keys = new Set<string>();
    for await (const page of plans.items(plan.id))
      for (const item of page) for (const key of item.effects) keys.add(key);
    if (!isOpen(keys)) await plans.save({ ...plan, state: 'done' });
  }
}

/** What an operator sees of a plan that is over the budget. */
export function trippedProblem({ id, connector, excesses }: PlanSummary, windowHours: number): ProblemReport {
  const parts = excesses.map(({ scope, kind, planned, spent, limit }) => {
    const whose = scope === 'tenant' ? ' for the tenant' : '';
    return `${planned} ${effectNames[kind]} (${spent} in the last ${windowHours} h; the limit${whose} is ${limit})`;
  });
  return problemReport(
    'LS3007',
    `plan ${id}`,
    `The plan for ${connector} has ${parts.join(', ')}. Nothing of it was written.`,
  );
}

const effectNames: Readonly<Record<EffectKind, string>> = {
  create: 'creations',
  update: 'changes',
  disable: 'disablings',
  delete: 'deletions',
  'member-removal': 'removals of members',
  'attribute-wipe': 'objects with cleared attributes',
  'sign-in-name': 'new sign-in names',
};
