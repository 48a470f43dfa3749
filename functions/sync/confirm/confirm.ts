import type { DeltaState } from '../../storage/tenant-facts.ts';
import type { SyncDependencies } from '../dependencies.ts';
import type { DeltaPage, ObjectDelta } from '../tenant.ts';
import { countAwaited, observe, observeOverdue, type Observed } from './observe.ts';

/** Overdue writes that one step looks at: each is a request. */
const overdueLimit = 200;
/** Counting what is not confirmed stops here. */
const awaitedLimit = 1000;
/** Graph's pages that one step reads, so that a step stays short; the next goes on from there. */
const pagesPerStep = 50;
/** Objects that are looked at together: a look into the tables then serves many of them. */
const objectsAtATime = 5000;
/** A delta token lives seven days; everything is compared as often. */
const compareEveryMs = 7 * 24 * 3_600_000;

/** What a confirming read found; references and counters only. */
export interface Confirmation extends Observed {
  /** Writes that Entra has not shown yet, counted up to 1,000. */
  readonly awaited: number;
  /** True when there is more to read at once. */
  readonly more: boolean;
  /** True when it is time to compare everything. */
  readonly compare: boolean;
}

/**
 * Reads what has changed in the tenant since it was last read: writes are confirmed by it, and what somebody else did is
 * found. Where Graph does not know the last position any more, everything is to be compared.
 */
export async function confirm(dependencies: SyncDependencies): Promise<Confirmation> {
  const { tenantStore, tenant, now } = dependencies;
  let state = await tenantStore.delta();
  if (state === undefined) return { ...nothingConfirmed, awaited: await countAwaited(dependencies, awaitedLimit) };
  let [confirmed, drifted, more] = [0, 0, false];
  for (const type of ['user', 'group'] as const) {
    let link: string | null = state.links[type];
    let seen: ObjectDelta[] = [];
    for (let pages = 1; link !== null; pages += 1) {
      const page: DeltaPage | undefined = await tenant.changesSince(link, type);
      if (page === undefined) {
        state = { ...state, links: { ...state.links, [type]: null } };
        await tenantStore.saveDelta(state);
        break;
      }
      link = page.link;
      seen.push(...page.objects);
      const pause = page.more && pages >= pagesPerStep;
      more ||= pause;
      if (page.more && !pause && seen.length < objectsAtATime) continue;
      const observed = await observe(dependencies, seen);
      confirmed += observed.confirmed;
      drifted += observed.drifted;
      seen = [];
      // After what it showed is stored: a crash in between reads the pages again.
      state = { ...state, links: { ...state.links, [type]: link } };
      await tenantStore.saveDelta(state);
      if (!page.more || pause) break;
    }
  }
  if (!more) {
    state = { ...state, readAt: now().toISOString() };
    await tenantStore.saveDelta(state);
  }
  const overdue = await observeOverdue(dependencies, overdueLimit);
  return {
    confirmed: confirmed + overdue.confirmed,
    drifted: drifted + overdue.drifted,
    awaited: await countAwaited(dependencies, awaitedLimit),
    more,
    compare: isCompareDue(state, now()),
  };
}

export const nothingConfirmed: Confirmation = { confirmed: 0, drifted: 0, awaited: 0, more: false, compare: false };

function isCompareDue({ links, comparedAt }: DeltaState, now: Date): boolean {
  return links.user === null || links.group === null || now.getTime() - Date.parse(comparedAt) >= compareEveryMs;
}

/** Before the tenant is read as a whole: what changes while it is read is shown by these links. */
export async function beginDelta({ tenant, now }: SyncDependencies): Promise<DeltaState> {
  const links = { user: await tenant.deltaLink('user'), group: await tenant.deltaLink('group') };
  return { links, readAt: now().toISOString(), comparedAt: now().toISOString() };
}
