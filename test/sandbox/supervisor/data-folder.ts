import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { LockstepError } from '../../../shared/errors/lockstep-error.ts';
import { endedProperly, waitUntilUnused } from '../azurite/azurite.ts';

/** Where a sandbox keeps what. */
export interface DataFolder {
  readonly path: string;
  readonly tables: string;
  readonly bus: string;
  readonly durable: string;
  readonly tenant: string;
  readonly samba: string;
  /** Compiled rules. */
  readonly rules: string;
  readonly logs: string;
  readonly keys: HostKeys;
  /** File (0600) with the function key and a newline. */
  readonly functionKeyFile: string;
  /** True when the state had to be dropped because the last run was cut off. */
  readonly recovered: boolean;
  /** Gives the folder free for others. */
  release(): void;
}

export interface HostKeys {
  readonly master: string;
  readonly function: string;
}

/** Between which two ends the state in a folder was kept. */
export interface Ends {
  readonly directory: string;
  readonly tenant: string;
}

const endsSchema: z.ZodType<Ends> = z.object({ directory: z.string(), tenant: z.string() });
const keysSchema: z.ZodType<HostKeys> = z.object({ master: z.string(), function: z.string() });

/** What the cloud side knows. It can be had again: the app reads tenant and directory, and finds its objects by their anchors. */
const state = ['tables', 'bus.db', 'durable.db'];
const databaseSuffixes = ['', '-wal', '-shm', '-journal'];

/**
 * Opens a data folder for this process alone, and empties it first when asked to.
 * @throws LockstepError LS1001 when another process uses it, or it holds the state of another directory or tenant.
 */
export function openDataFolder(path: string, options: { readonly reset: boolean; readonly ends: Ends }): DataFolder {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const lock = lockFolder(path);
  try {
    const tables = join(path, 'tables');
    waitUntilUnused(tables);
    if (options.reset) remove(path, [...state, 'tenant.db', 'samba', 'ends.json', 'logs']);
    checkEnds(path, options.ends);
    const recovered = !endedProperly(tables);
    if (recovered) remove(path, state);
    const logs = join(path, 'logs');
    mkdirSync(logs, { recursive: true });
    const keys = hostKeys(path);
    const functionKeyFile = join(path, 'function-key');
    writeFileSync(functionKeyFile, `${keys.function}\n`, { mode: 0o600 });
    return {
      ...{ path, tables, logs, keys, functionKeyFile, recovered },
      bus: join(path, 'bus.db'),
      durable: join(path, 'durable.db'),
      tenant: join(path, 'tenant.db'),
      samba: join(path, 'samba'),
      rules: join(path, 'rules.json'),
      release: () => {
        lock.close();
      },
    };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** SQLite's own lock: it ends with the process, however that ends. */
function lockFolder(path: string): DatabaseSync {
  const lock = new DatabaseSync(join(path, 'lock.db'));
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    throw new LockstepError('LS1001', `Another process uses the data folder ${path}.`, {
      object: path,
      remedy: 'Stop it, or give this one a folder of its own with --data.',
      cause: error,
    });
  }
}

function checkEnds(path: string, ends: Ends): void {
  const file = join(path, 'ends.json');
  if (existsSync(file)) {
    const kept = endsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    if (kept.directory !== ends.directory || kept.tenant !== ends.tenant) {
      throw new LockstepError(
        'LS1001',
        `The data folder ${path} holds the state between ${kept.directory} and ${kept.tenant}, not between ${ends.directory} and ${ends.tenant}.`,
        { object: path, remedy: 'Give this pair a folder of its own with --data, or begin anew with --reset.' },
      );
    }
  }
  writeFileSync(file, JSON.stringify(ends));
}

function remove(path: string, names: readonly string[]): void {
  for (const name of names) {
    for (const suffix of databaseSuffixes) rmSync(join(path, `${name}${suffix}`), { recursive: true, force: true });
  }
}

/** Keys stay the same from run to run, as those of a function app do. */
function hostKeys(path: string): HostKeys {
  const file = join(path, 'host-keys.json');
  if (!existsSync(file)) {
    const key = (): string => randomBytes(32).toString('base64url');
    writeFileSync(file, JSON.stringify({ master: key(), function: key() } satisfies HostKeys), { mode: 0o600 });
  }
  return keysSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}
