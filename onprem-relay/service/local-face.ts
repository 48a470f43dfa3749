import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import { metricsText } from './metrics.ts';
import type { Monitor, RelayReport } from './monitor.ts';

export interface LocalFaceOptions {
  /** 0: any free one. */
  readonly port: number;
  /** Where the address and the key are left for whoever may read that file. */
  readonly controlFile: string | undefined;
  readonly monitor: Monitor;
  /** Asks for a full read. False when none of the connectors that are meant is led by this relay. */
  readonly resync: (connector: string | undefined, reason: string) => Promise<boolean>;
}

export interface LocalFace {
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const json = (status: number, value: unknown): Answer => ({
  status,
  type: 'application/json',
  body: `${JSON.stringify(value)}\n`,
});

/**
 * What the relay shows on the loopback interface: `/healthz` and `/metrics` to everybody on the machine, `/status` and
 * `POST /resync` to whoever can read the control file. Nothing listens to the network.
 *
 * @throws LockstepError LS1004 when the port is taken, LS1002 when the control file cannot be written.
 */
export async function openLocalFace(options: LocalFaceOptions): Promise<LocalFace> {
  const { controlFile } = options;
  const key = randomBytes(32).toString('base64url');
  const server = createServer((request, response) => {
    void answer(request, options, key).then(({ status, type, body }) => {
      response.writeHead(status, { 'content-type': type }).end(body);
    });
  });
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  if (controlFile !== undefined) await leave(controlFile, { url: `http://127.0.0.1:${port}`, key });
  return {
    port,
    close: async () => {
      if (controlFile !== undefined) await rm(controlFile, { force: true });
      server.closeAllConnections();
      server.close();
    },
  };
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new LockstepError('LS1004', `Port ${port} of the loopback interface cannot be used.`, {
      object: String(port),
      cause: error,
    });
  }
}

async function leave(file: string, control: Control): Promise<void> {
  try {
    // Whatever lies there may be readable for others.
    await rm(file, { force: true });
    await writeFile(file, JSON.stringify(control), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new LockstepError('LS1002', 'The control file cannot be written.', { object: file, cause: error });
  }
}

async function answer(request: IncomingMessage, options: LocalFaceOptions, key: string): Promise<Answer> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
  const report = options.monitor.report();
  switch (`${request.method ?? ''} ${pathname}`) {
    case 'GET /healthz':
      return json(report.healthy ? 200 : 503, { healthy: report.healthy });
    case 'GET /metrics':
      return { status: 200, type: 'text/plain; version=0.0.4', body: metricsText(report, process.memoryUsage.rss()) };
    case 'GET /status':
      return isAllowed(request, key)
        ? json(200, report)
        : json(401, { error: 'The key of the control file is needed.' });
    case 'POST /resync': {
      if (!isAllowed(request, key)) return json(401, { error: 'The key of the control file is needed.' });
      const accepted = await options.resync(searchParams.get('connector') ?? undefined, 'asked for on this machine');
      return json(accepted ? 202 : 409, { accepted });
    }
    default:
      return json(404, { error: `There is no ${request.method ?? ''} ${pathname}.` });
  }
}

function isAllowed(request: IncomingMessage, key: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${key}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

interface Control {
  readonly url: string;
  readonly key: string;
}
const controlSchema: z.ZodType<Control> = z.object({ url: z.url(), key: z.string().min(1) });

/** The running relay, as another process of this machine sees it. All methods throw LockstepError LS1005. */
export interface RunningRelay {
  status(): Promise<RelayReport>;
  /** False when the relay does not lead, so that another one has to be asked. */
  resync(connector: string | undefined): Promise<boolean>;
}

export async function runningRelay(controlFile: string): Promise<RunningRelay> {
  let control: Control;
  try {
    control = controlSchema.parse(JSON.parse(await readFile(controlFile, 'utf8')));
  } catch (error) {
    throw new LockstepError('LS1005', 'No relay has left its address there, or it may not be read.', {
      object: controlFile,
      cause: error,
    });
  }
  const ask = async (method: string, path: string): Promise<Response> => {
    try {
      const headers = { authorization: `Bearer ${control.key}` };
      return await fetch(`${control.url}${path}`, { method, headers, signal: AbortSignal.timeout(10_000) });
    } catch (error) {
      throw new LockstepError('LS1005', 'The relay that left its address there does not answer.', {
        object: controlFile,
        cause: error,
      });
    }
  };
  return {
    status: async () => (await (await ask('GET', '/status')).json()) as RelayReport,
    resync: async (connector) => {
      const query = connector === undefined ? '' : `?connector=${encodeURIComponent(connector)}`;
      return (await ask('POST', `/resync${query}`)).status === 202;
    },
  };
}
