import type { ProblemReport } from '../../shared/contracts/status.ts';
import type { Intended } from '../../shared/engine/intended.ts';
import type { PlannedChange } from '../../shared/engine/plan.ts';
import type { TenantFacts } from '../storage/tenant-facts.ts';
import type { SyncDependencies } from './dependencies.ts';
import { problemReport } from './dependencies.ts';
import { followRules } from './follow-rules.ts';
import { prepareTenant } from './prepare.ts';
import type { LoadedSources, Source } from './source.ts';
import { loadSources, planOf } from './source.ts';

/** Objects that one page of the review holds in memory. */
const pageSize = 1000;

/** The plan of a pass, in numbers: what the orchestration needs to know, and no object data. */
export interface Review {
  readonly connectors: readonly string[];
  /** A full read is open: what it shows is not the whole yet, so nothing is written. */
  readonly fullReadOpen: boolean;
  readonly pendingUsers: number;
  readonly pendingGroups: number;
  /** Users whose manager has to be set or cleared. */
  readonly managers: number;
  readonly halted: ProblemReport | null;
}

interface Tally {
  users: number;
  groups: number;
  managers: number;
  destructive: number;
  /** Users whose sign-in name the tenant takes. */
  acceptable: number;
  /** Users by a domain that the tenant does not have. */
  foreign: Map<string, number>;
}

/** Plans everything that is pending and decides, before the first write, whether it may be written at all. */
export async function review(dependencies: SyncDependencies): Promise<Review> {
  const facts = await prepareTenant(dependencies);
  const streams = await dependencies.streams.all();
  await followRules(
    dependencies,
    streams.map(({ connector }) => connector),
  );
  const tally: Tally = { users: 0, groups: 0, managers: 0, destructive: 0, acceptable: 0, foreign: new Map() };
  const fullReadOpen = streams.some(({ state }) => state.fullReadOpen);
  if (!fullReadOpen) {
    for (const { connector } of streams) {
      for (const type of ['user', 'group'] as const) {
        let after: string | null = '';
        while (after !== null) {
          const request = { connector, type, after, limit: pageSize };
          const loaded: LoadedSources = await loadSources(dependencies, facts, request);
          await count(dependencies, type, loaded.sources, tally);
          after = loaded.next;
        }
      }
    }
  }
  const halted = await decide(dependencies, facts, tally);
  return {
    connectors: streams.map(({ connector }) => connector),
    fullReadOpen,
    pendingUsers: tally.users,
    pendingGroups: tally.groups,
    managers: tally.managers,
    halted,
  };
}

async function count(
  { entra }: SyncDependencies,
  type: 'user' | 'group',
  sources: readonly Source[],
  tally: Tally,
): Promise<void> {
  tally[type === 'user' ? 'users' : 'groups'] += sources.length;
  const known = await entra.load(sources.map(({ guid }) => guid));
  for (const { guid, intended } of sources) {
    const plan = planOf(intended, known.get(guid));
    tally.managers += plan.some((change) => change.kind === 'manager') ? 1 : 0;
    tally.destructive += plan.some(isDestructive) ? 1 : 0;
    countDomain(intended, tally);
  }
}

function isDestructive(change: PlannedChange): boolean {
  return (
    change.kind === 'delete' ||
    (change.kind === 'update' && change.changes.some((c) => c.property === 'accountEnabled' && c.to === false))
  );
}

function countDomain(intended: Intended, tally: Tally): void {
  if (intended.kind !== 'user') return;
  if (intended.foreignDomain === undefined) tally.acceptable += 1;
  else {
    tally.foreign.set(intended.foreignDomain, (tally.foreign.get(intended.foreignDomain) ?? 0) + 1);
  }
}

/** The reason not to write anything, or `null`. */
async function decide(
  { deleteLimit, tenantStore }: SyncDependencies,
  facts: TenantFacts,
  tally: Tally,
): Promise<ProblemReport | null> {
  if (tally.destructive > deleteLimit) {
    const message = `The plan would delete or disable ${tally.destructive} objects; the limit is ${deleteLimit}. Nothing was written.`;
    return problemReport('LS3007', 'the plan', message);
  }
  // Not one user could be written, and nothing ever was: this is the wrong tenant, or its domain was never added.
  if (tally.foreign.size > 0 && tally.acceptable === 0 && (await tenantStore.usage()).writes === 0) {
    const wanted = [...tally.foreign].map(([domain, users]) => `${domain} (${users} users)`).join(', ');
    const message = `The tenant has verified ${facts.domains.join(', ')}; the users' sign-in names are in ${wanted}. Nothing was written.`;
    return problemReport('LS3006', facts.domains[0] ?? 'the tenant', message);
  }
  return null;
}
