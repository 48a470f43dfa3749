import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { AccessToken, TokenCredential } from '@azure/core-auth';
import {
  ConfidentialClientApplication,
  ManagedIdentityApplication,
  type AuthenticationResult,
  type Configuration,
} from '@azure/msal-node';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import type { HttpProxy } from '../network/proxy.ts';
import { msalNetwork } from './msal-network.ts';

/** As whom the relay signs in to Azure. */
export type RelayIdentity =
  /** The machine's own identity (an Azure virtual machine, or Azure Arc on premises). */
  | { readonly kind: 'managed-identity'; readonly clientId?: string | undefined }
  /** An application with a certificate. `pem`: certificate and private key. */
  | (Application & { readonly kind: 'certificate'; readonly pem: string })
  /** An application that trusts somebody else's tokens. `tokenFile`: where the token of this machine lies, renewed by others. */
  | (Application & { readonly kind: 'federated'; readonly tokenFile: string });

interface Application {
  readonly tenantId: string;
  readonly clientId: string;
}

/** What tokens are for. */
export const resources = {
  serviceBus: 'https://servicebus.azure.net',
  keyVault: 'https://vault.azure.net',
} as const;
type Resource = (typeof resources)[keyof typeof resources];

type Acquire = () => Promise<AuthenticationResult | null>;

/** Tokens for one resource, in the form that Azure's clients ask for. They are cached by MSAL. */
export function tokensFor(resource: Resource, identity: RelayIdentity, proxy: HttpProxy | undefined): TokenCredential {
  const acquire = acquireBy(resource, identity, proxy);
  return { getToken: () => tokenFrom(acquire, resource, identity) };
}

async function tokenFrom(acquire: Acquire, resource: Resource, { kind }: RelayIdentity): Promise<AccessToken> {
  let result: AuthenticationResult | null;
  try {
    result = await acquire();
  } catch (error) {
    throw noToken(kind, resource, error instanceof Error ? error.message : String(error), error);
  }
  const expiresOn = result?.expiresOn ?? undefined;
  if (result === null || expiresOn === undefined) throw noToken(kind, resource, 'the answer carries none');
  return { token: result.accessToken, expiresOnTimestamp: expiresOn.getTime() };
}

function noToken(kind: RelayIdentity['kind'], resource: Resource, why: string, cause?: unknown): LockstepError {
  return new LockstepError('LS3004', `No token for ${resource} could be obtained by ${kind}: ${why}.`, {
    object: resource,
    retryable: true,
    cause,
    remedy:
      'Check that the identity exists on this machine, or the tenant, the client id and the certificate or token.',
  });
}

function acquireBy(resource: Resource, identity: RelayIdentity, proxy: HttpProxy | undefined): Acquire {
  if (identity.kind === 'managed-identity') {
    const { clientId } = identity;
    // Answered on the machine itself: no proxy leads there.
    const machine = new ManagedIdentityApplication(
      clientId === undefined ? {} : { managedIdentityIdParams: { userAssignedClientId: clientId } },
    );
    return () => machine.acquireToken({ resource });
  }
  const { tenantId, clientId } = identity;
  const application = new ConfidentialClientApplication({
    auth: { clientId, authority: `https://login.microsoftonline.com/${tenantId}`, ...proofOf(identity) },
    ...(proxy && { system: { networkClient: msalNetwork(proxy) } }),
  });
  return () => application.acquireTokenByClientCredential({ scopes: [`${resource}/.default`] });
}

function proofOf(
  identity: Exclude<RelayIdentity, { kind: 'managed-identity' }>,
): Pick<Configuration['auth'], 'clientCertificate' | 'clientAssertion'> {
  if (identity.kind === 'federated') {
    // Read each time: such a token lives for an hour or less.
    return { clientAssertion: async () => (await readFile(identity.tokenFile, 'utf8')).trim() };
  }
  const { pem } = identity;
  return {
    clientCertificate: {
      thumbprintSha256: new X509Certificate(pem).fingerprint256.replaceAll(':', ''),
      privateKey: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/.exec(pem)?.[0] ?? '',
    },
  };
}
