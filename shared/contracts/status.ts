import { z } from 'zod';
import type { StreamPosition } from './change-batch.ts';
import { connectorHeartbeatSchema, type ConnectorHeartbeat } from './relay-heartbeat.ts';

/** A problem that an operator should know of, as the API, the command line and the portal show it. */
export interface ProblemReport {
  /** LS code, see docs/Reference/errors.md. */
  readonly code: string;
  readonly object: string;
  readonly message: string;
  readonly remedy: string;
  /** Entra's own code and text, where Entra refused something. */
  readonly entra?: string | undefined;
  /** The other object of a conflict. */
  readonly other?: ConflictingObject | undefined;
  /** When the object could first not be written, and when it is tried again by itself (`null`: once it changes). ISO 8601. */
  readonly since?: string | undefined;
  readonly retryAt?: string | null | undefined;
}

/** An object of the tenant that has what another one wants. */
export interface ConflictingObject {
  /** Object id in Entra. */
  readonly id: string;
  /** Its sign-in name, or its display name. */
  readonly name: string;
  /** Its immutable id; `null` for none. */
  readonly anchor: string | null;
}

/** A failure that stops the whole cycle. */
export interface Halt extends ProblemReport {
  /** ISO 8601: when a cycle met it last. */
  readonly at: string;
}

export interface ConnectorStatus {
  readonly connector: string;
  /** The last position that was applied to the connector space; `null` before the first batch. */
  readonly position: StreamPosition | null;
  /** True while a full read has begun and not ended. */
  readonly fullReadOpen: boolean;
}

/** What a relay said last. */
export interface RelayStatus {
  /** Host name of its machine. */
  readonly machine: string;
  readonly version: string;
  /** ISO 8601. */
  readonly heardAt: string;
  readonly connectors: readonly ConnectorHeartbeat[];
}

export interface ObjectCounts {
  /** Objects in the connector spaces that exist in their directory. */
  readonly read: number;
  /** Of these, objects that the rules want in Entra. */
  readonly inScope: number;
  /** Of these, objects that Entra is known to hold. */
  readonly inEntra: number;
}

export interface GraphUsage {
  /** Requests that were sent, a batch counted as one. */
  readonly requests: number;
  /** Write requests that were sent, sub-requests of a batch counted one by one. */
  readonly writes: number;
}

/** Answer of `GET /api/status`; `objects` only with `?objects=true`, because it scans. */
export interface StatusReport {
  readonly version: 1;
  readonly connectors: readonly ConnectorStatus[];
  /** The relays that were heard of late, the last one first. */
  readonly relays: readonly RelayStatus[];
  /** Objects that wait for the sync cycle: 0, or at least how many (counting stops at 1,000). */
  readonly pending: number;
  /** Objects that were written and that Entra has not shown since: 0, or at least how many (counting stops at 1,000). */
  readonly unconfirmed: number;
  readonly halted: Halt | null;
  readonly errors: readonly ProblemReport[];
  /** Since the state was created. */
  readonly graph: GraphUsage;
  readonly objects?: ObjectCounts | undefined;
}

const problem = z.object({
  code: z.string(),
  object: z.string(),
  message: z.string(),
  remedy: z.string(),
  entra: z.string().optional(),
  other: z.object({ id: z.string(), name: z.string(), anchor: z.string().nullable() }).optional(),
  since: z.iso.datetime().optional(),
  retryAt: z.iso.datetime().nullable().optional(),
});
export const problemReportSchema: z.ZodType<ProblemReport> = problem;
const count = z.int().min(0);

export const statusReportSchema: z.ZodType<StatusReport> = z.object({
  version: z.literal(1),
  connectors: z.array(
    z.object({
      connector: z.string(),
      position: z.object({ epoch: z.int(), sequence: z.int() }).nullable(),
      fullReadOpen: z.boolean(),
    }),
  ),
  relays: z.array(
    z.object({
      machine: z.string(),
      version: z.string(),
      heardAt: z.iso.datetime(),
      connectors: z.array(connectorHeartbeatSchema),
    }),
  ),
  pending: count,
  unconfirmed: count,
  halted: problem.extend({ at: z.iso.datetime() }).nullable(),
  errors: z.array(problem),
  graph: z.object({ requests: count, writes: count }),
  objects: z.object({ read: count, inScope: count, inEntra: count }).optional(),
});
