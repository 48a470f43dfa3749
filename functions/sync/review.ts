import type { ProblemReport } from '../../shared/contracts/status.ts';
import type { Intended } from '../../shared/engine/intended.ts';
import type { PlannedChange } from '../../shared/engine/plan.ts';
import type { TenantFacts } from '../storage/tenant-facts.ts';
import type { SyncDependencies } from './dependencies.ts';
import { problemReport } from './dependencies.ts';
import { prepareTenant } from './prepare.ts';
import type { Source } from './source.ts';
import { loadSources, mappingContext, planOf } from './source.ts';

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
  const tally: Tally = { users: 0, groups: 0, managers: 0, destructive: 0, acceptable: 0, foreign: new Map() };
  const fullReadOpen = streams.some(({ state }) => state.fullReadOpen);
  if (!fullReadOpen) {
    for (const { connector } of streams) {
      const context = await mappingContext(dependencies, connector, facts.domains);
      for (const type of ['user', 'group'] as const) {
        let after = '';
        for (;;) {
          const { sources, more } = await loadSources(dependencies, connector, type, after, pageSize, context);
          await count(dependencies, type, sources, tally);
          if (!more) break;
          after = sources.at(-1)?.mark.objectGuid ?? '';
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
  const known = await entra.load(sources.map((source) => source.mark.objectGuid));
  for (const { mark, intended } of sources) {
    const plan = planOf(intended, known.get(mark.objectGuid));
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
  if (intended.kind === 'user') tally.acceptable += 1;
  else if (intended.kind === 'refused' && intended.foreignDomain !== undefined) {
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
