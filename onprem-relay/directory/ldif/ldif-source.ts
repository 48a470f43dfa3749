import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { LockstepError } from '../../../shared/errors/lockstep-error.ts';
import type { DirectoryChange } from '../../../shared/directory/change.ts';
import type { DirectoryDescription, DirectoryPage, DirectorySource, DoorbellListener } from '../directory-source.ts';
import { diffDirectories, wholeObject } from './diff.ts';
import { readDirectory, type LdifDirectory } from '../../../shared/directory/ldif/ldif-directory.ts';
import { parseLdif } from '../../../shared/directory/ldif/parse-ldif.ts';
import { isAborted } from '../../is-aborted.ts';

export interface LdifSourceOptions {
  readonly path: string;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Milliseconds for which the file must be quiet before the doorbell rings. Default 50. */
  readonly quietMs?: number;
}

/** One reading of the file. `hash` of its bytes is the cookie. */
interface Snapshot {
  readonly hash: string;
  readonly directory: LdifDirectory;
}

const pageSize = 500;

/**
 * An LDIF file that stands for a directory: the file as it is, is the state; its changes are found by comparing two
 * readings. After a restart the earlier reading is gone, so a file that changed meanwhile needs a full read.
 */
export class LdifSource implements DirectorySource {
  /** It also tells that the file is written to its end. */
  readonly doorbellCosts = false;
  readonly #options: LdifSourceOptions;
  #latest: Snapshot | undefined;
  /** The reading that the reader has in hand as its cookie: the next comparison begins there. */
  #base: Snapshot | undefined;

  constructor(options: LdifSourceOptions) {
    this.#options = options;
  }

  async describe(): Promise<DirectoryDescription> {
    const { domain } = (await this.#read()).directory;
    return { domain, connector: domain.fqdn, label: this.#options.path };
  }

  async *fullRead(): AsyncGenerator<DirectoryPage, void> {
    const snapshot = await this.#read();
    yield* pagesOf([...snapshot.directory.objects.values()].map(wholeObject), snapshot.hash);
  }

  async changesSince(cookie: string): Promise<AsyncIterable<DirectoryPage> | 'full-read-required'> {
    const base = [this.#base, this.#latest].find((snapshot) => snapshot?.hash === cookie);
    const snapshot = await this.#read();
    if (snapshot.hash === cookie) {
      this.#base = snapshot;
      return pagesOf([], cookie);
    }
    if (base === undefined) return 'full-read-required';
    this.#base = base;
    // An emptied file is a mishap, not the order to delete everybody.
    if (snapshot.directory.objects.size === 0)
      throw new LockstepError('LS1107', 'The file shows no object that could be synchronised.', {
        object: this.#options.path,
      });
    return pagesOf(diffDirectories(base.directory, snapshot.directory), snapshot.hash);
  }

  async doorbell(listener: DoorbellListener, signal: AbortSignal): Promise<'closed'> {
    const { path: file, sleep, quietMs = 50 } = this.#options;
    while (!signal.aborted) {
      try {
        await watchFile(file, quietMs, listener.ring, signal);
      } catch (error) {
        if (isAborted(signal)) break;
        listener.problem(unreadable(file, error));
      }
      await sleep(5_000, signal);
    }
    return 'closed';
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #read(): Promise<Snapshot> {
    const { path: file } = this.#options;
    const bytes = await readFile(file).catch((error: unknown) => {
      throw unreadable(file, error);
    });
    const hash = createHash('sha256').update(bytes).digest('base64');
    if (this.#latest?.hash !== hash)
      this.#latest = { hash, directory: readDirectory(parseLdif(decodeText(bytes, file), file), file) };
    return this.#latest;
  }
}

/**
 * Rings when the file has changed and been quiet for a moment. Watches the folder: many editors write a new file and put it
 * in the old one's place, and a watch on the file itself would stay with the one that is gone.
 */
async function watchFile(file: string, quietMs: number, ring: () => void, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(path.dirname(file), (_event, name) => {
    if (name !== null && name !== path.basename(file)) return;
    clearTimeout(timer);
    timer = setTimeout(ring, quietMs);
  });
  const stop = (): void => {
    resolve(undefined);
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  watcher.on('error', reject);
  watcher.on('close', stop);
  // What happened before the watch stood is not told.
  ring();
  try {
    await promise;
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(timer);
    watcher.close();
  }
}

/** LDIF is UTF-8 (RFC 2849). Read as such, a file in a code page would bring names to Entra that nobody has. */
function decodeText(bytes: Buffer, file: string): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let line = 1;
  let start = 0;
  for (let end = bytes.indexOf('\n'); end >= 0 && isUtf8(bytes.subarray(start, end)); line++) {
    start = end + 1;
    end = bytes.indexOf('\n', start);
  }
  throw new LockstepError('LS1201', `Line ${line}: the file is not in UTF-8.`, { object: `${file}:${line}` });
}

function* slices<T>(items: readonly T[]): Generator<T[]> {
  for (let i = 0; i < items.length; i += pageSize) yield items.slice(i, i + pageSize);
}

async function* pagesOf(changes: readonly DirectoryChange[], cookie: string): AsyncGenerator<DirectoryPage, void> {
  for (const page of slices(changes)) yield await Promise.resolve({ changes: page });
  yield { changes: [], cookie };
}

function unreadable(file: string, error: unknown): LockstepError {
  const why = error instanceof Error ? error.message : String(error);
  return new LockstepError('LS1002', `The LDIF file cannot be read: ${why}.`, { object: file, cause: error });
}
