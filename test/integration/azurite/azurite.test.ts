import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { azureTables } from '../../../functions/storage/azure-tables.ts';
import { Pending } from '../../../functions/storage/pending.ts';
import type { Table } from '../../../functions/storage/table.ts';
import { collect, prefixRange } from '../../../functions/storage/table.ts';
import type { Azurite } from '../../sandbox/azurite/azurite.ts';
import { endedProperly, startAzurite } from '../../sandbox/azurite/azurite.ts';

let folder: string;
let azurite: Azurite;

async function table(): Promise<Table> {
  const { tables, prepare } = azureTables({ connectionString: azurite.connectionString });
  await prepare(['Runs']);
  return tables('Runs');
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tables-'));
  azurite = await startAzurite({ location: folder });
});

afterEach(async () => {
  await azurite.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('pending marks', () => {
  it('stay when they were set anew after they had been read', async () => {
    const { tables, prepare } = azureTables({ connectionString: azurite.connectionString });
    await prepare(['Pending']);
    const pending = new Pending(tables, randomUUID);
    const guid = '0a000000-0000-4000-8000-000000000000';
    await pending.mark('c', 'user', [guid], 'first');
    const read = await pending.page('c', 'user', '', 10);
    await pending.mark('c', 'user', [guid], 'second');
    await pending.clear('c', 'user', read.marks);
    await pending.clear('c', 'user', read.marks);
    expect((await pending.page('c', 'user', '', 10)).marks).toMatchObject([
      { objectGuid: guid, correlationId: 'second' },
    ]);
  });
});

describe('Table Storage through Azurite', () => {
  it('inserts rows that are new and names those that were taken, however many there are', async () => {
    const runs = await table();
    const row = (n: number, by: string): { rowKey: string; values: { by: string } } => ({
      rowKey: `r${String(n).padStart(4, '0')}`,
      values: { by },
    });
    const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
    expect(await runs.insertNew('p', [])).toEqual([]);
    expect(
      await runs.insertNew(
        'p',
        range(0, 250).map((n) => row(n, 'first')),
      ),
    ).toEqual([]);
    const taken = await runs.insertNew(
      'p',
      range(200, 450).map((n) => row(n, 'second')),
    );
    expect([...taken].sort()).toEqual(range(200, 250).map((n) => row(n, '').rowKey));
    const rows = await collect(runs.range(prefixRange('p', 'r')));
    expect(rows.map(({ values }) => values['by'])).toEqual([
      ...range(0, 250).map(() => 'first'),
      ...range(250, 450).map(() => 'second'),
    ]);
  });

  it('keeps rows, reads ranges in order and page by page, and deletes only what is unchanged', async () => {
    const runs = await table();
    const keys = Array.from({ length: 1203 }, (_, n) => `k|${String(n).padStart(5, '0')}`);
    await runs.write(
      'p',
      keys.map((rowKey, n) => ({ kind: 'put', rowKey, values: { n, text: 'ä', flag: true } })),
    );
    const rows = await collect(runs.range(prefixRange('p', 'k|')));
    expect(rows.map((row) => row.rowKey)).toEqual(keys);
    expect(rows[7]?.values).toEqual({ n: 7, text: 'ä', flag: true });
    expect(await collect(runs.range({ ...prefixRange('p', 'k|'), limit: 3, select: ['n'] }))).toMatchObject([
      { values: { n: 0 } },
      { values: { n: 1 } },
      { values: { n: 2 } },
    ]);
    const row = await runs.get('p', 'k|00001');
    await runs.write('p', [{ kind: 'put', rowKey: 'k|00001', values: { n: 99 } }]);
    expect(await runs.deleteIfUnchanged('p', 'k|00001', row?.etag ?? '')).toBe(false);
    expect(await runs.deleteIfUnchanged('p', 'k|00001', '*')).toBe(true);
    expect(await runs.get('p', 'k|00001')).toBeUndefined();
  });

  it('refuses a whole transaction when one row of it is not there', async () => {
    const runs = await table();
    await runs.write('p', [{ kind: 'put', rowKey: 'a', values: {} }]);
    const write = runs.write('p', [
      { kind: 'delete', rowKey: 'a' },
      { kind: 'delete', rowKey: 'b' },
    ]);
    await expect(write).rejects.toMatchObject({ code: 'LS4001' });
    expect(await runs.get('p', 'a')).toBeDefined();
  });

  it('has everything again after it was stopped, and says that it ended properly', async () => {
    await (await table()).write('p', [{ kind: 'put', rowKey: 'a', values: { n: 1 } }]);
    await azurite.stop();
    expect(endedProperly(folder)).toBe(true);
    azurite = await startAzurite({ location: folder });
    expect((await (await table()).get('p', 'a'))?.values).toEqual({ n: 1 });
  });

  it('says that it did not end properly after it was killed', async () => {
    process.kill(azurite.pid, 'SIGKILL');
    await azurite.stop();
    expect(endedProperly(folder)).toBe(false);
    azurite = await startAzurite({ location: folder });
  });
});
