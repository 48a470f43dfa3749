import { LockstepError } from '../../../shared/errors/lockstep-error.ts';
import { addressText, type LdapAddress } from './transport.ts';

/** Which domain controllers there are. */
export interface DomainControllers {
  /** How to name them to an operator. */
  readonly label: string;
  /** The best to begin with first; never empty. @throws LockstepError LS1110. */
  addresses(signal: AbortSignal): Promise<readonly LdapAddress[]>;
}

/** Domain controllers that the operator named, in the operator's order. */
export function listedControllers(addresses: readonly LdapAddress[]): DomainControllers {
  return { label: addresses.map(addressText).join(', '), addresses: () => Promise.resolve(addresses) };
}

/** One answer to a query for SRV records (RFC 2782). */
export interface SrvRecord {
  readonly name: string;
  readonly priority: number;
  readonly weight: number;
}

export interface DiscoveryOptions {
  /** DNS name of the domain. */
  readonly domain: string;
  /** Site whose domain controllers are tried before all others. */
  readonly site?: string | undefined;
  readonly security: 'tls' | 'start-tls';
  readonly ca?: string | undefined;
  /** Rejects when there are no such records. */
  readonly resolveSrv: (name: string) => Promise<readonly SrvRecord[]>;
  /** In [0, 1). */
  readonly random: () => number;
}

/**
 * Domain controllers as DNS names them (MS-ADTS 6.3.2.3): those of the site, then all of the domain. Asked anew each time,
 * because they come and go.
 */
export function discoveredControllers(options: DiscoveryOptions): DomainControllers {
  const { domain, site, security, ca, resolveSrv, random } = options;
  const port = security === 'tls' ? 636 : 389;
  const names = [
    ...(site === undefined ? [] : [`_ldap._tcp.${site}._sites.dc._msdcs.${domain}`]),
    `_ldap._tcp.dc._msdcs.${domain}`,
  ];
  return {
    label: `the domain controllers of ${domain}${site === undefined ? '' : ` in ${site}`}`,
    addresses: async () => {
      const hosts: string[] = [];
      let failure: unknown;
      for (const name of names) {
        try {
          hosts.push(...inOrder(await resolveSrv(name), random).map((record) => record.name.replace(/\.$/, '')));
        } catch (error) {
          failure = error;
        }
      }
      const distinct = [...new Set(hosts.map((host) => host.toLowerCase()))];
      if (distinct.length > 0) return distinct.map((host) => ({ host, port, security, ca }));
      const why = failure instanceof Error ? failure.message : 'the answer is empty';
      throw new LockstepError('LS1110', `DNS names no domain controller of ${domain}: ${why}.`, {
        object: names.at(-1) ?? domain,
        retryable: true,
        cause: failure,
      });
    },
  };
}

/** By priority, and within one by chance in proportion to the weights (RFC 2782). */
function inOrder(records: readonly SrvRecord[], random: () => number): SrvRecord[] {
  const open = records.toSorted((a, b) => a.priority - b.priority || a.weight - b.weight);
  const ordered: SrvRecord[] = [];
  while (open.length > 0) {
    const equal = open.filter(({ priority }) => priority === open[0]?.priority);
    let at = random() * equal.reduce((sum, { weight }) => sum + weight + 1, 0);
    const chosen = equal.find(({ weight }) => (at -= weight + 1) < 0) ?? equal.at(-1);
    if (chosen === undefined) break;
    ordered.push(chosen);
    open.splice(open.indexOf(chosen), 1);
  }
  return ordered;
}
