import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { serviceSource } from '../../../onprem-relay/install/windows-service-source.ts';
import { canTest } from '../../support/can-test.ts';
import { compile, ensureMono } from '../../support/windows/ensure-mono.ts';

const ready = canTest('The Windows service', await ensureMono());

/** What the service runs instead of the relay: does what its first argument says. */
const program = `
const [what, ...rest] = process.argv.slice(2);
const say = (text) => process.stderr.write(text + '\\n');
process.stdin.resume().on('end', () => {
  say('told to stop');
  setTimeout(() => { say('stopped'); process.exit(0); }, 300);
});
if (what === 'say') say('arguments ' + JSON.stringify(rest));
else if (what === 'flood') for (let i = 0; i < 17 * 1024; i++) say(i + ' ' + 'x'.repeat(1024));
else if (what === 'exit') setTimeout(() => { say('last words'); process.exit(Number(rest[0])); }, 50);
say('ready');
`;

describe.skipIf(!ready)('The wrapper that Windows runs as a service', () => {
  let folder: string;
  const running: ChildProcess[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'windows-service-'));
    await writeFile(join(folder, 'service.cs'), serviceSource);
    await writeFile(join(folder, 'program.cjs'), program);
    await copyFile(join(import.meta.dirname, '../../support/windows/ServiceBase.cs'), join(folder, 'ServiceBase.cs'));
    await compile(['service.cs', 'ServiceBase.cs'], 'service.exe', folder);
  });
  afterAll(() => rm(folder, { recursive: true }));
  afterEach(async () => {
    for (const child of running.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
    await rm(join(folder, 'relay.log'), { force: true });
  });

  /** The service, started. */
  function start(...args: readonly string[]) {
    const words = [join(folder, 'service.exe'), join(folder, 'relay.log')];
    const child = spawn('mono', [...words, process.execPath, join(folder, 'program.cjs'), ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // The console of Windows has a code page of its own.
      env: { ...process.env, LC_ALL: 'C' },
    });
    running.push(child);
    const states: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => states.push(line));
    return {
      states,
      order: (order: string) => child.stdin.write(`${order}\n`),
      ended: once(child, 'close').then(([code]) => code as number | null),
    };
  }
  const log = (): Promise<string> => readFile(join(folder, 'relay.log'), 'utf8');
  const logged = (text: string): Promise<void> =>
    expect.poll(() => log().catch(() => ''), { timeout: 20_000, interval: 20 }).toContain(text);

  it('compiles as C# 5 against the interface of Windows', async () => {
    await compile(['service.cs'], 'windows.exe', folder, ['System.ServiceProcess.dll']);
  });

  it('hands over each argument as it is, and writes what the program says to the log as it is', async () => {
    const args = ['C:\\Program Files\\ü', 'a "quoted" word', 'Ω', ''];
    const service = start('say', ...args);
    await logged('ready');
    expect(await log()).toContain(`arguments ${JSON.stringify(args)}\n`);
    service.order('stop');
    await service.ended;
  });

  it('ends the input of the program to stop it, and has stopped when the program has', async () => {
    const service = start('wait');
    await logged('ready');
    service.order('stop');
    expect(await service.ended).toBe(0);
    expect(service.states).toEqual(['start-pending', 'running', 'stop-pending', 'stopped']);
    expect(await log()).toMatch(/told to stop\nstopped\n$/);
  });

  it('waits for the program when the machine is shut down, too', async () => {
    const service = start('wait');
    await logged('ready');
    service.order('shutdown');
    expect(await service.ended).toBe(0);
    expect(service.states).toEqual(['start-pending', 'running', 'stopped']);
    expect(await log()).toMatch(/told to stop\nstopped\n$/);
  });

  it('stops when the program says that the setup is wrong, so that it is not started again', async () => {
    const service = start('exit', '2');
    expect(await service.ended).toBe(0);
    expect(service.states).toEqual(['start-pending', 'running', 'stop-pending', 'stopped']);
  });

  it.each([
    ['0', 1],
    ['1', 1],
    ['7', 7],
  ])('breaks off when the program ends with %s, so that it is started again', async (code, own) => {
    const service = start('exit', code);
    expect(await service.ended).toBe(own);
    expect(service.states).toEqual(['start-pending', 'running']);
    expect(await log()).toMatch(/last words\n$/);
  });

  it('begins a new log at 16 MiB and keeps the one before', async () => {
    const service = start('flood');
    await logged('ready');
    const before = await readFile(join(folder, 'relay.log.1'), 'utf8');
    const lines = `${before}${await log()}`.split('\n').map((line) => line.split(' ', 1)[0]);
    expect(before.length).toBeLessThan(17 * 1024 * 1024);
    expect(lines.slice(0, -2)).toEqual(Array.from({ length: 17 * 1024 }, (_, i) => String(i)));
    service.order('stop');
    await service.ended;
  });
});
