import { randomBytes } from 'node:crypto';
import { LockstepError } from '../../../shared/errors/lockstep-error.ts';
import type { TenantOption } from '../cli/options.ts';
import type { GraphSimulator } from '../graph/simulator.ts';
import { startGraphSimulator } from '../graph/simulator.ts';
import { startIdentityEndpoint } from '../identity/identity-endpoint.ts';
import type { TokenSource } from '../identity/identity-endpoint.ts';
import { certificateTokens, fileTokens, simulatorTokens } from '../identity/token-sources.ts';

/** A tenant to write to, and the identity to do it with. */
export interface Tenant {
  readonly label: string;
  /** Application settings. */
  readonly settings: Readonly<Record<string, string>>;
  readonly simulator?: GraphSimulator;
  stop(): Promise<void>;
}

export interface SimulatedTenant {
  readonly store: string;
  /** Verified beside the initial contoso.onmicrosoft.com. */
  readonly domains: readonly string[];
  /** Client ids of app registrations that hold directory extensions. */
  readonly applications: readonly string[];
  readonly throttling: 'documented' | 'off';
}

/** What the state of a sandbox belongs to on the tenant's side. */
export function tenantName(option: TenantOption): string {
  switch (option.kind) {
    case 'simulator':
      return 'the simulated tenant';
    case 'service-root':
      return option.root;
    case 'tenant':
      return `${option.root} ${option.tenant}`;
  }
}

export async function openTenant(option: TenantOption, simulated: SimulatedTenant): Promise<Tenant> {
  const simulator = option.kind === 'simulator' ? await startSimulator(simulated) : undefined;
  try {
    const root = simulator?.serviceRoot ?? (option.kind === 'simulator' ? '' : option.root);
    const endpoint = await startIdentityEndpoint(await tokensFor(option), randomBytes(32).toString('hex'));
    return {
      label: labelOf(option, root, simulated),
      settings: { ...endpoint.settings, LOCKSTEP_GRAPH_ROOT: root },
      ...(simulator === undefined ? {} : { simulator }),
      stop: async () => {
        await endpoint.stop();
        await simulator?.stop();
      },
    };
  } catch (error) {
    await simulator?.stop();
    throw error;
  }
}

function startSimulator({ store, domains, applications, throttling }: SimulatedTenant): Promise<GraphSimulator> {
  return startGraphSimulator({
    store,
    tenant: { domains: [{ id: 'contoso.onmicrosoft.com' }, ...domains.map((id) => ({ id }))], applications },
    ...(throttling === 'off' ? { throttling } : {}),
  });
}

function labelOf(option: TenantOption, root: string, { domains }: SimulatedTenant): string {
  switch (option.kind) {
    case 'simulator':
      return `${root}/v1.0 (simulated; verified: ${['contoso.onmicrosoft.com', ...domains].join(', ')})`;
    case 'service-root':
      return `${root}/v1.0`;
    case 'tenant':
      return `${option.tenant} at ${root}/v1.0`;
  }
}

async function tokensFor(option: TenantOption): Promise<TokenSource> {
  if (option.kind === 'simulator') return simulatorTokens;
  if (option.kind === 'service-root')
    return option.tokenFile === undefined ? simulatorTokens : fileTokens(option.tokenFile);
  try {
    return await certificateTokens(option);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LockstepError('LS1001', `The certificate in ${option.certificateFile} cannot be used: ${reason}`, {
      object: option.certificateFile,
      remedy: 'Give a PEM file that holds the private key, not encrypted, and the certificate.',
      cause: error,
    });
  }
}
