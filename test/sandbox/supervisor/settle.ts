import { setTimeout as delay } from 'node:timers/promises';
import type { GraphUsage, ObjectCounts, ProblemReport, StatusReport } from '../../../shared/contracts/status.ts';
import type { Sandbox } from './sandbox.ts';

/** What `--once` prints: a contract, see docs/Reference/sandbox.md. */
export interface Outcome {
  readonly inStep: boolean;
  readonly objects: ObjectCounts;
  readonly graph: GraphUsage;
  readonly errors: readonly ProblemReport[];
  readonly seconds: number;
}

const pollMs = 150;
/** Far from the end nobody needs to know so often, and each question costs the tables a count. */
const farPollMs = 1_000;
const farPending = 200;
/** How long something that may pass by itself is waited for. */
const patienceMs = 20_000;
/** Halts that pass by themselves: something is out of reach, or a quota is used up for the moment. */
const passing = new Set(['LS3001', 'LS4001']);

export type Settled =
  | { readonly kind: 'in-step' }
  | { readonly kind: 'stuck'; readonly problem: ProblemReport }
  | { readonly kind: 'aborted' };

/** Nothing is under way any more: all that the relay saw is applied, and nothing waits for the sync cycle. */
export function isSettled(sandbox: Sandbox, status: StatusReport): boolean {
  return (
    status.halted === null &&
    status.pending === 0 &&
    status.unconfirmed === 0 &&
    status.connectors.every((connector) => !connector.fullReadOpen) &&
    sandbox.hasArrived(status)
  );
}

/** Waits until nothing is under way, or until something needs a person. The application tells no one, so it is asked. */
export async function settle(
  sandbox: Sandbox,
  options: { readonly signal?: AbortSignal; readonly onStatus?: (status: StatusReport) => void } = {},
): Promise<Settled> {
  let troubledSince: number | undefined;
  while (options.signal?.aborted !== true) {
    if (sandbox.failure !== undefined) return { kind: 'stuck', problem: sandbox.failure };
    const status = await sandbox.status();
    if (status !== undefined) {
      options.onStatus?.(status);
      if (isSettled(sandbox, status)) return { kind: 'in-step' };
    }
    const problem = standing(sandbox, status);
    if (problem === undefined) troubledSince = undefined;
    else {
      troubledSince ??= performance.now();
      if (!problem.passes || performance.now() - troubledSince > patienceMs)
        return { kind: 'stuck', problem: problem.report };
    }
    await delay((status?.pending ?? 0) > farPending ? farPollMs : pollMs);
  }
  return { kind: 'aborted' };
}

function standing(
  sandbox: Sandbox,
  status: StatusReport | undefined,
): { readonly report: ProblemReport; readonly passes: boolean } | undefined {
  // A halt of an earlier run may be mended by now; the cycle that this run asked for tells.
  if (status?.halted && Date.parse(status.halted.at) >= sandbox.startedAt) {
    const { code, object, message, remedy } = status.halted;
    return { report: { code, object, message, remedy }, passes: passing.has(code) };
  }
  return sandbox.relayProblem === undefined ? undefined : { report: sandbox.relayProblem, passes: true };
}

/** The result of a run that could not begin. */
export function nothingDone(problem: ProblemReport): Outcome {
  const objects = { read: 0, inScope: 0, inEntra: 0 };
  return { inStep: false, objects, graph: { requests: 0, writes: 0 }, errors: [problem], seconds: 0 };
}

/** The result of a run, in the form of the contract. */
export async function outcomeOf(sandbox: Sandbox, settled: Settled): Promise<Outcome> {
  const status = await sandbox.status(true);
  const objects = status?.objects ?? { read: 0, inScope: 0, inEntra: 0 };
  const errors = [...(settled.kind === 'stuck' ? [settled.problem] : []), ...(status?.errors ?? [])];
  return {
    inStep: settled.kind === 'in-step' && objects.inEntra === objects.inScope,
    objects,
    graph: sandbox.usage(status),
    errors,
    seconds: Math.round((Date.now() - sandbox.startedAt) / 100) / 10,
  };
}
