import type { LdifDirectory } from '../directory/ldif/ldif-directory.ts';
import { NameSearch } from '../directory/names.ts';
import type { DirectoryObject } from '../directory/object.ts';
import { ClusterIndex } from './cluster-index.ts';
import { spaceObjectOf } from './directory-object.ts';
import type { Engine } from './engine.ts';
import type { EngineEnvironment } from './environment.ts';
import { objectKey, type ObjectReference, type SpaceObject } from './space-object.ts';

export interface NamedDirectory {
  readonly connector: string;
  readonly directory: LdifDirectory;
}

interface Entry {
  readonly reference: ObjectReference;
  readonly source: DirectoryObject;
  readonly object: SpaceObject;
}

/** Directories that were read as a whole, ready to be evaluated without anything around them. */
export class WholeDirectories {
  readonly #entries = new Map<string, Entry>();
  readonly #index = new ClusterIndex();

  constructor(engine: Engine, directories: readonly NamedDirectory[], environment: EngineEnvironment) {
    for (const { connector, directory } of directories) {
      const groups = membershipsOf(directory, engine.program.scopeGroups);
      for (const source of directory.objects.values()) {
        const { objectGuid } = source;
        const counts = new Map(Object.entries(source.links).map(([attribute, links]) => [attribute, links.length]));
        const memberOf = groups.get(objectGuid) ?? new Set<string>();
        const object = spaceObjectOf(connector, source, { counts, memberOf });
        const reference = { connector, objectGuid };
        this.#entries.set(objectKey(reference), { reference, source, object });
        this.#index.set(reference, engine.joinKeys(object, environment));
      }
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Objects that a person may mean by a name: a GUID, a DN, a sign-in name, an account name, an address, a name. */
  find(who: string): readonly DirectoryObject[] {
    const search = new NameSearch<DirectoryObject>(who);
    for (const { source } of this.#entries.values()) search.offer(source, source);
    return search.found;
  }

  /** The object with all that may join it. */
  clusterOf(objectGuid: string): readonly SpaceObject[] {
    const entry = [...this.#entries.values()].find(({ source }) => source.objectGuid === objectGuid);
    return entry === undefined ? [] : this.#objects(this.#index.clusterOf(entry.reference));
  }

  /** Every object once, with those that may join it. */
  *clusters(): Generator<readonly SpaceObject[]> {
    const keyed = new Set<string>();
    for (const cluster of this.#index.clusters()) {
      for (const reference of cluster) keyed.add(objectKey(reference));
      yield this.#objects(cluster);
    }
    for (const [key, { object }] of this.#entries) if (!keyed.has(key)) yield [object];
  }

  label(reference: ObjectReference): string {
    return this.#entries.get(objectKey(reference))?.source.dn ?? reference.objectGuid;
  }

  #objects(references: readonly ObjectReference[]): readonly SpaceObject[] {
    return references.flatMap((reference) => this.#entries.get(objectKey(reference))?.object ?? []);
  }
}

/** Which of the groups, named by DN in lower case, each object is a direct member of. */
function membershipsOf(directory: LdifDirectory, groups: ReadonlySet<string>): Map<string, Set<string>> {
  const memberships = new Map<string, Set<string>>();
  if (groups.size === 0) return memberships;
  for (const group of directory.objects.values()) {
    const dn = group.dn.toLowerCase();
    if (!groups.has(dn)) continue;
    for (const member of group.links['member'] ?? []) {
      const own = memberships.get(member) ?? new Set<string>();
      memberships.set(member, own.add(dn));
    }
  }
  return memberships;
}
