import type { DirectoryChange } from '../../../shared/directory/change.ts';
import type { LdapConnection } from './connection.ts';
import { extendedDn } from './controls.ts';
import { decodeWhole, requestedAttributes } from './decode.ts';
import { readEntry, type DirectoryEntry } from './entry.ts';
import { LdapResultError, protocolViolation, resultCodes } from './ldap-errors.ts';
import { anyObject } from './server-facts.ts';

/**
 * Reads one object whole by its GUID, with all its members. `undefined` when it is gone or does not travel: if it was deleted
 * in the meantime, the next delta says so.
 *
 * @throws LdapResultError, LockstepError LS1106, LS1108.
 */
export async function readObject(connection: LdapConnection, guid: string): Promise<DirectoryChange | undefined> {
  let entry = await read(connection, guid, requestedAttributes);
  if (entry === undefined) return undefined;
  let rest = entry.attributes.get('member');
  const members = [...(rest?.whole ?? [])];
  // A long list comes in parts of MaxValRange values, 1,500 by default (MS-ADTS 3.1.1.3.4.6); each says where it ends.
  while (rest?.partUntil !== undefined) {
    const from: number = rest.partUntil + 1;
    const next = await read(connection, guid, [`member;range=${from}-*`]);
    rest = next?.attributes.get('member');
    if (rest?.partUntil !== undefined && rest.partUntil < from)
      throw protocolViolation(guid, 'The server repeats a part of a member list.');
    for (const member of rest?.whole ?? []) members.push(member);
  }
  entry = { ...entry, attributes: new Map(entry.attributes).set('member', { whole: members }) };
  return decodeWhole(entry);
}

async function read(
  connection: LdapConnection,
  guid: string,
  attributes: readonly string[],
): Promise<DirectoryEntry | undefined> {
  try {
    const [entry] = await connection.searchAll({
      baseDn: `<GUID=${guid}>`,
      scope: 'base',
      filter: anyObject(),
      attributes,
      controls: [extendedDn()],
    });
    return entry && readEntry(entry, false);
  } catch (error) {
    if (error instanceof LdapResultError && error.resultCode === resultCodes.noSuchObject) return undefined;
    throw error;
  }
}
