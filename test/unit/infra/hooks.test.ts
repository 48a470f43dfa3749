import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { cliCalls, dryCalls, HookError, type Calls } from '../../../infra/hooks/calls.ts';
import { readEnvironment, type HookEnvironment } from '../../../infra/hooks/environment.ts';
import { postdeploy, registrationOf } from '../../../infra/hooks/postdeploy.ts';
import { postprovision } from '../../../infra/hooks/postprovision.ts';
import { predown } from '../../../infra/hooks/predown.ts';
import { preprovision } from '../../../infra/hooks/preprovision.ts';
import { configFileSchema } from '../../../onprem-relay/settings/config-file.ts';

const variables = {
  AZURE_ENV_NAME: 'dev',
  AZURE_SUBSCRIPTION_ID: '00000000-0000-4000-8000-000000000001',
  AZURE_LOCATION: 'westeurope',
  AZURE_TENANT_ID: '00000000-0000-4000-8000-000000000002',
  AZURE_RESOURCE_GROUP: 'rg-lockstep-dev',
  LOCKSTEP_APP_NAME: 'func-x',
  LOCKSTEP_URL: 'https://func-x.azurewebsites.net',
  LOCKSTEP_IDENTITY_PRINCIPAL_ID: 'identity',
  LOCKSTEP_BUS_NAMESPACE: 'sbns-x.servicebus.windows.net',
  LOCKSTEP_STATE_ACCOUNT: 'ststatex',
  LOCKSTEP_RELAY_CLIENT_ID: 'relay-app',
};
const environment: HookEnvironment = readEnvironment(variables);
const now = new Date('2026-12-05T12:00:00Z');
const silent = (): void => undefined;

function usage(value: string, [currentValue, limit]: readonly number[]): object {
  return { name: { value, localizedValue: value }, currentValue, limit, unit: 'Count' };
}

/** Azure and Entra as far as hooks see them. */
class World implements Calls {
  readonly sent: string[] = [];
  readonly values = new Map<string, string>();
  waited = 0;
  registered = new Set<string>();
  regions = ['West Europe'];
  /** Storage accounts and Flex Consumption cores of the region: used, and the most. */
  storageAccounts = [3, 250];
  flexCores = [0, 250];
  /** Of whoever is signed in. */
  rights = [{ actions: ['*'], notActions: [] as string[] }];
  granted: { id: string; appRoleId: string; resourceId: string }[] = [];
  rolesCreated: string[] = [];
  /** Fails the nth call that changes something. */
  failAt = Infinity;
  readonly permissions = [
    'User.ReadWrite.All',
    'Group.ReadWrite.All',
    'Domain.Read.All',
    'RoleManagement.Read.Directory',
    'Application.ReadWrite.OwnedBy',
    'Mail.Read',
  ];

  get(url: string): Promise<unknown> {
    const path = new URL(url).pathname;
    const provider = /providers\/(Microsoft\.\w+)$/.exec(path)?.[1];
    if (provider !== undefined) {
      return Promise.resolve({ registrationState: this.registered.has(provider) ? 'Registered' : 'NotRegistered' });
    }
    if (path.endsWith('/permissions')) return Promise.resolve({ value: this.rights });
    if (path.endsWith('/geoRegions')) return Promise.resolve({ value: this.regions.map((name) => ({ name })) });
    if (path.endsWith('/Microsoft.Storage/locations/westeurope/usages'))
      return Promise.resolve({ value: [usage('StorageAccounts', this.storageAccounts)] });
    if (path.endsWith('/Microsoft.Web/locations/westeurope/usages'))
      return Promise.resolve({ value: [usage('Cores usage', [9, 9]), usage('FlexConsumption cores', this.flexCores)] });
    if (path.includes('/applications(')) return Promise.resolve({ appId: 'relay-app' });
    if (path.includes("appId='relay-app'")) return Promise.resolve({ id: 'relay-principal' });
    if (path.includes('00000003-')) {
      return Promise.resolve({
        id: 'graph',
        appRoles: this.permissions.map((value) => ({ id: `role of ${value}`, value })),
      });
    }
    if (path.endsWith('/appRoleAssignments')) return Promise.resolve({ value: this.granted });
    if (path.endsWith('/domains')) return Promise.resolve({ value: [{ id: 'contoso.com', isVerified: true }] });
    if (path.endsWith('/roleAssignments')) {
      return Promise.resolve({ value: this.rolesCreated.map((createdOn) => ({ properties: { createdOn } })) });
    }
    return Promise.resolve(undefined);
  }

