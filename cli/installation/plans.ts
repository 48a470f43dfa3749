import type { PlanItem, PlanSummary } from '../../shared/contracts/plans.ts';
import { planListSchema, planPageSchema, planSummarySchema } from '../../shared/contracts/plans.ts';
import { exitCodes, type ExitCode, type Output } from '../output.ts';
import type { Installation } from './client.ts';
import { renderItem, renderPlan, renderPlans } from './render-plans.ts';

/** `lockstep plans`: what waits for a person. Ends with 1 when something does. */
export async function listPlans(
  installation: Installation,
  { all, json }: { readonly all: boolean; readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const { plans } = await installation.get('plans', planListSchema);
  const shown = all ? plans : plans.filter(({ state }) => ['tripped', 'approved', 'staged'].includes(state));
  output.write(json ? JSON.stringify(shown, null, 2) : renderPlans(shown, output.style));
  return plans.some(({ state }) => state === 'tripped') ? exitCodes.problems : exitCodes.fine;
}

/** `lockstep plans <id>`: one plan, object by object. */
export async function showPlan(
  installation: Installation,
  id: string,
  { limit, json }: { readonly limit: number; readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const items: PlanItem[] = [];
  let plan: PlanSummary | undefined;
  let from: number | null = 0;
  while (from !== null && items.length < limit) {
    const page: { readonly plan: PlanSummary; readonly items: readonly PlanItem[]; readonly next: number | null } =
      await installation.get(`plans/${encodeURIComponent(id)}?from=${from}`, planPageSchema);
    plan = page.plan;
    items.push(...page.items);
    from = page.next;
  }
  if (plan === undefined) return exitCodes.fine;
  const shown = items.slice(0, limit);
  if (json) {
    output.write(JSON.stringify({ plan, items: shown }, null, 2));
    return exitCodes.fine;
  }
  output.write(renderPlan(plan, output.style));
  for (const item of shown) {
    output.write(renderItem({ ...item, membersRemoved: item.membersRemoved.length }, output.style));
  }
  if (shown.length < plan.objects) {
    output.note(`${shown.length} of ${plan.objects} objects; --limit shows more, --json gives all that is asked for.`);
  }
  return exitCodes.fine;
}

/** `lockstep approve <id>` lets exactly this plan pass. */
export async function approve(
  installation: Installation,
  id: string,
  { by, json }: { readonly by: string; readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const plan = await installation.post(
    `plans/${encodeURIComponent(id)}/approve`,
    { approvedBy: by },
    planSummarySchema,
  );
  output.write(
    json
      ? JSON.stringify(plan, null, 2)
      : `Approved: plan ${plan.id} for ${plan.connector}, ${plan.objects} objects, until ${plan.expiresAt ?? ''}. It is being carried out.`,
  );
  return exitCodes.fine;
}

/** `lockstep snooze <id>`: no further alert for a while. */
export async function snooze(
  installation: Installation,
  id: string,
  { hours, json }: { readonly hours: number; readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const plan = await installation.post(`plans/${encodeURIComponent(id)}/snooze`, { hours }, planSummarySchema);
  output.write(
    json
      ? JSON.stringify(plan, null, 2)
      : `No alert for plan ${plan.id} before ${plan.snoozedUntil ?? ''}. It still waits.`,
  );
  return exitCodes.fine;
}
