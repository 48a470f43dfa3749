import { X509Certificate } from 'node:crypto';
import type { AccessToken, TokenCredential } from '@azure/core-auth';
import { ConfidentialClientApplication, ManagedIdentityApplication, type AuthenticationResult } from '@azure/msal-node';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';

/** As whom the relay signs in to Service Bus. */
export type BusIdentity =
  /** The machine's own identity (an Azure virtual machine, or Azure Arc on premises). */
  | { readonly kind: 'managed-identity'; readonly clientId?: string | undefined }
  /** An application with a certificate. `pem`: certificate and private key. */
  | { readonly kind: 'certificate'; readonly tenantId: string; readonly clientId: string; readonly pem: string };

const resource = 'https://servicebus.azure.net';

/** A credential in the form that the Service Bus client asks for. Tokens are cached by MSAL. */
export function busCredential(identity: BusIdentity): TokenCredential {
  const acquire = identity.kind === 'certificate' ? byCertificate(identity) : byManagedIdentity(identity.clientId);
  return { getToken: () => tokenFrom(acquire, identity) };
}

async function tokenFrom(
  acquire: () => Promise<AuthenticationResult | null>,
  { kind }: BusIdentity,
): Promise<AccessToken> {
  let result: AuthenticationResult | null;
  try {
    result = await acquire();
  } catch (error) {
    throw noToken(kind, error instanceof Error ? error.message : String(error), error);
  }
  const expiresOn = result?.expiresOn ?? undefined;
  if (result === null || expiresOn === undefined) throw noToken(kind, 'the answer carries none');
  return { token: result.accessToken, expiresOnTimestamp: expiresOn.getTime() };
}

function noToken(kind: BusIdentity['kind'], why: string, cause?: unknown): LockstepError {
  return new LockstepError('LS3004', `No token for Service Bus could be obtained by ${kind}: ${why}.`, {
    object: resource,
    retryable: true,
    cause,
    remedy: 'Check that the identity exists on this machine, or the tenant, the client id and the certificate.',
  });
}

function byManagedIdentity(clientId: string | undefined): () => Promise<AuthenticationResult> {
  const application = new ManagedIdentityApplication(
    clientId === undefined ? {} : { managedIdentityIdParams: { userAssignedClientId: clientId } },
  );
  return () => application.acquireToken({ resource });
}

function byCertificate(
  identity: Extract<BusIdentity, { kind: 'certificate' }>,
): () => Promise<AuthenticationResult | null> {
  const application = new ConfidentialClientApplication({
    auth: {
      clientId: identity.clientId,
      authority: `https://login.microsoftonline.com/${identity.tenantId}`,
      clientCertificate: {
        thumbprintSha256: new X509Certificate(identity.pem).fingerprint256.replaceAll(':', ''),
        privateKey:
          /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/.exec(identity.pem)?.[0] ?? '',
      },
    },
  });
  return () => application.acquireTokenByClientCredential({ scopes: [`${resource}/.default`] });
}
