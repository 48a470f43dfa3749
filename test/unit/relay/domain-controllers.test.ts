import { describe, expect, it } from 'vitest';
import { discoveredControllers, type SrvRecord } from '../../../onprem-relay/directory/ldap/domain-controllers.ts';

const never = new AbortController().signal;
const domainName = '_ldap._tcp.dc._msdcs.contoso.test';
const siteName = '_ldap._tcp.Zurich._sites.dc._msdcs.contoso.test';

const record = (name: string, priority = 0, weight = 100): SrvRecord => ({ name, priority, weight });

function discover(
  zone: Readonly<Record<string, readonly SrvRecord[]>>,
  more: { readonly site?: string; readonly security?: 'tls' | 'start-tls'; readonly random?: () => number } = {},
): Promise<readonly { readonly host: string; readonly port: number }[]> {
  const controllers = discoveredControllers({
    domain: 'contoso.test',
    security: 'tls',
    random: () => 0,
    ...more,
    resolveSrv: (name) => {
      const found = zone[name];
      return found === undefined ? Promise.reject(new Error(`querySrv ENOTFOUND ${name}`)) : Promise.resolve(found);
    },
  });
  return controllers.addresses(never);
}

const hosts = async (...args: Parameters<typeof discover>): Promise<string[]> =>
  (await discover(...args)).map(({ host }) => host);

describe('the domain controllers that DNS names', () => {
  it('come in the order of their priority, each once', async () => {
    const zone = { [domainName]: [record('DC2.contoso.test.', 10), record('dc1.contoso.test', 0)] };
    expect(await discover(zone)).toEqual([
      { host: 'dc1.contoso.test', port: 636, security: 'tls', ca: undefined },
      { host: 'dc2.contoso.test', port: 636, security: 'tls', ca: undefined },
    ]);
    expect(await discover(zone, { security: 'start-tls' })).toMatchObject([{ port: 389 }, { port: 389 }]);
  });

  it('begin with those of the site, and end with all others', async () => {
    const zone = {
      [siteName]: [record('near.contoso.test')],
      [domainName]: [record('far'), record('near.contoso.test')],
    };
    expect(await hosts(zone, { site: 'Zurich' })).toEqual(['near.contoso.test', 'far']);
    expect(await hosts({ [domainName]: [record('far')] }, { site: 'Zurich' })).toEqual(['far']);
  });

  it('share the load in proportion to their weights', async () => {
    const zone = { [domainName]: [record('heavy', 0, 299), record('light', 0, 99)] };
    const first = new Map<string, number>();
    for (let i = 0; i < 400; i += 1) {
      const [host = ''] = await hosts(zone, { random: () => i / 400 });
      first.set(host, (first.get(host) ?? 0) + 1);
    }
    expect(Object.fromEntries(first)).toEqual({ heavy: 300, light: 100 });
  });

  it('are an error with the reason when there are none', async () => {
    await expect(discover({})).rejects.toMatchObject({
      code: 'LS1110',
      retryable: true,
      message: expect.stringContaining('ENOTFOUND') as unknown,
    });
    await expect(discover({ [domainName]: [] })).rejects.toMatchObject({ code: 'LS1110' });
  });
});
