import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Gives a token for a resource (`https://graph.microsoft.com`), or throws with the reason. */
export type TokenSource = (resource: string) => Promise<{ readonly token: string; readonly expiresOn: Date }>;

export interface IdentityEndpoint {
  /** Settings that make msal-node find it: `IDENTITY_ENDPOINT`, `IDENTITY_HEADER`. */
  readonly settings: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/**
 * Plays the token endpoint that App Service gives an application with a managed identity (REST protocol 2019-08-01:
 * `?resource=…&api-version=…`, secret in `X-IDENTITY-HEADER`), so that the application asks for tokens as in Azure.
 */
export async function startIdentityEndpoint(tokens: TokenSource, secret: string): Promise<IdentityEndpoint> {
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const resource = url.searchParams.get('resource');
    if (request.headers['x-identity-header'] !== secret) {
      answer(401, { statusCode: 401, message: 'The X-IDENTITY-HEADER is not the one that this endpoint gave out.' });
    } else if (
      url.pathname !== '/msi/token' ||
      resource === null ||
      url.searchParams.get('api-version') !== '2019-08-01'
    ) {
      answer(400, { statusCode: 400, message: 'Expected /msi/token with resource and api-version=2019-08-01.' });
    } else {
      tokens(resource).then(
        ({ token, expiresOn }) => {
          answer(200, {
            access_token: token,
            expires_on: String(Math.floor(expiresOn.getTime() / 1000)),
            resource,
            token_type: 'Bearer',
          });
        },
        (error: unknown) => {
          answer(500, { statusCode: 500, message: error instanceof Error ? error.message : String(error) });
        },
      );
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    settings: { IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/msi/token`, IDENTITY_HEADER: secret },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
