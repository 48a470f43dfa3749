import type { DirectoryObject } from '../../../shared/directory/object.ts';
import type { Intended } from '../../../shared/engine/intended.ts';
import type { KnownObject, PlannedChange } from '../../../shared/engine/plan.ts';
import { planObject } from '../../../shared/engine/plan.ts';
import { objectKey } from '../../../shared/engine/space-object.ts';
import type { TenantContext } from '../../../shared/entra/carry.ts';
import { groupRules, ruleOf, userRules } from '../../../shared/entra/value-rules.ts';
import type { Departure, StoredObject } from '../../storage/connector-space.ts';
import type { PendingMark, PendingType } from '../../storage/pending.ts';
import type { TenantFacts } from '../../storage/tenant-facts.ts';
import { evaluateObjects } from './clusters.ts';
import { decide } from './decide.ts';
import type { SyncDependencies } from '../dependencies.ts';

/** A pending object, or several that are joined, with everything that its plan is a function of. */
export interface Source {
  /** GUID of the source object under which the counterpart is kept. */
  readonly guid: string;
  /** Connector of that object. */
  readonly connector: string;
  readonly marks: readonly PendingMark[];
  /** `undefined` when the connector space has forgotten it. */
  readonly object: DirectoryObject | undefined;
  readonly intended: Intended;
  /** How it left the directory, of one that did. */
  readonly departure: Departure | undefined;
}

export interface SourceRequest {
  readonly connector: string;
  readonly type: PendingType;
  /** GUID behind which to begin. */
  readonly after: string;
  /** Marks. */
  readonly limit: number;
}

export interface LoadedSources {
  readonly sources: readonly Source[];
  /** Where the next page begins; `null` when there is none. */
  readonly next: string | null;
}

export function tenantContext({ rules }: Pick<SyncDependencies, 'rules'>, facts: TenantFacts): TenantContext {
  const domains = { verified: new Set(facts.domains), initial: facts.initialDomain };
  return { domains, extensions: rules.extensions };
}

/** The next pending objects, with their intended state. */
export async function loadSources(
  dependencies: SyncDependencies,
  facts: TenantFacts,
  { connector, type, after, limit }: SourceRequest,
): Promise<LoadedSources> {
  const { marks, more } = await dependencies.pending.page(connector, type, after, limit);
  const sources = await sourcesOf(dependencies, facts, connector, marks);
  return { sources, next: more ? (marks.at(-1)?.objectGuid ?? null) : null };
}

/** The marked objects, with their intended state. */
export async function sourcesOf(
  dependencies: SyncDependencies,
  facts: TenantFacts,
  connector: string,
  marks: readonly PendingMark[],
): Promise<readonly Source[]> {
  if (marks.length === 0) return [];
  const directories = (await dependencies.streams.all()).map((stream) => stream.connector);
  const engine = dependencies.rules.engine(directories);
  const objects = marks.map(({ objectGuid }) => ({ connector, objectGuid }));
  const evaluated = await evaluateObjects(dependencies, engine, objects);
  const decisions = decide(objects, evaluated, tenantContext(dependencies, facts));
  const sources = new Map<string, Source>();
  for (const mark of marks) {
    const decision = decisions.get(objectKey({ connector, objectGuid: mark.objectGuid }));
    if (decision === undefined) throw new Error('An object that was asked about has no decision.');
    const { holder, object, intended } = decision;
    const before = sources.get(holder.objectGuid);
    sources.set(holder.objectGuid, {
      guid: holder.objectGuid,
      connector: holder.connector,
      marks: [...(before?.marks ?? []), mark],
      object,
      intended,
      departure: departureOf(evaluated.stored.get(objectKey({ connector, objectGuid: mark.objectGuid }))),
    });
  }
  return [...sources.values()];
}

function departureOf(stored: StoredObject | undefined): Departure | undefined {
  return stored?.deleted === true ? (stored.departure ?? 'deleted') : undefined;
}

export function planOf(intended: Intended, known: KnownObject | undefined): readonly PlannedChange[] {
  const rules = (known?.type ?? 'user') === 'user' ? userRules : groupRules;
  return planObject(intended, known, (property) => ruleOf(rules, property)?.clearable === false);
}
