import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { describe, expect, it, onTestFinished } from 'vitest';
import { perform } from '../../../../onprem-relay/install/perform.ts';
import { stepText, type Step } from '../../../../onprem-relay/install/step.ts';
import { systemdPlan, unitText } from '../../../../onprem-relay/install/systemd.ts';
import { windowsPlan } from '../../../../onprem-relay/install/windows-service.ts';
import { readConfigFile, type ConfigFile } from '../../../../onprem-relay/settings/config-file.ts';

const settings: ConfigFile = {
  common: { busNamespace: 'contoso.servicebus.windows.net', busCertificateFile: '/keys/app.pem' },
  directories: [
    { domain: 'contoso.test', bindDn: 'sync@contoso.test', bindPasswordFile: '/keys/contoso', ca: '/keys/ca.pem' },
    {
      domain: 'fabrikam.test',
      bindDn: 'sync@fabrikam.test',
      bindPasswordProtected: '/keys/fabrikam',
      ca: '/keys/ca.pem',
    },
  ],
};
const node = { executable: '/usr/bin/node', script: '/home/me/lockstep-relay.cjs' };

function written(steps: readonly Step[], path: string): string {
  const step = steps.find((one) => one.kind === 'write' && one.path === path);
  if (step?.kind !== 'write') throw new Error(`${path} is not written.`);
  return step.text;
}

describe('the relay as a systemd service', () => {
  const { install, uninstall } = systemdPlan(node, settings);
  const unit = written(install, '/etc/systemd/system/lockstep-relay.service');

  it('gets its secrets and authorities as credentials, and only their places stand in the settings', () => {
    expect(unit.match(/^LoadCredential=.*$/gm)).toEqual([
      'LoadCredential=bus-certificate:/keys/app.pem',
      'LoadCredential=bind-password-1:/keys/contoso',
      'LoadCredential=ca-1:/keys/ca.pem',
      'LoadCredential=ca-2:/keys/ca.pem',
    ]);
    const text = written(install, '/etc/lockstep/relay.yaml');
    expect(readConfigFile('relay.yaml', text)).toEqual({ errors: [], config: expect.anything() as ConfigFile });
    expect(parse(text)).toMatchObject({
      busCertificateFile: '/run/credentials/lockstep-relay.service/bus-certificate',
      controlFile: '/run/lockstep-relay/control.json',
      directories: [
        {
          bindPasswordFile: '/run/credentials/lockstep-relay.service/bind-password-1',
          ca: '/run/credentials/lockstep-relay.service/ca-1',
        },
        { bindPasswordProtected: '/keys/fabrikam', ca: '/run/credentials/lockstep-relay.service/ca-2' },
      ],
    });
  });

  it('runs a copy of the program that lies in no home folder', () => {
    expect(install[0]).toEqual({
      kind: 'copy',
      from: node.script,
      path: '/usr/local/lib/lockstep/lockstep-relay.cjs',
      mode: 0o755,
    });
    expect(unit).toContain(
      'ExecStart=/usr/bin/node --max-semi-space-size=1 /usr/local/lib/lockstep/lockstep-relay.cjs run --config /etc/lockstep/relay.yaml\n',
    );
  });

  it('runs a single executable without Node', () => {
    const alone = systemdPlan({ executable: '/tmp/lockstep-relay' }, settings);
    expect(written(alone.install, '/etc/systemd/system/lockstep-relay.service')).toContain(
      'ExecStart=/usr/local/lib/lockstep/lockstep-relay run --config /etc/lockstep/relay.yaml\n',
    );
  });

  it('has a transient account, no capability, no writable file system, and does not start again when the setup is wrong', () => {
    for (const line of [
      'DynamicUser=yes',
      'CapabilityBoundingSet=',
      'ProtectSystem=strict',
      'RestartPreventExitStatus=2',
    ])
      expect(unit.split('\n')).toContain(line);
  });

  it('escapes what means something to systemd', () => {
    expect(unitText({ executable: '/opt/my "node"/100%/$x', script: '/a' }, [])).toContain(
      'ExecStart="/opt/my \\"node\\"/100%%/$$x" --max-semi-space-size=1 /a run',
    );
  });

  it('is taken away without the settings and the secrets', () => {
    expect(uninstall.map(stepText)).toEqual([
      'run systemctl disable --now lockstep-relay.service',
      'remove /etc/systemd/system/lockstep-relay.service',
      'remove /usr/local/lib/lockstep/lockstep-relay.cjs',
      'run systemctl daemon-reload',
    ]);
  });
});

