import type { Change, ChangeLog, Relation } from './change-log.ts';
import type { ObjectKind } from './metadata.ts';

/** What happened to one object between two positions of the log, in sum. */
export interface ObjectChanges {
  readonly id: string;
  /** It was created or restored: delta shows all of it. */
  whole: boolean;
  readonly properties: Set<string>;
  /** Target id to "is linked at the end". */
  readonly links: Readonly<Record<Relation, Map<string, boolean>>>;
}

function apply(sum: ObjectChanges, change: Change): void {
  switch (change.what) {
    case 'created':
    case 'restored':
      sum.whole = true;
      return;
    case 'updated':
      for (const name of change.properties) sum.properties.add(name);
      return;
    case 'linked':
    case 'unlinked':
      sum.links[change.relation].set(change.target, change.what === 'linked');
      return;
    case 'deleted':
    case 'purged':
      return;
  }
}

/** Sums up the log by object, in the order in which the objects were first touched. */
export function summarise(log: ChangeLog, kind: ObjectKind, from: number, to: number): ObjectChanges[] {
  const sums = new Map<string, ObjectChanges>();
  for (const change of log.between(from, to)) {
    if (change.kind !== kind) continue;
    let sum = sums.get(change.id);
    if (sum === undefined) {
      const links = { members: new Map(), owners: new Map(), manager: new Map() };
      sums.set(change.id, (sum = { id: change.id, whole: false, properties: new Set(), links }));
    }
    apply(sum, change);
  }
  return [...sums.values()];
}
