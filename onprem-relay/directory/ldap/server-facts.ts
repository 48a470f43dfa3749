import { EqualityFilter, PresenceFilter } from 'ldapts';
import { fqdnOfDn, normalizeDn } from '../../../shared/directory/dn.ts';
import { guidFromBytes } from '../../../shared/directory/guid.ts';
import type { DomainFacts } from '../../../shared/contracts/change-batch.ts';
import { LockstepError } from '../../../shared/errors/lockstep-error.ts';
import type { LdapConnection } from './connection.ts';
import { readEntry, textOf, type DirectoryEntry } from './entry.ts';
import { LdapResultError, protocolViolation } from './ldap-errors.ts';

export const anyObject = (): PresenceFilter => new PresenceFilter({ attribute: 'objectClass' });

/** What rootDSE tells (MS-ADTS 3.1.1.3.2). */
export interface RootDse {
  readonly namingContexts: readonly string[];
  readonly defaultNamingContext: string | undefined;
  readonly configurationNamingContext: string | undefined;
  readonly dsServiceName: string | undefined;
  readonly highestCommittedUsn: string;
}

export async function readRootDse(connection: LdapConnection): Promise<RootDse> {
  const [entry] = await connection.searchAll({
    baseDn: '',
    scope: 'base',
    filter: anyObject(),
    attributes: [
      'namingContexts',
      'defaultNamingContext',
      'configurationNamingContext',
      'dsServiceName',
      'highestCommittedUSN',
    ],
  });
  if (entry === undefined) throw protocolViolation('rootDSE', 'The server does not show its rootDSE.');
  const root = readEntry(entry, false);
  const namingContexts = (root.attributes.get('namingcontexts')?.whole ?? []).map((value) => value.toString('utf8'));
  return {
    namingContexts,
    defaultNamingContext: textOf(root, 'defaultNamingContext'),
    configurationNamingContext: textOf(root, 'configurationNamingContext'),
    dsServiceName: textOf(root, 'dsServiceName'),
    highestCommittedUsn: textOf(root, 'highestCommittedUSN') ?? '',
  };
}

/**
 * The naming context to read, spelled as the server spells it: the setting's, or the domain's own.
 *
 * @throws LockstepError LS1104 with the contexts that there are.
 */
export function chooseNamingContext(root: RootDse, baseDn: string | undefined): string {
  const wanted = baseDn ?? root.defaultNamingContext ?? '';
  const chosen = root.namingContexts.find((context) => sameDn(context, wanted));
  if (chosen !== undefined) return chosen;
  throw new LockstepError(
    'LS1104',
    `"${wanted}" is not a naming context of this server. It has: ${root.namingContexts.join(' | ')}.`,
    { object: wanted },
  );
}

/** The domain's names, from the cross reference of its naming context (MS-ADTS 6.1.1.2.1.1); the DN has them to fall back on. */
export async function readDomainFacts(
  connection: LdapConnection,
  root: RootDse,
  namingContext: string,
): Promise<DomainFacts> {
  const crossRef = await readQuietly(connection, {
    baseDn: `CN=Partitions,${root.configurationNamingContext ?? ''}`,
    scope: 'one',
    filter: new EqualityFilter({ attribute: 'nCName', value: namingContext }),
    attributes: ['nETBIOSName', 'dnsRoot'],
  });
  return {
    namingContext,
    fqdn: (crossRef && textOf(crossRef, 'dnsRoot')?.toLowerCase()) ?? fqdnOfDn(namingContext),
    netbios: crossRef && textOf(crossRef, 'nETBIOSName'),
  };
}

/** Which database a server serves. */
export interface Database {
  /** objectGUID of the server's settings, which stays the same when its database is restored. */
  readonly server: string;
  readonly invocationId: string;
}

/** The identity of the server's database (MS-ADTS 3.1.1.1.9); `undefined` when the account may not read it. */
export async function readDatabase(connection: LdapConnection, root: RootDse): Promise<Database | undefined> {
  if (root.dsServiceName === undefined) return undefined;
  const settings = await readQuietly(connection, {
    baseDn: root.dsServiceName,
    scope: 'base',
    filter: anyObject(),
    attributes: ['objectGUID', 'invocationId'],
  });
  const id = settings?.attributes.get('invocationid')?.whole?.[0];
  if (id?.length !== 16 || settings?.guid === undefined) return undefined;
  return { server: settings.guid, invocationId: guidFromBytes(id) };
}

/** Where none is set (MS-ADTS 6.1.1.2.4.1.1). */
const defaultTombstoneDays = 60;

/** Days for which a deleted object is remembered. */
export async function readTombstoneDays(connection: LdapConnection, root: RootDse): Promise<number> {
  const service = await readQuietly(connection, {
    baseDn: `CN=Directory Service,CN=Windows NT,CN=Services,${root.configurationNamingContext ?? ''}`,
    scope: 'base',
    filter: anyObject(),
    attributes: ['tombstoneLifetime'],
  });
  const days = Number((service && textOf(service, 'tombstoneLifetime')) ?? defaultTombstoneDays);
  return Number.isInteger(days) && days > 1 ? days : defaultTombstoneDays;
}

async function readQuietly(
  connection: LdapConnection,
  search: Parameters<LdapConnection['searchAll']>[0],
): Promise<DirectoryEntry | undefined> {
  try {
    const [entry] = await connection.searchAll(search);
    return entry && readEntry(entry, false);
  } catch (error) {
    if (error instanceof LdapResultError) return undefined;
    throw error;
  }
}

function sameDn(a: string, b: string): boolean {
  try {
    return normalizeDn(a) === normalizeDn(b);
  } catch {
    return false;
  }
}
