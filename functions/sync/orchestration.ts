import type { Review } from './review/review.ts';
import type { Counts } from './export/slice.ts';
import type { ConfirmAnswer, ExportAnswer, ExportRequest, Phase, RunSummary } from './cycle.ts';

/** What the orchestration needs of Durable Functions; each call becomes one entry of its history. */
export interface Steps<Task> {
  review(): Task;
  export(request: ExportRequest): Task;
  confirm(): Task;
  compare(): Task;
  record(run: RunSummary): Task;
  /** Resolves when something was marked, or after so many milliseconds. True when it was woken. */
  wakeOr(ms: number): Generator<Task, boolean, unknown>;
  /** Ends this generation of the orchestration and begins the next with a fresh history. */
  again(input: CycleInput): void;
  /** Deterministic: the time of the current turn. */
  now(): Date;
  readonly runId: string;
}

export interface CycleInput {
  /** Passes in a row that were stopped by the same kind of failure. */
  readonly failures: number;
  /** Passes in a row that changed nothing although something was pending. */
  readonly idlePasses: number;
  /** Milliseconds since the epoch: when the tenant was last asked what it shows. */
  readonly confirmedAt: number;
}

export const freshCycle: CycleInput = { failures: 0, idlePasses: 0, confirmedAt: 0 };

/** How long an idle cycle stays before it ends: a change in this time finds it running, and needs no start. */
const lingerMs = 20_000;
const firstRetryMs = 10_000;
const maxRetryMs = 5 * 60_000;
/** After so many passes without an effect the next one waits: Graph is late, or something is not as it should be. */
const idlePassLimit = 3;
const idleWaitMs = 5_000;
/** Entra shows a write within seconds as a rule; asking is two requests. */
const confirmAgainMs = 15_000;
/** While there is work all the time, confirmation waits no longer than this. */
const confirmLatestMs = 5 * 60_000;

/**
 * The singleton sync cycle: plan and judge, export in order, record, and again while anything is pending. Its history
 * carries counters and cursors only.
 */
export function* syncCycle<Task>(steps: Steps<Task>, input: CycleInput): Generator<Task, void, unknown> {
  const startedAt = steps.now().toISOString();
  const plan = (yield steps.review()) as Review;
  const work = plan.pendingUsers + plan.pendingGroups;
  // A plan that is over the budget waits for a person, whose approval wakes the cycle, or for the directory to change.
  if (plan.halted !== null || (work === 0 && plan.tripped.length > 0)) {
    yield* steps.wakeOr(retryMs(input.failures));
    steps.again({ ...input, failures: input.failures + 1, idlePasses: 0 });
    return;
  }
  if (plan.fullReadOpen) {
    // Its end marker wakes the cycle; the safety net does if that never comes.
    if (yield* steps.wakeOr(lingerMs)) steps.again({ ...freshCycle, confirmedAt: input.confirmedAt });
    return;
  }
  if (work === 0) {
    yield* idle(steps, input);
    return;
  }
  const pass = yield* exportPass(steps, plan);
  yield steps.record({ runId: steps.runId, startedAt, counts: pass.counts, haltedBy: pass.haltedBy });
  const idlePasses = Object.values(pass.counts).some((count) => count > 0) ? 0 : input.idlePasses + 1;
  const waitMs =
    pass.haltedBy !== null
      ? retryMs(input.failures)
      : (pass.retryAfterMs ?? (idlePasses >= idlePassLimit ? idleWaitMs : null));
  if (waitMs !== null) yield* steps.wakeOr(waitMs);
  let { confirmedAt } = input;
  if (pass.haltedBy === null && steps.now().getTime() - confirmedAt > confirmLatestMs) {
    yield steps.confirm();
    confirmedAt = steps.now().getTime();
  }
  steps.again({ failures: pass.haltedBy === null ? 0 : input.failures + 1, idlePasses, confirmedAt });
}

/** Nothing is to be written: sees what became of what was, and what others did. */
function* idle<Task>(steps: Steps<Task>, input: CycleInput): Generator<Task, void, unknown> {
  let seen = (yield steps.confirm()) as ConfirmAnswer;
  if (seen.compare && seen.halted === null) {
    const compared = (yield steps.compare()) as ConfirmAnswer;
    seen = { ...seen, halted: compared.halted, drifted: seen.drifted + compared.drifted };
  }
  const confirmedAt = steps.now().getTime();
  if (seen.halted !== null) {
    yield* steps.wakeOr(retryMs(input.failures));
    steps.again({ failures: input.failures + 1, idlePasses: 0, confirmedAt });
    return;
  }
  const next: CycleInput = { ...freshCycle, confirmedAt };
  if (seen.more || seen.drifted > 0) steps.again(next);
  else if (seen.awaited > 0) {
    yield* steps.wakeOr(confirmAgainMs);
    steps.again(next);
  } else if (yield* steps.wakeOr(lingerMs)) steps.again(next);
}

interface Pass {
  readonly counts: Counts;
  readonly haltedBy: string | null;
  readonly retryAfterMs: number | null;
}

function* exportPass<Task>(steps: Steps<Task>, plan: Review): Generator<Task, Pass, unknown> {
  const counts: Record<string, number> = {};
  let retryAfterMs: number | null = null;
  for (const phase of phasesOf(plan)) {
    for (const connector of plan.connectors) {
      let conflicts = 0;
      for (const lastTry of [false, true]) {
        if (lastTry && conflicts === 0) break;
        let after: string | null = '';
        while (after !== null) {
          const answer = (yield steps.export({ phase, connector, after, lastTry })) as ExportAnswer;
          for (const [counter, value] of Object.entries(answer.counts))
            counts[counter] = (counts[counter] ?? 0) + value;
          if (answer.halted !== null) return { counts, haltedBy: answer.halted.code, retryAfterMs: null };
          if (answer.retryAfterMs !== null) retryAfterMs = Math.max(retryAfterMs ?? 0, answer.retryAfterMs);
          conflicts += answer.conflicts;
          after = answer.cursor;
        }
      }
    }
  }
  return { counts, haltedBy: null, retryAfterMs };
}

/** Users are looked at again for their managers only when the plan sets any; groups always may have members to compare. */
function phasesOf(plan: Review): readonly Phase[] {
  return [
    ...(plan.pendingUsers > 0 ? (['users'] as const) : []),
    ...(plan.managers > 0 ? (['managers'] as const) : []),
    ...(plan.pendingGroups > 0 ? (['groups', 'members'] as const) : []),
  ];
}

function retryMs(failures: number): number {
  return Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(failures, 10));
}
