import { z } from 'zod';
import type { PlannedChange } from '../engine/plan.ts';
import type { Excess } from '../safety/change-budget.ts';
import { effectKinds } from '../safety/effects.ts';

/** Why an object is to be changed, as far as is known. */
export const planCauses = [
  'source-delete',
  'scope-change',
  'unseen',
  'rule-scope',
  'rule-change',
  'attribute-change',
  'drift',
  'reference',
  'retry',
] as const;
export type PlanCause = (typeof planCauses)[number];

/**
 * `tripped`: over the change budget, waits for a person. `approved`: is being carried out. `staged`: would be carried out
 * if the installation were live. `superseded`: the directory has changed, and another plan took its place. `resolved`: it is
 * within the budget now, or there is nothing to do any more. `done`: approved and carried out. `expired`: approved, and the
 * approval has run out.
 */
export const planStates = ['tripped', 'approved', 'staged', 'superseded', 'resolved', 'done', 'expired'] as const;
export type PlanState = (typeof planStates)[number];

/** A plan that is kept, in numbers. Instants are ISO 8601, UTC. */
export interface PlanSummary {
  /** Made from what it would do: the same plan has the same id. */
  readonly id: string;
  readonly connector: string;
  readonly state: PlanState;
  readonly createdAt: string;
  /** Objects that would be changed. */
  readonly objects: number;
  /** Effects by kind, and restores, managers and member additions, which no budget limits. */
  readonly counts: Readonly<Record<string, number>>;
  /** Objects by cause. */
  readonly causes: Readonly<Partial<Record<PlanCause, number>>>;
  /** The limits that it breaks; empty of a staged plan. */
  readonly excesses: readonly Excess[];
  readonly approvedBy: string | null;
  /** End of the approval. */
  readonly expiresAt: string | null;
  /** Until then no alert is repeated. */
  readonly snoozedUntil: string | null;
  readonly alertedAt: string | null;
}

/** What a plan would do to one object. */
export interface PlanItem {
  readonly guid: string;
  readonly label: string;
  readonly type: 'user' | 'group';
  readonly cause: PlanCause;
  readonly changes: readonly PlannedChange[];
  /** Members that a group would gain. */
  readonly membersAdded: number;
  /** Members that a group would lose, by their ids in Entra. */
  readonly membersRemoved: readonly string[];
  /** Keys of the effects, which an approval covers. */
  readonly effects: readonly string[];
}

/** Answer of `GET /api/plans`, newest first. */
export interface PlanList {
  readonly version: 1;
  readonly plans: readonly PlanSummary[];
}

/** Answer of `GET /api/plans/{id}`. */
export interface PlanPage {
  readonly version: 1;
  readonly plan: PlanSummary;
  readonly items: readonly PlanItem[];
  /** Where the next page begins (`?from=`); `null` behind the last. */
  readonly next: number | null;
}

/** Body of `POST /api/plans/{id}/approve`. */
export interface Approval {
  readonly approvedBy: string;
}

/** Body of `POST /api/plans/{id}/snooze`. */
export interface Snooze {
  readonly hours: number;
}

const count = z.int().min(0);
const instant = z.iso.datetime();

export const excessSchema: z.ZodType<Excess> = z.object({
  scope: z.enum(['connector', 'tenant']),
  kind: z.enum(effectKinds),
  planned: count,
  spent: count,
  limit: count,
});

export const planSummarySchema: z.ZodType<PlanSummary> = z.object({
  id: z.string(),
  connector: z.string(),
  state: z.enum(planStates),
  createdAt: instant,
  objects: count,
  counts: z.record(z.string(), count),
  causes: z.partialRecord(z.enum(planCauses), count),
  excesses: z.array(excessSchema),
  approvedBy: z.string().nullable(),
  expiresAt: instant.nullable(),
  snoozedUntil: instant.nullable(),
  alertedAt: instant.nullable(),
});

const propertyValue = z.union([z.string(), z.boolean(), z.array(z.string()), z.null()]);
export const plannedChangeSchema: z.ZodType<PlannedChange> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('create'),
    type: z.enum(['user', 'group']),
    properties: z.record(z.string(), propertyValue),
  }),
  z.object({
    kind: z.literal('update'),
    changes: z.array(z.object({ property: z.string(), from: propertyValue, to: propertyValue })),
  }),
  z.object({ kind: z.literal('delete') }),
  z.object({ kind: z.literal('restore') }),
  // Left out where nobody has looked yet.
  z.object({ kind: z.literal('manager'), from: z.string().nullable().optional(), to: z.string().nullable() }),
]);

const planItemSchema: z.ZodType<PlanItem> = z.object({
  guid: z.string(),
  label: z.string(),
  type: z.enum(['user', 'group']),
  cause: z.enum(planCauses),
  changes: z.array(plannedChangeSchema),
  membersAdded: count,
  membersRemoved: z.array(z.string()),
  effects: z.array(z.string()),
});

export const planListSchema: z.ZodType<PlanList> = z.object({
  version: z.literal(1),
  plans: z.array(planSummarySchema),
});
export const planPageSchema: z.ZodType<PlanPage> = z.object({
  version: z.literal(1),
  plan: planSummarySchema,
  items: z.array(planItemSchema),
  next: count.nullable(),
});
export const approvalSchema: z.ZodType<Approval> = z.strictObject({ approvedBy: z.string().trim().min(1).max(256) });
export const snoozeSchema: z.ZodType<Snooze> = z.strictObject({ hours: z.number().positive().max(720) });
