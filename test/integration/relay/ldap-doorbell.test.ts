import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { LdapSource } from '../../../onprem-relay/directory/ldap/ldap-source.ts';
import type { ScopeSettings } from '../../../onprem-relay/directory/ldap/scope/scope-settings.ts';
import { startSamba } from '../../sandbox/samba/samba-dc.ts';
import { startBroker } from '../../sandbox/service-bus/broker.ts';
import { lockstepBusConfig } from '../../sandbox/service-bus/lockstep-config.ts';
import { DirectoryAdmin } from '../../support/directory-admin.ts';
import { ldapOptions } from '../../support/relay/ldap-reader.ts';
import { ManualClock } from '../../support/relay/manual-clock.ts';
import { relayProcess } from '../../support/relay/relay-in-test.ts';
import { Rings } from '../../support/relay/rings.ts';
import { describeWithSamba } from '../../support/samba.ts';

interface Listening extends AsyncDisposable {
  readonly source: LdapSource;
  readonly rings: Rings;
  readonly ended: Promise<'closed' | 'unsupported'>;
  readonly stop: AbortController;
}

describeWithSamba("A real directory's doorbell", (dc) => {
  let admin: DirectoryAdmin;
  const unit = (): string => `OU=Doorbell,${dc().baseDn}`;
  const ann = (): string => `CN=Ann,${unit()}`;
  const group = (): string => `CN=Callers,${unit()}`;

  beforeAll(async () => {
    admin = await DirectoryAdmin.signIn(dc());
    await admin.add(unit(), { objectClass: 'organizationalUnit' });
    await admin.addUser(ann(), 'ann');
    await admin.add(group(), { objectClass: 'group', sAMAccountName: 'callers' });
  });
  afterAll(() => admin[Symbol.asyncDispose]());

  /** A doorbell that has rung for being put up and for nothing else. */
  async function listening(scope?: ScopeSettings): Promise<Listening> {
    const source = new LdapSource({ ...(await ldapOptions(dc())), scope });
    const stop = new AbortController();
    const rings = new Rings();
    const ended = source.doorbell(rings, stop.signal);
    await rings.next();
    // The ring says that the search was sent; the answer to a later question, that the server has taken it up.
    await admin.guidOf(unit());
    return {
      source,
      rings,
      ended,
      stop,
      [Symbol.asyncDispose]: async () => {
        stop.abort();
        await ended;
        await source.close();
      },
    };
  }

  it('is taken down while changes come faster than reads, and rings again afterwards', async () => {
    const broker = await startBroker({ config: lockstepBusConfig });
    onTestFinished(() => broker.stop());
    const account = ['--bind-dn', dc().bindDn, '--bind-password-file', dc().bindPasswordFile, '--ca', dc().caFile];
    const relay = relayProcess(['--directory', dc().ldapsUrl, ...account, '--poll-seconds', '3600'], {
      LockstepBus: broker.connectionString,
    });
    await relay.event('in-step');
    let isDown = false;
    const down = relay.event('doorbell.down').then(() => (isDown = true));
    const storm = Array.from({ length: 4 }, async () => {
      await using one = await DirectoryAdmin.signIn(dc());
      for (let i = 0; !isDown; i++) await one.modify(ann(), 'replace', { title: `in the storm ${i}` });
    });
    await Promise.all([down, ...storm]);
    let { time } = await relay.event('doorbell.up');
    // The first may be found because it rings once for being put up; within the hour, nothing but a ring tells of the second.
    for (const title of ['after the storm', 'in the calm']) {
      await admin.modify(ann(), 'replace', { title });
      ({ time } = await relay.event('delta.sent', (event) => String(event['time']) > String(time)));
    }
  });

  // One doorbell each: a second ring for one change, which is allowed, must not pass for the ring of the next.
  it.each<readonly [string, () => Promise<void>]>([
    ['is created', () => admin.addUser(`CN=Bob,${unit()}`, 'bob')],
    ['is changed', () => admin.modify(ann(), 'replace', { title: 'Head' })],
    ['is renamed', () => admin.move(`CN=Bob,${unit()}`, `CN=Robert,${unit()}`)],
    ['is moved', () => admin.move(`CN=Robert,${unit()}`, `CN=Robert,CN=Users,${dc().baseDn}`)],
    ['gets a member', () => admin.modify(group(), 'add', { member: ann() })],
    ['loses a member', () => admin.modify(group(), 'delete', { member: ann() })],
    ['is deleted', () => admin.remove(`CN=Robert,CN=Users,${dc().baseDn}`)],
    [
      'is changed past the server',
      () => dc().bulkLoad(`dn: ${ann()}\nchangetype: modify\nreplace: title\ntitle: Clerk\n`),
    ],
  ])('rings when an object deep in the directory %s', async (_, change) => {
    await using doorbell = await listening();
    await change();
    await doorbell.rings.next();
  });

  it('does not ring for what is never synchronised', async () => {
    await using doorbell = await listening();
    const before = doorbell.rings.count;
    const point = `CN=Point,${unit()}`;
    await admin.add(point, { objectClass: 'serviceConnectionPoint' });
    await admin.modify(point, 'replace', { keywords: 'noise' });
    await admin.remove(point);
    // Changes are told in their order: once this one is, the others were.
    await admin.modify(ann(), 'replace', { title: 'Last' });
    await doorbell.rings.next();
    expect(doorbell.rings.count).toBe(before + 1);
  });

  const password = 'Sign-1n-For-The-First-Time';

  /** Somebody signs in for the first time, which their object shows afterwards. */
  async function firstSignIn(name: string): Promise<() => Promise<void>> {
    const dn = `CN=${name},${unit()}`;
    await admin.addUser(dn, name);
    await admin.letIn(dn, password);
    return async () => {
      await admin.ownerSignsIn(dn, password);
      expect(await admin.valueOf(dn, 'lastLogonTimestamp')).toMatch(/^\d+$/);
    };
  }

  const askingForSignIns: ScopeSettings = {
    include: [],
    exclude: [],
    filter: '(|(objectClass=group)(lastLogonTimestamp>=1))',
  };

  it('rings for a sign-in where the scope asks for its time, and nowhere else', async () => {
    const signIn = await firstSignIn('cid');
    await using doorbell = await listening();
    await using asking = await listening(askingForSignIns);
    const before = doorbell.rings.count;
    await signIn();
    // The server tells all who listen in one go, and answers afterwards.
    await asking.rings.next();
    await admin.guidOf(unit());
    await immediate();
    expect(doorbell.rings.count).toBe(before);
    await admin.modify(ann(), 'replace', { title: 'After the sign-in' });
    await doorbell.rings.next();
  });

  it('rings for what else is changed beside a sign-in', async () => {
    const signIn = await firstSignIn('dot');
    await using doorbell = await listening();
    await admin.modify(`CN=dot,${unit()}`, 'replace', { title: 'Head' });
    await signIn();
    await doorbell.rings.next();
  });

  it('rings when a deleted object is brought back', async () => {
    const guid = await admin.guidOf(ann());
    await admin.remove(ann());
    await using doorbell = await listening();
    await admin.restore(guid, ann());
    await doorbell.rings.next();
  });

  it('does not keep others from reading on the same source', async () => {
    await using doorbell = await listening();
    const pages = doorbell.source.fullRead(doorbell.stop.signal);
    const first = await pages.next();
    expect(first.done === true ? [] : first.value.changes).not.toEqual([]);
    await pages.return();
  });

  it('falls silent when it is told to', async () => {
    await using doorbell = await listening();
    const { count } = doorbell.rings;
    doorbell.stop.abort();
    expect(await doorbell.ended).toBe('closed');
    await admin.modify(unit(), 'replace', { description: 'Nobody listens' });
    await admin.modify(unit(), 'replace', { description: 'Still nobody' });
    expect(doorbell.rings.count).toBe(count);
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
