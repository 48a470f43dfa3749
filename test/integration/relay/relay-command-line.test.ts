import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { ServiceBusClient } from '@azure/service-bus';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { RelayReport } from '../../../onprem-relay/service/monitor.ts';
import { relayHeartbeatSchema, type RelayHeartbeat } from '../../../shared/contracts/relay-heartbeat.ts';
import { readDirectory } from '../../../shared/directory/ldif/ldif-directory.ts';
import { parseLdif } from '../../../shared/directory/ldif/parse-ldif.ts';
import { fillWithEstate } from '../../sandbox/estate/fill-samba.ts';
import { startBroker } from '../../sandbox/service-bus/broker.ts';
import { lockstepBusConfig } from '../../sandbox/service-bus/lockstep-config.ts';
import { DirectoryAdmin } from '../../support/directory-admin.ts';
import { readDirectory as readByPlainSearches } from '../../support/read-directory.ts';
import { relayProcess } from '../../support/relay/relay-in-test.ts';
import { relayCommand } from '../../support/relay/relay-process.ts';
import { describeWithSamba } from '../../support/samba.ts';
import { smallEstate } from '../../support/small-estate.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'relay-cli-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function brokerString(): Promise<string> {
  const broker = await startBroker({ config: lockstepBusConfig });
  onTestFinished(() => broker.stop());
  return broker.connectionString;
}

async function estateFile(name = 'estate.ldif', domain = 'contoso.test'): Promise<string> {
  const file = join(folder, name);
  const other = domain.replace('.', ',DC=');
  await writeFile(file, smallEstate(12, 3).ldif.replaceAll('DC=contoso,DC=test', `DC=${other}`));
  return file;
}

