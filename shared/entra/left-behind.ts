import { z } from 'zod';
import type { Intended } from '../engine/intended.ts';

/** What rules want in the tenant and Microsoft Graph cannot write, for one reason. */
export interface LeftBehind {
  readonly reason: string;
  /** Objects that it is about. */
  readonly objects: number;
  /** How many of them have a value, by attribute of the tenant's connector space; empty where it is about the objects as a whole. */
  readonly attributes: Readonly<Record<string, number>>;
}

const count = z.int().min(0);
export const leftBehindSchema: z.ZodType<LeftBehind> = z.object({
  reason: z.string(),
  objects: count,
  attributes: z.record(z.string(), count),
});

/** Adds up what stays behind. */
export class LeftBehindCount {
  readonly #byReason = new Map<string, { objects: number; readonly attributes: Map<string, number> }>();

  take(intended: Intended): void {
    if (intended.kind === 'none' && intended.unwritable === true) this.#at(intended.reason).objects += 1;
    if (intended.kind !== 'user' && intended.kind !== 'group') return;
    for (const [reason, own] of Map.groupBy(intended.notCarried, (one) => one.reason)) {
      const sum = this.#at(reason);
      sum.objects += 1;
      for (const { attribute } of own) sum.attributes.set(attribute, (sum.attributes.get(attribute) ?? 0) + 1);
    }
  }

  /** The most objects first. */
  get list(): readonly LeftBehind[] {
    return [...this.#byReason]
      .map(([reason, { objects, attributes }]) => ({ reason, objects, attributes: Object.fromEntries(attributes) }))
      .sort((a, b) => b.objects - a.objects || (a.reason < b.reason ? -1 : 1));
  }

  #at(reason: string): { objects: number; readonly attributes: Map<string, number> } {
    let sum = this.#byReason.get(reason);
    if (sum === undefined) this.#byReason.set(reason, (sum = { objects: 0, attributes: new Map<string, number>() }));
    return sum;
  }
}
