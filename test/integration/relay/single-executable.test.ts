import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'executable-'));
const executable = join(folder, 'linux-x64/lockstep-relay');

describe('the relay as a single executable', () => {
  beforeAll(() => {
    const args = [join(root, 'tools/package-relay.ts'), '--platform', 'linux-x64', '--out', folder];
    execFileSync(process.execPath, args, { cwd: root, stdio: 'ignore' });
    // Copying and rewriting the whole of Node.
  }, 120_000);
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const run = (...args: string[]): ReturnType<typeof spawnSync> =>
    spawnSync(executable, args, { encoding: 'utf8', cwd: folder, env: {} });

  it('runs without anything beside it', () => {
    expect(run('version')).toMatchObject({ status: 0, stdout: '0.1.0\n', stderr: '' });
  });

  it('says what is wrong, and ends with the code for it', () => {
    expect(run('check')).toMatchObject({ status: 2, stdout: '' });
  });

  it('installs itself, not a script', () => {
    const directory = join(root, 'test/fixtures/estate/contoso.ldif');
    const { stdout } = run(
      'install',
      '--dry-run',
      '--directory',
      directory,
      '--bus-namespace',
      'a.servicebus.windows.net',
    );
    expect(stdout).toContain(`copy ${executable} to /usr/local/lib/lockstep/lockstep-relay`);
    expect(stdout).toContain('ExecStart=/usr/local/lib/lockstep/lockstep-relay run --config /etc/lockstep/relay.yaml');
  });
});
