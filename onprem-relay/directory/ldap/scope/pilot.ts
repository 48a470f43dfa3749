import { EqualityFilter, type Filter } from 'ldapts';
import { guidToBytes } from '../../../../shared/directory/guid.ts';
import type { LdapConnection } from '../connection.ts';
import { dirSync } from '../dir-sync.ts';
import { parseExtendedDn } from '../entry.ts';

/** Who is in the pilot group, at one point of the directory's history. */
export interface Pilot {
  readonly members: ReadonlySet<string>;
  /** Of DirSync, for the group alone. */
  readonly cookie: Buffer;
}

/** Since the cookie from which it was read. */
export interface PilotChange {
  readonly pilot: Pilot;
  readonly added: ReadonlySet<string>;
  readonly removed: ReadonlySet<string>;
}

/** Everybody who is a direct member. */
export async function readPilot(connection: LdapConnection, namingContext: string, group: string): Promise<Pilot> {
  const { added: members, cookie } = await memberChanges(connection, namingContext, group, Buffer.alloc(0));
  return { members, cookie };
}

/**
 * Who came and who left. The members are known first and brought up to the new cookie, so both always tell of the same moment:
 * an object counts as in the group only once it was told that it came.
 *
 * @throws LdapResultError when the cookie leads nowhere.
 */
export async function followPilot(
  connection: LdapConnection,
  namingContext: string,
  group: string,
  since: { readonly cookie: Buffer; readonly members?: ReadonlySet<string> | undefined },
): Promise<PilotChange> {
  const before = since.members ?? (await readPilot(connection, namingContext, group)).members;
  const { added, removed, cookie } = await memberChanges(connection, namingContext, group, since.cookie);
  if (added.size + removed.size === 0) return { pilot: { members: before, cookie }, added, removed };
  const members = new Set(before);
  for (const guid of added) members.add(guid);
  for (const guid of removed) members.delete(guid);
  return { pilot: { members, cookie }, added, removed };
}

interface MemberChanges {
  readonly added: ReadonlySet<string>;
  readonly removed: ReadonlySet<string>;
  readonly cookie: Buffer;
}

async function memberChanges(
  connection: LdapConnection,
  namingContext: string,
  group: string,
  since: Buffer,
): Promise<MemberChanges> {
  const added = new Set<string>();
  const removed = new Set<string>();
  let cookie = since;
  const subject = { filter: guidFilter(group), attributes: ['objectGUID', 'member'] };
  for await (const item of dirSync(connection, namingContext, since, subject)) {
    if ('cookie' in item) {
      ({ cookie } = item);
      continue;
    }
    const member = item.entry.attributes.get('member');
    // Over several of the server's pages the last word counts.
    for (const guid of guidsIn(member?.removed)) {
      added.delete(guid);
      removed.add(guid);
    }
    for (const guid of guidsIn(member?.added ?? member?.whole)) {
      removed.delete(guid);
      added.add(guid);
    }
  }
  return { added, removed, cookie };
}

function guidsIn(values: readonly Buffer[] | undefined): readonly string[] {
  return (values ?? []).flatMap((value) => parseExtendedDn(value.toString('utf8')).guid ?? []);
}

/** Matches the object with that GUID. */
export function guidFilter(guid: string): Filter {
  return new EqualityFilter({ attribute: 'objectGUID', value: Buffer.from(guidToBytes(guid)) });
}
