import { z } from 'zod';
import { HookError, type Calls } from './calls.ts';
import type { HookEnvironment } from './environment.ts';
import { arm, graph } from './services.ts';

/** Namespaces of Azure that the templates use. */
const providers = [
  'Microsoft.App',
  'Microsoft.Insights',
  'Microsoft.KeyVault',
  'Microsoft.ManagedIdentity',
  'Microsoft.OperationalInsights',
  'Microsoft.ServiceBus',
  'Microsoft.Storage',
  'Microsoft.Web',
] as const;

const providerAnswer = z.object({ registrationState: z.string() });
const regionsAnswer = z.object({ value: z.array(z.object({ name: z.string() })) });
const permissionsAnswer = z.object({
  value: z.array(z.object({ actions: z.array(z.string()), notActions: z.array(z.string()) })),
});
const usagesAnswer = z.object({
  value: z.array(z.object({ name: z.object({ value: z.string() }), currentValue: z.number(), limit: z.number() })),
});
const application = z.object({ appId: z.string() });
const principal = z.object({ id: z.string() });

/**
 * Before anything is made: sees to it that the subscription knows the services, that the region has them and room for more, and that
 * the relay has an identity, whose roles the templates then give. Repeatable.
 */
export async function preprovision(
  calls: Calls,
  environment: HookEnvironment,
  say: (text: string) => void,
  now: Date,
): Promise<void> {
  const { subscription, durableBackend } = environment;
  await checkRights(calls, environment);
  for (const name of [...providers, ...(durableBackend === 'dts' ? ['Microsoft.DurableTask'] : [])]) {
    const url = arm(`/subscriptions/${subscription}/providers/${name}`, '2022-09-01');
    const state = providerAnswer.safeParse(await calls.get(url)).data?.registrationState;
    if (state === 'Registered') continue;
    say(`Registering ${name} with the subscription.`);
    await calls.send('POST', arm(`/subscriptions/${subscription}/providers/${name}/register`, '2022-09-01'));
  }
  await checkRegion(calls, environment);
  await checkQuotas(calls, environment);
  await registerRelay(calls, environment, say);
  if (environment.monthlyBudget > 0 && environment.budgetStart === '') {
    await calls.remember('LOCKSTEP_BUDGET_START', `${now.toISOString().slice(0, 7)}-01`);
  }
}

/** The templates give roles, which takes more than Contributor: better said before a quarter of an hour of provisioning. */
async function checkRights(calls: Calls, { subscription }: HookEnvironment): Promise<void> {
  const url = arm(`/subscriptions/${subscription}/providers/Microsoft.Authorization/permissions`, '2022-04-01');
  const answer = permissionsAnswer.safeParse(await calls.get(url));
  if (!answer.success) return;
  const needed = 'Microsoft.Authorization/roleAssignments/write';
  const matches = (patterns: readonly string[]): boolean =>
    patterns.some((pattern) =>
      new RegExp(`^${pattern.replaceAll('.', String.raw`\.`).replaceAll('*', '.*')}$`, 'i').test(needed),
    );
  if (answer.data.value.some(({ actions, notActions }) => matches(actions) && !matches(notActions))) return;
  throw new HookError(
    'Who is signed in may not give roles in the subscription.',
    'Be made Owner, or User Access Administrator beside Contributor, of the subscription, and run this again.',
  );
}

async function checkRegion(calls: Calls, { subscription, location }: HookEnvironment): Promise<void> {
  const url = arm(
    `/subscriptions/${subscription}/providers/Microsoft.Web/geoRegions`,
    '2024-04-01',
    'sku=FlexConsumption',
  );
  const answer = regionsAnswer.safeParse(await calls.get(url));
  if (!answer.success) return;
  const plain = (name: string): string => name.replaceAll(' ', '').toLowerCase();
  if (answer.data.value.some(({ name }) => plain(name) === plain(location))) return;
  throw new HookError(
    `${location} has no Flex Consumption plan.`,
    `Choose another region with "azd env set AZURE_LOCATION <region>": ${answer.data.value.map(({ name }) => plain(name)).join(', ')}.`,
  );
}

/** Storage accounts of an installation: the host's, and that of the state. */
const storageAccounts = 2;

/**
 * What the region leaves to the subscription (Storage "Usages - List by location", App Service "Get Usages In Location"). An
 * installation that is there already has its share.
 */
async function checkQuotas(calls: Calls, { subscription, location, resourceGroup }: HookEnvironment): Promise<void> {
  if (resourceGroup !== '') return;
  const usagesOf = async (provider: string, version: string): Promise<z.infer<typeof usagesAnswer>['value']> => {
    const url = arm(`/subscriptions/${subscription}/providers/${provider}/locations/${location}/usages`, version);
    return usagesAnswer.safeParse(await calls.get(url)).data?.value ?? [];
  };
  const accounts = (await usagesOf('Microsoft.Storage', '2023-05-01')).find(
    ({ name }) => name.value === 'StorageAccounts',
  );
  const cores = (await usagesOf('Microsoft.Web', '2024-11-01')).filter(({ name }) => /flex/i.test(name.value));
  const short = [
    ...(accounts !== undefined && accounts.limit - accounts.currentValue < storageAccounts ? [accounts] : []),
    ...cores.filter(({ limit, currentValue }) => limit > 0 && currentValue >= limit),
  ];
  if (short.length === 0) return;
  const what = short.map(({ name, currentValue, limit }) => `${name.value}: ${currentValue} of ${limit} used`);
  throw new HookError(
    `The subscription has too little left in ${location}: ${what.join('; ')}.`,
    'Ask for a larger quota (portal, "Quotas"), remove what is not used, or choose another region with "azd env set AZURE_LOCATION <region>".',
  );
}

/** The relay signs in as an application of its own; its credential (a certificate, or a federated one) is the operator's. */
async function registerRelay(calls: Calls, environment: HookEnvironment, say: (text: string) => void): Promise<void> {
  const uniqueName = `lockstep-relay-${environment.environmentName}`;
  const upsert = { Prefer: 'create-if-missing' };
  const url = graph(`/applications(uniqueName='${uniqueName}')`);
  await calls.send(
    'PATCH',
    url,
    { displayName: `Lockstep relay (${environment.environmentName})`, signInAudience: 'AzureADMyOrg' },
    upsert,
  );
  const { appId } = application.safeParse(await calls.get(`${url}?$select=appId`)).data ?? {
    appId: '<application id>',
  };
  const service = graph(`/servicePrincipals(appId='${appId}')`);
  await calls.send('PATCH', service, { displayName: `Lockstep relay (${environment.environmentName})` }, upsert);
  const { id } = principal.safeParse(await calls.get(`${service}?$select=id`)).data ?? { id: '<object id>' };
  await calls.remember('LOCKSTEP_RELAY_CLIENT_ID', appId);
  await calls.remember('LOCKSTEP_RELAY_PRINCIPAL_ID', id);
  say(`The relay is the application ${appId}.`);
}
