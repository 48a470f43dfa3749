import type { DirectoryChange } from '../../../shared/directory/change.ts';
import type { DirectoryPage } from '../directory-source.ts';
import type { DirSyncItem } from './dir-sync.ts';
import type { DirectoryEntry } from './entry.ts';

const pageSize = 500;

/** Cuts what DirSync answers into pages; the last one comes when the server's cookie has. */
export async function* pagesOf(
  items: AsyncIterable<DirSyncItem>,
  decode: (entry: DirectoryEntry) => DirectoryChange | undefined,
  toCookie: (dirSyncCookie: Buffer) => Promise<string> | string,
): AsyncGenerator<DirectoryPage, void> {
  let changes: DirectoryChange[] = [];
  for await (const item of items) {
    if ('cookie' in item) {
      yield { changes, cookie: await toCookie(item.cookie) };
      return;
    }
    const change = decode(item.entry);
    if (change !== undefined) changes.push(change);
    if (changes.length < pageSize) continue;
    yield { changes };
    changes = [];
  }
}
