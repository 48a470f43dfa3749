import type { AccessToken, TokenCredential } from '@azure/core-auth';
import { ManagedIdentityApplication } from '@azure/msal-node';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';

/** Tokens of the function app's managed identity. msal-node keeps them in memory until they are about to expire. */
export interface Identity {
  /** `resource` without `/.default`, as `https://graph.microsoft.com`. Throws LS3004. */
  token(resource: string, refresh?: boolean): Promise<AccessToken>;
  /** The same for Azure SDK clients. */
  readonly credential: TokenCredential;
}

/** `clientId` names a user-assigned identity; without it the system-assigned one is used. */
export function managedIdentity(clientId: string | undefined): Identity {
  const application = new ManagedIdentityApplication(
    clientId === undefined ? {} : { managedIdentityIdParams: { userAssignedClientId: clientId } },
  );
  const token = async (resource: string, refresh = false): Promise<AccessToken> => {
    try {
      const result = await application.acquireToken({ resource, forceRefresh: refresh });
      return { token: result.accessToken, expiresOnTimestamp: result.expiresOn?.getTime() ?? 0 };
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new LockstepError('LS3004', `The managed identity gave no token for ${resource}: ${reason}`, {
        cause,
        retryable: true,
      });
    }
  };
  return {
    token,
    credential: {
      getToken: (scopes) => token((Array.isArray(scopes) ? (scopes[0] ?? '') : scopes).replace(/\/\.default$/, '')),
    },
  };
}
