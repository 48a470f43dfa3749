import type { PlanPage, PlanSummary } from '../../shared/contracts/plans.ts';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import type { SyncDependencies } from '../sync/dependencies.ts';

type Needed = Pick<SyncDependencies, 'plans' | 'tenantStore' | 'budget' | 'now'>;

const hourMs = 3_600_000;
/** Objects of a plan in one answer. */
export const planPageSize = 500;

/** Throws LS3201 when there is no such plan. */
export async function planPage({ plans }: Needed, id: string, from: number): Promise<PlanPage> {
  const plan = await existing(plans, id);
  const items = await plans.page(id, from, planPageSize);
  return { version: 1, plan, items, next: items.length === planPageSize ? from + items.length : null };
}

/**
 * Lets exactly this plan pass: what it lists is not held to the budget until the approval ends. Throws LS3201 when there is
 * no such plan, LS3202 when it does not wait for an approval.
 */
export async function approvePlan(
  { plans, tenantStore, budget, now }: Needed,
  id: string,
  approvedBy: string,
): Promise<PlanSummary> {
  const plan = await existing(plans, id);
  if (plan.state !== 'tripped') throw notWaiting(plan);
  const expiresAt = new Date(now().getTime() + budget.approvalHours * hourMs).toISOString();
  const approved: PlanSummary = { ...plan, state: 'approved', approvedBy, expiresAt };
  await plans.save(approved);
  // What the cycle said of this plan is settled; its next review says what is still in the way.
  if ((await tenantStore.halt())?.code === 'LS3007') await tenantStore.setHalt(null);
  return approved;
}

/** No further alert for so long. Throws like {@link approvePlan}. */
export async function snoozePlan({ plans, now }: Needed, id: string, hours: number): Promise<PlanSummary> {
  const plan = await existing(plans, id);
  if (plan.state !== 'tripped') throw notWaiting(plan);
  const snoozed = { ...plan, snoozedUntil: new Date(now().getTime() + hours * hourMs).toISOString() };
  await plans.save(snoozed);
  return snoozed;
}

async function existing(plans: Needed['plans'], id: string): Promise<PlanSummary> {
  const plan = await plans.load(id);
  if (plan === undefined) throw new LockstepError('LS3201', 'There is no plan with this id.', { object: id });
  return plan;
}

function notWaiting({ id, state }: PlanSummary): LockstepError {
  return new LockstepError('LS3202', `The plan does not wait for an approval: it is ${state}.`, { object: id });
}
