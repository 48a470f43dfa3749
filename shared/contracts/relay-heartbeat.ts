import { z } from 'zod';

/** What a relay says of itself, every minute and whenever a role changes. Queue `relay-telemetry`. */
export interface RelayHeartbeat {
  readonly version: 1;
  readonly type: 'heartbeat';
  /** GUID of this run of the relay: two relays on one machine, and two runs of one relay, differ in it. */
  readonly instance: string;
  /** Host name of its machine. */
  readonly machine: string;
  readonly relayVersion: string;
  /** Counts the heartbeats of this run from 1: the queue does not keep their order, and clocks jump. */
  readonly sequence: number;
  /** ISO 8601, UTC, by the clock of its machine. */
  readonly startedAt: string;
  readonly sentAt: string;
  readonly connectors: readonly ConnectorHeartbeat[];
}

export interface ConnectorHeartbeat {
  readonly connector: string;
  /** `standby`: another relay leads. */
  readonly role: 'starting' | 'standby' | 'leading';
  /** The domain controller that serves, where that is known. */
  readonly server: string | null;
  /** ISO 8601, UTC: when the directory was last read to the end and everything read was accepted. */
  readonly lastReadAt: string | null;
  /** Code and time of the error that stands; its text stays in the relay's log. */
  readonly lastError: { readonly code: string; readonly at: string } | null;
}

const time = z.iso.datetime();
const text = z.string().min(1).max(256);

export const connectorHeartbeatSchema: z.ZodType<ConnectorHeartbeat> = z.strictObject({
  connector: text,
  role: z.enum(['starting', 'standby', 'leading']),
  server: text.nullable(),
  lastReadAt: time.nullable(),
  lastError: z.strictObject({ code: z.string().max(32), at: time }).nullable(),
});

export const relayHeartbeatSchema: z.ZodType<RelayHeartbeat> = z.strictObject({
  version: z.literal(1),
  type: z.literal('heartbeat'),
  instance: z.guid().toLowerCase(),
  machine: text,
  relayVersion: z.string().max(64),
  sequence: z.int().min(1),
  startedAt: time,
  sentAt: time,
  connectors: z.array(connectorHeartbeatSchema).max(100),
});
