import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';

export interface AzuriteOptions {
  /** Folder that keeps the tables. Default: in memory. */
  readonly location?: string;
}

export interface Azurite {
  readonly tableEndpoint: string;
  readonly connectionString: string;
  readonly pid: number;
  /** HTTP requests so far; a transaction is one. */
  requests(): Promise<number>;
  stop(): Promise<void>;
}

const account = 'lockstepsandbox';

/** Starts Azurite's table service in a process of its own, on any free port. */
export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  const location = options.location ?? mkdtempSync(join(tmpdir(), 'azurite-'));
  mkdirSync(location, { recursive: true });
  const key = keyOf(location);
  const child = fork(
    fileURLToPath(new URL('azurite-process.ts', import.meta.url)),
    [location, options.location === undefined ? 'memory' : 'disk'],
    {
      env: { ...process.env, AZURITE_ACCOUNTS: `${account}:${key}` },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: true,
    },
  );
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-2000)));
  const address = await new Promise<string>((resolve, reject) => {
    child.once('message', (message) => {
      resolve((message as { address: string }).address);
    });
    child.once('exit', (code) => {
      reject(new Error(`Azurite ended with code ${code} while it was starting: ${complaint}`));
    });
  });
  const tableEndpoint = `${address}/${account}`;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
  });
  return {
    tableEndpoint,
    connectionString: `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};TableEndpoint=${tableEndpoint};`,
    pid: child.pid ?? 0,
    requests: () =>
      new Promise((resolve) => {
        child.once('message', (message) => {
          resolve((message as { requests: number }).requests);
        });
        child.send('requests');
      }),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Waits, for 15 s at most, until a process that was left behind with this folder has ended. */
export function waitUntilUnused(location: string): void {
  if (!existsSync(join(location, 'lock.db'))) return;
  const lock = new DatabaseSync(join(location, 'lock.db'), { timeout: 15_000 });
  try {
    lock.exec('BEGIN EXCLUSIVE; COMMIT');
  } finally {
    lock.close();
  }
}

/**
 * False when the last use of the folder did not end properly: Azurite may then have lost the last seconds of what it
 * acknowledged, and whatever else was kept with it must not be trusted. True for a new folder.
 */
export function endedProperly(location: string): boolean {
  return !existsSync(join(location, 'key')) || existsSync(join(location, 'clean'));
}

/** Nobody else on this machine should be able to sign requests. */
function keyOf(location: string): string {
  const file = join(location, 'key');
  if (!existsSync(file)) writeFileSync(file, randomBytes(64).toString('base64'), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}
