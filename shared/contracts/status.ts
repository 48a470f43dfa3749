import { z } from 'zod';
import type { StreamPosition } from './change-batch.ts';

/** A problem that an operator should know of, as the API, the command line and the portal show it. */
export interface ProblemReport {
  /** LS code, see docs/Reference/errors.md. */
  readonly code: string;
  readonly object: string;
  readonly message: string;
  readonly remedy: string;
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

const problem = z.object({ code: z.string(), object: z.string(), message: z.string(), remedy: z.string() });
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
  pending: count,
  unconfirmed: count,
  halted: problem.extend({ at: z.iso.datetime() }).nullable(),
  errors: z.array(problem),
  graph: z.object({ requests: count, writes: count }),
  objects: z.object({ read: count, inScope: count, inEntra: count }).optional(),
});
