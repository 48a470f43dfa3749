import { PagedResultsControl, type Filter } from 'ldapts';
import type { LdapConnection } from './connection.ts';
import { extendedDn } from './controls.ts';
import { requestedAttributes, type WholeObject } from './decode.ts';
import { readEntry } from './entry.ts';
import { LdapResultError, resultCodes } from './ldap-errors.ts';
import { readWhole } from './read-object.ts';

/** Below MaxPageSize, 1,000 by default (MS-ADTS 3.1.1.3.4.6). */
const pageSize = 500;

/**
 * Every object below a container that matches, whole: nothing tells of them when a container above them is renamed or moved, but their
 * names changed all the same. Gives nothing when the container is gone.
 *
 * @throws LdapResultError, LockstepError LS1106, LS1108.
 */
export async function* readSubtree(
  connection: LdapConnection,
  containerGuid: string,
  filter: Filter,
): AsyncGenerator<readonly WholeObject[], void> {
  let cookie: Buffer | undefined;
  do {
    const paging = new PagedResultsControl({ value: { size: pageSize, ...(cookie === undefined ? {} : { cookie }) } });
    const found = await searchPage(connection, containerGuid, filter, paging);
    const page: WholeObject[] = [];
    for (const entry of found) {
      const change = await readWhole(connection, readEntry(entry, false));
      if (change !== undefined) page.push(change);
    }
    if (page.length > 0) yield page;
    cookie = paging.value?.cookie;
  } while (cookie !== undefined && cookie.length > 0);
}

async function searchPage(
  connection: LdapConnection,
  containerGuid: string,
  filter: Filter,
  paging: PagedResultsControl,
): ReturnType<LdapConnection['searchAll']> {
  try {
    return await connection.searchAll({
      baseDn: `<GUID=${containerGuid}>`,
      scope: 'sub',
      filter: filter,
      attributes: requestedAttributes,
      controls: [paging, extendedDn()],
    });
  } catch (error) {
    if (error instanceof LdapResultError && error.resultCode === resultCodes.noSuchObject) return [];
    throw error;
  }
}
