import { isLockstepError, LockstepError } from '../../../shared/errors/lockstep-error.ts';
import { LdapConnection } from './connection.ts';
import type { DomainControllers } from './domain-controllers.ts';
import { LdapResultError, searchError } from './ldap-errors.ts';
import type { OpenSecurityContext } from './sasl-bind.ts';
import { chooseNamingContext, readDatabase, readRootDse, readTombstoneDays, type Database } from './server-facts.ts';
import { addressText, type LdapAddress } from './transport.ts';

/** An open connection and what is known of the server behind it. */
export interface Session {
  readonly connection: LdapConnection;
  readonly address: LdapAddress;
  readonly namingContext: string;
  /** `undefined` when the account may not read it. */
  readonly database: Database | undefined;
  readonly tombstoneDays: number;
}

/** As whom the relay signs in: by name and password, or by Kerberos as whoever runs it. */
export type Account =
  | {
      readonly bindDn: string;
      /** Asked at each bind, for it may have been changed meanwhile. @throws LockstepError LS1002, LS1007, LS3004. */
      readonly password: () => Promise<string>;
    }
  | { readonly negotiate: OpenSecurityContext };

export interface SessionOptions {
  readonly controllers: DomainControllers;
  readonly account: Account;
  /** A naming context of the server; without it the domain's own. */
  readonly baseDn?: string | undefined;
  /** Another domain controller serves from now on. */
  readonly onServer?: ((address: string) => void) | undefined;
}

/**
 * The connection to whichever domain controller serves. It stays with one as long as that one answers; the cookie leads on at
 * any other (MS-ADTS 3.1.1.3.4.1.3), so another takes over when it does not.
 */
export class Sessions {
  readonly #options: SessionOptions;
  #session: Session | undefined;
  #opening: Promise<Session> | undefined;
  /** Aborted when another domain controller takes over. */
  #moved = new AbortController();

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /**
   * The session that is open, or a new one.
   *
   * @throws LockstepError LS1002, LS1003, LS1007, LS1101 to LS1106, LS1108 to LS1110, LS1115.
   */
  current(signal: AbortSignal): Promise<Session> {
    if (this.#session?.connection.usable === true) return Promise.resolve(this.#session);
    // The doorbell and the reader may both find the connection gone; one of them opens it.
    this.#opening ??= this.#open(signal).finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  /** One more connection to the same domain controller; it ends when another takes over. */
  async another(signal: AbortSignal): Promise<LdapConnection> {
    const { address } = await this.current(signal);
    const moved = this.#moved.signal;
    const connection = await this.#connect(address, signal);
    moved.addEventListener(
      'abort',
      () => {
        connection.close();
      },
      { once: true },
    );
    return connection;
  }

  close(): void {
    this.#session?.connection.close();
    this.#session = undefined;
  }

  async #open(signal: AbortSignal): Promise<Session> {
    const failures: LockstepError[] = [];
    const before = this.#session?.address;
    const addresses = await this.#options.controllers.addresses(signal);
    for (const address of leastLast(addresses, before)) {
      try {
        const session = await this.#begin(address, signal);
        this.#take(session, before);
        return session;
      } catch (error) {
        // A wrong password, tried at each domain controller, would lock the account; one that is not to be had is so for all.
        if (signal.aborted || !isLockstepError(error) || ['LS1102', 'LS1002', 'LS1007', 'LS3004'].includes(error.code))
          throw error;
        failures.push(error);
      }
    }
    const [first] = failures;
    if (first === undefined || failures.length === 1) throw first ?? new Error('There is no address to try.');
    throw new LockstepError(
      first.code,
      `None of ${failures.length} domain controllers can be used. ${failures.map(({ message }) => message).join(' ')}`,
      { object: this.#options.controllers.label, retryable: failures.some(({ retryable }) => retryable), cause: first },
    );
  }

  #take(session: Session, before: LdapAddress | undefined): void {
    this.#session = session;
    const [now, last] = [session.address, before].map((address) => address && addressText(address));
    if (now === undefined || now === last) return;
    this.#moved.abort();
    this.#moved = new AbortController();
    this.#options.onServer?.(now);
  }

  async #connect(address: LdapAddress, signal: AbortSignal): Promise<LdapConnection> {
    const { account } = this.#options;
    const bind = 'negotiate' in account ? account : { dn: account.bindDn, password: await account.password() };
    return LdapConnection.open(address, bind, signal);
  }

  async #begin(address: LdapAddress, signal: AbortSignal): Promise<Session> {
    const connection = await this.#connect(address, signal);
    const abort = (): void => {
      connection.close();
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      const root = await readRootDse(connection);
      const namingContext = chooseNamingContext(root, this.#options.baseDn);
      const database = await readDatabase(connection, root);
      const tombstoneDays = await readTombstoneDays(connection, root);
      return { connection, address, namingContext, database, tombstoneDays };
    } catch (error) {
      connection.close();
      throw error instanceof LdapResultError ? searchError(error, addressText(address)) : error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}

/** The address whose connection has just ended comes last. */
function leastLast(addresses: readonly LdapAddress[], ended: LdapAddress | undefined): readonly LdapAddress[] {
  if (ended === undefined) return addresses;
  const isEnded = (address: LdapAddress): boolean => addressText(address) === addressText(ended);
  return [...addresses.filter((address) => !isEnded(address)), ...addresses.filter(isEnded)];
}
