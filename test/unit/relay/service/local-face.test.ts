import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { LocalCommands } from '../../../../onprem-relay/service/local-commands.ts';
import { openLocalFace, runningRelay, type LocalFace } from '../../../../onprem-relay/service/local-face.ts';
import { Monitor } from '../../../../onprem-relay/service/monitor.ts';
import type { RelayCommand } from '../../../../shared/contracts/relay-command.ts';

let folder: string;
let controlFile: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'face-'));
  controlFile = join(folder, 'control.json');
});
afterEach(() => rm(folder, { recursive: true }));

interface Opened {
  readonly face: LocalFace;
  readonly asked: (readonly [string | undefined, string])[];
  readonly get: (path: string, init?: RequestInit) => Promise<Response>;
}

async function open(
  more: { readonly leads?: boolean; readonly healthy?: boolean; readonly port?: number } = {},
): Promise<Opened> {
  const monitor = new Monitor({ version: '1.2.3', now: () => new Date() });
  const silent = { info: () => undefined, error: () => undefined };
  const log = monitor.watch('contoso.test', 30_000, silent);
  if (more.healthy !== false) log.info('lease.standby', {});
  const asked: (readonly [string | undefined, string])[] = [];
  const face = await openLocalFace({
    port: more.port ?? 0,
    controlFile,
    monitor,
    resync: (connector, reason) => {
      asked.push([connector, reason]);
      return Promise.resolve(more.leads !== false);
    },
  });
  onTestFinished(() => face.close());
  return { face, asked, get: (path, init) => fetch(`http://127.0.0.1:${face.port}${path}`, init) };
}

describe('the local face of the relay', () => {
  it('tells everybody on the machine whether the relay is healthy', async () => {
    const well = await open();
    expect((await well.get('/healthz')).status).toBe(200);
    await well.face.close();
    expect((await (await open({ healthy: false })).get('/healthz')).status).toBe(503);
  });

  it('gives metrics in the type that Prometheus asks for', async () => {
    const answer = await (await open()).get('/metrics');
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4');
    expect(await answer.text()).toContain('lockstep_relay_leading{connector="contoso.test"} 0');
  });

  it.each(['/status', '/resync'])('keeps %s from those who do not know the key', async (path) => {
    const { get, asked } = await open();
    const method = path === '/resync' ? 'POST' : 'GET';
    for (const authorization of ['', 'Bearer ', `Bearer ${'x'.repeat(43)}`]) {
      const answer = await get(path, { method, headers: { authorization } });
      expect(answer.status).toBe(401);
      expect(await answer.text()).not.toContain('contoso');
    }
    expect(asked).toEqual([]);
  });

  it('has no other pages', async () => {
    const { get } = await open();
    expect((await get('/')).status).toBe(404);
    expect((await get('/healthz', { method: 'POST' })).status).toBe(404);
  });

  it('leaves address and key in a file that only its owner reads, whatever lay there, and takes it away', async () => {
    await writeFile(controlFile, 'old', { mode: 0o666 });
    const { face } = await open();
    expect((await stat(controlFile)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(controlFile, 'utf8'))).toEqual({
      url: `http://127.0.0.1:${face.port}`,
      key: expect.stringMatching(/^[\w-]{43}$/) as string,
    });
    await face.close();
    await expect(stat(controlFile)).rejects.toThrow('ENOENT');
  });

  it('answers whoever has the file: status and resync', async () => {
    const { asked } = await open();
    const relay = await runningRelay(controlFile);
    expect(await relay.status()).toMatchObject({ version: '1.2.3', connectors: [{ connector: 'contoso.test' }] });
    expect(await relay.resync('contoso.test')).toBe(true);
    expect(await relay.resync(undefined)).toBe(true);
    expect(asked).toEqual([
      ['contoso.test', 'asked for on this machine'],
      [undefined, 'asked for on this machine'],
    ]);
  });

  it('says when the relay does not lead', async () => {
    await open({ leads: false });
    expect(await (await runningRelay(controlFile)).resync(undefined)).toBe(false);
  });

  it('refuses a port that is taken with LS1004', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    await expect(open({ port: (other.address() as AddressInfo).port })).rejects.toMatchObject({ code: 'LS1004' });
  });

  it('refuses a control file that cannot be written with LS1002, and listens no longer', async () => {
    controlFile = join(folder, 'no-such-folder', 'control.json');
    await expect(open()).rejects.toMatchObject({ code: 'LS1002', object: controlFile });
  });

  it.each([
    ['is not there', undefined],
    ['is not a control file', '{"url":"x"}'],
    ['names a relay that is gone', '{"url":"http://127.0.0.1:1","key":"k"}'],
  ])('LS1005 when the file %s', async (_, content) => {
    if (content !== undefined) await writeFile(controlFile, content);
    const ask = async (): Promise<unknown> => (await runningRelay(controlFile)).status();
    await expect(ask()).rejects.toMatchObject({ code: 'LS1005', object: controlFile });
  });
});

describe('commands of this machine', () => {
  const never = new AbortController().signal;
  const forever = { listen: () => Promise.withResolvers<undefined>().promise };

  it('reach the connector that is led, or all of them', async () => {
    const local = new LocalCommands();
    const got: RelayCommand[] = [];
    const commands = local.beside(forever);
    for (const name of ['a.test', 'b.test']) {
      void commands.listen(
        name,
        (command) => {
          got.push(command);
          return Promise.resolve();
        },
        never,
      );
    }
    expect(await local.resync('b.test', 'why')).toBe(true);
    expect(got).toEqual([{ version: 1, connector: 'b.test', command: 'resync', reason: 'why' }]);
    expect(await local.resync(undefined, 'why')).toBe(true);
    expect(got.map(({ connector }) => connector)).toEqual(['b.test', 'a.test', 'b.test']);
  });

  it('are refused by a relay that does not lead, does no longer, or loses the lease meanwhile', async () => {
    const local = new LocalCommands();
    expect(await local.resync(undefined, 'why')).toBe(false);
    const led = Promise.withResolvers<undefined>();
    const listening = local
      .beside({ listen: () => led.promise })
      .listen('a.test', () => Promise.reject(new Error('No longer the leader.')), never);
    expect(await local.resync('other.test', 'why')).toBe(false);
    expect(await local.resync('a.test', 'why')).toBe(false);
    led.resolve(undefined);
    await listening;
    expect(await local.resync('a.test', 'why')).toBe(false);
  });
});
