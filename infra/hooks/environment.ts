import { z } from 'zod';
import { HookError } from './calls.ts';

/** What azd tells its hooks: its own values, and the outputs of the templates. */
export interface HookEnvironment {
  readonly environmentName: string;
  readonly subscription: string;
  readonly location: string;
  readonly tenant: string;
  /** Outputs; empty before the first provisioning. */
  readonly resourceGroup: string;
  readonly appName: string;
  readonly url: string;
  readonly identityPrincipal: string;
  readonly busNamespace: string;
  readonly stateAccount: string;
  readonly relayClient: string;
  readonly durableBackend: 'azureStorage' | 'dts';
  readonly monthlyBudget: number;
  readonly budgetStart: string;
  /** The rules put values into directory extensions, which the application then defines. */
  readonly extensions: boolean;
}

const text = z.string().default('');
const schema = z.object({
  AZURE_ENV_NAME: z.string().min(1),
  AZURE_SUBSCRIPTION_ID: z.guid(),
  AZURE_LOCATION: z.string().min(1),
  AZURE_TENANT_ID: text,
  AZURE_RESOURCE_GROUP: text,
  LOCKSTEP_APP_NAME: text,
  LOCKSTEP_URL: text,
  LOCKSTEP_IDENTITY_PRINCIPAL_ID: text,
  LOCKSTEP_BUS_NAMESPACE: text,
  LOCKSTEP_STATE_ACCOUNT: text,
  LOCKSTEP_RELAY_CLIENT_ID: text,
  LOCKSTEP_DURABLE_BACKEND: z.enum(['azureStorage', 'dts']).default('azureStorage'),
  LOCKSTEP_MONTHLY_BUDGET: z.string().regex(/^\d+$/).default('0'),
  LOCKSTEP_BUDGET_START: text,
  LOCKSTEP_DIRECTORY_EXTENSIONS: z.enum(['true', 'false']).default('false'),
});

/** Throws {@link HookError} when a hook is run outside of azd. */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): HookEnvironment {
  const set = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(set);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    throw new HookError(
      `The values of the azd environment are not there: ${wrong}.`,
      'azd runs this by itself. By hand: "azd env get-values", export them, then "npm run hook -- <name>".',
    );
  }
  const e = parsed.data;
  return {
    environmentName: e.AZURE_ENV_NAME,
    subscription: e.AZURE_SUBSCRIPTION_ID,
    location: e.AZURE_LOCATION,
    tenant: e.AZURE_TENANT_ID,
    resourceGroup: e.AZURE_RESOURCE_GROUP,
    appName: e.LOCKSTEP_APP_NAME,
    url: e.LOCKSTEP_URL,
    identityPrincipal: e.LOCKSTEP_IDENTITY_PRINCIPAL_ID,
    busNamespace: e.LOCKSTEP_BUS_NAMESPACE,
    stateAccount: e.LOCKSTEP_STATE_ACCOUNT,
    relayClient: e.LOCKSTEP_RELAY_CLIENT_ID,
    durableBackend: e.LOCKSTEP_DURABLE_BACKEND,
    monthlyBudget: Number(e.LOCKSTEP_MONTHLY_BUDGET),
    budgetStart: e.LOCKSTEP_BUDGET_START,
    extensions: e.LOCKSTEP_DIRECTORY_EXTENSIONS === 'true',
  };
}
