import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DirectoryPage } from '../../../onprem-relay/directory/directory-source.ts';
import { LdifSource } from '../../../onprem-relay/directory/ldif/ldif-source.ts';
import type { DirectoryChange } from '../../../shared/directory/change.ts';
import { guidOf } from '../../support/facts.ts';
import { ManualClock } from '../../support/relay/manual-clock.ts';

let folder: string;
let file: string;
let source: LdifSource;

const person = (n: number, title: string): string =>
  `dn: CN=p${n},DC=contoso,DC=test\nobjectClass: user\nobjectGUID: ${guidOf(n)}\ntitle: ${title}\n`;
const write = (...entries: (string | Buffer)[]): Promise<void> =>
  writeFile(file, Buffer.concat(entries.flatMap((entry) => [Buffer.from(entry), Buffer.from('\n')])));
const newSource = (): LdifSource => {
  const clock = new ManualClock();
  return new LdifSource({ path: file, sleep: (ms, signal) => clock.sleep(ms, signal), quietMs: 0 });
};

async function all(
  pages: AsyncIterable<DirectoryPage>,
): Promise<{ changes: DirectoryChange[]; cookie: string; pages: number }> {
  const read: DirectoryPage[] = [];
  for await (const page of pages) read.push(page);
  expect(read.slice(0, -1).every(({ cookie }) => cookie === undefined)).toBe(true);
  return { changes: read.flatMap(({ changes }) => changes), cookie: read.at(-1)?.cookie ?? '', pages: read.length };
}

async function since(
  cookie: string,
  from: LdifSource = source,
): Promise<Awaited<ReturnType<typeof all>> | 'full-read-required'> {
  const pages = await from.changesSince(cookie);
  return pages === 'full-read-required' ? pages : all(pages);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ldif-'));
  file = join(folder, 'directory.ldif');
  source = newSource();
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('an LDIF file as a source', () => {
  it('is read whole, in pages, with a cookie at the end', async () => {
    await write(...Array.from({ length: 1_001 }, (_, i) => person(i + 1, 'x')));
    const read = await all(source.fullRead());
    expect(read.changes).toHaveLength(1_001);
    expect(read.changes.every((change) => change.kind === 'present' && change.whole)).toBe(true);
    expect(read.pages).toBe(4);
    expect(read.cookie).not.toBe('');
  });

  it('tells what changed since the cookie, and nothing when nothing did', async () => {
    await write(person(1, 'x'), person(2, 'x'));
    const { cookie } = await all(source.fullRead());
    expect(await since(cookie)).toMatchObject({ changes: [], cookie });
    await write(person(1, 'y'));
    const next = await since(cookie);
    expect(next).toMatchObject({
      changes: [
        { objectGuid: guidOf(1), whole: false, attributes: { title: ['y'] } },
        { kind: 'deleted', objectGuid: guidOf(2) },
      ],
    });
    expect(next).not.toMatchObject({ cookie });
  });

  it('tells the same again, and more, to a reader whose sending failed', async () => {
    await write(person(1, 'x'));
    const { cookie } = await all(source.fullRead());
    await write(person(1, 'y'));
    const first = await since(cookie);
    expect(await since(cookie)).toEqual(first);
    await write(person(1, 'y'), person(2, 'x'));
    expect(await since(cookie)).toMatchObject({ changes: [{ objectGuid: guidOf(1) }, { objectGuid: guidOf(2) }] });
  });

  it('needs a full read after a restart when the file changed meanwhile, and only then', async () => {
    await write(person(1, 'x'));
    const { cookie } = await all(source.fullRead());
    expect(await since(cookie, newSource())).toMatchObject({ changes: [], cookie });
    await write(person(1, 'y'));
    expect(await since(cookie, newSource())).toBe('full-read-required');
  });

  it('takes an emptied file for a mishap, and goes on from the cookie once it is filled again', async () => {
    await write(person(1, 'x'), person(2, 'x'));
    const { cookie } = await all(source.fullRead());
    await write('');
    await expect(source.changesSince(cookie)).rejects.toMatchObject({ code: 'LS1107', object: file });
    await write(person(1, 'x'));
    expect(await since(cookie)).toMatchObject({ changes: [{ kind: 'deleted', objectGuid: guidOf(2) }] });
  });

  it('takes a broken file for a mishap as well, and loses nothing by it', async () => {
    await write(person(1, 'x'));
    const { cookie } = await all(source.fullRead());
    await write(person(1, 'y'), 'oops');
    await expect(source.changesSince(cookie)).rejects.toMatchObject({ code: 'LS1201' });
    await write(person(1, 'y'));
    expect(await since(cookie)).toMatchObject({ changes: [{ attributes: { title: ['y'] } }] });
  });

  it('is refused in another encoding than UTF-8, with the line, rather than read with wrong names', async () => {
    await write('version: 1', Buffer.from(person(1, 'Müller'), 'latin1'));
    await expect(source.describe()).rejects.toMatchObject({
      code: 'LS1201',
      object: `${file}:5`,
      message: expect.stringContaining('UTF-8') as unknown,
    });
    await writeFile(file, Buffer.from(`\uFEFF${person(1, 'x')}`, 'utf16le'));
    await expect(source.describe()).rejects.toMatchObject({ code: 'LS1201', object: `${file}:1` });
  });

  it.each<[string, () => Promise<unknown>]>([
    ['described', () => source.describe()],
    ['read', () => all(source.fullRead())],
    ['compared', () => source.changesSince('AA==')],
  ])('that is not there cannot be %s: LS1002', async (_what, action) => {
    await expect(action()).rejects.toMatchObject({ code: 'LS1002', object: file });
  });

  it('rings when it begins to watch, when the file changes, and when another takes its place', async () => {
    await write(person(1, 'x'));
    const stop = new AbortController();
    let rings = Promise.withResolvers<undefined>();
    const watching = source.doorbell(
      {
        ring: () => {
          rings.resolve(undefined);
        },
        problem: (error) => {
          rings.reject(error);
        },
      },
      stop.signal,
    );
    for (const action of [
      () => Promise.resolve(),
      () => write(person(1, 'y')),
      () => rm(file),
      () => write(person(1, 'z')),
    ]) {
      await action();
      await rings.promise;
      rings = Promise.withResolvers<undefined>();
    }
    stop.abort();
    expect(await watching).toBe('closed');
  });
});
