import { z } from 'zod';
import { effectKinds, type EffectKind } from './effects.ts';

/** How many effects of one kind a window may have. */
export interface Limit {
  /** `null`: no absolute limit. */
  readonly count: number | null;
  /** Of the objects (for member removals, the memberships) that Entra is known to hold. `null`: no relative limit. */
  readonly percent: number | null;
  /** The relative limit never allows fewer than this: one deletion in a directory of five is no accident. */
  readonly least: number;
}

export type Limits = Readonly<Record<EffectKind, Limit>>;

/** The change budget of an installation: limits for each directory, and for all of them together. */
export interface Budget {
  /** Length of the rolling window. Default: 24. */
  readonly windowHours: number;
  /** How long an approval stands. Default: 24. */
  readonly approvalHours: number;
  readonly limits: Limits;
  /** Limits of single connectors where they differ. */
  readonly connectors: Readonly<Record<string, Limits>>;
  /** Limits over all connectors. Default: those of one. */
  readonly tenant: Limits;
}

/**
 * 500 deletions or disablings are what Entra Connect allows in a run; here it is a day's worth, and a tenth of the objects
 * is the limit of smaller directories. Creations and changes have a wide relative limit only: a first synchronisation is
 * not held up, and a rule that changes half of a large directory is looked at before it does.
 */
export const defaultLimits: Limits = {
  create: { count: null, percent: 50, least: 1000 },
  update: { count: null, percent: 50, least: 1000 },
  disable: { count: 500, percent: 10, least: 5 },
  delete: { count: 500, percent: 10, least: 5 },
  'member-removal': { count: 5000, percent: 10, least: 50 },
  'attribute-wipe': { count: 1000, percent: 20, least: 10 },
  'sign-in-name': { count: 500, percent: 10, least: 5 },
};

export const defaultBudget: Budget = {
  windowHours: 24,
  approvalHours: 24,
  limits: defaultLimits,
  connectors: {},
  tenant: defaultLimits,
};

const limitSchema = z.strictObject({
  count: z.int().min(0).nullable().optional(),
  percent: z.number().min(0).max(100).nullable().optional(),
  least: z.int().min(0).optional(),
});
const limitsSchema = z.partialRecord(z.enum(effectKinds), limitSchema);
type GivenLimits = z.infer<typeof limitsSchema>;

/** The form of the setting LOCKSTEP_BUDGET: what is left out has its default. */
export const budgetSchema: z.ZodType<Budget> = z
  .strictObject({
    windowHours: z.number().positive().max(720).default(defaultBudget.windowHours),
    approvalHours: z.number().positive().max(720).default(defaultBudget.approvalHours),
    limits: limitsSchema.default({}),
    connectors: z.record(z.string().min(1), limitsSchema).default({}),
    tenant: limitsSchema.optional(),
  })
  .transform(({ windowHours, approvalHours, limits, connectors, tenant }): Budget => {
    const general = merged(defaultLimits, limits);
    return {
      windowHours,
      approvalHours,
      limits: general,
      connectors: Object.fromEntries(
        Object.entries(connectors).map(([connector, own]) => [connector.toLowerCase(), merged(general, own)]),
      ),
      tenant: merged(general, tenant ?? {}),
    };
  });

function merged(base: Limits, given: GivenLimits): Limits {
  const entries = effectKinds.map((kind): readonly [EffectKind, Limit] => {
    const { count, percent, least } = given[kind] ?? {};
    return [
      kind,
      {
        count: count === undefined ? base[kind].count : count,
        percent: percent === undefined ? base[kind].percent : percent,
        least: least ?? base[kind].least,
      },
    ];
  });
  return Object.fromEntries(entries) as Limits;
}

export function limitsOf(budget: Budget, connector: string): Limits {
  return budget.connectors[connector.toLowerCase()] ?? budget.limits;
}

/** How many effects of the kind a window may have among so many. `Infinity` for no limit. */
export function allowance({ count, percent, least }: Limit, population: number): number {
  const relative = percent === null ? Infinity : Math.max(least, Math.floor((population * percent) / 100));
  return Math.min(count ?? Infinity, relative);
}

/** True when the kind of effect needs the size of the population to be judged. */
export function needsPopulation({ count, percent, least }: Limit, effects: number): boolean {
  return percent !== null && effects > least && effects <= (count ?? Infinity);
}

/** What is counted of one kind, in a window that ends now. */
export interface Spending {
  readonly kind: EffectKind;
  /** Effects that the plan would add. */
  readonly planned: number;
  /** Effects that the window has seen already. */
  readonly spent: number;
}

/** A limit that a plan would break. */
export interface Excess extends Spending {
  readonly scope: 'connector' | 'tenant';
  readonly limit: number;
}

/** The limits that the plan would break: exactly the limit still passes. A plan without effects of a kind breaks none. */
export function excesses(
  spending: readonly Spending[],
  limits: Limits,
  populationOf: (kind: EffectKind) => number,
  scope: Excess['scope'],
): readonly Excess[] {
  return spending.flatMap(({ kind, planned, spent }) => {
    if (planned === 0) return [];
    const limit = allowance(limits[kind], populationOf(kind));
    return planned + spent > limit ? [{ scope, kind, planned, spent, limit }] : [];
  });
}
