import { GuidSet } from '../../../shared/directory/guid-set.ts';
import type { DirectoryPage } from '../directory-source.ts';
import { containersMoved } from './containers-moved.ts';
import { cookieOf, type LdapCookie } from './cookie.ts';
import { decodeDelta, decodeWhole, isDeleted } from './decode.ts';
import { dirSync } from './dir-sync.ts';
import { pagesOf } from './pages.ts';
import type { Scope } from './scope/scope.ts';
import type { Session } from './session.ts';

/** Everything that is in scope, whole. */
export async function* readEverything(
  session: Session,
  scope: Scope,
  next: Pick<LdapCookie, 'at' | 'servers'>,
): AsyncGenerator<DirectoryPage, void> {
  const { connection, namingContext } = session;
  // Before the objects: a container renamed from here on is told with the next changes.
  const { cookie: containers } = await containersMoved(session, Buffer.alloc(0));
  const seen = new GuidSet();
  yield* pagesOf(
    dirSync(connection, namingContext, Buffer.alloc(0), scope.everything),
    (entry) => {
      const whole = decodeWhole(entry);
      if (whole !== undefined && !scope.contains(whole)) return undefined;
      if (whole !== undefined) seen.add(whole.objectGuid);
      if (whole !== undefined || isDeleted(entry)) return whole;
      // The links of one object may be spread over several of the server's pages; only the first one shows its class.
      const more = decodeDelta(entry);
      return more.kind === 'change' && seen.has(more.change.objectGuid) ? more.change : undefined;
    },
    async (ofObjects) => {
      await scope.assertUnmoved(connection);
      return cookieOf({ namingContext, dirSync: ofObjects, containers, scope: scope.toCookie(), ...next });
    },
  );
}
