import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { queues } from '../../../shared/contracts/queues.ts';
import {
  bicepCompiler,
  compiled,
  howToGetBicep,
  resourcesOf,
  runBicep,
  type Resource,
  type Template,
} from '../../support/azure/bicep.ts';

const infra = fileURLToPath(new URL('../../../infra/', import.meta.url));
const modules = readdirSync(`${infra}modules`);
const parameterSets = readdirSync(infra).filter((name) => name.endsWith('.bicepparam'));
const source = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

const compiler = bicepCompiler();
if (compiler === undefined && process.env['CI'] === 'true') throw new Error(howToGetBicep);

describe.skipIf(compiler === undefined)(compiler === undefined ? howToGetBicep : 'the templates', () => {
  const bicep = compiler ?? '';
  let main: Template;
  let resources: readonly Resource[];
  let text: string;

  beforeAll(() => {
    main = compiled(bicep, `${infra}main.bicep`);
    resources = resourcesOf(main);
    text = JSON.stringify(main);
  });

  const ofType = (type: string): readonly Resource[] => resources.filter((resource) => resource.type === type);
  /** Text of the variables and resources of the module that makes the app. */
  const appModule = (): string => {
    const found = resources.find(
      ({ properties }) =>
        properties?.template !== undefined &&
        resourcesOf(properties.template).some(({ type }) => type === 'Microsoft.Web/sites'),
    );
    return JSON.stringify(found);
  };

  it('compile and lint without a word, modules included', () => {
    for (const command of [
      ['build', `${infra}main.bicep`, '--stdout'],
      ['lint', `${infra}main.bicep`],
    ]) {
      const { ok, complaints } = runBicep(bicep, ...command);
      expect(complaints).toBe('');
      expect(ok).toBe(true);
    }
    // The compiler sees a module only where it is used.
    const used = ['main.bicep', ...modules.map((name) => `modules/${name}`)]
      .map((file) => source(`infra/${file}`))
      .join('\n');
    for (const name of modules) expect(used, name).toMatch(new RegExp(`module \\w+ '(modules/)?${name}'`));
  });

  it.each(parameterSets)('%s fits the template', (file) => {
    const { ok, complaints } = runBicep(bicep, 'build-params', `${infra}${file}`, '--stdout');
    expect(complaints).toBe('');
    expect(ok).toBe(true);
  });

  it('would not pass with a mistake', () => {
    const { ok } = runBicep(bicep, 'build', `${infra}queries/writes.kql`, '--stdout');
    expect(ok).toBe(false);
  });

  it('take every parameter of azd, and azd gives every one that has no default', () => {
    const given = Object.keys(
      (JSON.parse(source('infra/main.parameters.json')) as { parameters: Record<string, unknown> }).parameters,
    );
    const parameters = (main as unknown as { parameters: Record<string, { defaultValue?: unknown }> }).parameters;
    for (const name of given) expect(Object.keys(parameters)).toContain(name);
    for (const [name, { defaultValue }] of Object.entries(parameters)) {
      if (defaultValue === undefined) expect(given).toContain(name);
    }
  });

  it('set every setting that the application cannot do without, and none that it does not know', () => {
    const app = appModule();
    const set = new Set([...app.matchAll(/['"]((?:LOCKSTEP_|Lockstep)\w+)['"]/g)].map(([, name]) => name ?? ''));
    const known = new Set(
      [...source('functions/settings.ts').matchAll(/^ {4}((?:LOCKSTEP_|Lockstep)\w+):/gm)].map(
        ([, name]) => name ?? '',
      ),
    );
    expect(known.size).toBeGreaterThan(8);
    // How the host's triggers enter Service Bus; the application itself reads the rest.
    const host = new Set(['LockstepBus__credential', 'LockstepBus__clientId']);
    for (const name of set) expect(known.has(name) || host.has(name), name).toBe(true);
    for (const name of [
      'LockstepStorage__tableServiceUri',
      'LockstepBus__fullyQualifiedNamespace',
      'LOCKSTEP_CLIENT_ID',
    ]) {
      expect(set, name).toContain(name);
    }
    const main = source('infra/main.bicep');
    for (const name of ['LOCKSTEP_MODE', 'LOCKSTEP_MATCHING', 'LOCKSTEP_DRIFT', 'LOCKSTEP_BUDGET']) {
      expect(main).toContain(`${name}:`);
      expect(known).toContain(name);
    }
  });

  it('have every queue that the code names, with sessions and duplicate detection', () => {
    const used = [queues.directoryChanges, queues.relayLeases, queues.relayCommands, queues.relayTelemetry];
    const module = JSON.stringify(
      resources.find(({ properties }) =>
        JSON.stringify(properties?.template ?? '').includes('ServiceBus/namespaces/queues'),
      ),
    );
    for (const name of used) expect(module).toContain(`"name":"${name}"`);
    for (const name of used) expect(module).toContain(`"name":"${name}","sessions":${name !== queues.relayTelemetry}`);
    expect(module).toContain('"requiresDuplicateDetection":true');
  });

  it('give each identity the roles that it uses, by queue, and no other', () => {
    const grants = [
      ...source('infra/modules/service-bus.bicep').matchAll(/queue: '([\w-]+)', role: (\w+), principal: (\w+)/g),
    ].map(([, queue, role, principal]) => `${principal ?? ''} ${role ?? ''} ${queue ?? ''}`);
    // The triggers read changes and heartbeats, the adapter sends commands; the relay sends both, holds leases, reads commands.
    expect(grants.sort()).toEqual([
      'principalId receiver directory-changes',
      'principalId receiver relay-telemetry',
      'principalId sender relay-commands',
      'relayPrincipalId receiver relay-commands',
      'relayPrincipalId receiver relay-leases',
      'relayPrincipalId sender directory-changes',
      'relayPrincipalId sender relay-telemetry',
    ]);
    const known = new Set([
      'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
      '974c5e8b-45b9-4653-ba55-5f855dd0fb88',
      '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3',
      '3913510d-42f4-4e42-8a64-420c390055eb',
      '0ad04412-c4d5-4796-b79c-f76d14c8d402',
      '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0',
      '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39',
      'b86a8fe4-44ce-4948-aee5-eccb2c155cd7',
      '4633458b-17de-408a-b874-0445c86b69e6',
    ]);
    const named = [...text.matchAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g)].map(([id]) => id);
    expect(new Set(named.filter((id) => !id.startsWith('00000000')))).toEqual(known);
  });

  it('make names of role assignments of scope, principal and role, so that a second deployment meets them', () => {
    const assignments = ofType('Microsoft.Authorization/roleAssignments');
    expect(assignments.length).toBeGreaterThanOrEqual(7);
    for (const { name } of assignments) expect(name).toMatch(/^\[guid\(/);
  });

  it('have no name that chance or time makes', () => {
    expect(text).not.toMatch(/newGuid\(|utcNow\(/);
  });

  it('have no key: local authentication is off wherever there is one, and no function lists any', () => {
    expect(text).not.toMatch(/listKeys\(|listKeys'|listAccountSas|AccountKey=|SharedAccessKey/);
    for (const account of ofType('Microsoft.Storage/storageAccounts')) {
      expect(account.properties).toMatchObject({
        allowSharedKeyAccess: false,
        allowBlobPublicAccess: false,
        minimumTlsVersion: 'TLS1_2',
      });
    }
    for (const namespace of ofType('Microsoft.ServiceBus/namespaces')) {
      expect(namespace.properties).toMatchObject({ disableLocalAuth: true, minimumTlsVersion: '1.2' });
    }
    for (const insights of ofType('Microsoft.Insights/components')) {
      expect(insights.properties).toMatchObject({ DisableLocalAuth: true });
    }
    for (const vault of ofType('Microsoft.KeyVault/vaults')) {
      expect(vault.properties).toMatchObject({ enableRbacAuthorization: true });
    }
    for (const site of ofType('Microsoft.Web/sites')) {
      expect(site.properties).toMatchObject({
        httpsOnly: true,
        siteConfig: { minTlsVersion: '1.2', ftpsState: 'Disabled' },
      });
    }
    expect(ofType('Microsoft.Web/sites/basicPublishingCredentialsPolicies')).toHaveLength(2);
  });

  it('close storage and vault to the public where there is a private network', () => {
    for (const type of ['Microsoft.Storage/storageAccounts', 'Microsoft.KeyVault/vaults']) {
      for (const { properties } of ofType(type)) {
        expect(properties?.['publicNetworkAccess']).toBe(
          "[if(empty(parameters('endpointSubnetId')), 'Enabled', 'Disabled')]",
        );
      }
    }
    // The relay comes from another network, so the bus stays open to those who have a role.
    expect(ofType('Microsoft.ServiceBus/namespaces')[0]?.properties?.['publicNetworkAccess']).toBe('Enabled');
  });

  it('make names that Azure takes, whatever the environment is called', () => {
    const abbreviations = JSON.parse(source('infra/abbreviations.json')) as Record<string, string>;
    // uniqueString gives thirteen letters and digits.
    const token = 'a'.repeat(13);
    expect(`${abbreviations['storage'] ?? ''}state${token}`).toMatch(/^[a-z0-9]{3,24}$/);
    expect(`${abbreviations['vault'] ?? ''}${token}`).toMatch(/^[a-z][a-z0-9-]{2,23}$/);
    expect(`${abbreviations['bus'] ?? ''}${token}`).toMatch(/^[a-z][a-z0-9-]{5,49}$/);
    expect(`${abbreviations['functionApp'] ?? ''}${token}`).toMatch(/^[a-z][a-z0-9-]{1,59}$/);
  });

  it('alert by queries of their own, each with a runbook', () => {
    const guide = source('docs/Guides/azure.md');
    const names = [...source('infra/modules/alerts.bicep').matchAll(/name: '([a-z-]+)'\n\s+title/g)].map(
      ([, name]) => name ?? '',
    );
    const queries = readdirSync(new URL('../../../infra/queries', import.meta.url));
    expect(names.toSorted()).toEqual(queries.flatMap((file) => /^alert-(.+)\.kql$/.exec(file)?.[1] ?? []).toSorted());
    for (const name of [...names, 'dead-letters']) expect(guide).toContain(`### ${name}`);
    for (const name of names) expect(source('infra/modules/alerts.bicep')).toContain(`queries/alert-${name}.kql`);
  });
});
