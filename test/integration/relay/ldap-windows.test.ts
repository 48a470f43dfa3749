import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { PresenceFilter } from 'ldapts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LdapConnection } from '../../../onprem-relay/directory/ldap/connection.ts';
import { listedControllers } from '../../../onprem-relay/directory/ldap/domain-controllers.ts';
import type { LdapSourceOptions } from '../../../onprem-relay/directory/ldap/ldap-source.ts';
import { guidOf } from '../../support/facts.ts';
import { ScriptedDc, type ScriptedLimits } from '../../support/ldap/scripted-dc.ts';
import { ScriptedDirectory, type ScriptedObject } from '../../support/ldap/scripted-directory.ts';
import { DirectoryModel } from '../../support/relay/directory-model.ts';
import { LdapReader } from '../../support/relay/ldap-reader.ts';
import { expiredCertificate } from '../../support/tls/expired-certificate.ts';
import { Rings } from '../../support/relay/rings.ts';

const small: ScriptedLimits = { dirSyncEntries: 3, pageSize: 1_000, values: 4 };

/** Units, people and a group with more members than fit an entry. */
class Estate {
  readonly directory = new ScriptedDirectory();
  readonly unit = this.directory.add(guidOf(1), 'OU=Staff', 'organizationalUnit');
  readonly deep = this.directory.add(guidOf(2), 'OU=Deep', 'organizationalUnit', this.unit);
  readonly people: readonly ScriptedObject[];
  readonly group = this.directory.add(guidOf(3), 'CN=Everybody', 'group', this.unit);

  constructor(people = 10) {
    this.people = Array.from({ length: people }, (_, n) => {
      const person = this.directory.add(guidOf(100 + n), `CN=Person ${n}`, 'user', n % 2 === 0 ? this.unit : this.deep);
      this.directory.set(person, 'sAMAccountName', `p${n}`);
      return person;
    });
    this.directory.link(
      this.group,
      this.people.map(({ guid }) => guid),
    );
  }

  /** Something of every kind, so much that it takes several parts to tell. */
  change(): void {
    const [first, second, third, fourth, fifth] = this.people;
    if (!first || !second || !third || !fourth || !fifth) throw new Error('The estate has too few people.');
    this.directory.set(first, 'title', 'Boss');
    this.directory.set(first, 'department', 'Sales', 'Law');
    this.directory.set(second, 'sAMAccountName');
    this.directory.move(third, this.deep, 'CN=Renamed');
    this.directory.remove(fourth);
    const created = this.directory.add(guidOf(90), 'CN=New', 'user', this.unit);
    this.directory.set(created, 'title', 'Novice');
    this.directory.link(this.group, [first.guid, second.guid, third.guid, fifth.guid], false);
    this.directory.link(this.group, [created.guid, fifth.guid]);
    this.directory.move(this.deep, this.unit, 'OU=Deeper');
  }
}

async function startDc(directory: ScriptedDirectory, limits = small): Promise<ScriptedDc> {
  const dc = await ScriptedDc.start(directory, limits);
  onTestFinished(() => dc[Symbol.asyncDispose]());
  return dc;
}

const connecting: Omit<LdapSourceOptions, 'controllers'> = {
  account: { bindDn: 'sync@scripted.test', password: () => Promise.resolve('hunter2') },
  now: () => new Date(),
  sleep: () => Promise.resolve(),
};

function optionsFor(dc: ScriptedDc): LdapSourceOptions {
  const address = { host: '127.0.0.1', port: dc.port, security: 'plain' } as const;
  return { ...connecting, controllers: listedControllers([address]) };
}

/** A reader that has read everything, and a model that believed it. */
async function following(dc: ScriptedDc): Promise<{ readonly reader: LdapReader; readonly model: DirectoryModel }> {
  const reader = new LdapReader(optionsFor(dc));
  onTestFinished(() => reader[Symbol.asyncDispose]());
  const model = new DirectoryModel();
  model.replace((await reader.everything()).changes);
  return { reader, model };
}

