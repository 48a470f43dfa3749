import type { EngineEnvironment } from '../../shared/engine/environment.ts';
import { instantOf } from '../../shared/rules/value.ts';

/** Time, randomness and ids. */
export interface World {
  readonly now: () => Date;
  /** In [0, 1). */
  readonly random: () => number;
  /** A new GUID, lower case with dashes. */
  readonly newId: () => string;
}

/** The world as rules see it: one moment for everything that is evaluated together, and no object of the tenant. */
export function worldOf({ now, random, newId }: World): EngineEnvironment {
  const instant = instantOf(now());
  return { now: () => instant, random, guid: newId, counterpart: () => undefined };
}
