import type { Instant } from '../rules/value.ts';
import type { SpaceObject } from './space-object.ts';

/** What the engine asks of the world while it evaluates. Everything else is in the objects and the rules. */
export interface EngineEnvironment {
  now(): Instant;
  /** In [0, 1). */
  random(): number;
  /** A new GUID, lower case with dashes. */
  guid(): string;
  /** The object of the tenant's connector space that has this source anchor; `undefined` when there is none. */
  counterpart(sourceAnchor: string): SpaceObject | undefined;
}
