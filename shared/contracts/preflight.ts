import { z } from 'zod';
import { leftBehindSchema, type LeftBehind } from '../entra/left-behind.ts';
import { matchPolicies, type MatchPolicy } from '../entra/matching.ts';

/**
 * What will become of a directory object that has no counterpart yet: `create`; taken over by `anchor`; by its `mail` address or
 * `sign-in-name`, where the policy allows that; or `refused`.
 */
export const preflightOutcomes = ['create', 'anchor', 'mail', 'sign-in-name', 'refused'] as const;
export type PreflightOutcome = (typeof preflightOutcomes)[number];

export interface PreflightItem {
  readonly label: string;
  readonly type: 'user' | 'group';
  readonly outcome: PreflightOutcome;
  /** The object of the tenant that is concerned. */
  readonly entraId: string | null;
  /** Of one that is refused. */
  readonly code: string | null;
  readonly message: string | null;
}

/** Answer of `GET /api/preflight`: what the first export of a tenant would do. */
export interface PreflightReport {
  readonly version: 1;
  readonly matching: MatchPolicy;
  /** Objects that have a counterpart already. */
  readonly known: number;
  readonly counts: Readonly<Record<PreflightOutcome, number>>;
  /** Everything that is not simply created, refusals first; at most 1,000. */
  readonly items: readonly PreflightItem[];
  readonly domains: {
    readonly verified: readonly string[];
    readonly federated: readonly string[];
    /** Users by a domain that the tenant does not have; they get a name in its initial domain. */
    readonly foreign: Readonly<Record<string, number>>;
  };
  /** Objects of the tenant with an anchor that no directory object has: they are left alone. */
  readonly orphans: number;
  /** What the rules want in the tenant and Microsoft Graph cannot write. */
  readonly leftBehind: readonly LeftBehind[];
}

const count = z.int().min(0);

export const preflightReportSchema: z.ZodType<PreflightReport> = z.object({
  version: z.literal(1),
  matching: z.enum(matchPolicies),
  known: count,
  counts: z.record(z.enum(preflightOutcomes), count),
  items: z.array(
    z.object({
      label: z.string(),
      type: z.enum(['user', 'group']),
      outcome: z.enum(preflightOutcomes),
      entraId: z.string().nullable(),
      code: z.string().nullable(),
      message: z.string().nullable(),
    }),
  ),
  domains: z.object({
    verified: z.array(z.string()),
    federated: z.array(z.string()),
    foreign: z.record(z.string(), count),
  }),
  orphans: count,
  leftBehind: z.array(leftBehindSchema),
});
