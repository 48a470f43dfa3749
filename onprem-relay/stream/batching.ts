import type { DirectoryChange, LinkChange } from '../../shared/directory/change.ts';

/** How much goes into one batch before it is packed. */
export interface BatchLimits {
  /** Changes in a batch. Default 500. */
  readonly changes: number;
  /**
   * Link values in a batch, and in one part of a list. A GUID is random: 4,000 of them take some 100 KB compressed and
   * in base64. Default 4,000.
   */
  readonly links: number;
}

export const defaultLimits: BatchLimits = { changes: 500, links: 4_000 };

/**
 * Gathers changes into batches in the order in which they come. `newToken` names a set of links that travels in parts; it must
 * never give a name twice within a connector.
 */
export class Batcher {
  readonly #limits: BatchLimits;
  readonly #newToken: () => string;
  #changes: DirectoryChange[] = [];
  #links = 0;

  constructor(newToken: () => string, limits: BatchLimits = defaultLimits) {
    this.#limits = limits;
    this.#newToken = newToken;
  }

  /** Takes changes and gives the batches that became full. */
  add(changes: readonly DirectoryChange[]): DirectoryChange[][] {
    const full: DirectoryChange[][] = [];
    for (const change of changes) {
      for (const part of splitLinks(change, this.#limits.links, this.#newToken)) {
        const links = countLinks(part);
        if (this.#changes.length > 0 && this.#links + links > this.#limits.links) full.push(this.rest());
        this.#changes.push(part);
        this.#links += links;
        if (this.#changes.length >= this.#limits.changes) full.push(this.rest());
      }
    }
    return full;
  }

  /** Gives what is left, possibly nothing. */
  rest(): DirectoryChange[] {
    const rest = this.#changes;
    this.#changes = [];
    this.#links = 0;
    return rest;
  }
}

/** One batch cut in two, for when it does not fit a message after all; `undefined` when there is only one change in it. */
export function halve(changes: readonly DirectoryChange[]): [DirectoryChange[], DirectoryChange[]] | undefined {
  if (changes.length < 2) return undefined;
  const middle = Math.ceil(changes.length / 2);
  return [changes.slice(0, middle), changes.slice(middle)];
}

/**
 * One change with at most `limit` link values a part. The first part carries everything else; a whole object's lists become
 * sets that replace, under one token each, so that nothing is taken away before the last part has come.
 */
function splitLinks(change: DirectoryChange, limit: number, newToken: () => string): DirectoryChange[] {
  if (change.kind !== 'present') return [change];
  const parts = linkLists(change).flatMap((list) => cutList(list, change.whole, limit, newToken));
  const [first = [], ...others] = pack(parts, limit);
  return [
    { ...change, links: first },
    ...others.map((links): DirectoryChange => {
      return { kind: 'present', objectGuid: change.objectGuid, whole: false, attributes: {}, links };
    }),
  ];
}

/** A whole group says that it has no members, too: with the empty set. */
function linkLists(change: Extract<DirectoryChange, { kind: 'present' }>): readonly LinkChange[] {
  const empty = change.whole && change.objectClass === 'group' && change.links.length === 0;
  return empty ? [{ attribute: 'member', added: [], removed: [] }] : change.links;
}

function cutList(list: LinkChange, whole: boolean, limit: number, newToken: () => string): LinkChange[] {
  const { attribute } = list;
  const addedParts = chunks(list.added, limit);
  if (whole || list.replace !== undefined) {
    const token = newToken();
    const sets = addedParts.length === 0 ? [[]] : addedParts;
    return sets.map((added, i) => {
      return { attribute, added, removed: [], replace: { token, last: i === sets.length - 1 } };
    });
  }
  return [
    ...addedParts.map((added) => ({ attribute, added, removed: [] })),
    ...chunks(list.removed, limit).map((removed) => ({ attribute, added: [], removed })),
  ];
}

/** Puts link changes together as long as they stay within the limit, so that one small change stays one. */
function pack(parts: readonly LinkChange[], limit: number): LinkChange[][] {
  const packed: LinkChange[][] = [];
  let room = 0;
  for (const part of parts) {
    const size = part.added.length + part.removed.length;
    const last = packed.at(-1);
    if (last === undefined || size > room) {
      packed.push([part]);
      room = limit - size;
      continue;
    }
    const same = last.at(-1);
    if (same?.attribute === part.attribute && part.replace === undefined && same.replace === undefined)
      last[last.length - 1] = {
        ...same,
        added: [...same.added, ...part.added],
        removed: [...same.removed, ...part.removed],
      };
    else last.push(part);
    room -= size;
  }
  return packed;
}

function chunks(values: readonly string[], size: number): string[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, i) => values.slice(i * size, (i + 1) * size));
}

function countLinks(change: DirectoryChange): number {
  if (change.kind !== 'present') return 0;
  return change.links.reduce((sum, link) => sum + link.added.length + link.removed.length, 0);
}
