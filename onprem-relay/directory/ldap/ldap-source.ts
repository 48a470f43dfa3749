import type { DirectoryChange } from '../../../shared/directory/change.ts';
import type { LdapConnection } from './connection.ts';
import type { DirectoryDescription, DirectoryPage, DirectorySource, DoorbellListener } from '../directory-source.ts';
import {
  decodeCookie,
  encodeCookie,
  isExpired,
  serversWith,
  wasSetBack,
  type LdapCookie,
  type ServerNow,
} from './cookie.ts';
import { decodeDelta, decodeWhole, isDeleted } from './decode.ts';
import { containers, dirSync, type DirSyncItem } from './dir-sync.ts';
import { ringOnChange } from './doorbell.ts';
import { LdapResultError, resultCodes, searchError } from './ldap-errors.ts';
import { readObject } from './read-object.ts';
import { readDomainFacts, readRootDse } from './server-facts.ts';
import { Sessions, type Session, type SessionOptions } from './session.ts';
import { readSubtree } from './subtree.ts';
import { addressText } from './transport.ts';

export interface LdapSourceOptions extends SessionOptions {
  readonly now: () => Date;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

const pageSize = 500;

/** Active Directory through LDAP: DirSync tells what changed, a notification search says when to ask. */
export class LdapSource implements DirectorySource {
  readonly #options: LdapSourceOptions;
  readonly #sessions: Sessions;

  constructor(options: LdapSourceOptions) {
    this.#options = options;
    this.#sessions = new Sessions(options);
  }

  async describe(signal: AbortSignal): Promise<DirectoryDescription> {
    return this.#using(signal, async ({ connection, address, namingContext }) => {
      const root = await readRootDse(connection);
      const domain = await readDomainFacts(connection, root, namingContext);
      return { domain, connector: domain.fqdn, label: `${addressText(address)}/${namingContext}` };
    });
  }

  async *fullRead(signal: AbortSignal): AsyncGenerator<DirectoryPage, void> {
    const session = await this.#sessions.current(signal);
    const { now } = this.#options;
    yield* this.#guarded(session, signal, async function* () {
      const at = now().toISOString();
      const servers = serversWith(undefined, await serverNow(session));
      // Before the objects: a container renamed from here on is told with the next changes.
      const above = await containersMoved(session, Buffer.alloc(0));
      const seen = new Set<string>();
      yield* paged(
        dirSync(session.connection, session.namingContext, Buffer.alloc(0)),
        (item) => {
          const whole = decodeWhole(item.entry);
          if (whole !== undefined) seen.add(whole.objectGuid);
          if (whole !== undefined || isDeleted(item.entry)) return whole;
          // The links of one object may be spread over several of the server's pages; only the first one shows its class.
          const more = decodeDelta(item.entry);
          return more.kind === 'change' && seen.has(more.change.objectGuid) ? more.change : undefined;
        },
        (dirSyncCookie) => cookieOf(session, { dirSync: dirSyncCookie, containers: above.cookie, at, servers }),
      );
    });
  }

  async changesSince(
    cookie: string,
    signal: AbortSignal,
  ): Promise<AsyncIterable<DirectoryPage> | 'full-read-required'> {
    const session = await this.#sessions.current(signal);
    const known = decodeCookie(cookie);
    if (known?.namingContext !== session.namingContext) return 'full-read-required';
    const at = this.#options.now();
    const server = await this.#using(signal, () => serverNow(session));
    if (wasSetBack(known, server) || isExpired(known, at, session.tombstoneDays)) return 'full-read-required';
    // The first answer decides whether the cookie is accepted, so it is awaited here and handed on.
    const items = dirSync(session.connection, session.namingContext, Buffer.from(known.dirSync, 'base64'));
    let first: IteratorResult<DirSyncItem, void>;
    try {
      first = await this.#using(signal, () => items.next(), isCookieRefused);
    } catch (error) {
      if (error instanceof LdapResultError) return 'full-read-required';
      throw error;
    }
    const next = { at: at.toISOString(), servers: serversWith(known, server) };
    const above = Buffer.from(known.containers, 'base64');
    return this.#guarded(session, signal, () => delta(session, resume(first, items), above, next));
  }

  async doorbell(listener: DoorbellListener, signal: AbortSignal): Promise<'closed' | 'unsupported'> {
    const { namingContext } = await this.#sessions.current(signal);
    const open = (s: AbortSignal): Promise<LdapConnection> => this.#sessions.another(s);
    return ringOnChange({ open, namingContext, sleep: this.#options.sleep }, listener, signal);
  }

  close(): Promise<void> {
    this.#sessions.close();
    return Promise.resolve();
  }

  /** Runs an operation on the connection; an abort closes it, a result code becomes the error an operator knows. */
  async #using<T>(
    signal: AbortSignal,
    operation: (session: Session) => Promise<T>,
    passOn: (error: LdapResultError) => boolean = () => false,
  ): Promise<T> {
    const session = await this.#sessions.current(signal);
    const release = closeOnAbort(session.connection, signal);
    try {
      return await operation(session);
    } catch (error) {
      throw error instanceof LdapResultError && passOn(error) ? error : this.#translated(error);
    } finally {
      release();
    }
  }

  async *#guarded(
    session: Session,
    signal: AbortSignal,
    read: () => AsyncGenerator<DirectoryPage, void>,
  ): AsyncGenerator<DirectoryPage, void> {
    const release = closeOnAbort(session.connection, signal);
    try {
      yield* read();
    } catch (error) {
      throw this.#translated(error);
    } finally {
      release();
    }
  }

  #translated(error: unknown): unknown {
    if (!(error instanceof LdapResultError)) return error;
    return searchError(error, this.#options.baseDn ?? this.#options.controllers.label);
  }
}

