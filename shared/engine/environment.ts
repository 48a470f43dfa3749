import type { Instant } from '../rules/value.ts';
import type { ObjectReference, SpaceObject } from './space-object.ts';

/** What the engine asks of the world while it evaluates. Everything else is in the objects and the rules. */
export interface EngineEnvironment {
  now(): Instant;
  /** In [0, 1). */
  random(): number;
  /** A new GUID, lower case with dashes. */
  guid(): string;
  /** The object of the tenant that belongs to these objects, which have this source anchor together. */
  counterpart(members: readonly ObjectReference[], sourceAnchor: string | undefined): Counterpart | undefined;
}

export interface Counterpart {
  readonly object: SpaceObject;
  /** It was written for these objects, so it is theirs whatever its anchor; else the rules "In from AAD" have to match. */
  readonly linked: boolean;
}
