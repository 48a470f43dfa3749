import type { RelayCommand } from '../../shared/contracts/relay-command.ts';
import type { Rules } from '../rules/rules.ts';
import type { World } from '../rules/world.ts';
import type { ConnectorSpace } from '../storage/connector-space.ts';
import type { JoinIndex } from '../storage/join-index.ts';
import type { LinkCounts } from '../storage/link-counts.ts';
import type { Pending } from '../storage/pending.ts';
import type { Streams } from '../storage/streams.ts';
import type { EntraSpace } from '../storage/entra-space.ts';

/** The way to the relays. */
export interface RelayCommands {
  /** Resolves when the bus has it. Throws LS2001. */
  send(command: RelayCommand): Promise<void>;
}

/** What intake works on. */
export interface IntakeStores extends World {
  readonly space: ConnectorSpace;
  readonly counts: LinkCounts;
  readonly joins: JoinIndex;
  readonly entra: EntraSpace;
  readonly pending: Pending;
  readonly streams: Streams;
  readonly rules: Rules;
  readonly commands: RelayCommands;
}
