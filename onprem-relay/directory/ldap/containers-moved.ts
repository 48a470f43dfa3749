import { AndFilter, GreaterThanEqualsFilter } from 'ldapts';
import type { LdapCookie } from './cookie.ts';
import { decodeDelta } from './decode.ts';
import { containers, dirSync } from './dir-sync.ts';
import type { Session } from './session.ts';

/**
 * True when no container changed at this server since its USN of that time; it costs nothing to ask, where DirSync looks at the
 * whole directory. USNs count for one database alone (MS-ADTS 3.1.1.1.9), so of another nothing is known.
 */
export async function areContainersUntouched(
  { connection, namingContext, database }: Session,
  servers: LdapCookie['servers'],
): Promise<boolean> {
  const then = database && servers[database.server];
  if (then === undefined || then.invocationId !== database?.invocationId) return false;
  const since = new GreaterThanEqualsFilter({ attribute: 'uSNChanged', value: String(BigInt(then.usn) + 1n) });
  const changed = await connection.searchAll({
    baseDn: namingContext,
    scope: 'sub',
    filter: new AndFilter({ filters: [containers.filter, since] }),
    attributes: ['objectGUID'],
  });
  return changed.length === 0;
}

/** GUIDs of the containers that were renamed or moved since a cookie, and the new cookie. */
export async function containersMoved(
  { connection, namingContext }: Session,
  since: Buffer,
): Promise<{ readonly moved: readonly string[]; readonly cookie: Buffer }> {
  const moved: string[] = [];
  for await (const item of dirSync(connection, namingContext, since, containers)) {
    if ('cookie' in item) return { moved, cookie: item.cookie };
    // A new container brings nothing along, and one that came back brings only what is told by itself.
    if (decodeDelta(item.entry).kind === 'read-whole' && item.entry.guid !== undefined) moved.push(item.entry.guid);
  }
  return { moved, cookie: since };
}
