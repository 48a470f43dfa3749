import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { listedControllers } from '../../../onprem-relay/directory/ldap/domain-controllers.ts';
import { LdapSource, type LdapSourceOptions } from '../../../onprem-relay/directory/ldap/ldap-source.ts';
import type { DirectoryPage, DirectorySource } from '../../../onprem-relay/directory/directory-source.ts';
import type { LdapAddress } from '../../../onprem-relay/directory/ldap/transport.ts';
import type { DirectoryChange } from '../../../shared/directory/change.ts';
import type { SambaDc } from '../../sandbox/samba/samba-dc.ts';

/** A change that tells something about an object that exists. */
export type Present = Extract<DirectoryChange, { kind: 'present' }>;

type NamedAccount = Extract<LdapSourceOptions['account'], { readonly bindDn: string }>;

/** Where this domain controller answers over LDAPS. */
export async function ldapAddress(dc: SambaDc, other: Partial<LdapAddress> = {}): Promise<LdapAddress> {
  return { host: dc.address, port: 636, security: 'tls', ca: await readFile(dc.caFile, 'utf8'), ...other };
}

/** The account that a relay would have in this domain. */
export async function accountOf(dc: SambaDc): Promise<NamedAccount> {
  const password = await readFile(dc.bindPasswordFile, 'utf8');
  return { bindDn: dc.bindDn, password: () => Promise.resolve(password.trimEnd()) };
}

/** The options with which a relay would read this domain controller over LDAPS. */
export async function ldapOptions(dc: SambaDc, address: Partial<LdapAddress> = {}): Promise<LdapSourceOptions> {
  return {
    controllers: listedControllers([await ldapAddress(dc, address)]),
    account: await accountOf(dc),
    now: () => new Date(),
    sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
  };
}

/** One read to its end. */
export interface ReadResult {
  readonly changes: readonly DirectoryChange[];
  /** Of the last page; no other had one. */
  readonly cookie: string;
  readonly pageSizes: readonly number[];
}

/** Reads pages to the end. @throws Error when the cookie does not come once, and last. */
export async function readToEnd(
  pages: AsyncIterable<DirectoryPage>,
  onPage: (page: DirectoryPage) => void = () => undefined,
): Promise<ReadResult> {
  const read: DirectoryPage[] = [];
  for await (const page of pages) {
    onPage(page);
    read.push(page);
  }
  const cookie = read.at(-1)?.cookie;
  if (cookie === undefined || read.filter((page) => page.cookie !== undefined).length !== 1) {
    throw new Error(`A read of ${read.length} pages does not have its one cookie at the end.`);
  }
  return {
    changes: read.flatMap((page) => page.changes),
    cookie,
    pageSizes: read.map((page) => page.changes.length),
  };
}

/** Reads a directory the way the relay does: everything once, from then on what changed. */
export class LdapReader implements AsyncDisposable {
  readonly source: DirectorySource;
  readonly #never = new AbortController().signal;
  #cookie = '';

  constructor(options: LdapSourceOptions) {
    this.source = new LdapSource(options);
  }

  /** Everything; what was read before is held against it. */
  async everything(): Promise<ReadResult> {
    const last = this.#cookie === '' ? undefined : this.#cookie;
    const result = await readToEnd(this.source.fullRead(this.#never, last));
    this.#cookie = result.cookie;
    return result;
  }

  /** Takes over where another one has got to, as a relay that starts anew does. */
  continueFrom(other: LdapReader): void {
    this.#cookie = other.#cookie;
  }

  /** What changed since the last read. `onPage` also sees pages of a read that fails. */
  async changes(onPage?: (page: DirectoryPage) => void): Promise<readonly DirectoryChange[]> {
    return (await this.changesByPage(onPage)).changes;
  }

  /** The same with the sizes of its pages. */
  async changesByPage(onPage?: (page: DirectoryPage) => void): Promise<ReadResult> {
    const pages = await this.source.changesSince(this.#cookie, this.#never);
    if (pages === 'full-read-required') throw new Error('The directory does not know the cookie.');
    const result = await readToEnd(pages, onPage);
    this.#cookie = result.cookie;
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.source.close();
  }
}
