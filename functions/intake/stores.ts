import type { Rules } from '../rules/rules.ts';
import type { World } from '../rules/world.ts';
import type { ConnectorSpace } from '../storage/connector-space.ts';
import type { JoinIndex } from '../storage/join-index.ts';
import type { LinkCounts } from '../storage/link-counts.ts';
import type { Pending } from '../storage/pending.ts';
import type { Streams } from '../storage/streams.ts';
import type { EntraSpace } from '../storage/entra-space.ts';

/** What intake works on. */
export interface IntakeStores extends World {
  readonly space: ConnectorSpace;
  readonly counts: LinkCounts;
  readonly joins: JoinIndex;
  readonly entra: EntraSpace;
  readonly pending: Pending;
  readonly streams: Streams;
  readonly rules: Rules;
}
