import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GraphSimulator, GraphSimulatorOptions } from '../sandbox/graph/simulator.ts';
import { helpText } from '../sandbox/cli/options.ts';
import { startGraphSimulator } from '../sandbox/graph/simulator.ts';
import { processesThatMention, runSandbox } from '../support/run-sandbox.ts';
import { temporaryFolder } from '../support/sandbox.ts';
import { smallEstate } from '../support/small-estate.ts';

const estate = smallEstate(12, 3);

function ldifFile(text = estate.ldif): string {
  const file = join(temporaryFolder(), 'estate.ldif');
  writeFileSync(file, text);
  return file;
}

async function tenant(options: GraphSimulatorOptions): Promise<GraphSimulator> {
  const simulator = await startGraphSimulator({ throttling: 'off', ...options });
  onTestFinished(() => simulator.stop());
  return simulator;
}

/** A port that was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const verified = { domains: [{ id: 'contoso.onmicrosoft.com' }, { id: 'contoso.test' }] };

describe('npm start -- --once', () => {
  it('brings every object of the example estate that is in scope into the tenant, and the next run writes nothing', async () => {
    const data = temporaryFolder();
    const first = await runSandbox(['--once', '--data', data]);
    expect(first).toMatchObject({
      code: 0,
      result: {
        inStep: true,
        objects: { read: 378, inScope: 342, inEntra: 342 },
        seconds: expect.any(Number) as number,
      },
    });
    expect(first.stdout.trimEnd().split('\n')).toHaveLength(1);
    const second = await runSandbox(['--once', '--data', data]);
    expect(second).toMatchObject({
      code: 0,
      result: { inStep: true, objects: { read: 378, inScope: 342, inEntra: 342 }, graph: { writes: 0 } },
    });
    expect(processesThatMention(data)).toEqual([]);
  });

  it('counts the writes to a Graph of its own as that Graph does', async () => {
    const simulator = await tenant({ tenant: verified });
    const run = await runSandbox([
      '--once',
      '--data',
      temporaryFolder(),
      '--directory',
      ldifFile(),
      '--graph',
      simulator.serviceRoot,
    ]);
    expect(run).toMatchObject({ code: 0, result: { inStep: true, errors: [], graph: simulator.usage } });
    expect(simulator.snapshot().users).toHaveLength(estate.users);
  });

  it('builds its state anew when the last run was cut off, without writing a thing to a tenant that is in step', async () => {
    const data = temporaryFolder();
    const options = ['--once', '--data', data, '--directory', ldifFile()];
    expect((await runSandbox(options)).code).toBe(0);
    // What an Azurite that was killed leaves behind.
    rmSync(join(data, 'tables/clean'));
    const again = await runSandbox(options);
    expect(again.stderr).toContain('built anew');
    expect(again).toMatchObject({ code: 0, result: { inStep: true, graph: { writes: 0 } } });
  });
});

describe('npm start', () => {
  it('says what runs where, synchronises, and ends with Ctrl-C without leaving a process behind', async () => {
    const data = temporaryFolder();
    const run = await runSandbox(['--data', data, '--directory', ldifFile()], {
      onStderr: (text, interrupt) => {
        if (text.includes('In step')) interrupt();
      },
    });
    expect(run.code).toBe(0);
    expect(run.stdout).toBe('');
    for (const part of ['directory', 'tenant', 'Service Bus', 'tables', 'functions', 'relay'])
      expect(run.stderr).toMatch(new RegExp(`^${part}`, 'm'));
    expect(run.stderr).toContain('In step: 15 of 15');
    expect(processesThatMention(data)).toEqual([]);
  });

  it('synchronises an LDIF file that is edited while it runs', async () => {
    const file = ldifFile();
    let edited = false;
    const run = await runSandbox(['--data', temporaryFolder(), '--directory', file], {
      onStderr: (text, interrupt) => {
        if (!edited && text.includes('In step')) {
          edited = true;
          writeFileSync(file, estate.ldif.replace('displayName: Person 005', 'displayName: Person Five'));
        }
        if (text.split('In step').length > 2) interrupt();
      },
    });
    expect(run.stderr).toContain('The directory changed: 1 changes to 1 objects.');
    expect(run.code).toBe(0);
  });
});

describe('Options that make no sense', () => {
  it.each([
    { name: 'an option that does not exist', args: ['--dirctory', 'x'], says: /dirctory/ },
    {
      name: 'a file that is not there',
      args: ['--directory', 'no-such-file.ldif'],
      says: /no-such-file\.ldif does not exist/,
    },
    { name: 'a port out of range', args: ['--port', '70000'], says: /70000 is not a port/ },
    {
      name: 'an LDAP address without an account',
      args: ['--directory', 'ldaps://dc1'],
      says: /--bind-dn is missing[\s\S]*--base-dn is missing/,
    },
    { name: 'a token sent in clear', args: ['--graph', 'http://graph.example.com'], says: /must be an https address/ },
    { name: 'half of a tenant', args: ['--tenant', 'contoso.com'], says: /go together/ },
  ])('are refused with the reason: $name', async ({ args, says }) => {
    const run = await runSandbox([...args, '--once', '--data', temporaryFolder()]);
    expect(run).toMatchObject({ code: 2, result: { inStep: false, errors: [{ code: 'LS1001' }] } });
    expect(run.stderr).toMatch(says);
  });

  it('are refused when another sandbox uses the data folder, or it belongs to another directory', async () => {
    const data = temporaryFolder();
    expect((await runSandbox(['--once', '--data', data, '--directory', ldifFile()])).code).toBe(0);
    const other = await runSandbox(['--once', '--data', data, '--directory', ldifFile()]);
    expect(other).toMatchObject({ code: 2, result: { errors: [{ code: 'LS1001' }] } });
    expect(other.stderr).toMatch(/--reset/);
  });

  it('are explained by --help', () => {
    for (const option of [
      'directory',
      'bind-dn',
      'bind-password-file',
      'base-dn',
      'ca',
      'graph',
      'graph-token-file',
      'tenant',
      'client-id',
      'client-certificate',
      'port',
      'data',
      'reset',
      'once',
    ])
      expect(helpText()).toContain(`--${option}`);
  });
});

describe('Bad input ends in one clear message and no change to the tenant', () => {
  it('when the domain controller cannot be reached', async () => {
    const port = await closedPort();
    const password = join(temporaryFolder(), 'password');
    writeFileSync(password, 'irrelevant\n');
    const run = await runSandbox([
      ...['--once', '--data', temporaryFolder(), '--directory', `ldaps://127.0.0.1:${port}`],
      ...['--bind-dn', 'sync@contoso.test', '--bind-password-file', password, '--base-dn', 'DC=contoso,DC=test'],
    ]);
    expect(run).toMatchObject({
      code: 1,
      result: { inStep: false, graph: { writes: 0 }, errors: [{ code: 'LS1101' }] },
    });
  });

  it('when a line of the LDIF file is broken', async () => {
    const file = ldifFile(estate.ldif.replace('displayName: Person 005', 'displayName Person 005'));
    const run = await runSandbox(['--once', '--data', temporaryFolder(), '--directory', file]);
    expect(run).toMatchObject({
      code: 1,
      result: { inStep: false, graph: { writes: 0 }, errors: [{ code: 'LS1201' }] },
    });
    expect(run.stderr).toMatch(/Line \d+/);
  });

  it('when Graph refuses the token', async () => {
    const simulator = await tenant({ tenant: verified, tokens: () => undefined });
    const run = await runSandbox([
      '--once',
      '--data',
      temporaryFolder(),
      '--directory',
      ldifFile(),
      '--graph',
      simulator.serviceRoot,
    ]);
    expect(run).toMatchObject({ code: 1, result: { inStep: false, errors: [{ code: 'LS3002' }] } });
    expect(simulator.snapshot().users).toEqual([]);
    expect(simulator.snapshot().groups).toEqual([]);
  });

  it('when Graph cannot be reached', async () => {
    const graph = `http://127.0.0.1:${await closedPort()}`;
    const run = await runSandbox(['--once', '--data', temporaryFolder(), '--directory', ldifFile(), '--graph', graph]);
    expect(run).toMatchObject({ code: 1, result: { inStep: false, errors: [{ code: 'LS3001' }] } });
  });

  it("when the tenant does not have the users' domain, and goes on once it is there", async () => {
    const store = join(temporaryFolder(), 'tenant.db');
    const data = temporaryFolder();
    const file = ldifFile();
    const without = await startGraphSimulator({ throttling: 'off', store });
    const options = ['--once', '--data', data, '--directory', file, '--graph', without.serviceRoot];
    const run = await runSandbox(options);
    expect(run).toMatchObject({
      code: 1,
      result: { inStep: false, graph: { writes: 0 }, errors: [{ code: 'LS3006' }] },
    });
    expect(run.stderr).toContain('contoso.test (12 users)');
    expect(without.snapshot().users).toEqual([]);
    await without.stop();
    const port = Number(new URL(without.serviceRoot).port);
    await tenant({ store, port, tenant: verified });
    expect(await runSandbox(options)).toMatchObject({ code: 0, result: { inStep: true } });
  });
});