describe('the command line of the relay', () => {
  it('shows its commands and settings with --help, wherever it stands', async () => {
    const { code, stdout } = await relayCommand(['check', '--directory', 'x', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('lockstep-relay [command] [options]');
  });

  it('refuses a word that is no command, without repeating it', async () => {
    const { code, stderr } = await relayCommand(['hunter2']);
    expect(code).toBe(2);
    expect(stderr).not.toContain('hunter2');
  });

  it('tells its version', async () => {
    expect(await relayCommand(['version'])).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' });
  });

  it('names every mistake of the settings with its code and a remedy', async () => {
    const { code, stderr } = await relayCommand(['check', '--poll-seconds', '0']);
    expect(code).toBe(2);
    expect(stderr.match(/^LS1001 .*$/gm)).toHaveLength(3);
  });

  // What its libraries do differently on macOS, they decide by the name of the platform.
  it.each(['linux', 'darwin'])(
    'runs several directories from one file, shows how they are, and reads one anew when asked, on %s',
    async (name) => {
      const platform = join(folder, 'platform.cjs');
      await writeFile(
        platform,
        `Object.defineProperty(process, 'platform', { value: '${name}' }); require('os').platform = () => '${name}';`,
      );
      const on = { NODE_OPTIONS: `--require ${platform}` };
      const controlFile = join(folder, 'control.json');
      const config = join(folder, 'relay.yaml');
      const contoso = await estateFile();
      const fabrikam = await estateFile('fabrikam.ldif', 'fabrikam.test');
      await writeFile(
        config,
        `controlFile: ${controlFile}\ndirectories:\n  - directory: ${contoso}\n  - directory: ${fabrikam}\n    connector: other\n`,
      );
      const relay = relayProcess(['run', '--config', config], { LockstepBus: await brokerString(), ...on });
      for (const directory of ['contoso.test', 'other'])
        await relay.event('full-read.end', ({ connector }) => connector === directory);
      const status = async (): Promise<RelayReport> => {
        const { stdout } = await relayCommand(['status', '--json', '--config', config], on);
        return JSON.parse(stdout) as RelayReport;
      };
      const before = await status();
      expect(before.connectors.map(({ connector, role, fullReads }) => [connector, role, fullReads])).toEqual([
        ['contoso.test', 'leading', 1],
        ['other', 'leading', 1],
      ]);
      const text = await relayCommand(['status', '--config', config]);
      expect(text.stdout).toContain('contoso.test\n  role               leading\n');
      expect((await relayCommand(['resync', '--of', 'nobody', '--config', config])).code).toBe(1);
      expect((await relayCommand(['resync', '--of', 'other', '--config', config])).code).toBe(0);
      await relay.event('full-read.end', ({ connector }) => connector === 'other', 2);
      relay.child.kill('SIGTERM');
      expect(await relay.ended()).toBe(0);
      expect(await readdir(folder)).not.toContain('control.json');
      expect((await relayCommand(['status', '--config', config])).code).toBe(2);
    },
  );

  it('tells the cloud that it leads, and a second one that it stands by', async () => {
    const connectionString = await brokerString();
    const directory = await estateFile();
    const client = new ServiceBusClient(connectionString);
    onTestFinished(() => client.close());
    const receiver = client.createReceiver('relay-telemetry', { receiveMode: 'receiveAndDelete' });
    const heard = async (role: string): Promise<RelayHeartbeat> => {
      for (;;) {
        for (const { body } of await receiver.receiveMessages(1)) {
          const heartbeat = relayHeartbeatSchema.parse(body);
          if (heartbeat.connectors.some((one) => one.role === role)) return heartbeat;
        }
      }
    };
    const relays = [relayProcess(['--directory', directory], { LockstepBus: connectionString })];
    const leader = await heard('leading');
    expect(leader).toMatchObject({ machine: hostname(), connectors: [{ connector: 'contoso.test' }] });
    relays.push(relayProcess(['--directory', directory], { LockstepBus: connectionString }));
    expect((await heard('standby')).instance).not.toBe(leader.instance);
    for (const { child } of relays) child.kill('SIGTERM');
    for (const relay of relays) expect(await relay.ended()).toBe(0);
  });

  it('goes on when its log cannot be written because the disk is full', async () => {
    const connectionString = await brokerString();
    const full = await open('/dev/full', 'w');
    const relay = relayProcess(['--directory', await estateFile()], { LockstepBus: connectionString }, full.fd);
    const client = new ServiceBusClient(connectionString);
    onTestFinished(() => client.close());
    const session = await client.acceptSession('directory-changes', 'contoso.test', {
      receiveMode: 'receiveAndDelete',
    });
    // The begin marker, the objects, the end marker.
    for (let received = 0; received < 3;) received += (await session.receiveMessages(3)).length;
    relay.child.kill('SIGTERM');
    expect(await relay.ended()).toBe(0);
    await full.close();
  });

  it('stops cleanly when its input ends, if it was told so', async () => {
    const directory = await estateFile();
    const relay = relayProcess(['--stop-with-input', '--directory', directory], {
      LockstepBus: await brokerString(),
    });
    await relay.event('full-read.end');
    relay.child.stdin?.end();
    expect(await relay.ended()).toBe(0);
    await relay.event('relay.stopped');
  });

  it('ends with code 2 when two directories would have one name', async () => {
    const config = join(folder, 'relay.yaml');
    const [one, two] = [await estateFile('one.ldif'), await estateFile('two.ldif')];
    await writeFile(config, `directories:\n  - directory: ${one}\n  - directory: ${two}\n`);
    const relay = relayProcess(['--config', config], { LockstepBus: await brokerString() });
    expect(await relay.ended()).toBe(2);
    expect((await relay.event('error'))['code']).toBe('LS1001');
  });

  it('checks a file and the bus, and says so as text and as JSON', async () => {
    const environment = { LockstepBus: await brokerString(), LOCKSTEP_DIRECTORY: await estateFile() };
    const text = await relayCommand(['check'], environment);
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toContain('Everything is as it should be.');
    const { code, stdout } = await relayCommand(['check', '--json'], environment);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ problems: 0, parts: [{}, { part: 'Service Bus' }] });
  });

  it('checks what cannot be reached, and ends with code 1', async () => {
    const unreachable =
      'Endpoint=sb://127.0.0.1:1/;SharedAccessKeyName=n;SharedAccessKey=hunter2;UseDevelopmentEmulator=true';
    const { code, stdout } = await relayCommand(['check'], {
      LockstepBus: unreachable,
      LOCKSTEP_DIRECTORY: await estateFile(),
    });
    expect(code).toBe(1);
    expect(stdout.match(/problem {2}.*LS2001/g)).toHaveLength(4);
    expect(stdout).not.toContain('hunter2');
  });

  it('exports nothing under the name that was asked for before all of it is written', async () => {
    const out = join(folder, 'no-such-folder', 'out.ldif');
    const { code, stderr } = await relayCommand(['export', '--out', out, '--directory', await estateFile()]);
    expect(code).toBe(2);
    expect(stderr).toContain('LS1002');
  });
});

