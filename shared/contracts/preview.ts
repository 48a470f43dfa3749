import { z } from 'zod';
import type { PlannedChange } from '../engine/plan.ts';
import type { Excess } from '../safety/change-budget.ts';
import { leftBehindSchema, type LeftBehind } from '../entra/left-behind.ts';
import { excessSchema, planCauses, plannedChangeSchema, type PlanCause } from './plans.ts';

/** Body of `POST /api/preview`. */
export interface PreviewRequest {
  /** Compiled rules, in the form that `lockstep rules compile` writes. */
  readonly rules: unknown;
  /** Objects that the answer shows. */
  readonly samples: number;
}

/** What would happen to one object. */
export interface PreviewItem {
  readonly label: string;
  readonly type: 'user' | 'group';
  readonly cause: PlanCause;
  readonly changes: readonly PlannedChange[];
  readonly membersAdded: number;
  readonly membersRemoved: number;
}

/** What a change of rules would do. */
export interface PreviewReport {
  readonly version: 1;
  /** Objects of the directories that were evaluated. */
  readonly evaluated: number;
  /** Objects to which something would happen. */
  readonly objects: number;
  /** By kind of effect, and restores, managers and member additions. */
  readonly counts: Readonly<Record<string, number>>;
  /** Some of the objects; the most harmful first. */
  readonly samples: readonly PreviewItem[];
  /** Some of what could not be carried, and how much there is of it. */
  readonly problems: readonly { readonly label: string; readonly code: string; readonly message: string }[];
  readonly problemCount: number;
  /** What the rules want in the tenant and Microsoft Graph cannot write. */
  readonly leftBehind: readonly LeftBehind[];
  /** Limits of the change budget that the plan would break. */
  readonly excesses: readonly (Excess & { readonly connector: string })[];
}

const count = z.int().min(0);

export const previewRequestSchema: z.ZodType<PreviewRequest> = z.strictObject({
  rules: z.unknown(),
  samples: z.int().min(0).max(1000),
});

export const previewItemSchema: z.ZodType<PreviewItem> = z.object({
  label: z.string(),
  type: z.enum(['user', 'group']),
  cause: z.enum(planCauses),
  changes: z.array(plannedChangeSchema),
  membersAdded: count,
  membersRemoved: count,
});

export const previewReportSchema: z.ZodType<PreviewReport> = z.object({
  version: z.literal(1),
  evaluated: count,
  objects: count,
  counts: z.record(z.string(), count),
  samples: z.array(previewItemSchema),
  problems: z.array(z.object({ label: z.string(), code: z.string(), message: z.string() })),
  problemCount: count,
  leftBehind: z.array(leftBehindSchema),
  excesses: z.array(excessSchema.and(z.object({ connector: z.string() }))),
});
