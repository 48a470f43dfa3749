import { z } from 'zod';
import { matchPolicies, type MatchPolicy } from '../shared/entra/matching.ts';
import { LockstepError } from '../shared/errors/lockstep-error.ts';
import { budgetSchema, type Budget } from '../shared/safety/change-budget.ts';
import { readInsights, type InsightsSettings } from './telemetry/operations.ts';
import { driftPolicies, modes, type DriftPolicy, type Mode } from './sync/dependencies.ts';

/** The application settings, read once. Names as in docs/Reference/settings.md. */
export interface Settings {
  /** Service root of Microsoft Graph; `/v1.0` is added. Default: the worldwide service. */
  readonly graphRoot: string;
  /** Audience of Graph tokens. Default: the service root. */
  readonly graphResource: string;
  /** Client id of a user-assigned managed identity; without it the system-assigned one. */
  readonly clientId: string | undefined;
  readonly storage: { readonly connectionString: string } | { readonly tableServiceUri: string };
  /** How much may change in a window without a person's consent. */
  readonly budget: Budget;
  /** Service Bus, which the triggers read by the same settings. */
  readonly bus: { readonly connectionString: string } | { readonly fullyQualifiedNamespace: string };
  /** Whether anything is written to the tenant. Default: live. */
  readonly mode: Mode;
  /** Writes to Graph in 150 seconds; `Infinity` for no limit of our own. Default: 3,000, the documented quota. */
  readonly writeQuota: number;
  /** What is done about changes that somebody else made in Entra. Default: repair. */
  readonly drift: DriftPolicy;
  /** Which objects of the tenant may be taken over. Default: those that carry the anchor. */
  readonly matching: MatchPolicy;
  /** File with the compiled rules. Default: the built-in rules. */
  readonly rulesFile: string | undefined;
  /** Application Insights, which the host uses by the same settings. Default: nobody is told of operations. */
  readonly insights:
    | (Pick<InsightsSettings, 'instrumentationKey' | 'endpoint'> & {
        /** Entered with the managed identity. */
        readonly byIdentity: boolean;
      })
    | undefined;
}

const environment = z
  .object({
    LOCKSTEP_GRAPH_ROOT: z.url().default('https://graph.microsoft.com'),
    LOCKSTEP_GRAPH_RESOURCE: z.url().optional(),
    LOCKSTEP_CLIENT_ID: z.guid().optional(),
    LOCKSTEP_BUDGET: z.string().default('{}').transform(toJson).pipe(budgetSchema),
    LOCKSTEP_MODE: z.enum(modes).default('live'),
    LOCKSTEP_WRITE_QUOTA: z
      .string()
      .regex(/^\d{1,6}$/, 'must be a whole number')
      .default('3000')
      .transform((text) => (Number(text) === 0 ? Infinity : Number(text))),
    LOCKSTEP_DRIFT: z.enum(driftPolicies).default('repair'),
    LOCKSTEP_MATCHING: z.enum(matchPolicies).default('anchor'),
    LOCKSTEP_RULES: z.string().optional(),
    APPLICATIONINSIGHTS_CONNECTION_STRING: z.string().transform(toInsights).optional(),
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: z.string().default(''),
    LockstepStorage: z.string().min(1).optional(),
    LockstepStorage__tableServiceUri: z.url().optional(),
    LockstepBus: z.string().min(1).optional(),
    LockstepBus__fullyQualifiedNamespace: z
      .string()
      .regex(/^[a-z0-9.-]+$/i, 'must be a host name')
      .optional(),
  })
  .refine((e) => (e.LockstepBus === undefined) !== (e.LockstepBus__fullyQualifiedNamespace === undefined), {
    message: 'exactly one of LockstepBus and LockstepBus__fullyQualifiedNamespace must be set',
    path: ['LockstepBus'],
  })
  .refine((e) => (e.LockstepStorage === undefined) !== (e.LockstepStorage__tableServiceUri === undefined), {
    message: 'exactly one of LockstepStorage and LockstepStorage__tableServiceUri must be set',
    path: ['LockstepStorage'],
  });

function toInsights(text: string, context: z.RefinementCtx): ReturnType<typeof readInsights> {
  try {
    return readInsights(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    return z.NEVER;
  }
}

function toJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.addIssue({ code: 'custom', message: 'must be JSON' });
    return z.NEVER;
  }
}

/**
 * An empty variable counts as not set: templates write one where a parameter has no value.
 * Throws LS1001 that lists every mistake. Values stay out of the message: a connection string is a secret.
 */
export function readSettings(variables: Readonly<Record<string, string | undefined>>): Settings {
  const set = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(set);
  if (!parsed.success) {
    const mistakes = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new LockstepError('LS1001', `The application settings make no sense: ${mistakes.join('; ')}.`);
  }
  const e = parsed.data;
  return {
    graphRoot: e.LOCKSTEP_GRAPH_ROOT,
    graphResource: e.LOCKSTEP_GRAPH_RESOURCE ?? new URL(e.LOCKSTEP_GRAPH_ROOT).origin,
    clientId: e.LOCKSTEP_CLIENT_ID,
    storage:
      e.LockstepStorage === undefined
        ? { tableServiceUri: e.LockstepStorage__tableServiceUri ?? '' }
        : { connectionString: e.LockstepStorage },
    budget: e.LOCKSTEP_BUDGET,
    bus:
      e.LockstepBus === undefined
        ? { fullyQualifiedNamespace: e.LockstepBus__fullyQualifiedNamespace ?? '' }
        : { connectionString: e.LockstepBus },
    mode: e.LOCKSTEP_MODE,
    writeQuota: e.LOCKSTEP_WRITE_QUOTA,
    drift: e.LOCKSTEP_DRIFT,
    matching: e.LOCKSTEP_MATCHING,
    rulesFile: e.LOCKSTEP_RULES,
    insights: e.APPLICATIONINSIGHTS_CONNECTION_STRING && {
      ...e.APPLICATIONINSIGHTS_CONNECTION_STRING,
      byIdentity: /Authorization=AAD/i.test(e.APPLICATIONINSIGHTS_AUTHENTICATION_STRING),
    },
  };
}
