import { mkdtemp, readFile, readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'ldapts';
import { expect, it, vi } from 'vitest';
import { fillWithEstate } from '../../sandbox/estate/fill-samba.ts';
import { readLdif } from '../../sandbox/estate/read-ldif.ts';
import { startSamba } from '../../sandbox/samba/samba-dc.ts';
import type { SambaDc } from '../../sandbox/samba/samba-dc.ts';
import { DirectoryAdmin } from '../../support/directory-admin.ts';
import { describeWithSamba } from '../../support/samba.ts';

const estateFile = new URL('../../fixtures/estate/contoso.ldif', import.meta.url);

/** People, groups and contacts that a domain does not have by itself; computers are users by class. */
const kinds = {
  people: '(&(objectClass=user)(!(objectClass=computer))(!(isCriticalSystemObject=*)))',
  computers: '(&(objectClass=computer)(!(isCriticalSystemObject=TRUE)))',
  groups: '(&(objectClass=group)(!(isCriticalSystemObject=*)))',
  contacts: '(objectClass=contact)',
};

async function names(admin: DirectoryAdmin): Promise<Record<string, string[]>> {
  const found = Object.entries(kinds).map(
    async ([kind, filter]) => [kind, await admin.valuesOf(filter, 'name')] as const,
  );
  return Object.fromEntries(await Promise.all(found));
}

/** The same from the estate's own text. */
async function estateNames(): Promise<Record<keyof typeof kinds, string[]>> {
  const entries = readLdif(await readFile(estateFile, 'utf8')).map(({ attributes }) => {
    const values = (wanted: string): string[] =>
      attributes.filter(([name]) => name === wanted).map(([, value]) => String(value));
    return {
      classes: values('objectClass'),
      name: String(values('name')[0]),
      critical: values('isCriticalSystemObject'),
    };
  });
  const named = (wanted: (entry: (typeof entries)[number]) => boolean): string[] =>
    entries.filter((entry) => !entry.critical.includes('TRUE') && wanted(entry)).map((entry) => entry.name);
  return {
    people: named(({ classes }) => classes.includes('user') && !classes.includes('computer')),
    computers: named(({ classes }) => classes.includes('computer')),
    groups: named(({ classes }) => classes.includes('group')),
    contacts: named(({ classes }) => classes.includes('contact')),
  };
}

/** RFC 4515 section 3. */
function escapeFilterValue(value: string): string {
  return value.replace(/[\\*()\0]/g, (char) => `\\${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

async function bindsWith(dc: SambaDc, name: string, password: string): Promise<boolean> {
  const client = new Client({ url: dc.ldapsUrl, tlsOptions: { ca: [await readFile(dc.caFile, 'utf8')] } });
  try {
    await client.bind(name, password);
    return true;
  } catch {
    return false;
  } finally {
    await client.unbind();
  }
}

interface Process {
  readonly pid: number;
  /** Samba forks each worker through a helper that only waits for it, with nothing open (tfork). */
  readonly isHelper: boolean;
}

/** The processes of a session (the sixth field of /proc/pid/stat, proc(5)), without those that only wait to be reaped. */
async function processesOf(session: number): Promise<Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = pids.map(async (pid) => {
    const line = await readFile(join('/proc', pid, 'stat'), 'utf8').catch(() => '');
    // The second field, the program's name, may hold anything; it ends at the last parenthesis.
    const [state, , , sessionOf] = line.slice(line.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || sessionOf !== String(session)) return [];
    return [{ pid: Number(pid), isHelper: line.includes('(tfork') }];
  });
  return (await Promise.all(found)).flat();
}

describeWithSamba('A Samba domain controller', (dc) => {
  it('lets the sync account bind over LDAPS by its DN and by its UPN, and only with its password', async () => {
    const password = (await readFile(dc().bindPasswordFile, 'utf8')).trimEnd();
    expect(await bindsWith(dc(), dc().bindDn, password)).toBe(true);
    expect(await bindsWith(dc(), dc().bindUpn, password)).toBe(true);
    expect(await bindsWith(dc(), dc().bindDn, `${password}x`)).toBe(false);
  });

  it('takes the example estate: every person, computer, group and contact of it, and every membership', async () => {
    await using admin = await DirectoryAdmin.signIn(dc());
    const before = await names(admin);
    await fillWithEstate(dc());
    const after = await names(admin);
    const estate = await estateNames();
    for (const [kind, expected] of Object.entries(estate)) {
      const added = after[kind]?.filter((name) => before[kind]?.includes(name) !== true) ?? [];
      expect(added.sort(), kind).toEqual(expected.sort());
    }
    expect(estate.people.length + estate.groups.length + estate.contacts.length).toBe(362);
  });

  it('shows the same members in every group as the estate has, those of circular groups too', async () => {
    await using admin = await DirectoryAdmin.signIn(dc());
    const estate = readLdif(await readFile(estateFile, 'utf8'));
    for (const { dn, attributes } of estate) {
      const values = (wanted: string): string[] =>
        attributes.flatMap(([name, value]) => (name === wanted ? [String(value)] : []));
      if (!values('objectClass').includes('group') || values('isCriticalSystemObject').includes('TRUE')) continue;
      const found = await admin.valuesOf(`(memberOf=${escapeFilterValue(dn)})`, 'distinguishedName');
      expect(found.sort(), dn).toEqual(values('member').sort());
    }
  });

  it('leaves no process and no folder behind when it is wiped, whatever its process model', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'dc-'));
    const prefork = await startSamba({ dir, model: 'prefork' });
    expect((await processesOf(prefork.pid)).length).toBeGreaterThan(1);
    await prefork.wipe();
    expect((await processesOf(prefork.pid)).filter((process) => !process.isHelper)).toEqual([]);
    // A helper ends right after its worker, and no event tells when.
    await vi.waitFor(async () => {
      expect(await processesOf(prefork.pid)).toEqual([]);
    }, 10_000);
    await expect(stat(dir)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('has its data again when it is started once more in the same folder', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'dc-'));
    const first = await startSamba({ dir });
    await first.bulkLoad(`dn: OU=Kept,${first.baseDn}\nobjectClass: organizationalUnit\n`);
    await first.stop();
    const second = await startSamba({ dir });
    try {
      await using admin = await DirectoryAdmin.signIn(second);
      expect(await admin.valuesOf('(ou=Kept)', 'name')).toEqual(['Kept']);
    } finally {
      await second.wipe();
    }
  });
});
