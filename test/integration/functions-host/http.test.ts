import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryDurableStore, startFunctionsHost, type FunctionsHost } from '../../sandbox/functions-host/host.ts';
import { buildHostApp, type BuiltApp } from './host-app.ts';

let app: BuiltApp;
let host: FunctionsHost;

beforeAll(async () => {
  app = await buildHostApp();
  host = await startFunctionsHost({
    appRoot: app.appRoot,
    settings: { TICK_SCHEDULE: '0 0 0 1 1 *', GREETING: 'from the settings' },
    durableStore: memoryDurableStore(),
    functionKeys: { default: 'function-key' },
    masterKey: 'master-key',
  });
});

afterAll(async () => {
  await host.stop();
  app.remove();
});

describe('the HTTP front', () => {
  it.each([
    ['POST', '/api/hello', undefined, 200, 'Hello body'],
    ['GET', '/api/items', undefined, 401, ''],
    ['GET', '/api/items', 'wrong', 401, ''],
    ['GET', '/api/items?q=1', 'function-key', 200, '{"id":null,"q":"1"}'],
    ['GET', '/api/items/7?code=function-key', undefined, 200, '{"id":"7","q":null}'],
    ['GET', '/api/items/7', 'master-key', 200, '{"id":"7","q":null}'],
    ['DELETE', '/api/items/7', 'function-key', 204, ''],
    ['PUT', '/api/items/7', 'function-key', 404, ''],
    ['GET', '/api/items/x', 'function-key', 404, ''],
    ['GET', '/api/items/special', undefined, 200, 'special'],
    ['GET', '/api/files/a/b.txt', 'function-key', 401, ''],
    ['GET', '/api/files/a/b.txt', 'master-key', 200, 'a/b.txt'],
    ['GET', '/api/broken', undefined, 500, ''],
    ['GET', '/api/silent', undefined, 204, ''],
    ['GET', '/api/unknown', undefined, 404, ''],
    ['GET', '/hello', undefined, 404, ''],
    ['GET', '/admin/host/status', undefined, 401, ''],
    ['GET', '/admin/host/status', 'function-key', 401, ''],
    ['GET', '/runtime/webhooks/durabletask/instances/x', undefined, 401, ''],
    ['GET', '/runtime/webhooks/durabletask/instances/x', 'master-key', 404, ''],
  ])('answers %s %s with key %s: %i', async (method, path, key, status, text) => {
    const response = await fetch(host.baseUrl + path, {
      method,
      headers: key === undefined ? {} : { 'x-functions-key': key },
      ...(method === 'POST' ? { body: 'body' } : {}),
    });
    expect(response.status).toBe(status);
    expect(await response.text()).toBe(text);
  });

  it('tells its status to who has the master key', async () => {
    const response = await fetch(`${host.baseUrl}/admin/host/status?code=master-key`);
    expect(await response.json()).toMatchObject({ state: 'Running' });
  });

  it('passes bytes through as they are', async () => {
    const response = await fetch(`${host.baseUrl}/api/upload`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: Uint8Array.of(0, 255, 128, 7),
    });
    expect(await response.json()).toEqual({ length: 4, type: 'application/octet-stream', last: 7 });
  });

  it('gives a chunked upload no body, as the Functions host does', async () => {
    const text = await new Promise<string>((resolve, reject) => {
      const sent = request(`${host.baseUrl}/api/upload`, { method: 'POST' }, (response) => {
        let all = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (all += chunk));
        response.on('end', () => {
          resolve(all);
        });
      });
      sent.on('error', reject);
      sent.write('some');
      sent.end('thing');
    });
    expect(JSON.parse(text)).toMatchObject({ length: 0 });
  });

  it('writes headers and cookies', async () => {
    const echoed = await fetch(`${host.baseUrl}/api/files/x?code=master-key`, { headers: { 'X-In': 'value' } });
    expect(echoed.headers.get('x-echo')).toBe('value');
    const response = await fetch(`${host.baseUrl}/api/cookies`);
    expect(response.headers.getSetCookie()).toEqual(['a=b%20c; Path=/; HttpOnly; SameSite=Lax']);
  });

  it('gives the app its settings, and runs its hooks', async () => {
    expect(await (await fetch(`${host.baseUrl}/api/environment`)).json()).toEqual({ greeting: 'from the settings' });
    expect(await (await fetch(`${host.baseUrl}/api/hooks`)).json()).toEqual(['appStart', 'preInvocation']);
  });
});

describe('stopping and starting', () => {
  it('takes the settings back and runs the terminate hooks', async () => {
    const other = await buildHostApp('http.ts', 'esm');
    const second = await startFunctionsHost({
      appRoot: other.appRoot,
      settings: { ONLY_SECOND: 'yes' },
      durableStore: memoryDurableStore(),
    });
    expect(process.env['ONLY_SECOND']).toBe('yes');
    expect(await (await fetch(`${second.baseUrl}/api/hello`, { method: 'POST', body: 'ESM' })).text()).toBe(
      'Hello ESM',
    );
    await second.stop();
    other.remove();
    expect(process.env['ONLY_SECOND']).toBeUndefined();
    await expect(fetch(`${second.baseUrl}/api/hello`)).rejects.toThrow();
  });

  it('names a setting that a binding asks for and that is not there', async () => {
    const starting = startFunctionsHost({ appRoot: app.appRoot, settings: {}, durableStore: memoryDurableStore() });
    await expect(starting).rejects.toThrow('no app setting "TICK_SCHEDULE"');
  });
});
