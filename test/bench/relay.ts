import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requestedAttributes } from '../../onprem-relay/directory/ldap/decode.ts';
import { generateLarge } from '../sandbox/estate/large.ts';
import { ensure, installPackages } from '../sandbox/machine/packages.ts';
import { succeeds } from '../sandbox/machine/run-command.ts';
import type { SambaDc } from '../sandbox/samba/samba-dc.ts';
import { startBroker, type Broker } from '../sandbox/service-bus/broker.ts';
import { lockstepBusConfig } from '../sandbox/service-bus/lockstep-config.ts';
import { CuttingProxy } from '../support/cutting-proxy.ts';
import { DirectoryAdmin } from '../support/directory-admin.ts';
import { ldapAddress, LdapReader, ldapOptions } from '../support/relay/ldap-reader.ts';
import { startRelay, stopRelay, type Say } from './bench-relay.ts';
import { withDomain } from './estate.ts';
import { readOnce } from './large-answer.ts';
import type { ReadOnce } from './read-once.ts';
import { peakMemory } from './memory.ts';
import { percentile, printBenchmark, round } from './report.ts';

export interface RelaySize {
  readonly users: number;
  readonly groups: number;
  /** Of the group that loses one. */
  readonly members: number;
}

/** What the relay costs: a full read, a delta, and one member of a large group. */
export async function relay({ users, groups, members }: RelaySize, say: Say): Promise<void> {
  const usable = await ensureLdapsearch();
  if (usable !== true) throw new Error(usable);
  await withDomain(async (dc, folder) => {
    say(`loading ${users} users and ${groups} groups into Samba`);
    await dc.bulkLoad(generateLarge({ users, groups, membersPerGroup: 20, baseDn: dc.baseDn, seed: 1 }));
    const broker = await startBroker({ config: lockstepBusConfig });
    try {
      await fullRead(dc, folder, broker, say);
      await smallDelta(dc, say);
      await largeGroup(dc, broker, members, say);
    } finally {
      await broker.stop();
    }
  });
}

function ensureLdapsearch(): Promise<true | string> {
  return ensure({
    instruction: 'Install ldapsearch: apt-get install ldap-utils',
    isThere: () => succeeds('ldapsearch', ['-VV']),
    install: () => installPackages(['ldap-utils']),
  });
}

const rounds = 5;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Against ldapsearch that reads the same attributes of the same objects in pages, turn by turn. */
async function fullRead(dc: SambaDc, folder: string, broker: Broker, say: Say): Promise<void> {
  const [relayTimes, ldapsearchTimes]: [number[], number[]] = [[], []];
  let objects = 0;
  // ldapsearch takes a newline for a part of the password.
  const passwordFile = join(folder, 'password');
  const password = readFileSync(dc.bindPasswordFile, 'utf8').trimEnd();
  writeFileSync(passwordFile, password, { mode: 0o600 });
  const order: ReadOnce = { address: await ldapAddress(dc), bindDn: dc.bindDn, password };
  for (let i = 0; i < rounds; i += 1) {
    ldapsearchTimes.push(await timed(() => ldapsearch(dc, passwordFile)));
    const read = await readOnce(order);
    relayTimes.push(read.ms);
    ({ objects } = read);
    say(`full read ${i + 1} of ${rounds}`);
  }
  const running = startRelay(dc, broker);
  await running.event('full-read.end');
  const peak = peakMemory(running.child.pid ?? 0);
  await stopRelay(running);
  const [relayMs, ldapsearchMs] = [percentile(relayTimes, 50), percentile(ldapsearchTimes, 50)];
  printBenchmark('relay-full-read', [
    { name: 'ofLdapsearch', value: round(relayMs / ldapsearchMs), unit: '×', aim: 1.2 },
    { name: 'relayMs', value: round(relayMs, 0), unit: 'ms', aim: null },
    { name: 'ldapsearchMs', value: round(ldapsearchMs, 0), unit: 'ms', aim: null },
    { name: 'objects', value: objects, unit: '', aim: null },
    { name: 'peakMiB', value: peak, unit: 'MiB', aim: 150 },
  ]);
}

