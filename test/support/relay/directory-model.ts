import type { DirectoryChange } from '../../../shared/directory/change.ts';

interface ModelObject {
  readonly dn: string;
  readonly values: Readonly<Record<string, readonly string[]>>;
  readonly members: ReadonlySet<string>;
}

/** Believes what a source tells, and nothing else. */
export class DirectoryModel {
  readonly #objects = new Map<string, ModelObject>();

  /** A full read: what it does not show is gone. */
  replace(changes: readonly DirectoryChange[]): void {
    this.#objects.clear();
    this.apply(changes);
  }

  apply(changes: readonly DirectoryChange[]): void {
    for (const change of changes) {
      const { objectGuid } = change;
      if (change.kind !== 'present') {
        this.#objects.delete(objectGuid);
        for (const [guid, object] of this.#objects) {
          const members = new Set(object.members);
          if (members.delete(objectGuid)) this.#objects.set(guid, { ...object, members });
        }
        continue;
      }
      const before = change.whole ? undefined : this.#objects.get(objectGuid);
      if (!change.whole && before === undefined) throw new Error(`${objectGuid} changes and was never shown.`);
      const values = Object.entries({ ...before?.values, ...change.attributes }).filter(([, list]) => list.length > 0);
      const members = new Set(before?.members);
      for (const { attribute, added, removed } of change.links) {
        if (attribute !== 'member') continue;
        for (const guid of added) members.add(guid);
        for (const guid of removed) members.delete(guid);
      }
      this.#objects.set(objectGuid, {
        dn: change.dn ?? before?.dn ?? '',
        values: Object.fromEntries(values),
        members,
      });
    }
  }

  membersOf(objectGuid: string): readonly string[] {
    return [...(this.#objects.get(objectGuid)?.members ?? [])];
  }

  has(objectGuid: string): boolean {
    return this.#objects.has(objectGuid);
  }

  /** In the form in which a scripted directory tells its own. */
  state(): ReadonlyMap<string, unknown> {
    return new Map(
      [...this.#objects].map(([guid, { dn, values, members }]) => [guid, { dn, values, members: [...members].sort() }]),
    );
  }
}