describe('the relay as a Windows service', () => {
  const { install, uninstall } = windowsPlan(
    { executable: 'C:\\node\\node.exe', script: 'C:\\Users\\me\\relay.cjs' },
    settings,
    'C:\\ProgramData',
  );

  it('runs under a virtual account that may read each file where it lies', () => {
    const granted = install.filter((step) => step.kind === 'run' && step.args[2] === 'NT SERVICE\\LockstepRelay:R');
    expect(granted.map(stepText)).toEqual(
      ['/keys/app.pem', '/keys/contoso', '/keys/ca.pem', '/keys/fabrikam'].map(
        (file) => `run icacls.exe ${file} /grant "NT SERVICE\\\\LockstepRelay:R"`,
      ),
    );
    expect(parse(written(install, 'C:\\ProgramData\\Lockstep\\relay.yaml'))).toMatchObject({
      controlFile: 'C:\\ProgramData\\Lockstep\\control.json',
      busCertificateFile: '/keys/app.pem',
    });
  });

  it('names nobody by a name that other languages have another for', () => {
    const access = install.find((step) => step.kind === 'run' && step.args.includes('/inheritance:r'));
    expect(access).toMatchObject({
      args: [
        'C:\\ProgramData\\Lockstep',
        '/inheritance:r',
        '/grant',
        '*S-1-5-18:(OI)(CI)F',
        '*S-1-5-32-544:(OI)(CI)F',
        'NT SERVICE\\LockstepRelay:(OI)(CI)M',
      ],
    });
  });

  it('starts the wrapper with every path quoted', () => {
    const create = install.find((step) => step.kind === 'run' && step.args[0] === 'create');
    expect(create).toMatchObject({
      args: expect.arrayContaining([
        [
          '"C:\\ProgramData\\Lockstep\\service.exe"',
          '"C:\\ProgramData\\Lockstep\\relay.log"',
          '"C:\\node\\node.exe"',
          '"--max-semi-space-size=1"',
          '"C:\\ProgramData\\Lockstep\\lockstep-relay.cjs"',
          '"run" "--config" "C:\\ProgramData\\Lockstep\\relay.yaml" "--stop-with-input"',
        ].join(' '),
      ]) as string[],
    });
  });

  it('takes the place of one that is there, which is stopped first and keeps its account', () => {
    const [first] = install.map(stepText);
    expect(first).toMatch(/^run powershell\.exe .*Get-Service -Name LockstepRelay .* \| Stop-Service; .*service\.exe/);
    expect(install.filter((step) => step.kind === 'run' && step.command === 'sc.exe')).toMatchObject([
      {
        args: [
          'create',
          'LockstepRelay',
          'binPath=',
          expect.any(String) as string,
          'start=',
          'delayed-auto',
          'obj=',
          'NT SERVICE\\LockstepRelay',
        ],
        alsoFine: [1073],
      },
      { args: ['config', 'LockstepRelay', 'binPath=', expect.stringContaining('service.exe') as string] },
      { args: expect.arrayContaining(['description']) as string[] },
      { args: expect.arrayContaining(['failure']) as string[] },
      { args: expect.arrayContaining(['failureflag']) as string[] },
      { args: ['start', 'LockstepRelay'] },
    ]);
  });

  it('is taken away without the settings, whether it runs, stands still or is gone', () => {
    expect(uninstall).toMatchObject([
      install[0],
      { command: 'sc.exe', args: ['delete', 'LockstepRelay'], alsoFine: [1060, 1072] },
      { kind: 'remove', path: 'C:\\ProgramData\\Lockstep\\service.cs' },
      { kind: 'remove', path: 'C:\\ProgramData\\Lockstep\\lockstep-relay.cjs' },
    ]);
  });
});

describe('A step that copies a program', () => {
  it('takes the place of one that is running', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'install-'));
    const [program, next] = [join(folder, 'program'), join(folder, 'next')];
    await copyFile('/bin/sleep', program);
    await writeFile(next, 'the next version');
    const running = spawn(program, ['60']);
    onTestFinished(async () => {
      running.kill('SIGKILL');
      await rm(folder, { recursive: true });
    });
    await once(running, 'spawn');
    await perform({ kind: 'copy', from: next, path: program, mode: 0o755 });
    expect(await readFile(program, 'utf8')).toBe('the next version');
    expect((await stat(program)).mode & 0o777).toBe(0o755);
    expect((await readdir(folder)).sort()).toEqual(['next', 'program']);
  });
});

describe('A step that runs a program', () => {
  const run = (code: number, by = 'error') => ({
    kind: 'run' as const,
    command: process.execPath,
    args: ['-e', `console.${by}('it is' + ' there'); process.exit(${code})`],
  });

  it.each(['error', 'log'])('fails with what the program said by console.%s', async (by) => {
    await expect(perform(run(73, by))).rejects.toMatchObject({
      code: 'LS1006',
      message: expect.stringContaining('it is there') as string,
    });
  });

  it('is done when the program ends with a code that says there was nothing to do', async () => {
    await expect(perform({ ...run(73), alsoFine: [60, 73] })).resolves.toBeUndefined();
    await expect(perform({ ...run(74), alsoFine: [60, 73] })).rejects.toMatchObject({ code: 'LS1006' });
  });
});
