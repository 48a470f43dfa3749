import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { LdapSource } from '../../../onprem-relay/directory/ldap/ldap-source.ts';
import type { DirectoryPage } from '../../../onprem-relay/directory/directory-source.ts';
import type { DirectoryChange } from '../../../shared/directory/change.ts';
import { generateLarge } from '../../sandbox/estate/large.ts';
import { startSamba } from '../../sandbox/samba/samba-dc.ts';
import { CuttingProxy } from '../../support/cutting-proxy.ts';
import { DirectoryAdmin } from '../../support/directory-admin.ts';
import { LdapReader, ldapOptions, readToEnd } from '../../support/relay/ldap-reader.ts';
import { describeWithSamba } from '../../support/samba.ts';

const never = new AbortController().signal;
const users = 5_200;
/** More than the 1,500 values that an ordinary answer gives of one attribute (MaxValRange, MS-ADTS 3.1.1.3.4.6). */
const members = 5_000;

describeWithSamba('Reading a directory of a few thousand objects', (dc) => {
  beforeAll(async () => {
    await dc().bulkLoad(generateLarge({ users, groups: 1, membersPerGroup: members, baseDn: dc().baseDn, seed: 3 }));
    // Some 10 s on a machine that has nothing else to do.
  }, 180_000);

  it('gives each object once in pages of 500 changes, and the cookie on the last', async () => {
    await using reader = new LdapReader(await ldapOptions(dc()));
    const { changes, pageSizes } = await reader.everything();
    expect(pageSizes.slice(0, -1).every((size) => size === 500)).toBe(true);
    expect(pageSizes.length).toBeGreaterThan(4);
    const large = changes.filter((change) => change.kind === 'present' && change.dn?.includes(',OU=Large,'));
    expect(new Set(large.map((change) => change.objectGuid)).size).toBe(users + 1);
    expect(large).toHaveLength(users + 1);
  });

  it('gives all members of a large group, also when it was renamed and must be read by itself', async () => {
    await using admin = await DirectoryAdmin.signIn(dc());
    await using reader = new LdapReader(await ldapOptions(dc()));
    const ou = `OU=Groups,OU=Large,${dc().baseDn}`;
    const guid = await admin.guidOf(`CN=g001,${ou}`);
    const memberGuids = (changes: readonly DirectoryChange[]): string[] =>
      changes
        .filter((change) => change.objectGuid === guid && change.kind === 'present')
        .flatMap((change) => (change.kind === 'present' ? change.links.flatMap((link) => link.added) : []));
    const whole = memberGuids((await reader.everything()).changes);
    expect(new Set(whole).size).toBe(members);
    await admin.move(`CN=g001,${ou}`, `CN=Renamed,${ou}`);
    expect(memberGuids(await reader.changes()).sort()).toEqual(whole.sort());
  });

  it('gives everything below a renamed unit, more than the server shows at once', async () => {
    await using admin = await DirectoryAdmin.signIn(dc());
    // Contacts: Samba takes a minute to rename what is above a thousand members of a group.
    const [unit, renamed] = [`OU=Plain,${dc().baseDn}`, `OU=Renamed,${dc().baseDn}`];
    const contacts = Array.from({ length: 620 }, (_, n) => `dn: CN=c${n},${unit}\nobjectClass: contact\n`);
    await dc().bulkLoad([`dn: ${unit}\nobjectClass: organizationalUnit\n`, ...contacts].join('\n'));
    await using reader = new LdapReader(await ldapOptions(dc()));
    await reader.everything();
    await admin.move(unit, renamed);
    const changes = await reader.changes();
    const below = await admin.guidsOf('(objectClass=contact)');
    expect(changes.map(({ objectGuid }) => objectGuid).sort()).toEqual(below.sort());
    expect(changes.every((one) => one.kind === 'present' && one.dn?.endsWith(`,${renamed}`))).toBe(true);
  });

  it('gives thousands of changes since a cookie in pages, too', async () => {
    await using reader = new LdapReader(await ldapOptions(dc()));
    await reader.everything();
    const changed = 1_200;
    const account = (index: number): string =>
      `CN=u${String(index + 1).padStart(5, '0')},OU=Unit ${index < 1000 ? 1 : 2},OU=Large,${dc().baseDn}`;
    const records = Array.from(
      { length: changed },
      (_, index) => `dn: ${account(index)}\nchangetype: modify\nreplace: title\ntitle: Number ${index}\n`,
    );
    await dc().bulkLoad(records.join('\n'));
    const { changes, pageSizes } = await reader.changesByPage();
    expect(pageSizes.filter((size) => size > 0)).toEqual([500, 500, 200]);
    const titles = changes.map((change) => (change.kind === 'present' ? change.attributes['title']?.[0] : undefined));
    expect(titles.sort()).toEqual(Array.from({ length: changed }, (_, index) => `Number ${index}`).sort());
  });

  it('gives each of the members that a large group lost and got, more than an attribute shows at once', async () => {
    await using admin = await DirectoryAdmin.signIn(dc());
    await using reader = new LdapReader(await ldapOptions(dc()));
    const [group] = await admin.valuesOf('(sAMAccountName=g001)', 'distinguishedName');
    if (group === undefined) throw new Error('The large group is gone.');
    const before = await admin.guidsOf(`(memberOf=${group})`);
    const dns = await admin.valuesOf(`(memberOf=${group})`, 'distinguishedName');
    await reader.everything();
    await admin.modify(group, 'replace', { member: [] });
    const [lost] = await reader.changes();
    expect(lost).toMatchObject({ whole: false, links: [{ attribute: 'member', added: [] }] });
    expect(linksOf(lost, 'removed')).toEqual(before.sort());
    await admin.modify(group, 'add', { member: dns });
    const [got] = await reader.changes();
    expect(got).toMatchObject({ whole: false, links: [{ attribute: 'member', removed: [] }] });
    expect(linksOf(got, 'added')).toEqual(before.sort());
  });

  it('gives no cookie when the connection breaks in the middle, and everything when asked again', async () => {
    await using proxy = await CuttingProxy.open(dc().address, 636);
    const options = await ldapOptions(dc(), { host: 'localhost', port: proxy.port });
    const source = new LdapSource(options);
    await source.describe(never);
    const pages: DirectoryPage[] = [];
    const read = async (): Promise<void> => {
      for await (const page of source.fullRead(never)) {
        pages.push(page);
        proxy.cut();
      }
    };
    await expect(read()).rejects.toMatchObject({ code: 'LS1108', retryable: true });
    expect(pages.filter((page) => page.cookie !== undefined)).toEqual([]);
    const { changes } = await readToEnd(source.fullRead(never));
    expect(changes.length).toBeGreaterThan(users);
    await source.close();
  });

  it('asks for a full read when the server was set back to an earlier state, or the cookie is not its own', async () => {
    await using reader = new LdapReader(await ldapOptions(dc()));
    const { cookie } = await reader.everything();
    // Instances are copies of one domain: a fresh one is this one as it was before it was filled.
    const earlier = await startSamba({ dir: await mkdtemp(join(tmpdir(), 'dc-')) });
    const source = new LdapSource(await ldapOptions(earlier));
    try {
      expect(await source.changesSince(cookie, never)).toBe('full-read-required');
      expect(await source.changesSince('', never)).toBe('full-read-required');
      expect(await source.changesSince('bm9uc2Vuc2U=', never)).toBe('full-read-required');
    } finally {
      await source.close();
      await earlier.wipe();
    }
  });
});

function linksOf(change: DirectoryChange | undefined, which: 'added' | 'removed'): string[] {
  return change?.kind === 'present' ? change.links.flatMap((link) => link[which]).sort() : [];
}