describeWithSamba('The command line of the relay beside a domain controller', (dc) => {
  const settings = (): Record<string, string> => ({
    LOCKSTEP_DIRECTORY: dc().ldapsUrl,
    LOCKSTEP_BIND_DN: dc().bindDn,
    LOCKSTEP_BIND_PASSWORD_FILE: dc().bindPasswordFile,
    LOCKSTEP_CA: dc().caFile,
  });

  it('finds that the account of the relay has what it needs, and no more', async () => {
    const { stdout, code } = await relayCommand(['check'], { ...settings(), LockstepBus: await brokerString() });
    expect({ stdout, code }).toMatchObject({ code: 0 });
    for (const line of [
      'read changes: DirSync answers',
      'be notified: the server accepts',
      'is in no administrative group',
    ])
      expect(stdout).toContain(line);
  });

  it('finds what an ordinary account may not, and what an administrator has too much', async () => {
    const bus = { LockstepBus: await brokerString() };
    await using admin = await DirectoryAdmin.signIn(dc());
    const dn = `CN=ordinary,CN=Users,${dc().baseDn}`;
    await admin.addUser(dn, 'ordinary');
    await admin.setPassword(dn, 'Correct-horse-7');
    await admin.modify(dn, 'replace', { userAccountControl: '66048' });
    const ordinary = await relayCommand(['check'], {
      ...settings(),
      ...bus,
      LOCKSTEP_BIND_DN: dn,
      LOCKSTEP_BIND_PASSWORD_FILE: '',
      LOCKSTEP_BIND_PASSWORD: 'Correct-horse-7',
    });
    expect(ordinary.code).toBe(1);
    expect(ordinary.stdout).toMatch(/problem {2}see deletions: the account does not see the container/);
    expect(ordinary.stdout).not.toContain('Correct-horse-7');
    const administrator = await relayCommand(['check'], {
      ...settings(),
      ...bus,
      LOCKSTEP_BIND_DN: dc().adminDn,
      LOCKSTEP_BIND_PASSWORD_FILE: dc().adminPasswordFile,
    });
    expect(administrator.code).toBe(0);
    expect(administrator.stdout).toMatch(/warning {2}least privilege: the account is in administrative groups/);
  });

  it('tries a wrong password once', async () => {
    const { code, stdout } = await relayCommand(['check', '--json'], {
      ...settings(),
      LOCKSTEP_DIRECTORY: `${dc().ldapsUrl},${dc().ldapsUrl}`,
      LOCKSTEP_BIND_PASSWORD_FILE: '',
      LOCKSTEP_BIND_PASSWORD: 'wrong',
      LockstepBus: await brokerString(),
    });
    expect(code).toBe(1);
    expect(stdout.match(/LS1102/g)).toHaveLength(1);
  });

  it('exports the directory so that it is the same when it is read back', async () => {
    await fillWithEstate(dc(), smallEstate(40, 6).ldif);
    const out = join(folder, 'export.ldif');
    const { code, stderr } = await relayCommand(['export', '--out', out], settings());
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const text = await readFile(out, 'utf8');
    expect(text).not.toMatch(/unicodePwd|ntPwdHistory|supplementalCredentials/i);
    const { domain, objects } = readDirectory(parseLdif(text, out), out);
    expect(domain).toMatchObject({ fqdn: 'contoso.test', netbios: 'CONTOSO' });
    const { objects: wanted, members } = await readByPlainSearches(dc());
    for (const { objectGuid, attributes } of wanted) expect(objects.get(objectGuid)?.attributes).toEqual(attributes);
    const people = new Set(wanted.map((one) => one.objectGuid));
    for (const [group, targets] of members) {
      const exported = (objects.get(group)?.links['member'] ?? []).filter((target) => people.has(target));
      expect(exported.sort()).toEqual(targets.filter((target) => people.has(target)).sort());
    }
  });
});
