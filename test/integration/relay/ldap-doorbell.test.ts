import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LdapSource } from '../../../onprem-relay/directory/ldap/ldap-source.ts';
import { startSamba } from '../../sandbox/samba/samba-dc.ts';
import { DirectoryAdmin } from '../../support/directory-admin.ts';
import { ldapOptions } from '../../support/relay/ldap-reader.ts';
import { ManualClock } from '../../support/relay/manual-clock.ts';
import { Rings } from '../../support/relay/rings.ts';
import { describeWithSamba } from '../../support/samba.ts';

describeWithSamba("A real directory's doorbell", (dc) => {
  let source: LdapSource;
  let rings: Rings;
  let admin: DirectoryAdmin;
  let stop: AbortController;
  let ended: Promise<'closed' | 'unsupported'>;
  let unit: string;

  beforeAll(async () => {
    admin = await DirectoryAdmin.signIn(dc());
    unit = `OU=Doorbell,${dc().baseDn}`;
    await admin.add(unit, { objectClass: 'organizationalUnit' });
    source = new LdapSource(await ldapOptions(dc()));
    rings = new Rings();
    stop = new AbortController();
    ended = source.doorbell(rings, stop.signal);
    // It rings once when it is put up, for what may have happened before.
    await rings.next();
  });
  afterAll(async () => {
    stop.abort();
    await source.close();
    await admin[Symbol.asyncDispose]();
  });

  it('rings when an object is created, changed, moved, deleted and restored, however deep it lies', async () => {
    const dn = `CN=Ann,${unit}`;
    await admin.addUser(dn, 'ann');
    await rings.next();
    const guid = await admin.guidOf(dn);
    await admin.modify(dn, 'replace', { title: 'Head' });
    await rings.next();
    await admin.move(dn, `CN=Ann,CN=Users,${dc().baseDn}`);
    await rings.next();
    await admin.remove(`CN=Ann,CN=Users,${dc().baseDn}`);
    await rings.next();
    await admin.restore(guid, dn);
    await rings.next();
  });

  it('rings when a group gets a member', async () => {
    const group = `CN=Ringing,${unit}`;
    await admin.addUser(`CN=Bob,${unit}`, 'bob');
    await rings.next();
    await admin.add(group, { objectClass: 'group', sAMAccountName: 'ringing' });
    await rings.next();
    await admin.modify(group, 'add', { member: `CN=Bob,${unit}` });
    await rings.next();
  });

  it('does not keep others from reading on the same source', async () => {
    const pages = source.fullRead(stop.signal);
    const first = await pages.next();
    expect(first.done === true ? [] : first.value.changes).not.toEqual([]);
    await pages.return();
  });

  it('falls silent when it is told to', async () => {
    stop.abort();
    expect(await ended).toBe('closed');
    const { count } = rings;
    await admin.modify(unit, 'replace', { description: 'Nobody listens' });
    await admin.modify(unit, 'replace', { description: 'Still nobody' });
    expect(rings.count).toBe(count);
  });

  it('says when the server went away, and rings once it is back', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'dc-'));
    const first = await startSamba({ dir });
    const clock = new ManualClock();
    const options = { ...(await ldapOptions(first)), sleep: clock.sleep.bind(clock) };
    const lasting = new LdapSource(options);
    const listener = new Rings();
    const end = new AbortController();
    const closed = lasting.doorbell(listener, end.signal);
    await listener.next();
    const pause = clock.nextSleep();
    await first.stop();
    expect((await listener.nextProblem()).code).toBe('LS1108');
    expect(await pause).toBe(1_000);
    const second = await startSamba({ dir, address: first.address });
    try {
      clock.elapse();
      await listener.next();
      end.abort();
      expect(await closed).toBe('closed');
    } finally {
      await lasting.close();
      await second.wipe();
    }
  });
});
