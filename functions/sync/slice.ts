import type { ProblemReport } from '../../shared/contracts/status.ts';
import type { DirectoryObject } from '../../shared/directory/object.ts';
import { labelOf } from '../../shared/directory/object.ts';
import type { Intended, Problem } from '../../shared/engine/intended.ts';
import type { KnownObject } from '../../shared/engine/plan.ts';
import { sameValue } from '../../shared/engine/plan.ts';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import type { PendingType } from '../storage/pending.ts';
import type { RunCounter } from '../storage/runs.ts';
import type { SyncDependencies } from './dependencies.ts';
import { problemReport } from './dependencies.ts';
import type { Source } from './source.ts';
import type { EntraWrite, WriteFailure, WriteOutcome } from './tenant.ts';

export type Counts = Partial<Record<RunCounter, number>>;

/** What one slice of the export did: references and counters, no object data, because it becomes orchestration history. */
export interface SliceResult {
  /** Where the next slice of this phase begins; `null` when the phase is through. */
  readonly cursor: string | null;
  readonly counts: Counts;
  /** Milliseconds that Graph asked to be left alone, or `null`. */
  readonly retryAfterMs: number | null;
  /** Objects whose value another object holds; that one may let go of it later in the same pass. */
  readonly conflicts: number;
}

/** A write and the object for whose sake it is made. */
export interface ObjectWrite {
  readonly guid: string;
  readonly write: EntraWrite;
}

/**
 * The working state of one slice: what is known of its objects, what went wrong with them, and what has to wait. It is
 * stored in `finish`, in an order that makes a crash at any point harmless: knowledge first, marks last.
 */
export class Slice {
  readonly connector: string;
  readonly type: PendingType;
  readonly sources: ReadonlyMap<string, Source>;
  readonly known: Map<string, KnownObject>;
  readonly counts: Counts;
  readonly #problems = new Map<string, Problem[]>();
  readonly #dependencies: SyncDependencies;
  readonly #changed = new Set<string>();
  readonly #postponed = new Set<string>();
  #retryAfterMs: number | null = null;
  conflicts = 0;

  constructor(
    dependencies: SyncDependencies,
    connector: string,
    type: PendingType,
    sources: readonly Source[],
    known: Map<string, KnownObject>,
  ) {
    this.#dependencies = dependencies;
    this.counts = {};
    this.connector = connector;
    this.type = type;
    this.sources = new Map(sources.map((source) => [source.mark.objectGuid, source]));
    this.known = known;
  }

  setKnown(guid: string, known: KnownObject | undefined): void {
    if (known === undefined) this.known.delete(guid);
    else this.known.set(guid, known);
    this.#changed.add(guid);
  }

  count(counter: RunCounter, by = 1): void {
    this.counts[counter] = (this.counts[counter] ?? 0) + by;
  }

  /** Keeps the mark: the object is looked at again in a later slice. */
  postpone(guid: string, retryAfterMs: number | null): void {
    this.#postponed.add(guid);
    if (retryAfterMs !== null) this.#retryAfterMs = Math.max(this.#retryAfterMs ?? 0, retryAfterMs);
  }

  isPostponed(guid: string): boolean {
    return this.#postponed.has(guid);
  }

  fail(guid: string, problem: Problem): void {
    this.count('failed');
    this.#problems.set(guid, [...(this.#problems.get(guid) ?? []), problem]);
  }

  hasFailed(guid: string): boolean {
    return this.#problems.has(guid);
  }

  label(guid: string): string {
    const object: DirectoryObject | undefined = this.sources.get(guid)?.object;
    return object === undefined ? guid : labelOf(object);
  }

