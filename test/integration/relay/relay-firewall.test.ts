import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { resources, tokensFor } from '../../../onprem-relay/identity/credential.ts';
import { msalNetwork } from '../../../onprem-relay/identity/msal-network.ts';
import { httpsVia } from '../../../onprem-relay/network/https.ts';
import { startBroker } from '../../sandbox/service-bus/broker.ts';
import { lockstepBusConfig } from '../../sandbox/service-bus/lockstep-config.ts';
import {
  httpProxy,
  httpsServer,
  localCertificate,
  webSocketGateway,
  type Proxy,
} from '../../support/network/firewall.ts';
import { relayProcess } from '../../support/relay/relay-in-test.ts';
import { relayCommand } from '../../support/relay/relay-process.ts';
import { smallEstate } from '../../support/small-estate.ts';

const signIn = 'login.microsoftonline.com';
const own = localCertificate(signIn);
const password = 'p@ss:w%rd';
const before = getCACertificates();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firewall-'));
  await writeFile(join(folder, 'estate.ldif'), smallEstate(8, 2).ldif);
  await writeFile(join(folder, 'password'), `${password}\n`);
  setDefaultCACertificates([...before, own.certificate]);
});
afterAll(async () => {
  setDefaultCACertificates(before);
  await Promise.all([folder, own.folder].map((one) => rm(one, { recursive: true })));
});

async function proxy(ports?: Readonly<Record<string, number>>): Promise<Proxy> {
  const started = await httpProxy(`relay:${password}`, ports);
  onTestFinished(() => started.close());
  return started;
}

/** A broker that is reached over WebSockets only, and the environment of a relay that is to reach it. */
async function behindGateway(): Promise<{ readonly environment: Record<string, string>; readonly port: number }> {
  const broker = await startBroker({ config: lockstepBusConfig });
  onTestFinished(() => broker.stop());
  const gateway = await webSocketGateway(own, Number(/127\.0\.0\.1:(\d+)/.exec(broker.connectionString)?.[1]));
  onTestFinished(() => gateway.close());
  const LockstepBus = `Endpoint=sb://localhost:${gateway.port};SharedAccessKeyName=n;SharedAccessKey=k;UseDevelopmentEmulator=true`;
  const LOCKSTEP_DIRECTORY = join(folder, 'estate.ldif');
  return { environment: { LockstepBus, LOCKSTEP_DIRECTORY, NODE_EXTRA_CA_CERTS: own.file }, port: gateway.port };
}

describe('A relay behind a firewall', () => {
  it('streams over WebSockets', async () => {
    const { environment } = await behindGateway();
    const relay = relayProcess(['--web-sockets'], environment);
    expect(await relay.event('full-read.end')).toMatchObject({ objects: 10 });
  });

  it('streams over WebSockets by way of a proxy that wants a name and a password', async () => {
    const { environment, port } = await behindGateway();
    const { port: proxyPort, targets, refused } = await proxy();
    const through = [
      '--proxy',
      `http://relay@127.0.0.1:${proxyPort}`,
      '--proxy-password-file',
      join(folder, 'password'),
    ];
    const relay = relayProcess(through, environment);
    expect(await relay.event('full-read.end')).toMatchObject({ objects: 10 });
    expect(new Set(targets)).toEqual(new Set([`localhost:${port}`]));
    expect(refused()).toBe(0);
  });

  it('says so when the proxy refuses it, without the password', async () => {
    const { environment } = await behindGateway();
    const { port, refused } = await proxy();
    const wrong = join(folder, 'wrong');
    await writeFile(wrong, 'hunter2');
    const through = ['--proxy', `http://relay@127.0.0.1:${port}`, '--proxy-password-file', wrong];
    const { code, stdout } = await relayCommand(['check', ...through], environment);
    expect(code).toBe(1);
    expect(stdout).toMatch(/problem .*LS2001/);
    expect(stdout).not.toContain('hunter2');
    expect(refused()).toBeGreaterThan(0);
  });

  it('signs in by way of the proxy with a token that others renew, and with a certificate', async () => {
    const proofs: URLSearchParams[] = [];
    const server = await httpsServer(own, (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        if (request.method === 'POST') proofs.push(new URLSearchParams(body));
        const tenant = `https://${signIn}/contoso.test`;
        const answer =
          request.method === 'POST'
            ? { token_type: 'Bearer', expires_in: 1, access_token: `token-${proofs.length}` }
            : {
                issuer: `${tenant}/v2.0`,
                authorization_endpoint: tenant,
                token_endpoint: `${tenant}/oauth2/v2.0/token`,
              };
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      });
    });
    onTestFinished(() => server.close());
    const { port } = await proxy({ [signIn]: server.port });
    const way = { url: `http://relay@127.0.0.1:${port}`, password };
    const application = { tenantId: 'contoso.test', clientId: '00000001-0000-4000-8000-000000000000' };
    const tokenFile = join(folder, 'token');
    const federated = tokensFor(resources.serviceBus, { kind: 'federated', ...application, tokenFile }, way);
    for (const assertion of ['first', 'second']) {
      await writeFile(tokenFile, `${assertion}\n`);
      await federated.getToken('');
    }
    expect(proofs.map((proof) => proof.get('client_assertion'))).toEqual(['first', 'second']);
    const pem = `${own.key}${own.certificate}`;
    const byCertificate = tokensFor(resources.keyVault, { kind: 'certificate', ...application, pem }, way);
    expect(await byCertificate.getToken('')).toMatchObject({ token: 'token-3' });
    expect(proofs[2]?.get('scope')).toContain('https://vault.azure.net/.default');
    expect(proofs[2]?.get('client_assertion')?.split('.')).toHaveLength(3);
  });

  it('asks for tokens and secrets by way of the proxy, too', async () => {
    const server = await httpsServer(own, (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const answer = { method: request.method, agent: request.headers['x-agent'], body };
        response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      });
    });
    onTestFinished(() => server.close());
    const { port, targets } = await proxy();
    const url = `https://localhost:${server.port}/x`;
    const way = { url: `http://relay@127.0.0.1:${port}`, password };
    const network = msalNetwork(way);
    expect(await network.sendPostRequestAsync(url, { headers: { 'x-agent': 'a' }, body: 'grant' })).toMatchObject({
      status: 201,
      headers: { 'content-type': 'application/json' },
      body: { method: 'POST', agent: 'a', body: 'grant' },
    });
    expect((await httpsVia(way)({ method: 'GET', url })).body).toContain('"method":"GET"');
    expect((await httpsVia(undefined)({ method: 'GET', url })).status).toBe(201);
    expect(targets).toEqual([`localhost:${server.port}`, `localhost:${server.port}`]);
  });
});
