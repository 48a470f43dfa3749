import type { DirectoryObject } from './object.ts';

/** Names by which a person may mean an object, the surest first: a GUID, a DN, a sign-in name, ... */
const namesOf: readonly ((source: DirectoryObject) => readonly string[])[] = [
  ({ objectGuid }) => [objectGuid],
  ({ dn }) => [dn],
  ({ attributes }) => attributes['userPrincipalName'] ?? [],
  ({ attributes }) => attributes['sAMAccountName'] ?? [],
  ({ attributes }) => attributes['mail'] ?? [],
  ({ attributes }) => [...(attributes['displayName'] ?? []), ...(attributes['name'] ?? [])],
];

/** Collects the objects that a person may mean by a name: the surest kind of name that any object has decides. */
export class NameSearch<T> {
  readonly #wanted: string;
  readonly #matches: T[][] = namesOf.map(() => []);

  constructor(who: string) {
    this.#wanted = who.trim().toLowerCase();
  }

  offer(source: DirectoryObject, found: T): void {
    const rank = namesOf.findIndex((names) => names(source).some((name) => name.toLowerCase() === this.#wanted));
    this.#matches[rank]?.push(found);
  }

  get found(): readonly T[] {
    return this.#matches.find((some) => some.length > 0) ?? [];
  }
}
