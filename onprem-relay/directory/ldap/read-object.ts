import type { Filter } from 'ldapts';
import type { LdapConnection } from './connection.ts';
import { extendedDn } from './controls.ts';
import { decodeWhole, requestedAttributes, type WholeObject } from './decode.ts';
import { readEntry, type DirectoryEntry, type EntryAttribute } from './entry.ts';
import { LdapResultError, protocolViolation, resultCodes } from './ldap-errors.ts';
import { anyObject } from './server-facts.ts';

/**
 * Reads one object whole by its GUID, with all its links. `undefined` when it is gone, does not travel or does not match: if it was
 * deleted in the meantime, the next delta says so.
 *
 * @throws LdapResultError, LockstepError LS1106, LS1108.
 */
export async function readObject(
  connection: LdapConnection,
  guid: string,
  filter: Filter,
): Promise<WholeObject | undefined> {
  const entry = await read(connection, guid, requestedAttributes, filter);
  return entry && readWhole(connection, entry);
}

/** The object that an entry shows, with the values that the entry was too small for. */
export async function readWhole(connection: LdapConnection, entry: DirectoryEntry): Promise<WholeObject | undefined> {
  const attributes = new Map(entry.attributes);
  for (const [name, attribute] of entry.attributes) {
    if (attribute.partUntil !== undefined && entry.guid !== undefined)
      attributes.set(name, await readRest(connection, entry.guid, name, attribute));
  }
  return decodeWhole({ ...entry, attributes });
}

/** A long list comes in parts of MaxValRange values, 1,500 by default (MS-ADTS 3.1.1.3.4.6); each says where it ends. */
async function readRest(
  connection: LdapConnection,
  guid: string,
  name: string,
  first: EntryAttribute,
): Promise<EntryAttribute> {
  const whole = [...(first.whole ?? [])];
  let part: EntryAttribute | undefined = first;
  while (part?.partUntil !== undefined) {
    const from: number = part.partUntil + 1;
    const next = await read(connection, guid, [`${name};range=${from}-*`]);
    part = next?.attributes.get(name);
    if (part?.partUntil !== undefined && part.partUntil < from)
      throw protocolViolation(guid, `The server repeats a part of the values of ${name}.`);
    for (const value of part?.whole ?? []) whole.push(value);
  }
  return { whole };
}

async function read(
  connection: LdapConnection,
  guid: string,
  attributes: readonly string[],
  filter: Filter = anyObject(),
): Promise<DirectoryEntry | undefined> {
  try {
    const [entry] = await connection.searchAll({
      baseDn: `<GUID=${guid}>`,
      scope: 'base',
      filter,
      attributes,
      controls: [extendedDn()],
    });
    return entry && readEntry(entry, false);
  } catch (error) {
    if (error instanceof LdapResultError && error.resultCode === resultCodes.noSuchObject) return undefined;
    throw error;
  }
}