async function ldapsearch(dc: SambaDc, passwordFile: string): Promise<void> {
  const filter = '(|(objectClass=user)(objectClass=group)(objectClass=contact)(objectClass=foreignSecurityPrincipal))';
  const login = ['-H', dc.ldapsUrl, '-x', '-D', dc.bindDn, '-y', passwordFile];
  const search = ['-LLL', '-E', 'pr=500/noprompt', '-b', dc.baseDn, filter, ...requestedAttributes];
  const child = spawn('ldapsearch', [...login, ...search], {
    env: { ...process.env, LDAPTLS_CACERT: dc.caFile },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error('ldapsearch failed.');
}

/** Twelve changes among all the users, against asking for changes when there are none. */
async function smallDelta(dc: SambaDc, say: Say): Promise<void> {
  await using admin = await DirectoryAdmin.signIn(dc);
  const people = (await admin.valuesOf('(sAMAccountName=u000*)', 'distinguishedName')).slice(0, 12);
  await using reader = new LdapReader(await ldapOptions(dc));
  await reader.everything();
  const [empty, twelve]: [number[], number[]] = [[], []];
  for (let i = 0; i < rounds * 2; i += 1) {
    empty.push(await timed(() => reader.changes()));
    for (const dn of people) await admin.modify(dn, 'replace', { title: `Title ${i}` });
    twelve.push(await timed(() => reader.changes()));
  }
  say('small deltas done');
  const [emptyMs, twelveMs] = [percentile(empty, 50), percentile(twelve, 50)];
  printBenchmark('relay-delta', [
    { name: 'ofEmptyRead', value: round(twelveMs / emptyMs), unit: '×', aim: null },
    { name: 'emptyMs', value: round(emptyMs, 1), unit: 'ms', aim: null },
    { name: 'twelveChangesMs', value: round(twelveMs, 1), unit: 'ms', aim: null },
  ]);
}

/** One member leaves a group: what that costs must not depend on how many stay. */
async function largeGroup(dc: SambaDc, broker: Broker, members: number, say: Say): Promise<void> {
  say(`loading a group of ${members}`);
  const unit = `OU=Many,${dc.baseDn}`;
  const dns = Array.from({ length: members }, (_, i) => `CN=m${i},${unit}`);
  const group = `CN=Large group,${unit}`;
  await dc.bulkLoad(
    [
      `dn: ${unit}\nobjectClass: organizationalUnit\n`,
      ...dns.map((dn) => `dn: ${dn}\nobjectClass: contact\n`),
      `dn: ${group}\nobjectClass: group\nsAMAccountName: large-group\n${dns.map((dn) => `member: ${dn}\n`).join('')}`,
    ].join('\n'),
  );
  await using proxy = await CuttingProxy.open(dc.address, 636);
  await using admin = await DirectoryAdmin.signIn(dc);
  await using reader = new LdapReader(
    await ldapOptions(dc, { ...(await ldapAddress(dc)), host: 'localhost', port: proxy.port }),
  );
  await reader.everything();
  const before = proxy.bytes;
  await reader.changes();
  const empty = proxy.bytes - before;
  await admin.modify(group, 'delete', { member: dns[members >> 1] ?? '' });
  const changes = await reader.changes();
  const linksTold = changes.flatMap((one) => (one.kind === 'present' ? one.links : []));
  // Its cookie is that of before: it reads the group among the changes.
  const running = startRelay(dc, broker);
  await running.event('in-step');
  const peak = peakMemory(running.child.pid ?? 0);
  await stopRelay(running);
  printBenchmark('relay-one-member', [
    { name: 'members', value: members, unit: '', aim: null },
    { name: 'bytesOnTheWire', value: proxy.bytes - before - empty, unit: 'B', aim: null },
    { name: 'bytesOfAnEmptyRead', value: empty, unit: 'B', aim: null },
    { name: 'changes', value: changes.length, unit: '', aim: 1 },
    { name: 'peakMiBOfReadingItWhole', value: peak, unit: 'MiB', aim: 150 },
    {
      name: 'linksTold',
      value: linksTold.flatMap(({ added, removed }) => [...added, ...removed]).length,
      unit: '',
      aim: 1,
    },
  ]);
}
