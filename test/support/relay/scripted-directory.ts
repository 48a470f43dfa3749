import type { DirectoryChange } from '../../../shared/directory/change.ts';
import { LockstepError } from '../../../shared/errors/lockstep-error.ts';
import type {
  DirectoryDescription,
  DirectoryPage,
  DirectorySource,
  DoorbellListener,
} from '../../../onprem-relay/directory/directory-source.ts';

/** A GUID for a small number. */
export const guid = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

/**
 * A directory in memory: an object is a number with a title. Its cookie is the length of its change log, so it can answer what
 * changed since any time; each change gives the object's present title, as DirSync does.
 */
export class ScriptedDirectory implements DirectorySource {
  readonly objects: Map<number, string> = new Map<number, string>();
  readonly #log: number[] = [];
  #listener: DoorbellListener | undefined;
  /** Objects in a page. */
  pageSize = 2;
  /** Reads that break off after so many pages; taken one a read. */
  readonly breakAfter: number[] = [];
  /** Called when a page is about to be given, to let something happen in the middle of a read. */
  onPage: ((page: number) => void) | undefined;
  /** The next question for changes is answered with `full-read-required`. */
  forgetsCookies = false;
  /** Called with the cookie of the read before when everything is asked for; throws to refuse. */
  onFullRead: ((last: string | undefined) => void) | undefined;
  notifies = true;
  doorbellCosts = true;
  /** How often somebody began to listen. */
  listened = 0;
  reads = 0;

  set(n: number, title: string): void {
    this.objects.set(n, title);
    this.#log.push(n);
  }

  remove(n: number): void {
    this.objects.delete(n);
    this.#log.push(n);
  }

  ring(): void {
    this.#listener?.ring();
  }

  get isListenedTo(): boolean {
    return this.#listener !== undefined;
  }

  describe(): Promise<DirectoryDescription> {
    const domain = { namingContext: 'DC=contoso,DC=test', fqdn: 'contoso.test' };
    return Promise.resolve({ domain, connector: 'contoso.test', label: 'memory' });
  }

  async *fullRead(_signal: AbortSignal, last?: string): AsyncGenerator<DirectoryPage, void> {
    this.onFullRead?.(last);
    yield* this.#pages([...this.objects.keys()].map((n) => this.#fact(n)));
  }

  changesSince(cookie: string): Promise<AsyncIterable<DirectoryPage> | 'full-read-required'> {
    if (this.forgetsCookies) {
      this.forgetsCookies = false;
      return Promise.resolve('full-read-required');
    }
    const since = Number(Buffer.from(cookie, 'base64').toString());
    return Promise.resolve(this.#pages([...new Set(this.#log.slice(since))].map((n) => this.#fact(n))));
  }

  async doorbell(listener: DoorbellListener, signal: AbortSignal): Promise<'closed' | 'unsupported'> {
    if (!this.notifies) return 'unsupported';
    this.#listener = listener;
    // As a source must, but not the first time, so that tests can count the reads.
    if (this.listened++ > 0) listener.ring();
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
    this.#listener = undefined;
    return 'closed';
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async *#pages(changes: readonly DirectoryChange[]): AsyncGenerator<DirectoryPage, void> {
    this.reads++;
    const cookie = Buffer.from(String(this.#log.length)).toString('base64');
    const limit = this.breakAfter.shift() ?? Infinity;
    let page = 0;
    for (let i = 0; i < changes.length; i += this.pageSize) {
      if (page === limit) throw lost();
      page++;
      this.onPage?.(page);
      yield await Promise.resolve({ changes: changes.slice(i, i + this.pageSize) });
    }
    if (page === limit) throw lost();
    yield { changes: [], cookie };
  }

  #fact(n: number): DirectoryChange {
    const title = this.objects.get(n);
    if (title === undefined) return { kind: 'deleted', objectGuid: guid(n) };
    return {
      kind: 'present',
      objectGuid: guid(n),
      objectClass: 'user',
      whole: true,
      dn: `CN=${n},DC=contoso,DC=test`,
      attributes: { title: [title] },
      links: [],
    };
  }
}

const lost = (): LockstepError =>
  new LockstepError('LS1108', 'The connection was lost.', { object: 'memory', retryable: true });
