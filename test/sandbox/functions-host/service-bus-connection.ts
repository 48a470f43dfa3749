import type { AccessToken, TokenCredential } from '@azure/core-auth';
import { ServiceBusClient } from '@azure/service-bus';
import { z } from 'zod';
import { HostError } from './host-error.ts';
import type { Settings } from './settings.ts';

/** Clients by the name of their connection setting; each is opened once. */
export interface ServiceBusConnections {
  client(connection: string): ServiceBusClient;
  close(): Promise<void>;
}

/**
 * Opens the connections that bindings name. `<name>` is a connection string; `<name>__fullyQualifiedNamespace` a namespace that is entered with the identity
 * of the machine, or, when it is on loopback, one that asks for none and speaks plain TCP, as the emulator does.
 */
export function createConnections(settings: Settings): ServiceBusConnections {
  const clients = new Map<string, ServiceBusClient>();
  return {
    client(connection) {
      const known = clients.get(connection);
      if (known) return known;
      const client = open(connection, settings);
      clients.set(connection, client);
      return client;
    },
    async close() {
      await Promise.all([...clients.values()].map((client) => client.close()));
    },
  };
}

function open(connection: string, settings: Settings): ServiceBusClient {
  const text = settings[connection] ?? settings[`AzureWebJobs${connection}`];
  if (text !== undefined && text !== '') return new ServiceBusClient(text);
  const namespace = settings[`${connection}__fullyQualifiedNamespace`];
  if (namespace === undefined || namespace === '') {
    throw new HostError(
      `Service Bus connection "${connection}": neither the setting "${connection}" nor "${connection}__fullyQualifiedNamespace" has a value.`,
    );
  }
  if (/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(namespace)) return new ServiceBusClient(emulatorConnection(namespace));
  return new ServiceBusClient(namespace, new ManagedIdentity());
}

/** The connection string of an emulator; its key is not looked at. */
function emulatorConnection(address: string): string {
  return `Endpoint=sb://${address};SharedAccessKeyName=none;SharedAccessKey=none;UseDevelopmentEmulator=true;`;
}

const tokenSchema = z.object({ access_token: z.string(), expires_on: z.coerce.number() });

/** Tokens from the identity endpoint of App Service (IDENTITY_ENDPOINT, API version 2019-08-01). */
class ManagedIdentity implements TokenCredential {
  async getToken(scopes: string | string[]): Promise<AccessToken> {
    const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: secret, AZURE_CLIENT_ID: clientId } = process.env;
    if (!endpoint || !secret) throw new HostError('There is no managed identity here: IDENTITY_ENDPOINT is not set.');
    const scope = Array.isArray(scopes) ? (scopes[0] ?? '') : scopes;
    const url = new URL(endpoint);
    url.searchParams.set('api-version', '2019-08-01');
    url.searchParams.set('resource', scope.replace(/\/\.default$/, ''));
    if (clientId) url.searchParams.set('client_id', clientId);
    const response = await fetch(url, { headers: { 'X-IDENTITY-HEADER': secret } });
    if (!response.ok) throw new HostError(`The identity endpoint answered ${response.status}.`);
    const token = tokenSchema.parse(await response.json());
    return { token: token.access_token, expiresOnTimestamp: token.expires_on * 1000 };
  }
}
