import type { DirectoryObject } from '../../shared/directory/object.ts';
import type { Intended } from '../../shared/engine/intended.ts';
import type { KnownObject, PlannedChange } from '../../shared/engine/plan.ts';
import { planObject } from '../../shared/engine/plan.ts';
import type { MappingContext } from '../../shared/rules/default-mapping.ts';
import { intend } from '../../shared/rules/default-mapping.ts';
import { groupRules, userRules } from '../../shared/rules/value-rules.ts';
import type { StoredObject } from '../storage/connector-space.ts';
import type { PendingMark, PendingType } from '../storage/pending.ts';
import type { SyncDependencies } from './dependencies.ts';

/** A pending object with everything that its plan is a function of. */
export interface Source {
  readonly mark: PendingMark;
  /** `undefined` when the connector space has forgotten it. */
  readonly object: DirectoryObject | undefined;
  readonly intended: Intended;
}

export async function mappingContext(
  dependencies: SyncDependencies,
  connector: string,
  domains: readonly string[],
): Promise<MappingContext> {
  const stream = await dependencies.streams.load(connector);
  return { domainFqdn: stream?.domain.fqdn ?? connector, verifiedDomains: new Set(domains) };
}

/** The next pending objects behind `after`, with their intended state. */
export async function loadSources(
  dependencies: SyncDependencies,
  connector: string,
  type: PendingType,
  after: string,
  limit: number,
  context: MappingContext,
): Promise<{ readonly sources: readonly Source[]; readonly more: boolean }> {
  const { marks, more } = await dependencies.pending.page(connector, type, after, limit);
  const stored = await dependencies.space.load(
    connector,
    marks.map((mark) => mark.objectGuid),
  );
  const sources = marks.map((mark) => {
    const found = stored.get(mark.objectGuid);
    return { mark, object: found?.object, intended: intendedOf(found, context) };
  });
  return { sources, more };
}

export function intendedOf(stored: StoredObject | undefined, context: MappingContext): Intended {
  if (stored === undefined || stored.deleted) return { kind: 'none', reason: 'It is not in the directory.' };
  return intend(stored.object, context);
}

export function planOf(intended: Intended, known: KnownObject | undefined): readonly PlannedChange[] {
  const rules = (known?.type ?? 'user') === 'user' ? userRules : groupRules;
  return planObject(intended, known, (property) => rules[property]?.clearable === false);
}
