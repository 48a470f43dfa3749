import type { TokenCredential } from '@azure/core-auth';
import { z } from 'zod';
import type { Https } from '../network/https.ts';

/** Of the data plane. */
const apiVersion = '7.4';
const scope = 'https://vault.azure.net/.default';
const answerSchema = z.object({ value: z.string().min(1) });

/**
 * The newest version of a secret, or the one that the address names
 * (https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret). Throws an Error that says why there is none.
 */
export async function readVaultSecret(
  address: string,
  { credential, https }: { readonly credential: TokenCredential; readonly https: Https },
): Promise<string> {
  const token = await credential.getToken(scope);
  const url = new URL(address);
  url.searchParams.set('api-version', apiVersion);
  const { status, body } = await https({
    method: 'GET',
    url: url.href,
    headers: { authorization: `Bearer ${token?.token ?? ''}` },
  });
  // The body of a refusal names the identity and the right that it lacks; that of a success is the secret.
  if (status !== 200) throw new Error(`the vault answered with ${status}: ${reasonOf(body)}`);
  return answerSchema.parse(JSON.parse(body)).value;
}

const refusalSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

function reasonOf(body: string): string {
  try {
    const { code, message } = refusalSchema.parse(JSON.parse(body)).error;
    return `${code}, ${message.split('\n', 1)[0] ?? ''}`;
  } catch {
    return 'no reason';
  }
}