async function* delta(
  session: Session,
  items: AsyncGenerator<DirSyncItem, void>,
  above: Buffer,
  next: Pick<LdapCookie, 'at' | 'servers'>,
): AsyncGenerator<DirectoryPage, void> {
  const unclear = new Set<string>();
  let dirSyncCookie: Buffer = Buffer.alloc(0);
  const pages = paged(
    items,
    (item) => {
      const decoded = decodeDelta(item.entry);
      if (decoded.kind === 'read-whole') unclear.add(decoded.objectGuid);
      return decoded.kind === 'change' ? decoded.change : undefined;
    },
    (cookie) => {
      dirSyncCookie = cookie;
      return '';
    },
  );
  for await (const { changes } of pages) if (changes.length > 0) yield { changes };
  // Only after the search has ended: it holds the connection back while its reader is busy.
  const changes: DirectoryChange[] = [];
  for (const guid of unclear) {
    const change = await readObject(session.connection, guid);
    if (change !== undefined) changes.push(change);
  }
  // After the objects: what is read here is newer than what was told of them.
  const { moved, cookie } = await containersMoved(session, above);
  for (const container of moved) {
    for await (const below of readSubtree(session.connection, container)) yield { changes: below };
  }
  yield { changes, cookie: cookieOf(session, { dirSync: dirSyncCookie, containers: cookie, ...next }) };
}

/** GUIDs of the containers that were renamed or moved since a cookie, and the new cookie. */
async function containersMoved(
  { connection, namingContext }: Session,
  since: Buffer,
): Promise<{ readonly moved: readonly string[]; readonly cookie: Buffer }> {
  const moved: string[] = [];
  for await (const item of dirSync(connection, namingContext, since, containers)) {
    if ('cookie' in item) return { moved, cookie: item.cookie };
    // A new container brings nothing along, and one that came back brings only what is told by itself.
    if (decodeDelta(item.entry).kind === 'read-whole' && item.entry.guid !== undefined) moved.push(item.entry.guid);
  }
  return { moved, cookie: since };
}

type EntryItem = Extract<DirSyncItem, { entry: unknown }>;

async function* paged(
  items: AsyncIterable<DirSyncItem>,
  decode: (item: EntryItem) => DirectoryChange | undefined,
  toCookie: (dirSyncCookie: Buffer) => string,
): AsyncGenerator<DirectoryPage, void> {
  let changes: DirectoryChange[] = [];
  for await (const item of items) {
    if ('cookie' in item) {
      yield { changes, cookie: toCookie(item.cookie) };
      return;
    }
    const change = decode(item);
    if (change !== undefined) changes.push(change);
    if (changes.length < pageSize) continue;
    yield { changes };
    changes = [];
  }
}

async function* resume<T>(first: IteratorResult<T, void>, rest: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  try {
    if (first.done === true) return;
    yield first.value;
    yield* rest;
  } finally {
    await rest.return();
  }
}

interface CookieParts extends Pick<LdapCookie, 'at' | 'servers'> {
  readonly dirSync: Buffer;
  readonly containers: Buffer;
}

function cookieOf({ namingContext }: Session, { dirSync: own, containers: above, at, servers }: CookieParts): string {
  return encodeCookie({
    version: 3,
    namingContext,
    dirSync: own.toString('base64'),
    containers: above.toString('base64'),
    at,
    servers,
  });
}

/** How far the server's database has come. */
async function serverNow({ connection, database }: Session): Promise<ServerNow> {
  const { highestCommittedUsn: usn } = await readRootDse(connection);
  return database === undefined || usn === '' ? undefined : { ...database, usn };
}

/** How servers say that they cannot go on from a cookie; if the control itself is the trouble, the full read tells. */
function isCookieRefused(error: LdapResultError): boolean {
  return (
    error.resultCode === resultCodes.unavailableCriticalExtension ||
    error.resultCode === resultCodes.unwillingToPerform ||
    error.resultCode === resultCodes.operationsError
  );
}

function closeOnAbort(connection: LdapConnection, signal: AbortSignal): () => void {
  const abort = (): void => {
    connection.close();
  };
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return () => {
    signal.removeEventListener('abort', abort);
  };
}
