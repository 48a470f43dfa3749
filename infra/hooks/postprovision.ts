import { z } from 'zod';
import { graphOperations, leastPermissions } from '../../shared/entra/graph-operations.ts';
import { HookError, type Calls } from './calls.ts';
import type { HookEnvironment } from './environment.ts';
import { arm, graph } from './services.ts';

/** Microsoft Graph, in every tenant. */
const graphApplication = '00000003-0000-0000-c000-000000000000';
/** A role is known everywhere after so long, as a rule. */
const propagationMs = 3 * 60_000;

const graphPrincipal = z.object({
  id: z.string(),
  appRoles: z.array(z.object({ id: z.string(), value: z.string().nullable() })),
});
const assignments = z.object({
  value: z.array(z.object({ id: z.string(), appRoleId: z.string(), resourceId: z.string() })),
});
const domains = z.object({ value: z.array(z.object({ id: z.string(), isVerified: z.boolean() })) });
const roles = z.object({ value: z.array(z.object({ properties: z.object({ createdOn: z.string() }) })) });

/** After the resources are made: the permissions in Graph, exactly the least ones, and a look at the tenant. Repeatable. */
export async function postprovision(
  calls: Calls,
  environment: HookEnvironment,
  say: (text: string) => void,
  now: () => Date,
): Promise<void> {
  await grantPermissions(calls, environment, say);
  const answer = domains.safeParse(await calls.get(graph('/domains?$select=id,isVerified')));
  if (answer.success) {
    const verified = answer.data.value.filter(({ isVerified }) => isVerified).map(({ id }) => id);
    say(`The tenant has verified ${verified.join(', ')}. Users with other domains get a name in its initial domain.`);
  }
  await waitForRoles(calls, environment, say, now);
}

async function grantPermissions(
  calls: Calls,
  environment: HookEnvironment,
  say: (text: string) => void,
): Promise<void> {
  const { identityPrincipal, extensions } = environment;
  const wanted = leastPermissions(graphOperations.filter(({ forExtensions }) => extensions || forExtensions !== true));
  const resource = graphPrincipal.safeParse(
    await calls.get(graph(`/servicePrincipals(appId='${graphApplication}')?$select=id,appRoles`)),
  ).data ?? { id: '<Microsoft Graph>', appRoles: wanted.map((value) => ({ id: `<${value}>`, value })) };
  const owner = `/servicePrincipals/${identityPrincipal}/appRoleAssignments`;
  const held = (assignments.safeParse(await calls.get(graph(owner))).data?.value ?? []).filter(
    ({ resourceId }) => resourceId === resource.id,
  );
  const idOf = new Map(resource.appRoles.flatMap(({ id, value }) => (value === null ? [] : [[value, id] as const])));
  const wantedIds = new Set<string>();
  for (const permission of wanted) {
    const appRoleId = idOf.get(permission);
    if (appRoleId === undefined) {
      throw new HookError(
        `Microsoft Graph of this tenant has no permission ${permission}.`,
        'A national cloud may be behind: report it with the name of the cloud.',
      );
    }
    wantedIds.add(appRoleId);
    if (held.some((one) => one.appRoleId === appRoleId)) continue;
    say(`Granting ${permission}.`);
    await calls.send('POST', graph(owner), { principalId: identityPrincipal, resourceId: resource.id, appRoleId });
  }
  for (const { id, appRoleId } of held) {
    if (wantedIds.has(appRoleId)) continue;
    say('Taking back a permission that is not needed.');
    await calls.send('DELETE', graph(`${owner}/${id}`));
  }
}

/** The deployment of the artefact, and the first start, fail where the identity's roles are not known yet. */
async function waitForRoles(
  calls: Calls,
  { subscription, resourceGroup, identityPrincipal }: HookEnvironment,
  say: (text: string) => void,
  now: () => Date,
): Promise<void> {
  const scope = `/subscriptions/${subscription}/resourceGroups/${resourceGroup}`;
  const filter = `$filter=principalId%20eq%20'${identityPrincipal}'`;
  const url = arm(`${scope}/providers/Microsoft.Authorization/roleAssignments`, '2022-04-01', filter);
  const answer = roles.safeParse(await calls.get(url));
  if (!answer.success || answer.data.value.length === 0) return;
  const youngest = Math.max(...answer.data.value.map(({ properties }) => Date.parse(properties.createdOn)));
  const left = youngest + propagationMs - now().getTime();
  if (left <= 0) return;
  say(`Waiting ${Math.ceil(left / 1000)} s for the new roles to be known everywhere.`);
  await calls.wait(left);
}
