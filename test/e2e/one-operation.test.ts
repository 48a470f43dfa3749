import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { expectInStep, startTestSandbox, temporaryFolder } from '../support/sandbox.ts';
import { smallEstate } from '../support/small-estate.ts';

interface Envelope {
  readonly tags: Readonly<Record<string, string>>;
  readonly data: { readonly baseData: { readonly properties: Readonly<Record<string, string>> } };
}

/** Takes telemetry as Application Insights does; `until` waits for so much of it. */
async function insights(): Promise<{
  readonly connectionString: string;
  readonly taken: Envelope[];
  readonly until: (enough: () => boolean) => Promise<void>;
}> {
  const taken: Envelope[] = [];
  const arrivals = new EventEmitter();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const items = JSON.parse(Buffer.concat(chunks).toString()) as Envelope[];
      taken.push(...items);
      arrivals.emit('items');
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ itemsReceived: items.length, itemsAccepted: items.length, errors: [] }));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const key = '11111111-2222-4333-8444-555555555555';
  const until = async (enough: () => boolean): Promise<void> => {
    while (!enough()) await once(arrivals, 'items');
  };
  return { connectionString: `InstrumentationKey=${key};IngestionEndpoint=${endpoint}`, taken, until };
}

it('a read of the relay and the writes that it leads to are one operation', async () => {
  const { connectionString, taken, until } = await insights();
  const data = temporaryFolder();
  const file = join(temporaryFolder(), 'estate.ldif');
  writeFileSync(file, smallEstate(30, 3).ldif);
  const sandbox = await startTestSandbox({
    data,
    directory: { kind: 'ldif', file },
    cloudSettings: { APPLICATIONINSIGHTS_CONNECTION_STRING: connectionString },
  });
  onTestFinished(() => sandbox.stop());
  await expectInStep(sandbox);
  const created = (): number =>
    taken.filter(({ data: { baseData } }) => baseData.properties['kind'] === 'create-user').length;
  // The slice is in step a moment before it is told.
  await until(() => created() >= 30);
  expect(created()).toBe(30);
  const log = readdirSync(join(data, 'logs')).map((name) => readFileSync(join(data, 'logs', name), 'utf8'));
  const reads = [...log.join('\n').matchAll(/correlationId\\*":\\*"([0-9a-f-]{36})/g)].map(([, id]) => id ?? '');
  const operations = new Set(taken.map(({ tags }) => tags['ai.operation.id']));
  expect(operations.size).toBeGreaterThan(0);
  for (const operation of operations) expect(reads.map((id) => id.replaceAll('-', ''))).toContain(operation);
});
