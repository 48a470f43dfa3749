import type { Problem } from '../../../shared/engine/intended.ts';
import type { KnownObject, PlannedChange } from '../../../shared/engine/plan.ts';
import { objectKey, type ObjectReference } from '../../../shared/engine/space-object.ts';
import { LockstepError } from '../../../shared/errors/lockstep-error.ts';
import type { Effect } from '../../../shared/safety/effects.ts';
import { effectsOfChange, effectsOfRemovals } from '../../../shared/safety/effects.ts';
import { inParallel } from '../../storage/buckets.ts';
import type { PendingType } from '../../storage/pending.ts';
import type { RunCounter } from '../../storage/runs.ts';
import type { TenantFacts } from '../../storage/tenant-facts.ts';
import { BudgetWindow } from '../review/budget-window.ts';
import type { SyncDependencies } from '../dependencies.ts';
import { labelOfSource } from '../plan/planning.ts';
import { saveProblems, standingProblems } from './problems.ts';
import { learnGroupsOf, wakeReferrers, wakeWaiting } from './wake.ts';
import { examine } from '../confirm/observe.ts';
import type { LoadedSources, Source, SourceRequest } from '../plan/source.ts';
import { loadSources, planOf } from '../plan/source.ts';
import type { EntraWrite, WriteOutcome } from '../tenant.ts';

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
  readonly #arrived = new Set<string>();
  readonly #returned = new Set<string>();
  readonly #sent = new Set<string>();
  readonly #inDoubt: Set<string>;
  /** Id in Entra of each counterpart as it is stored. */
  readonly #ids: Map<string, string | undefined>;
  readonly #next: string | null;
  /** Who made up each counterpart when the slice was opened. */
  readonly #membersBefore: ReadonlyMap<string, readonly ObjectReference[]>;
  #retryAfterMs: number | null = null;
  #window: BudgetWindow | undefined;
  #roleHolders: Promise<ReadonlySet<string>> | undefined;
  conflicts = 0;

  constructor(
    dependencies: SyncDependencies,
    { connector, type }: SourceRequest,
    { sources, next }: LoadedSources,
    known: Map<string, KnownObject>,
  ) {
    this.#dependencies = dependencies;
    this.counts = {};
    this.connector = connector;
    this.type = type;
    this.sources = new Map(sources.map((source) => [source.guid, source]));
    this.known = known;
    this.#next = next;
    this.#inDoubt = new Set([...known].filter(([, { state }]) => state === 'creating').map(([guid]) => guid));
    this.#ids = new Map([...known].map(([guid, { entraId }]) => [guid, entraId]));
    this.#membersBefore = new Map([...known].map(([guid, { members }]) => [guid, members]));
    for (const [guid, { intended }] of this.sources) {
      const held = known.get(guid);
      if (held !== undefined && 'members' in intended && !sameObjects(held.members, intended.members)) {
        this.setKnown(guid, { ...held, members: intended.members });
      }
    }
  }

  /** Loads the next pending objects and what is known of their counterparts. */
  static async open(dependencies: SyncDependencies, facts: TenantFacts, request: SourceRequest): Promise<Slice> {
    const loaded = await loadSources(dependencies, facts, request);
    await lookAgain(dependencies, loaded.sources);
    const known = await dependencies.entra.load(loaded.sources.map(({ guid }) => guid));
    return new Slice(dependencies, request, loaded, known);
  }

  setKnown(guid: string, known: KnownObject | undefined): void {
    if (known === undefined) this.known.delete(guid);
    else this.known.set(guid, known);
    this.#changed.add(guid);
  }

  /** A creation of the object was lost, now or before: it may be there without our knowing. */
  isInDoubt(guid: string): boolean {
    return this.#inDoubt.has(guid);
  }

  doubt(guid: string): void {
    this.#inDoubt.add(guid);
    this.#sent.add(guid);
  }

  /** Entra has taken a write of the object; it counts once Entra shows it. */
  sent(guid: string): void {
    this.#sent.add(guid);
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

  /** What still differs, by what is known now. */
  remaining(guid: string): readonly PlannedChange[] {
    const source = this.sources.get(guid);
    return source === undefined ? [] : planOf(source.intended, this.known.get(guid));
  }

  /** True when the object itself is as it should be; its references may still wait for their targets. */
  isWritten(guid: string): boolean {
    return this.hasFailed(guid) || this.remaining(guid).every((change) => change.kind === 'manager');
  }

  label(guid: string): string {
    const source = this.sources.get(guid);
    return source === undefined ? guid : labelOfSource(source);
  }

  /** Ids of everything in the tenant that holds a directory role; read once in a slice, and only when it matters. */
  roleHolders(): Promise<ReadonlySet<string>> {
    this.#roleHolders ??= this.#dependencies.tenant.roleHolders();
    return this.#roleHolders;
  }

  /** The object is there now: those who waited for it can name it. */
  arrive(guid: string): void {
    this.#arrived.add(guid);
  }

  /** The object is back with the memberships and the reports that it had; those who name it have to be compared. */
  comeBack(guid: string): void {
    this.#arrived.add(guid);
    this.#returned.add(guid);
  }

  /**
   * Stores what was learnt. Others are woken first: a crash in between leads to the same lesson again, the other order
   * would lose it.
   */
  async save(): Promise<void> {
    await this.#wakeOthers();
    await this.#saveKnown();
  }

  async #saveKnown(): Promise<void> {
    const { entra } = this.#dependencies;
    const changed = new Map<string, KnownObject>();
    for (const guid of this.#changed) {
      const known = this.known.get(guid);
      if (known !== undefined) changed.set(guid, known);
    }
    await this.#followJoins(changed);
    const named = [...changed].flatMap(([guid, { entraId }]) =>
      entraId === undefined || this.#ids.get(guid) === entraId ? [] : [{ entraId, guid }],
    );
    await entra.saveIds(named);
    for (const { guid, entraId } of named) this.#ids.set(guid, entraId);
    await entra.await([...this.#sent], this.#dependencies.now());
    this.#sent.clear();
    await entra.save(changed);
    await entra.forget([...this.#changed].filter((guid) => !this.known.has(guid)));
    this.#changed.clear();
  }

  /**
   * Objects joined or parted: whoever names them in Entra now means another counterpart. The names of those that came are
   * stored before the counterpart, and of those that left too, so that a crash in between leads here again.
   */
  async #followJoins(changed: ReadonlyMap<string, KnownObject>): Promise<void> {
    const { entra } = this.#dependencies;
    const moved: ObjectReference[] = [];
    for (const [guid, { members }] of changed) {
      const before = this.#membersBefore.get(guid) ?? [];
      const came = without(members, before);
      const left = without(before, members);
      await entra.saveAliases(
        guidsOf(came).filter((member) => member !== guid),
        guid,
      );
      await entra.dropAliases(guidsOf(left), guid);
      // A new counterpart wakes those who wait for it by arriving.
      moved.push(...(before.length === 0 ? [] : came), ...left);
      for (const { connector, objectGuid } of left) {
        await this.#dependencies.pending.mark(connector, this.type, [objectGuid], 'joined-object-left');
      }
    }
    await wakeReferrers(this.#dependencies, moved);
  }

  /** Writes, and stops the cycle when Graph refuses everything for a reason that no object can mend. */
  async write(
    writes: readonly ObjectWrite[],
  ): Promise<readonly { readonly guid: string; readonly write: EntraWrite; readonly outcome: WriteOutcome }[]> {
    const admitted = await this.#withinBudget(writes);
    const outcomes = await this.#dependencies.tenant.write(
      admitted.map(({ guid, write }) => ({ write, correlationId: this.#correlationOf(guid) })),
    );
    const results = admitted.map(({ guid, write }, index) => ({
      guid,
      write,
      outcome: outcomes[index] ?? ({ status: 'unknown' } as const),
    }));
    for (const { guid, write, outcome } of results) {
      this.#dependencies.trace({
        event: 'write',
        correlationId: this.#correlationOf(guid),
        connector: this.connector,
        objectGuid: guid,
        kind: write.kind,
        outcome: outcome.status,
        failure: outcome.status === 'failed' ? outcome.failure.kind : null,
      });
    }
    const failures = results.flatMap(({ outcome }) => (outcome.status === 'failed' ? [outcome.failure] : []));
    const quota = failures.find((failure) => failure.kind === 'quota');
    if (quota !== undefined) throw new LockstepError('LS3008', quota.message, { retryable: true });
    // One refusal can be a protected object; when every write of several is refused, it is the permission.
    const denied = failures.filter((failure) => failure.kind === 'denied');
    if (denied.length >= 3 && denied.length === results.length)
      throw new LockstepError('LS3003', `Microsoft Graph refused every write: ${denied[0]?.message ?? ''}`);
    return results;
  }

  /** The read that brought the change, where one did: an object may have been woken for another reason as well. */
  #correlationOf(guid: string): string {
    const marks = this.sources.get(guid)?.marks ?? [];
    return marks.find(({ read }) => read !== undefined)?.read ?? marks[0]?.correlationId ?? '';
  }

  /**
   * The review has judged the plan as a whole; what a slice learns since then (an object that was taken over, a change of the
   * last second) is held to the budget here. What does not fit waits for the next review.
   */
  async #withinBudget(writes: readonly ObjectWrite[]): Promise<readonly ObjectWrite[]> {
    const effects = writes.map((write) => this.#effectsOf(write));
    if (effects.every((some) => some.length === 0)) return writes;
    this.#window ??= new BudgetWindow(
      this.#dependencies,
      (await this.#dependencies.streams.all()).map(({ connector }) => connector),
    );
    const admitted = await this.#window.admit(this.connector, effects);
    for (const [n, { guid }] of writes.entries()) if (admitted[n] !== true) this.postpone(guid, null);
    return writes.filter((_, n) => admitted[n] === true);
  }

  #effectsOf({ guid, write }: ObjectWrite): readonly Effect[] {
    switch (write.kind) {
      case 'remove-member':
        return effectsOfRemovals(guid, [write.memberId]);
      case 'add-members':
      case 'set-manager':
      case 'clear-manager':
        return [];
      default:
        return this.remaining(guid).flatMap((change) =>
          effectsOfChange(guid, this.known.get(guid)?.properties ?? {}, change),
        );
    }
  }

  /** Stores everything, and takes the marks of the objects that `done` says nothing is left to do for: marks last. */
  async finish(done: (guid: string) => boolean): Promise<void> {
    const { pending, problems, tenant, tenantStore } = this.#dependencies;
    await this.save();
    await saveProblems(problems, this.#dependencies.now(), this.sources.values(), (source) => ({
      label: this.label(source.guid),
      standing: standingProblems(source.intended, this.known.get(source.guid)),
      failed: this.#problems.get(source.guid) ?? [],
    }));
    // Who sees that nothing is pending sees what it took.
    await tenantStore.addUsage(tenant.takeUsage());
    const settled = [...this.sources].filter(([guid]) => !this.#postponed.has(guid) && done(guid));
    await pending.clear(
      this.connector,
      this.type,
      settled.flatMap(([, { marks }]) => marks),
    );
  }

  async #wakeOthers(): Promise<void> {
    if (this.#arrived.size === 0) return;
    const arrived = [...this.#arrived].flatMap((guid) => [guid, ...guidsOf(this.#membersOf(guid))]);
    const waiting = await wakeWaiting(this.#dependencies, new Set(arrived));
    const returned = [...this.#returned].flatMap((guid) => this.#membersOf(guid));
    await wakeReferrers(this.#dependencies, returned);
    await learnGroupsOf(this.#dependencies, returned);
    await this.#dependencies.entra.stopWaiting(waiting);
    this.#arrived.clear();
    this.#returned.clear();
  }

  #membersOf(guid: string): readonly ObjectReference[] {
    const members = this.known.get(guid)?.members ?? [];
    return members.length > 0 ? members : [{ connector: this.sources.get(guid)?.connector ?? '', objectGuid: guid }];
  }

  result(): SliceResult {
    return {
      cursor: this.#next,
      counts: this.counts,
      retryAfterMs: this.#retryAfterMs,
      conflicts: this.conflicts,
    };
  }
}

/** Who asks for an object by its name wants it repaired, whatever the policy: what Entra holds of it is read first. */
async function lookAgain(dependencies: SyncDependencies, sources: readonly Source[]): Promise<void> {
  const asked = sources.filter(({ marks }) => marks.some(({ correlationId }) => correlationId === 'on-demand'));
  if (asked.length === 0) return;
  const known = await dependencies.entra.load(asked.map(({ guid }) => guid));
  await inParallel([...known], 8, ([guid, object]) =>
    examine({ ...dependencies, drift: 'repair' }, guid, object, undefined),
  );
}

function guidsOf(objects: readonly ObjectReference[]): string[] {
  return objects.map(({ objectGuid }) => objectGuid);
}

function without(objects: readonly ObjectReference[], others: readonly ObjectReference[]): ObjectReference[] {
  const taken = new Set(others.map(objectKey));
  return objects.filter((object) => !taken.has(objectKey(object)));
}

function sameObjects(a: readonly ObjectReference[], b: readonly ObjectReference[]): boolean {
  return a.length === b.length && without(a, b).length === 0;
}