  send(method: string, url: string, body?: unknown): Promise<unknown> {
    if (this.sent.length + 1 === this.failAt) {
      this.failAt = Infinity;
      return Promise.reject(new HookError('It failed.', 'Try again.'));
    }
    const { pathname } = new URL(url);
    this.sent.push(`${method} ${pathname}`);
    const provider = /providers\/(Microsoft\.\w+)\/register$/.exec(pathname)?.[1];
    if (provider !== undefined) this.registered.add(provider);
    if (pathname.endsWith('/appRoleAssignments')) {
      this.granted.push({ ...(body as { appRoleId: string; resourceId: string }), id: `grant ${this.granted.length}` });
    }
    const taken = /appRoleAssignments\/(.+)$/.exec(pathname)?.[1];
    if (taken !== undefined) this.granted = this.granted.filter(({ id }) => id !== decodeURIComponent(taken));
    if (pathname.endsWith('/listkeys')) return Promise.resolve({ functionKeys: { default: 'key' } });
    return Promise.resolve(undefined);
  }

  remember(name: string, value: string): Promise<void> {
    this.values.set(name, value);
    return Promise.resolve();
  }

  wait(ms: number): Promise<void> {
    this.waited += ms;
    return Promise.resolve();
  }
}

describe('before provisioning', () => {
  it('registers what the subscription does not know, and makes the application of the relay', async () => {
    const world = new World();
    world.registered.add('Microsoft.Web');
    await preprovision(world, { ...environment, monthlyBudget: 100 }, silent, now);
    expect(world.sent).toContain(
      'POST /subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.App/register',
    );
    expect(world.sent.join()).not.toContain('Microsoft.Web/register');
    expect(Object.fromEntries(world.values)).toEqual({
      LOCKSTEP_RELAY_CLIENT_ID: 'relay-app',
      LOCKSTEP_RELAY_PRINCIPAL_ID: 'relay-principal',
      LOCKSTEP_BUDGET_START: '2026-12-01',
    });
  });

  it('does nothing twice', async () => {
    const world = new World();
    await preprovision(world, environment, silent, now);
    const first = world.sent.length;
    await preprovision(world, environment, silent, now);
    // Only the two upserts, which change nothing.
    expect(world.sent.slice(first).every((call) => call.startsWith('PATCH '))).toBe(true);
  });

  it.each([
    ['an owner', [{ actions: ['*'], notActions: [] }], true],
    ['a contributor', [{ actions: ['*'], notActions: ['Microsoft.Authorization/*/Write'] }], false],
    [
      'a contributor who administrates access',
      [
        { actions: ['*'], notActions: ['Microsoft.Authorization/*/Write'] },
        { actions: ['Microsoft.Authorization/*'], notActions: [] },
      ],
      true,
    ],
    ['a reader', [{ actions: ['*/read'], notActions: [] }], false],
  ])('lets %s begin, or says what is missing', async (_, rights, allowed) => {
    const world = new World();
    world.rights = rights;
    const begun = preprovision(world, environment, silent, now);
    if (allowed) await begun;
    else await expect(begun).rejects.toMatchObject({ remedy: expect.stringContaining('Owner') as string });
  });

  it('says which regions there are when there is none', async () => {
    const world = new World();
    world.regions = ['North Europe'];
    await expect(preprovision(world, environment, silent, now)).rejects.toMatchObject({
      remedy: expect.stringContaining('northeurope') as string,
    });
  });

  it.each<[string, Partial<World>, string]>([
    ['storage accounts', { storageAccounts: [249, 250] }, 'StorageAccounts: 249 of 250 used'],
    ['cores', { flexCores: [250, 250] }, 'FlexConsumption cores: 250 of 250 used'],
  ])('says that the region has no %s left, unless the installation is there already', async (_, full, text) => {
    const world = Object.assign(new World(), full);
    const nothingYet = { ...environment, resourceGroup: '' };
    await expect(preprovision(world, nothingYet, silent, now)).rejects.toThrow(text);
    expect(world.sent.filter((call) => call.startsWith('PATCH'))).toEqual([]);
    await preprovision(world, environment, silent, now);
  });

  it('begins where the region has just enough left', async () => {
    const world = Object.assign(new World(), { storageAccounts: [248, 250], flexCores: [249, 250] });
    await preprovision(world, { ...environment, resourceGroup: '' }, silent, now);
    expect(world.values.get('LOCKSTEP_RELAY_CLIENT_ID')).toBe('relay-app');
  });
});

