import { decodeDelta } from './decode.ts';
import { containers, dirSync } from './dir-sync.ts';
import type { Session } from './session.ts';

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
