import { FilterParser, type Filter } from 'ldapts';
import type { LdapConnection } from './connection.ts';
import { DirSyncControl, extendedDn } from './controls.ts';
import { requestedAttributes } from './decode.ts';
import { readEntry, type DirectoryEntry } from './entry.ts';
import { protocolViolation } from './ldap-errors.ts';

/** Computers are users by class; they are kept out here already, for their changes carry no class by which to tell them. */
export const travellingFilter: Filter = FilterParser.parseString(
  '(|(objectClass=user)(objectClass=group)(objectClass=contact)(objectClass=foreignSecurityPrincipal))',
);

/** What DirSync is asked of. */
export interface DirSyncSubject {
  readonly filter: Filter;
  readonly attributes: readonly string[];
}

/** The objects that travel. */
export const travellingObjects: DirSyncSubject = { filter: travellingFilter, attributes: requestedAttributes };

/** The containers above them, in as far as it concerns the names of what is below. */
export const containers: DirSyncSubject = {
  filter: FilterParser.parseString('(|(objectClass=organizationalUnit)(objectClass=container))'),
  attributes: ['objectGUID', 'objectClass', 'parentGUID', 'name', 'whenCreated', 'isDeleted'],
};

export type DirSyncItem =
  | { readonly entry: DirectoryEntry }
  /** The server's cookie after the last of its pages. */
  | { readonly cookie: Buffer };

/**
 * Everything that changed since a cookie (empty: everything there is), across the server's pages, and at the end the new
 * cookie. No paged-results control and no size limit: neither goes together with DirSync.
 *
 * @throws LdapResultError, LockstepError LS1106, LS1108.
 */
export async function* dirSync(
  connection: LdapConnection,
  namingContext: string,
  cookie: Buffer,
  subject: DirSyncSubject = travellingObjects,
): AsyncGenerator<DirSyncItem, void> {
  let current = cookie;
  for (;;) {
    const control = new DirSyncControl(current);
    const entries = connection.search({
      baseDn: namingContext,
      scope: 'sub',
      filter: subject.filter,
      attributes: subject.attributes,
      controls: [control, extendedDn()],
    });
    for await (const entry of entries) yield { entry: readEntry(entry, true) };
    if (!control.answered)
      throw protocolViolation(namingContext, 'The server ended a DirSync search without answering the control.');
    current = control.cookie;
    if (!control.more) break;
  }
  yield { cookie: current };
}