  /** Records intents: should the answers be lost, these objects are looked up before anything is created again. */
  async saveKnown(): Promise<void> {
    const { entra } = this.#dependencies;
    const changed = new Map<string, KnownObject>();
    for (const guid of this.#changed) {
      const known = this.known.get(guid);
      if (known !== undefined) changed.set(guid, known);
    }
    await entra.save(changed);
    await entra.forget([...this.#changed].filter((guid) => !this.known.has(guid)));
    this.#changed.clear();
  }

  /** Writes, and stops the cycle when Graph refuses everything for a reason that no object can mend. */
  async write(
    writes: readonly ObjectWrite[],
  ): Promise<readonly { readonly guid: string; readonly write: EntraWrite; readonly outcome: WriteOutcome }[]> {
    const outcomes = await this.#dependencies.tenant.write(writes.map(({ write }) => write));
    const results = writes.map(({ guid, write }, index) => ({
      guid,
      write,
      outcome: outcomes[index] ?? ({ status: 'unknown' } as const),
    }));
    const failures = results.flatMap(({ outcome }) => (outcome.status === 'failed' ? [outcome.failure] : []));
    const quota = failures.find((failure) => failure.kind === 'quota');
    if (quota !== undefined) throw new LockstepError('LS3008', quota.message, { retryable: true });
    // One refusal can be a protected object; when every write of several is refused, it is the permission.
    const denied = failures.filter((failure) => failure.kind === 'denied');
    if (denied.length >= 3 && denied.length === results.length)
      throw new LockstepError('LS3003', `Microsoft Graph refused every write: ${denied[0]?.message ?? ''}`);
    return results;
  }

  /**
   * Stores what was learnt, wakes those that waited for an object that is there now, and takes the marks of the objects
   * that `done` says nothing is left to do for.
   */
  async finish(
    done: (guid: string) => boolean,
    arrived: readonly string[],
    returned: readonly string[],
  ): Promise<void> {
    const { pending, problems, entra, space } = this.#dependencies;
    await this.saveKnown();
    const waiting = arrived.length === 0 ? [] : await entra.waitingFor(arrived);
    const woken = waiting.map(({ source, sourceType }) => ({ guid: source, type: sourceType }));
    // Entra gave a restored object its memberships back; those who named it have to be compared with the directory.
    for (const guid of returned) {
      for (const { attribute, source } of await space.referrers(this.connector, guid))
        woken.push({ guid: source, type: attribute === 'manager' ? 'user' : 'group' });
    }
    for (const type of ['user', 'group'] as const) {
      const guids = woken.filter((entry) => entry.type === type).map((entry) => entry.guid);
      if (guids.length > 0) await pending.mark(this.connector, type, guids, 'reference-arrived');
    }
    await entra.stopWaiting(waiting);
    await this.#saveProblems(problems);
    const cleared = [...this.sources.values()]
      .map((source) => source.mark)
      .filter((mark) => !this.#postponed.has(mark.objectGuid) && done(mark.objectGuid));
    await pending.clear(this.connector, this.type, cleared);
  }

  result(pageSize: number): SliceResult {
    const guids = [...this.sources.keys()];
    return {
      cursor: guids.length < pageSize ? null : (guids.at(-1) ?? null),
      counts: this.counts,
      retryAfterMs: this.#retryAfterMs,
      conflicts: this.conflicts,
    };
  }

  async #saveProblems(problems: SyncDependencies['problems']): Promise<void> {
    const stored = await problems.guids(this.connector);
    const entries = new Map<string, readonly ProblemReport[]>();
    for (const [guid, { intended }] of this.sources) {
      const now = [...standingProblems(intended, this.known.get(guid)), ...(this.#problems.get(guid) ?? [])];
      if (now.length > 0 || stored.has(guid))
        entries.set(
          guid,
          now.map(({ code, message }) => problemReport(code, this.label(guid), message)),
        );
    }
    await problems.saveMany(this.connector, entries);
  }
}

/** What is wrong with an object as long as the directory says what it says. */
function standingProblems(intended: Intended, known: KnownObject | undefined): readonly Problem[] {
  if (intended.kind === 'none') return [];
  if (intended.kind === 'refused') return [intended.problem];
  const setAside = Object.entries(known?.setAside ?? {}).filter(([property, refused]) =>
    sameValue(refused.value, intended.properties[property] ?? null),
  );
  return [...intended.problems, ...setAside.map(([, { code, message }]) => ({ code, message }))];
}

/** The problem that an operator sees for a failure of Graph. */
export function problemOf(failure: WriteFailure): Problem {
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
    default:
      return { code: 'LS3104', message: `Entra says ${failure.message}` };
  }
}