describe('after provisioning', () => {
  it('gives exactly the least permissions, and takes back what is more', async () => {
    const world = new World();
    world.granted.push({ id: 'old', appRoleId: 'role of Mail.Read', resourceId: 'graph' });
    world.granted.push({ id: 'other', appRoleId: 'of another api', resourceId: 'sharepoint' });
    await postprovision(world, environment, silent, () => now);
    expect(world.granted.map(({ appRoleId }) => appRoleId).sort()).toEqual([
      'of another api',
      'role of Domain.Read.All',
      'role of Group.ReadWrite.All',
      'role of RoleManagement.Read.Directory',
      'role of User.ReadWrite.All',
    ]);
    const sent = world.sent.length;
    await postprovision(world, environment, silent, () => now);
    expect(world.sent).toHaveLength(sent);
  });

  it('goes on where it failed', async () => {
    const world = new World();
    world.failAt = 3;
    await expect(postprovision(world, environment, silent, () => now)).rejects.toThrow(HookError);
    await postprovision(world, environment, silent, () => now);
    expect(new Set(world.granted.map(({ appRoleId }) => appRoleId)).size).toBe(4);
    expect(world.granted).toHaveLength(4);
  });

  it('waits for roles that are young, and not for old ones', async () => {
    const world = new World();
    world.rolesCreated = ['2026-12-05T11:00:00Z', '2026-12-05T11:59:00Z'];
    await postprovision(world, environment, silent, () => now);
    expect(world.waited).toBe(120_000);
    world.rolesCreated = ['2026-12-05T11:00:00Z'];
    await postprovision(world, environment, silent, () => now);
    expect(world.waited).toBe(120_000);
  });
});

describe('after deployment', () => {
  it('asks until the app answers, writes the registration of the relay, and says what comes next', async () => {
    const world = new World();
    const answers: (number | string)[] = ['ECONNREFUSED', 503, 200];
    const said: string[] = [];
    let written = '';
    const smoke = {
      ask: () => Promise.resolve(answers.shift() ?? 0),
      writeRegistration: (text: string) => {
        written = text;
        return Promise.resolve('relay.yaml');
      },
    };
    await postdeploy(world, smoke, environment, (text) => said.push(text));
    expect(world.waited).toBe(30_000);
    expect(said.join('\n')).toContain('LOCKSTEP_URL=https://func-x.azurewebsites.net');
    expect(said.join('\n')).toContain('relay.yaml');
    expect(said.join('\n')).not.toContain('key=key');
    expect(parse(written)).toEqual({
      busNamespace: 'sbns-x.servicebus.windows.net',
      busClientId: 'relay-app',
      busTenantId: variables.AZURE_TENANT_ID,
    });
  });

  it('gives up with a remedy', async () => {
    const smoke = { ask: () => Promise.resolve(403), writeRegistration: () => Promise.resolve('') };
    await expect(postdeploy(new World(), smoke, environment, silent)).rejects.toMatchObject({
      message: expect.stringContaining('403') as string,
      remedy: expect.stringContaining('roles are not known yet') as string,
    });
  });

  it('writes settings that the relay knows', () => {
    const { properties } = configFileSchema() as { readonly properties: object };
    for (const name of Object.keys(parse(registrationOf(environment)) as object))
      expect(properties).toHaveProperty(name);
  });
});

describe('before everything is taken away', () => {
  it('takes the lock off, and the application of the relay', async () => {
    const world = new World();
    await predown(world, environment, silent);
    expect(world.sent).toEqual([
      'DELETE /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-lockstep-dev/providers/Microsoft.Storage/storageAccounts/ststatex/providers/Microsoft.Authorization/locks/state',
      "DELETE /v1.0/applications(uniqueName='lockstep-relay-dev')",
    ]);
  });
});

describe('a dry run', () => {
  it('prints each call and makes none', async () => {
    const printed: string[] = [];
    const calls = dryCalls((text) => printed.push(text));
    await preprovision(calls, environment, silent, now);
    await postprovision(calls, environment, silent, () => now);
    await predown(calls, environment, silent);
    expect(printed.join('\n')).toContain(
      'POST https://graph.microsoft.com/v1.0/servicePrincipals/identity/appRoleAssignments',
    );
    expect(printed.join('\n')).toContain('User.ReadWrite.All');
    expect(printed.join('\n')).toContain('azd env set LOCKSTEP_RELAY_PRINCIPAL_ID');
  });
});

describe('the Azure CLI', () => {
  const failing = (stderr: string, code: unknown = 1): Calls =>
    cliCalls(() => Promise.reject(Object.assign(new Error('failed'), { stderr, code })));

  it.each([
    ['is not there', failing('', 'ENOENT'), 'Install it'],
    ['is not signed in', failing("Please run 'az login'"), 'az login'],
    [
      'is not allowed',
      failing('Forbidden({"error":{"code":"Authorization_RequestDenied"}})'),
      'Privileged Role Administrator',
    ],
    ['fails otherwise', failing('Bad Request'), 'run this again'],
  ])('that %s ends in a message that says what to do', async (_, calls, remedy) => {
    await expect(calls.send('POST', 'https://graph.microsoft.com/v1.0/x')).rejects.toMatchObject({
      remedy: expect.stringContaining(remedy) as string,
    });
  });

  it('takes what is not there for nothing', async () => {
    expect(
      await failing('Not Found({"error":{"code":"Request_ResourceNotFound"}})').get(
        'https://graph.microsoft.com/v1.0/x',
      ),
    ).toBeUndefined();
  });
});

describe('the environment', () => {
  it('is asked for where azd did not give it', () => {
    expect(() => readEnvironment({})).toThrow(/AZURE_ENV_NAME/);
  });
});
