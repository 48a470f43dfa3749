import type { ObjectKind } from './metadata.ts';

export type Relation = 'members' | 'owners' | 'manager';

/** What happened to an object. */
export type ChangeEvent =
  | { readonly what: 'created' | 'restored' | 'deleted' | 'purged' }
  | { readonly what: 'updated'; readonly properties: readonly string[] }
  | { readonly what: 'linked' | 'unlinked'; readonly relation: Relation; readonly target: string };

export type Change = ChangeEvent & {
  readonly id: string;
  readonly kind: ObjectKind;
  /** Milliseconds at which delta shows it. */
  readonly visibleAt: number;
};

/**
 * Everything that happened in the tenant, in order. A position is the number of changes before it, so a delta token
 * needs no state on the server. Delta shows a prefix only: a change waits for those before it.
 */
export class ChangeLog {
  readonly #changes: Change[] = [];
  #visible = 0;

  /** The position after the newest change. */
  get end(): number {
    return this.#changes.length;
  }

  append(change: Change): void {
    this.#changes.push(change);
  }

  /** The position up to which delta shows changes at this time (milliseconds). */
  visibleEnd(now: number): number {
    for (;;) {
      const next = this.#changes[this.#visible];
      if (next === undefined || next.visibleAt > now) return this.#visible;
      this.#visible++;
    }
  }

  /** The changes from position `from` up to, not including, position `to`. */
  *between(from: number, to: number): Generator<Change> {
    for (let at = Math.max(from, 0); at < Math.min(to, this.#changes.length); at++) {
      const change = this.#changes[at];
      if (change !== undefined) yield change;
    }
  }
}
