import type { DirectoryChange } from '../../../shared/directory/change.ts';
import type { DirectoryPage } from '../directory-source.ts';
import type { LdapConnection } from './connection.ts';
import { containersMoved } from './containers-moved.ts';
import { cookieOf, type LdapCookie } from './cookie.ts';
import { decodeDelta, isDeleted } from './decode.ts';
import type { DirSyncItem } from './dir-sync.ts';
import type { DirectoryEntry } from './entry.ts';
import { pagesOf } from './pages.ts';
import { readObject } from './read-object.ts';
import type { Scope } from './scope/scope.ts';
import type { Session } from './session.ts';
import { readSubtree } from './subtree.ts';

export interface DeltaOptions {
  readonly session: Session;
  readonly scope: Scope;
  /** The answer to the cookie from which it goes on. */
  readonly items: AsyncIterable<DirSyncItem>;
  readonly since: LdapCookie;
  readonly next: Pick<LdapCookie, 'at' | 'servers'>;
  /** A second connection to the same server: the first one is held back while its answer is read. */
  readonly another: () => Promise<LdapConnection>;
}

/**
 * What changed. Objects of which the answer does not tell enough are read whole once it has ended; that something left the scope
 * is said last, when it is certain that the scope was the same all along.
 */
export async function* readDelta(options: DeltaOptions): AsyncGenerator<DirectoryPage, void> {
  const { session, scope, since, next } = options;
  const { connection, namingContext } = session;
  // A change of an object that has just come is not enough: nobody knows it yet.
  const unclear = new Set(scope.entered);
  const left = new Set(scope.left);
  const dirSync = yield* readAnswer(options, unclear);
  // Only after the search has ended: it holds the connection back while its reader is busy.
  const changes: DirectoryChange[] = [];
  for (const guid of unclear) {
    const whole = await readObject(connection, guid, scope.filter);
    if (whole !== undefined && scope.contains(whole)) changes.push(whole);
    else if (scope.isLimited) left.add(guid);
  }
  // After the objects: what is read here is newer than what was told of them.
  const { moved, cookie: containers } = await containersMoved(session, Buffer.from(since.containers, 'base64'));
  for (const container of moved) {
    for await (const below of readSubtree(connection, container, scope.filter)) {
      const inScope = below.filter((whole) => scope.contains(whole));
      for (const { objectGuid } of below) left.add(objectGuid);
      for (const { objectGuid } of inScope) left.delete(objectGuid);
      if (inScope.length > 0) yield { changes: inScope };
    }
  }
  await scope.assertUnmoved(connection);
  for (const objectGuid of left) changes.push({ kind: 'out-of-scope', objectGuid });
  yield {
    changes,
    cookie: cookieOf({ namingContext, dirSync, containers, scope: scope.toCookie(), ...next }),
  };
}

/** What the answer itself tells of objects in scope; the others that it names are added to `unclear`. Gives the server's cookie. */
async function* readAnswer(
  { items, scope, another }: DeltaOptions,
  unclear: Set<string>,
): AsyncGenerator<DirectoryPage, Buffer> {
  let dirSyncCookie: Buffer = Buffer.alloc(0);
  let second: LdapConnection | undefined;
  const pages = pagesOf(
    items,
    (entry) => decodeInScope(entry, scope, unclear),
    (cookie) => {
      dirSyncCookie = cookie;
      return '';
    },
  );
  try {
    for await (const { changes } of pages) {
      if (changes.length === 0) continue;
      if (!scope.hasFilter) {
        yield { changes };
        continue;
      }
      second ??= await another();
      const present = changes.filter(({ kind }) => kind === 'present').map(({ objectGuid }) => objectGuid);
      const matching = await scope.matching(second, present);
      yield { changes: changes.filter(({ kind, objectGuid }) => kind !== 'present' || matching.has(objectGuid)) };
    }
  } finally {
    second?.close();
  }
  return dirSyncCookie;
}

function decodeInScope(entry: DirectoryEntry, scope: Scope, unclear: Set<string>): DirectoryChange | undefined {
  const decoded = decodeDelta(entry);
  if (decoded.kind === 'read-whole') unclear.add(decoded.objectGuid);
  // The filter may ask for what does not travel: then the change itself tells nothing.
  else if (scope.mayChange(entry) && entry.guid !== undefined && !isDeleted(entry)) unclear.add(entry.guid);
  if (decoded.kind !== 'change') return undefined;
  const { change } = decoded;
  if (change.kind !== 'present') return change;
  const { objectGuid } = change;
  if (unclear.has(objectGuid)) return undefined;
  return scope.contains({ objectGuid, dn: entry.dn }) ? change : undefined;
}
