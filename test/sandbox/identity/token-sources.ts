import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ConfidentialClientApplication } from '@azure/msal-node';
import type { TokenSource } from './identity-endpoint.ts';

const hour = 3_600_000;

/** The simulator takes any token; this one says where it is from. */
export const simulatorTokens: TokenSource = (resource) =>
  Promise.resolve({ token: `sandbox-token-for-${resource}`, expiresOn: new Date(Date.now() + 12 * hour) });

/** A token that somebody else obtained. The file is read each time, so a fresh token can be put there while all runs. */
export function fileTokens(path: string): TokenSource {
  return async () => ({ token: (await readFile(path, 'utf8')).trim(), expiresOn: new Date(Date.now() + hour / 2) });
}

/** Tokens of a real tenant for an app registration with a certificate: one PEM file with the private key and the certificate. */
export async function certificateTokens(options: {
  readonly tenant: string;
  readonly clientId: string;
  readonly certificateFile: string;
}): Promise<TokenSource> {
  const pem = await readFile(options.certificateFile, 'utf8');
  const thumbprintSha256 = new X509Certificate(pem).fingerprint256.replaceAll(':', '');
  const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/.exec(pem)?.[0];
  if (privateKey === undefined) throw new Error('The file has no private key.');
  const application = new ConfidentialClientApplication({
    auth: {
      clientId: options.clientId,
      authority: `https://login.microsoftonline.com/${options.tenant}`,
      clientCertificate: { thumbprintSha256, privateKey },
    },
  });
  return async (resource) => {
    const result = await application.acquireTokenByClientCredential({ scopes: [`${resource}/.default`] });
    if (result === null) throw new Error('The token service gave no token.');
    return { token: result.accessToken, expiresOn: result.expiresOn ?? new Date(Date.now() + hour) };
  };
}
