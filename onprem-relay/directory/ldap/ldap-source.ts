import type { DirectoryDescription, DirectoryPage, DirectorySource, DoorbellListener } from '../directory-source.ts';
import { isLockstepError, type LockstepError } from '../../../shared/errors/lockstep-error.ts';
import { writeAnchors } from './anchor-writer.ts';
import type { LdapConnection } from './connection.ts';
import { decodeCookie, isExpired, serversWith, wasSetBack, type ServerNow } from './cookie.ts';
import { readDelta } from './delta.ts';
import { dirSync, type DirSyncItem } from './dir-sync.ts';
import { ringOnChange } from './doorbell.ts';
import { readEverything } from './full-read.ts';
import { LdapResultError, resultCodes, searchError } from './ldap-errors.ts';
import type { Pilot } from './scope/pilot.ts';
import { assertScopeAccepted } from './scope/scope-change.ts';
import { filterAttributes, isSameScope, type ScopeSettings } from './scope/scope-settings.ts';
import { Scope, type ScopeCookie } from './scope/scope.ts';
import { readDomainFacts, readRootDse } from './server-facts.ts';
import { Sessions, type Session, type SessionOptions } from './session.ts';
import { addressText } from './transport.ts';

export interface LdapSourceOptions extends SessionOptions {
  /** Default: everything. */
  readonly scope?: ScopeSettings | undefined;
  /** Give users that have no consistency GUID one. Default: nothing is ever written. */
  readonly writeAnchors?: boolean | undefined;
  /** Something went wrong that does not keep the directory from being read. */
  readonly onProblem?: ((error: LockstepError) => void) | undefined;
  /** Fingerprint of a scope that may be used although objects leave it. */
  readonly acceptScope?: string | undefined;
  readonly now: () => Date;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Active Directory through LDAP: DirSync tells what changed, a notification search says when to ask. */
export class LdapSource implements DirectorySource {
  /** A notification search looks at every change for us. */
  readonly doorbellCosts = true;
  readonly #options: LdapSourceOptions;
  readonly #sessions: Sessions;
  #pilot: Pilot | undefined;
  #scopeRefused: LockstepError | undefined;

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

  async *fullRead(signal: AbortSignal, last?: string): AsyncGenerator<DirectoryPage, void> {
    const session = await this.#sessions.current(signal);
    const since = last === undefined ? undefined : decodeCookie(last);
    if (since?.namingContext === session.namingContext && !isSameScope(since.scope?.settings, this.#options.scope)) {
      await this.#acceptScope(since.scope, signal);
    }
    const scope = await this.#openScope(signal);
    const next = { at: this.#options.now().toISOString(), servers: serversWith(undefined, await serverNow(session)) };
    yield* this.#guarded(session, signal, () => this.#withAnchors(readEverything(session, scope, next), signal));
  }

  async changesSince(
    cookie: string,
    signal: AbortSignal,
  ): Promise<AsyncIterable<DirectoryPage> | 'full-read-required'> {
    const session = await this.#sessions.current(signal);
    const since = decodeCookie(cookie);
    if (since?.namingContext !== session.namingContext) return 'full-read-required';
    const at = this.#options.now();
    const server = await this.#using(signal, () => serverNow(session));
    if (wasSetBack(since, server) || isExpired(since, at, session.tombstoneDays)) return 'full-read-required';
    if (!isSameScope(since.scope?.settings, this.#options.scope)) return 'full-read-required';
    let scope: Scope;
    let items: AsyncGenerator<DirSyncItem, void>;
    let first: IteratorResult<DirSyncItem, void>;
    try {
      scope = await this.#openScope(signal, since.scope ?? undefined);
      // The first answer decides whether the cookie is accepted, so it is awaited here and handed on.
      items = dirSync(session.connection, session.namingContext, Buffer.from(since.dirSync, 'base64'), scope.changes);
      first = await this.#using(signal, () => items.next(), isCookieRefused);
    } catch (error) {
      if (error instanceof LdapResultError) return 'full-read-required';
      throw error;
    }
    const next = { at: at.toISOString(), servers: serversWith(since, server) };
    const another = (): Promise<LdapConnection> => this.#sessions.another(signal);
    return this.#guarded(session, signal, () =>
      this.#withAnchors(readDelta({ session, scope, items: resume(first, items), since, next, another }), signal),
    );
  }

  /** Settings do not change while the relay runs, and comparing reads the directory twice: once refused is refused. */
  async #acceptScope(before: ScopeCookie | null, signal: AbortSignal): Promise<void> {
    if (this.#scopeRefused !== undefined) throw this.#scopeRefused;
    try {
      await this.#using(signal, (session) => assertScopeAccepted(session, before, this.#options));
    } catch (error) {
      if (isLockstepError(error) && error.code === 'LS1113') this.#scopeRefused = error;
      throw error;
    }
  }

  #withAnchors(pages: AsyncGenerator<DirectoryPage, void>, signal: AbortSignal): AsyncGenerator<DirectoryPage, void> {
    const { writeAnchors: wanted = false, onProblem = () => undefined } = this.#options;
    return wanted ? writeAnchors(pages, { open: () => this.#sessions.another(signal), onProblem }) : pages;
  }

  /** The members of the pilot group are kept, so that they are read once and followed from then on. */
  async #openScope(signal: AbortSignal, cookie?: ScopeCookie): Promise<Scope> {
    const since = cookie && { cookie, members: this.#pilot };
    const scope = await this.#using(
      signal,
      ({ connection, namingContext }) => Scope.open(connection, namingContext, this.#options.scope, since),
      isCookieRefused,
    );
    this.#pilot = scope.pilot;
    return scope;
  }

  async doorbell(listener: DoorbellListener, signal: AbortSignal): Promise<'closed' | 'unsupported'> {
    const { namingContext } = await this.#sessions.current(signal);
    const open = (s: AbortSignal): Promise<LdapConnection> => this.#sessions.another(s);
    const filter = this.#options.scope?.filter;
    const watched = new Set(filter === undefined ? [] : filterAttributes(filter));
    return ringOnChange({ open, namingContext, watched, sleep: this.#options.sleep }, listener, signal);
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

async function* resume<T>(first: IteratorResult<T, void>, rest: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  try {
    if (first.done === true) return;
    yield first.value;
    yield* rest;
  } finally {
    await rest.return();
  }
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
