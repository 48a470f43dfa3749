import type { Intended, Problem } from '../../../shared/engine/intended.ts';
import { sameValue, type KnownObject } from '../../../shared/engine/plan.ts';
import { nextAttempt } from '../../../shared/safety/retry-schedule.ts';
import { groupBy } from '../../storage/buckets.ts';
import type { Failure, ProblemEntry, Problems } from '../../storage/problems.ts';
import { problemReport } from '../dependencies.ts';
import type { Source } from '../plan/source.ts';
import type { WriteFailure } from '../tenant.ts';

/** What is wrong with an object, for the list of problems. */
export interface ProblemsOfObject {
  /** The name that an operator knows it by. */
  readonly label: string;
  /** As long as the directory says what it says. */
  readonly standing: readonly Problem[];
  /** Writes that Entra has just refused. */
  readonly failed: readonly Problem[];
}

/** Stores what is wrong with the objects, and takes back what is not any more. A refused write gets its next attempt. */
export async function saveProblems(
  problems: Problems,
  now: Date,
  sources: Iterable<Source>,
  problemsOf: (source: Source) => ProblemsOfObject,
): Promise<void> {
  for (const [connector, some] of groupBy(sources, (source) => source.connector)) {
    const stored = await problems.guids(connector);
    const entries = some.map(async (source): Promise<ProblemEntry | undefined> => {
      const { guid } = source;
      const { label, standing, failed } = problemsOf(source);
      const all = [...standing, ...failed];
      if (all.length === 0 && !stored.has(guid)) return undefined;
      const before = failed.length > 0 && stored.has(guid) ? await problems.load(connector, guid) : undefined;
      const failure = failed.length === 0 ? undefined : failureAfter(before?.failure, now);
      const when = failure === undefined ? {} : { since: failure.since, retryAt: failure.retryAt };
      return {
        guid,
        problems: all.map(({ code, message, entra, other }) =>
          problemReport(code, label, message, {
            ...(entra === undefined ? {} : { entra }),
            ...(other === undefined ? {} : { other }),
            ...when,
          }),
        ),
        failure,
      };
    });
    const changed = await Promise.all(entries);
    await problems.saveMany(
      connector,
      changed.filter((entry) => entry !== undefined),
    );
  }
}

function failureAfter(before: Failure | undefined, now: Date): Failure {
  const since = before?.since ?? now.toISOString();
  const next = nextAttempt(Date.parse(since), now.getTime());
  return {
    since,
    attempts: (before?.attempts ?? 0) + 1,
    retryAt: next === undefined ? null : new Date(next).toISOString(),
  };
}

/** What is wrong with an object as long as the directory says what it says. */
export function standingProblems(intended: Intended, known: KnownObject | undefined): readonly Problem[] {
  if (intended.kind === 'none') return [];
  if (intended.kind === 'kept') return intended.problems;
  const setAside = Object.entries(known?.setAside ?? {}).filter(([property, refused]) =>
    sameValue(refused.value, intended.properties[property] ?? null),
  );
  return [...intended.problems, ...setAside.map(([, refused]) => refused)];
}

/** The problem that an operator sees for a failure of Graph. */
export function problemOf(failure: WriteFailure): Problem {
  const { code, message } = textOf(failure);
  return { code, message, entra: failure.message };
}

function textOf(failure: WriteFailure): Pick<Problem, 'code' | 'message'> {
  switch (failure.kind) {
    case 'conflict':
      return {
        code: 'LS3102',
        message: `Another object of the tenant already has this ${failure.property ?? 'value'}. Entra says ${failure.message}`,
      };
    case 'denied':
      return { code: 'LS3003', message: `Entra refused the write: ${failure.message}` };
    case 'mastered-elsewhere':
      return { code: 'LS3106', message: `Entra says ${failure.message}` };
    case 'extension-unknown':
      return { code: 'LS3111', message: `Entra says ${failure.message}` };
    default:
      return { code: 'LS3104', message: `Entra says ${failure.message}` };
  }
}
