import { z } from 'zod';
import type { StreamPosition } from './change-batch.ts';

/** The state of a connector's session on `relay-leases`: everything the next leader needs. Written only by the lock's holder. */
export interface RelayCheckpoint {
  readonly version: 1;
  /**
   * Highest epoch that a leader has taken, written before it sends anything. It may be past `position.epoch`: a leader that
   * found nothing to send has taken an epoch in which no position exists that a receiver could have applied.
   */
  readonly epoch: number;
  /** The last position whose content Service Bus has accepted and `cookie` covers. */
  readonly position: StreamPosition;
  /** Highest generation that was given to a full read. */
  readonly generation: number;
  /** Base64 of the directory source's cookie, from the last read that came to its end; `null` before the first. */
  readonly cookie: string | null;
  /** True when a full read must come next, whatever the cookie is. */
  readonly fullReadRequired: boolean;
}

export const relayCheckpointSchema: z.ZodType<RelayCheckpoint> = z.strictObject({
  version: z.literal(1),
  epoch: z.int().min(1),
  position: z.strictObject({ epoch: z.int().min(1), sequence: z.int().min(0) }),
  generation: z.int().min(0),
  cookie: z.base64().nullable(),
  fullReadRequired: z.boolean(),
});
