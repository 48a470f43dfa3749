import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Sandbox } from '../sandbox/supervisor/sandbox.ts';
import { expectInStep, startTestSandbox, temporaryFolder } from '../support/sandbox.ts';
import { smallEstate } from '../support/small-estate.ts';

const estate = smallEstate(30, 3);

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly notes: string;
}

/** The command line as an operator runs it. */
async function lockstep(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ended> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['cli/main.ts', ...args], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
    });
    return { code: 0, out: stdout.trim(), notes: stderr.trim() };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout.trim(), notes: stderr.trim() };
  }
}

interface Running {
  readonly sandbox: Sandbox;
  readonly file: string;
  readonly run: (...args: readonly string[]) => Promise<Ended>;
}

async function start(): Promise<Running> {
  const data = temporaryFolder();
  const file = join(temporaryFolder(), 'estate.ldif');
  writeFileSync(file, estate.ldif);
  let keyFile = '';
  const sandbox = await startTestSandbox({
    data,
    directory: { kind: 'ldif', file },
    onEvent: (event) => {
      // As a person finds it: in what the sandbox says of the command line.
      if (event.kind === 'place' && event.what === 'command line')
        keyFile = /cat ([^)]+)\)/.exec(event.where)?.[1] ?? '';
    },
  });
  onTestFinished(() => sandbox.stop());
  await expectInStep(sandbox);
  const key = readFileSync(keyFile, 'utf8').trim();
  const env = { LOCKSTEP_URL: sandbox.baseUrl, LOCKSTEP_KEY: key };
  return { sandbox, file, run: (...args) => lockstep(env, ...args) };
}

const living = (sandbox: Sandbox): number => sandbox.simulator?.snapshot().users.length ?? 0;

describe('an operator at a terminal', () => {
  it('sees that all is in step, asks for one object, and is told why it is what it is', async () => {
    const { run } = await start();
    expect(await run('status', '--objects')).toMatchObject({
      code: 0,
      out: expect.stringContaining('In step.') as string,
    });
    const relays = await until(run, ['status'], ({ out }) => out.includes('leads contoso.test'));
    expect(relays.out).toMatch(/^relay \d+\.\d+\.\d+ on \S+, heard at 20\S+Z: leads contoso\.test$/m);
    const one = await run('sync', 'p3@contoso.test');
    expect(one).toMatchObject({ code: 0 });
    expect(one.out).toContain('p3@contoso.test of contoso.test: in step');
    expect(one.out).toContain('There was nothing to do.');
    expect(one.out).toContain('starts an object of the metaverse by "In from AD - User');
    expect(await run('sync', 'nobody')).toMatchObject({ code: 1, notes: expect.stringContaining('LS3204') as string });
    expect(await run('plans')).toEqual({ code: 0, out: 'No plan waits.', notes: '' });
    const before = JSON.parse((await run('preflight', '--json')).out) as { known: number; counts: { create: number } };
    expect(before).toMatchObject({ known: 33, counts: { create: 0, refused: 0 } });
  });

  it('finds a plan that deletes too much held, looks at it, and approves it', async () => {
    const { sandbox, file, run } = await start();
    const records = estate.ldif.split('\n\n');
    writeFileSync(file, records.filter((record) => !/^sAMAccountName: p1\d$/m.test(record)).join('\n\n'));
    const held = await until(run, ['plans', '--json'], ({ out }) => out.includes('"tripped"'));
    expect(held.code).toBe(1);
    expect(living(sandbox)).toBe(30);
    expect(await run('status')).toMatchObject({ code: 1, out: expect.stringContaining('LS3007') as string });
    const [{ id } = { id: '' }] = JSON.parse(held.out) as { id: string }[];
    const shown = await run('plans', id);
    expect(shown.out).toContain('- user p11@contoso.test');
    expect(shown.out).toContain('over the budget: 10 to delete, 0 in the window before; the limit is 5');
    expect(await run('snooze', id, '--hours', '2')).toMatchObject({ code: 0 });
    expect(await run('approve', 'ffffffffff')).toMatchObject({
      code: 1,
      notes: expect.stringContaining('LS3201') as string,
    });
    expect(await run('approve', id, '--by', 'Ops')).toMatchObject({ code: 0 });
    await expectInStep(sandbox);
    expect(living(sandbox)).toBe(20);
    expect(await run('approve', id)).toMatchObject({ code: 1, notes: expect.stringContaining('LS3202') as string });
  });

  it('previews rules against the installation as against the export', async () => {
    const { file, run } = await start();
    const rules = join(temporaryFolder(), 'rules.yaml');
    writeFileSync(
      rules,
      `rules:
  - id: capitals
    name: Capitals
    direction: inbound
    connector: activeDirectory
    sourceType: user
    targetType: person
    linkType: Join
    precedence: 1
    flows: [{ target: displayName, expression: 'UCase([displayName])' }]
`,
    );
    const builtIn = join(temporaryFolder(), 'rules.yaml');
    writeFileSync(builtIn, 'rules: []\n');
    const online = await run('preview', '--rules', rules, '--sample', '2');
    const offline = await run('preview', '--rules', rules, '--ldif', file, '--from', builtIn, '--sample', '2');
    expect(online).toMatchObject({ code: 0 });
    expect(online.out).toMatch(/~ displayName: "Person (\d{3})" -> "PERSON \1"/);
    expect(online.out).toContain('Plan: 30 to change. 33 objects were evaluated, 30 would change.');
    expect(offline.out.split('\n').at(-1)).toBe(online.out.split('\n').at(-1));
  });

  it('throws the state away and has it back, without a write', async () => {
    const { sandbox, run } = await start();
    const writes = sandbox.simulator?.usage.writes;
    expect(await run('rebuild')).toMatchObject({ code: 2 });
    expect(await run('rebuild', '--yes')).toMatchObject({
      code: 0,
      out: expect.stringContaining('contoso.test') as string,
    });
    await until(run, ['status', '--objects', '--json'], ({ out }) => out.includes('"inEntra": 33'));
    await expectInStep(sandbox);
    expect(sandbox.simulator?.usage.writes).toBe(writes);
  });

  it('is told in one line what is wrong with the address or the key', async () => {
    expect(await lockstep({}, 'status')).toMatchObject({ code: 2, notes: expect.stringContaining('LS1302') as string });
    const plain = { LOCKSTEP_URL: 'http://contoso.example', LOCKSTEP_KEY: 'k' };
    expect((await lockstep(plain, 'status')).notes).toContain('must be an https address');
    const { sandbox } = await start();
    const wrong = await lockstep({ LOCKSTEP_URL: sandbox.baseUrl, LOCKSTEP_KEY: 'wrong' }, 'status');
    expect(wrong).toMatchObject({ code: 2, notes: expect.stringContaining('refuses the key') as string });
  });
});

/** Asks again until the answer is as it should be. */
async function until(run: Running['run'], args: readonly string[], holds: (ended: Ended) => boolean): Promise<Ended> {
  for (;;) {
    const ended = await run(...args);
    if (holds(ended)) return ended;
  }
}
