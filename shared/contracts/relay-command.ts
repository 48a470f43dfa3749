import { z } from 'zod';

/** What the cloud asks of a relay. Queue `relay-commands`, session = connector. */
export interface RelayCommand {
  readonly version: 1;
  readonly connector: string;
  readonly command: 'resync';
  /** Why, for the relay's log. */
  readonly reason: string;
}

export const relayCommandSchema: z.ZodType<RelayCommand> = z.strictObject({
  version: z.literal(1),
  connector: z.string().min(1),
  command: z.literal('resync'),
  reason: z.string(),
});
