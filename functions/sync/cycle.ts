import type { ProblemReport } from '../../shared/contracts/status.ts';
import type { RunCounter } from '../storage/runs.ts';
import { compareAll } from './confirm/compare-all.ts';
import { confirm, nothingConfirmed, type Confirmation } from './confirm/confirm.ts';
import type { SyncDependencies } from './dependencies.ts';
import { problemReport } from './dependencies.ts';
import { exportManagers } from './export/export-managers.ts';
import { exportMembers } from './export/export-members.ts';
import { exportObjects } from './export/export-objects.ts';
import { prepareTenant } from './prepare.ts';
import type { Review } from './review/review.ts';
import { emptyReview, review } from './review/review.ts';
import type { Counts, SliceResult } from './export/slice.ts';
import { isLockstepError } from '../../shared/errors/lockstep-error.ts';

/** The steps of an export pass, in order: users before what names them, groups before groups that contain them. */
export const phases = ['users', 'managers', 'groups', 'members'] as const;
export type Phase = (typeof phases)[number];

export interface ExportRequest {
  readonly phase: Phase;
  readonly connector: string;
  /** GUID behind which the slice begins; empty for the first. */
  readonly after: string;
  /** True in the second turn of a phase: what another object still holds is reported now. */
  readonly lastTry: boolean;
}

export type ExportAnswer = SliceResult & { readonly halted: ProblemReport | null };

/** Plans and judges what is pending. A failure of the whole cycle is an answer, so that the orchestration can wait it out. */
export function reviewStep(dependencies: SyncDependencies): Promise<Review> {
  return metered(dependencies, async () => {
    const answer = await orHalted(
      () => review(dependencies),
      (halted) => ({ ...emptyReview, halted }),
    );
    const before = await dependencies.tenantStore.halt();
    const problem = answer.halted ?? answer.tripped[0]?.problem ?? null;
    if (problem !== null || before !== null) await setHalt(dependencies, problem);
    return answer;
  });
}

export function exportStep(dependencies: SyncDependencies, request: ExportRequest): Promise<ExportAnswer> {
  const nothing: SliceResult = { cursor: null, counts: {}, retryAfterMs: null, conflicts: 0 };
  return metered(dependencies, async () => {
    const answer = await orHalted<ExportAnswer>(
      async () => ({ ...(await exportPhase(dependencies, request)), halted: null }),
      (halted) => ({ ...nothing, halted }),
    );
    if (answer.halted !== null) await setHalt(dependencies, answer.halted);
    return answer;
  });
}

export type ConfirmAnswer = Confirmation & { readonly halted: ProblemReport | null };

/** Reads what the tenant shows of what was written, and of what others did. */
export function confirmStep(dependencies: SyncDependencies): Promise<ConfirmAnswer> {
  return confirmedOrHalted(dependencies, () => confirm(dependencies));
}

/** Compares everything that is known with everything that the tenant holds. */
export function compareStep(dependencies: SyncDependencies): Promise<ConfirmAnswer> {
  return confirmedOrHalted(dependencies, () => compareAll(dependencies));
}

function confirmedOrHalted(
  dependencies: SyncDependencies,
  step: () => Promise<Partial<Confirmation>>,
): Promise<ConfirmAnswer> {
  return metered(dependencies, () =>
    orHalted<ConfirmAnswer>(
      async () => ({ ...nothingConfirmed, ...(await step()), halted: null }),
      (halted) => ({ ...nothingConfirmed, halted }),
    ),
  );
}

/** Counts the requests of a step, whatever it ended in. */
async function metered<T>({ tenantStore, tenant }: SyncDependencies, step: () => Promise<T>): Promise<T> {
  const answer = await step();
  await tenantStore.addUsage(tenant.takeUsage());
  return answer;
}

async function setHalt({ tenantStore, now }: SyncDependencies, problem: ProblemReport | null): Promise<void> {
  await tenantStore.setHalt(problem === null ? null : { ...problem, at: now().toISOString() });
}

async function exportPhase(dependencies: SyncDependencies, request: ExportRequest): Promise<SliceResult> {
  const facts = await prepareTenant(dependencies);
  switch (request.phase) {
    case 'users':
      return await exportObjects(dependencies, facts, { ...request, type: 'user' });
    case 'groups':
      return await exportObjects(dependencies, facts, { ...request, type: 'group' });
    case 'managers':
      return await exportManagers(dependencies, facts, request);
    case 'members':
      return await exportMembers(dependencies, facts, request);
  }
}

export interface RunSummary {
  readonly runId: string;
  readonly startedAt: string;
  readonly counts: Counts;
  readonly haltedBy: string | null;
}

export async function recordRun({ runs, now }: SyncDependencies, run: RunSummary): Promise<void> {
  const zero: Record<RunCounter, number> = {
    created: 0,
    updated: 0,
    deleted: 0,
    restored: 0,
    adopted: 0,
    managers: 0,
    membersAdded: 0,
    membersRemoved: 0,
    failed: 0,
  };
  await runs.save({ ...run, endedAt: now().toISOString(), counts: { ...zero, ...run.counts } });
}

/** Errors with a code stop the cycle and are shown; anything else is a defect and fails the invocation. */
async function orHalted<T>(step: () => Promise<T>, halted: (problem: ProblemReport) => T): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!isLockstepError(error)) throw error;
    const report = problemReport(error.code, error.object ?? 'the sync cycle', error.message);
    return halted({ ...report, remedy: error.remedy });
  }
}
