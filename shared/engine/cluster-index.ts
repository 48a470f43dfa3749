import { objectKey, type ObjectReference } from './space-object.ts';

/**
 * Which objects may join one another: those that share a join key, and whatever shares keys with those. In memory; for a
 * directory that is read as a whole.
 */
export class ClusterIndex {
  readonly #entries = new Map<string, { readonly object: ObjectReference; readonly keys: readonly string[] }>();
  readonly #objectsOf = new Map<string, Map<string, ObjectReference>>();

  /** The object has these join keys from now on; none removes it. */
  set(object: ObjectReference, keys: readonly string[]): void {
    const id = objectKey(object);
    for (const key of this.#entries.get(id)?.keys ?? []) {
      const holders = this.#objectsOf.get(key);
      holders?.delete(id);
      if (holders?.size === 0) this.#objectsOf.delete(key);
    }
    if (keys.length === 0) this.#entries.delete(id);
    else this.#entries.set(id, { object, keys });
    for (const key of keys) {
      const holders = this.#objectsOf.get(key) ?? new Map<string, ObjectReference>();
      this.#objectsOf.set(key, holders.set(id, object));
    }
  }

  /** The object and all that may join it, directly or through others; the object alone when it has no key. */
  clusterOf(object: ObjectReference): readonly ObjectReference[] {
    const found = new Map([[objectKey(object), object]]);
    const seen = new Set<string>();
    for (const id of found.keys()) {
      for (const key of this.#entries.get(id)?.keys ?? []) {
        if (seen.has(key)) continue;
        seen.add(key);
        for (const [other, reference] of this.#objectsOf.get(key) ?? [])
          if (!found.has(other)) found.set(other, reference);
      }
    }
    return [...found.values()];
  }

  /** Every object that has a key, once, in clusters. */
  *clusters(): Generator<readonly ObjectReference[]> {
    const done = new Set<string>();
    for (const [id, { object }] of this.#entries) {
      if (done.has(id)) continue;
      const cluster = this.clusterOf(object);
      for (const member of cluster) done.add(objectKey(member));
      yield cluster;
    }
  }
}