describe('A relay at a domain controller with the limits of Windows', () => {
  it('reads an answer that comes in parts, and lists whose links are spread over them', async () => {
    const { directory } = new Estate();
    const dc = await startDc(directory);
    const { model } = await following(dc);
    expect(model.state()).toEqual(directory.state());
  });

  it('asks for parents before children, for links by their changes, and for what the account may see', async () => {
    const dc = await startDc(new Estate().directory);
    await using reader = new LdapReader(optionsFor(dc));
    await reader.everything();
    expect(new Set(dc.flags)).toEqual(new Set([0x80000801 | 0]));
  });

  it('reads changes of every kind that come in parts', async () => {
    const estate = new Estate();
    const dc = await startDc(estate.directory);
    const { reader, model } = await following(dc);
    estate.change();
    model.apply(await reader.changes());
    expect(model.state()).toEqual(estate.directory.state());
    expect(await reader.changes()).toEqual([]);
  });

  it('reads a group whole by ranges when an answer does not show all of its members', async () => {
    const estate = new Estate(23);
    const dc = await startDc(estate.directory);
    const { reader, model } = await following(dc);
    estate.directory.move(estate.group, estate.deep, 'CN=Everyone');
    model.apply(await reader.changes());
    expect(model.state()).toEqual(estate.directory.state());
  });

  it('tells a member of another domain of the forest by its objectGUID, with the group or later', async () => {
    const estate = new Estate();
    const { directory, group } = estate;
    directory.link(group, [guidOf(9_001)]);
    const dc = await startDc(directory);
    const { reader, model } = await following(dc);
    directory.link(group, [guidOf(9_002)]);
    directory.link(group, [guidOf(9_001)], false);
    model.apply(await reader.changes());
    expect(model.state()).toEqual(directory.state());
    expect(model.membersOf(group.guid)).toContain(guidOf(9_002));
  });

  it('reads what is below a renamed unit in pages, past referrals to other domains', async () => {
    const estate = new Estate(1_203);
    const dc = await startDc(estate.directory, { ...small, dirSyncEntries: 1_000, values: 1_500 });
    const { reader, model } = await following(dc);
    estate.directory.move(estate.unit, estate.directory.root, 'OU=People');
    model.apply(await reader.changes());
    expect(model.state()).toEqual(estate.directory.state());
  });

  it('goes on after the notice that the server goes down, without losing or inventing anything', async () => {
    const estate = new Estate();
    const dc = await startDc(estate.directory);
    const { reader, model } = await following(dc);
    estate.change();
    const failing = expect(reader.changes()).rejects.toMatchObject({ code: 'LS1108', retryable: true });
    dc.disconnect();
    await failing;
    model.apply(await reader.changes());
    expect(model.state()).toEqual(estate.directory.state());
  });

  it('is told that something changed', async () => {
    const dc = await startDc(new Estate().directory);
    await using reader = new LdapReader(optionsFor(dc));
    const rings = new Rings();
    const stop = new AbortController();
    const done = reader.source.doorbell({ ring: rings.ring, problem: () => undefined }, stop.signal);
    await rings.next();
    dc.notify();
    await rings.next();
    stop.abort();
    expect(await done).toBe('closed');
  });

  it('gives up a server that has stopped answering, and keeps one that is asked to stand by', async () => {
    const dc = await startDc(new Estate().directory);
    const address = { host: '127.0.0.1', port: dc.port, security: 'plain' } as const;
    const connection = await LdapConnection.open(address, { dn: 'a', password: 'b' }, new AbortController().signal);
    onTestFinished(() => {
      connection.close();
    });
    dc.silent = true;
    const search = {
      baseDn: '',
      scope: 'base',
      filter: new PresenceFilter({ attribute: 'objectClass' }),
      attributes: [],
    } as const;
    const standing = connection.search({ ...search, silenceMs: null }).next();
    await expect(connection.searchAll({ ...search, silenceMs: 20 })).rejects.toMatchObject({
      code: 'LS1108',
      message: expect.stringContaining('stopped answering') as unknown,
    });
    await expect(standing).rejects.toMatchObject({ code: 'LS1108' });
  });

  it('compares a scope that is refused once, not with every try', async () => {
    const { directory, deep } = new Estate();
    const dc = await startDc(directory);
    await using before = new LdapReader(optionsFor(dc));
    await before.everything();
    await using narrower = new LdapReader({ ...optionsFor(dc), scope: { include: [deep.guid], exclude: [] } });
    narrower.continueFrom(before);
    await expect(narrower.everything()).rejects.toMatchObject({ code: 'LS1113' });
    const reads = dc.flags.length;
    await expect(narrower.everything()).rejects.toMatchObject({ code: 'LS1113' });
    expect(dc.flags.length).toBe(reads);
  });

  it('refuses a certificate that has expired: LS1103', async () => {
    const { key, certificate } = await expiredCertificate();
    const server = createServer({ key, cert: certificate }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const address = { host: 'localhost', port, security: 'tls', ca: certificate } as const;
    await using reader = new LdapReader({ ...connecting, controllers: listedControllers([address]) });
    await expect(reader.everything()).rejects.toMatchObject({
      code: 'LS1103',
      retryable: false,
      message: expect.stringContaining('expired') as unknown,
    });
  });

  it('goes on from its cookie when the clock jumps back a year, and reads everything when it jumps forth again', async () => {
    const estate = new Estate();
    const dc = await startDc(estate.directory);
    let now = new Date('2026-11-01');
    await using reader = new LdapReader({ ...optionsFor(dc), now: () => now });
    await reader.everything();
    now = new Date('2025-11-01');
    const [person] = estate.people;
    if (person !== undefined) estate.directory.set(person, 'title', 'Boss');
    expect(await reader.changes()).toMatchObject([{ objectGuid: person?.guid, attributes: { title: ['Boss'] } }]);
    now = new Date('2026-11-01');
    await expect(reader.changes()).rejects.toThrow('does not know the cookie');
  });

  /** How many messages the server sends for an operation, without a fault. */
  async function messagesOf(operation: (reader: LdapReader) => Promise<unknown>, changed: boolean): Promise<number> {
    const estate = new Estate();
    const dc = await startDc(estate.directory);
    await using reader = new LdapReader(optionsFor(dc));
    if (changed) {
      await reader.everything();
      estate.change();
    }
    const before = dc.sent;
    await operation(reader);
    return dc.sent - before;
  }

  it('reads everything at last, wherever the connection is cut', async () => {
    const messages = await messagesOf((reader) => reader.everything(), false);
    expect(messages).toBeGreaterThan(20);
    for (let cutAt = 1; cutAt <= messages; cutAt += 1) {
      const { directory } = new Estate();
      const dc = await startDc(directory);
      dc.cutAt = cutAt;
      await using reader = new LdapReader(optionsFor(dc));
      await expect(reader.everything()).rejects.toMatchObject({ retryable: true });
      const model = new DirectoryModel();
      model.replace((await reader.everything()).changes);
      expect(model.state()).toEqual(directory.state());
    }
  });

  it('reads the same changes again, wherever the connection was cut, and says of nothing that it is gone that is not', async () => {
    const messages = await messagesOf((reader) => reader.changes(), true);
    expect(messages).toBeGreaterThan(20);
    for (let cut = 1; cut <= messages; cut += 1) {
      const estate = new Estate();
      const dc = await startDc(estate.directory);
      const { reader, model } = await following(dc);
      estate.change();
      dc.cutAt = dc.sent + cut;
      const seen = reader.changes(({ changes }) => {
        model.apply(changes);
      });
      await expect(seen).rejects.toMatchObject({ retryable: true });
      expect([...estate.directory.state().keys()].filter((guid) => guid !== guidOf(90) && !model.has(guid))).toEqual(
        [],
      );
      model.apply(await reader.changes());
      expect(model.state()).toEqual(estate.directory.state());
    }
  });
});
