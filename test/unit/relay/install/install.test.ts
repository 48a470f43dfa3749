import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { stepText, type Step } from '../../../../onprem-relay/install/step.ts';
import { systemdPlan, unitText } from '../../../../onprem-relay/install/systemd.ts';
import { windowsPlan } from '../../../../onprem-relay/install/windows-service.ts';
import { readConfigFile, type ConfigFile } from '../../../../onprem-relay/settings/config-file.ts';

const settings: ConfigFile = {
  common: { busNamespace: 'contoso.servicebus.windows.net', busCertificateFile: '/keys/app.pem' },
  directories: [
    { domain: 'contoso.test', bindDn: 'sync@contoso.test', bindPasswordFile: '/keys/contoso' },
    { domain: 'fabrikam.test', bindDn: 'sync@fabrikam.test', bindPasswordFile: '/keys/fabrikam' },
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

  it('gets its secrets as credentials, and only their places stand in the settings', () => {
    expect(unit.match(/^LoadCredential=.*$/gm)).toEqual([
      'LoadCredential=bus-certificate:/keys/app.pem',
      'LoadCredential=bind-password-1:/keys/contoso',
      'LoadCredential=bind-password-2:/keys/fabrikam',
    ]);
    const text = written(install, '/etc/lockstep/relay.yaml');
    expect(readConfigFile('relay.yaml', text)).toEqual({ errors: [], config: expect.anything() as ConfigFile });
    expect(parse(text)).toMatchObject({
      busCertificateFile: '/run/credentials/lockstep-relay.service/bus-certificate',
      controlFile: '/run/lockstep-relay/control.json',
      directories: [
        { bindPasswordFile: '/run/credentials/lockstep-relay.service/bind-password-1' },
        { bindPasswordFile: '/run/credentials/lockstep-relay.service/bind-password-2' },
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

  it('runs under a virtual account that may read each secret where it lies', () => {
    const steps = install.map(stepText);
    const account = '"NT SERVICE\\\\LockstepRelay:R"';
    expect(steps).toEqual(
      expect.arrayContaining([
        `run icacls.exe /keys/app.pem /grant ${account}`,
        `run icacls.exe /keys/contoso /grant ${account}`,
        `run icacls.exe /keys/fabrikam /grant ${account}`,
      ]),
    );
    expect(parse(written(install, 'C:\\ProgramData\\Lockstep\\relay.yaml'))).toMatchObject({
      controlFile: 'C:\\ProgramData\\Lockstep\\control.json',
      busCertificateFile: '/keys/app.pem',
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

  it('is taken away without the settings', () => {
    expect(uninstall.map(stepText)).toEqual([
      'run sc.exe stop LockstepRelay',
      'run sc.exe delete LockstepRelay',
      'remove C:\\ProgramData\\Lockstep\\service.exe',
      'remove C:\\ProgramData\\Lockstep\\service.cs',
      'remove C:\\ProgramData\\Lockstep\\lockstep-relay.cjs',
    ]);
  });
});
