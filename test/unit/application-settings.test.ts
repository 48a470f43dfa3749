import { budgetSchema, defaultBudget } from '../../shared/safety/change-budget.ts';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../functions/settings.ts';
import { isLockstepError } from '../../shared/errors/lockstep-error.ts';

const connectionString =
  'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net';
const least = {
  LockstepStorage__tableServiceUri: 'https://contoso.table.core.windows.net',
  LockstepBus__fullyQualifiedNamespace: 'contoso.servicebus.windows.net',
};
const bus = 'Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=a;SharedAccessKey=c2VjcmV0';

function mistakesOf(variables: Readonly<Record<string, string | undefined>>): string {
  try {
    readSettings(variables);
  } catch (error) {
    if (!isLockstepError(error)) throw error;
    expect(error.code).toBe('LS1001');
    expect(error.remedy).not.toBe('');
    return error.message;
  }
  throw new Error('The settings were taken.');
}

describe('the application settings', () => {
  it('need nothing but the storage', () => {
    expect(readSettings(least)).toEqual({
      graphRoot: 'https://graph.microsoft.com',
      graphResource: 'https://graph.microsoft.com',
      clientId: undefined,
      storage: { tableServiceUri: 'https://contoso.table.core.windows.net' },
      matching: 'anchor',
      bus: { fullyQualifiedNamespace: 'contoso.servicebus.windows.net' },
      mode: 'live',
      writeQuota: 3000,
      drift: 'repair',
      budget: defaultBudget,
    });
  });

  it('name Application Insights as the host does, with its key alone or with the identity', () => {
    const instrumentationKey = '11111111-2222-4333-8444-555555555555';
    const connection = `InstrumentationKey=${instrumentationKey};IngestionEndpoint=https://a.in.test/`;
    const given = { ...least, APPLICATIONINSIGHTS_CONNECTION_STRING: connection };
    const insights = { instrumentationKey, endpoint: 'https://a.in.test/' };
    expect(readSettings(given).insights).toEqual({ ...insights, byIdentity: false });
    const byIdentity = { APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=x;Authorization=AAD' };
    expect(readSettings({ ...given, ...byIdentity }).insights).toEqual({ ...insights, byIdentity: true });
    expect(mistakesOf({ ...least, APPLICATIONINSIGHTS_CONNECTION_STRING: 'nothing' })).toContain(
      'APPLICATIONINSIGHTS_CONNECTION_STRING: has no InstrumentationKey',
    );
  });

  it('are taken as they are given', () => {
    expect(
      readSettings({
        LockstepStorage: connectionString,
        LockstepBus: bus,
        LOCKSTEP_GRAPH_ROOT: 'http://127.0.0.1:7000/graph',
        LOCKSTEP_GRAPH_RESOURCE: 'https://graph.microsoft.us',
        LOCKSTEP_CLIENT_ID: '00000001-0000-4000-8000-000000000000',
        LOCKSTEP_BUDGET: '{"limits":{"delete":{"count":0}}}',
        LOCKSTEP_MATCHING: 'address',
        LOCKSTEP_DRIFT: 'report',
        LOCKSTEP_MODE: 'staging',
        LOCKSTEP_WRITE_QUOTA: '0',
        SOMETHING_ELSE: 'x',
      }),
    ).toEqual({
      graphRoot: 'http://127.0.0.1:7000/graph',
      graphResource: 'https://graph.microsoft.us',
      clientId: '00000001-0000-4000-8000-000000000000',
      storage: { connectionString },
      matching: 'address',
      bus: { connectionString: bus },
      mode: 'staging',
      writeQuota: Infinity,
      drift: 'report',
      budget: budgetSchema.parse({ limits: { delete: { count: 0 } } }),
    });
  });

  it("ask for tokens of the service root's own audience unless told otherwise", () => {
    const { graphResource } = readSettings({ ...least, LOCKSTEP_GRAPH_ROOT: 'https://graph.microsoft.us/' });
    expect(graphResource).toBe('https://graph.microsoft.us');
  });

  it('count as not given when they are empty, as a template without a value leaves them', () => {
    const empty = {
      LOCKSTEP_GRAPH_ROOT: '',
      LOCKSTEP_GRAPH_RESOURCE: '',
      LOCKSTEP_CLIENT_ID: '',
      LOCKSTEP_BUDGET: '',
      LockstepStorage: '',
    };
    expect(readSettings({ ...least, ...empty })).toEqual(readSettings(least));
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['no storage', {}, 'LockstepStorage'],
    ['no bus', { LockstepStorage: connectionString }, 'LockstepBus'],
    ['two buses', { ...least, LockstepBus: bus }, 'LockstepBus'],
    ['a namespace with a scheme', { ...least, LockstepBus__fullyQualifiedNamespace: 'sb://contoso' }, 'LockstepBus'],
    ['two storages', { ...least, LockstepStorage: connectionString }, 'exactly one of'],
    [
      'a table service that is no address',
      { LockstepStorage__tableServiceUri: 'contoso' },
      'LockstepStorage__tableServiceUri',
    ],
    ['a service root that is no address', { ...least, LOCKSTEP_GRAPH_ROOT: 'graph' }, 'LOCKSTEP_GRAPH_ROOT'],
    ['a client id that is none', { ...least, LOCKSTEP_CLIENT_ID: 'me' }, 'LOCKSTEP_CLIENT_ID'],
    ['a budget that is no JSON', { ...least, LOCKSTEP_BUDGET: 'many' }, 'LOCKSTEP_BUDGET'],
    ['a blank budget', { ...least, LOCKSTEP_BUDGET: ' ' }, 'LOCKSTEP_BUDGET'],
    ['a negative limit', { ...least, LOCKSTEP_BUDGET: '{"limits":{"delete":{"count":-1}}}' }, 'limits.delete.count'],
    ['a limit of what is not known', { ...least, LOCKSTEP_BUDGET: '{"limits":{"deletes":{}}}' }, 'LOCKSTEP_BUDGET'],
    ['a write quota in words', { ...least, LOCKSTEP_WRITE_QUOTA: 'fast' }, 'LOCKSTEP_WRITE_QUOTA'],
    ['a window of no length', { ...least, LOCKSTEP_BUDGET: '{"windowHours":0}' }, 'windowHours'],
  ])('may not have %s', (_what, variables, named) => {
    expect(mistakesOf(variables)).toContain(named);
  });

  it('show every mistake at once', () => {
    const message = mistakesOf({ ...least, LOCKSTEP_CLIENT_ID: 'me', LOCKSTEP_BUDGET: 'x' });
    expect(message).toContain('LOCKSTEP_CLIENT_ID');
    expect(message).toContain('LOCKSTEP_BUDGET');
  });

  it('never show a value: it may be a secret', () => {
    const message = mistakesOf({
      LockstepStorage: connectionString,
      LockstepStorage__tableServiceUri: 'secret-1',
      LOCKSTEP_CLIENT_ID: 'secret-2',
      LOCKSTEP_GRAPH_ROOT: 'secret-3',
      LOCKSTEP_BUDGET: 'secret-4',
    });
    expect(message).not.toMatch(/secret|c2VjcmV0/);
  });
});
