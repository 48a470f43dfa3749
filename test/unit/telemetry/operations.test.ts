import { createServer, type IncomingHttpHeaders } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { WriteEvent } from '../../../functions/sync/dependencies.ts';
import { insightsOperations, readInsights, type Operations } from '../../../functions/telemetry/operations.ts';

const key = '11111111-2222-4333-8444-555555555555';
const correlationId = '0B5A4E0C-6a0f-4a5e-9d0e-6d1f6a4f3b11';
const now = new Date('2026-03-01T12:00:00Z');

const write = (more: Partial<WriteEvent> = {}): WriteEvent => ({
  event: 'write',
  correlationId,
  connector: 'contoso.test',
  objectGuid: '00000001-0000-4000-8000-000000000000',
  kind: 'update-user',
  outcome: 'done',
  failure: null,
  ...more,
});

interface Asked {
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** An endpoint that answers so. */
async function endpoint(
  status: number,
  accept: (items: number) => number,
): Promise<{ readonly url: string; readonly asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as unknown[];
      asked.push({ url: request.url, headers: request.headers, body });
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ itemsReceived: body.length, itemsAccepted: accept(body.length), errors: [] }));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function operations(url: string, token?: () => Promise<string>, clock: () => Date = () => now): Operations {
  const settings = readInsights(`InstrumentationKey=${key};IngestionEndpoint=${url}/;LiveEndpoint=https://live`);
  return insightsOperations({ ...settings, token, patienceMs: 200 }, clock);
}

describe('what was written', () => {
  it('is told to Application Insights within the operation of the read that brought it', async () => {
    const { url, asked } = await endpoint(200, (items) => items);
    const told = operations(url, () => Promise.resolve('t0ken'));
    expect(await told.record([write(), write({ outcome: 'failed', failure: 'conflict' })])).toBeUndefined();
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ url: '/v2.1/track', headers: { authorization: 'Bearer t0ken' } });
    expect(asked[0]?.body).toEqual([
      {
        ver: 1,
        name: 'Microsoft.ApplicationInsights.Event',
        time: '2026-03-01T12:00:00.000Z',
        iKey: key,
        tags: {
          'ai.operation.id': '0b5a4e0c6a0f4a5e9d0e6d1f6a4f3b11',
          'ai.operation.parentId': '0b5a4e0c6a0f4a5e',
          'ai.operation.name': 'sync cycle',
          'ai.cloud.role': 'lockstep',
        },
        data: {
          baseType: 'EventData',
          baseData: {
            ver: 2,
            name: 'write',
            properties: {
              connector: 'contoso.test',
              objectGuid: '00000001-0000-4000-8000-000000000000',
              kind: 'update-user',
              outcome: 'done',
              failure: '',
            },
          },
        },
      },
      expect.objectContaining({
        data: expect.objectContaining({
          baseData: expect.objectContaining({
            properties: expect.objectContaining({ failure: 'conflict' }) as unknown,
          }) as unknown,
        }) as unknown,
      }),
    ]);
  });

  it('is not told where no read brought it, and nobody is asked then', async () => {
    const { url, asked } = await endpoint(200, (items) => items);
    const causes = ['drift', 'retry', 'rules-changed', ''].map((word) => write({ correlationId: word }));
    expect(await operations(url).record(causes)).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it.each([
    ['refuses', 401, () => 0, 'HTTP 401, 0 of 1 events were taken'],
    ['takes a part', 206, () => 0, 'HTTP 206, 0 of 1 events were taken'],
  ])('never fails, and says why when the service %s', async (_, status, accept, reason) => {
    const { url } = await endpoint(status, accept);
    expect(await operations(url).record([write()])).toBe(reason);
  });

  it('never fails, and says why, when there is no token or no service', async () => {
    const { url } = await endpoint(200, (items) => items);
    const noToken = operations(url, () => Promise.reject(new Error('no identity')));
    expect(await noToken.record([write()])).toBe('no identity');
    expect(await operations('http://127.0.0.1:1').record([write()])).toMatch(/fetch failed|ECONNREFUSED/);
  });

  it('is given up after a while when no token comes, or no answer', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    expect(await operations(url).record([write()])).toMatch(/timeout/);
    expect(await operations(url, () => new Promise(() => undefined)).record([write()])).toMatch(/timeout/);
  });

  it('asks a service that failed again after a minute, or when the clock went back, and not before', async () => {
    let taken = 0;
    const { url, asked } = await endpoint(200, () => taken);
    let time = now.getTime();
    const told = operations(url, undefined, () => new Date(time));
    const failure = 'HTTP 200, 0 of 1 events were taken';
    expect(await told.record([write()])).toBe(failure);
    time += 59_999;
    expect(await told.record([write()])).toBe(`not asked again yet after: ${failure}`);
    expect(asked).toHaveLength(1);
    time += 1;
    expect(await told.record([write()])).toBe(failure);
    expect(asked).toHaveLength(2);
    time -= 86_400_000;
    taken = 1;
    expect(await told.record([write()])).toBeUndefined();
    expect(await told.record([write()])).toBeUndefined();
    expect(asked).toHaveLength(4);
  });
});

describe('a connection string of Application Insights', () => {
  it.each([
    [`InstrumentationKey=${key};IngestionEndpoint=https://a.in.test/`, 'https://a.in.test/'],
    [`IngestionEndpoint=https://a.in.test;InstrumentationKey=${key}`, 'https://a.in.test/'],
    [`InstrumentationKey=${key}`, 'https://dc.services.visualstudio.com/'],
  ])('%s leads to %s', (text, url) => {
    expect(readInsights(text)).toEqual({ instrumentationKey: key, endpoint: url });
  });

  it('without a key is refused', () => {
    expect(() => readInsights('IngestionEndpoint=https://a.in.test/')).toThrow('InstrumentationKey');
  });
});
