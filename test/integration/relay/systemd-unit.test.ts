import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemdPlan } from '../../../onprem-relay/install/systemd.ts';
import { ensure, installPackages } from '../../sandbox/machine/packages.ts';
import { runCommand, succeeds } from '../../sandbox/machine/run-command.ts';
import { canTest } from '../../support/can-test.ts';

const ready = canTest(
  'The unit of systemd',
  await ensure({
    instruction: 'Install systemd: apt-get install systemd',
    isThere: () => succeeds('systemd-analyze', ['--version']),
    install: () => installPackages(['systemd']),
  }),
);

describe.skipIf(!ready)('The unit that systemd runs', () => {
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'systemd-unit-'));
    file = join(folder, 'lockstep-relay.service');
    const { install } = systemdPlan(
      { executable: process.execPath, script: '/relay.cjs' },
      {
        common: { busNamespace: 'contoso.servicebus.windows.net', busCertificateFile: '/keys/my app.pem' },
        directories: [{ domain: 'contoso.test', bindDn: 'sync', bindPasswordFile: '/keys/%zone', ca: '/keys/ca.pem' }],
      },
    );
    const unit = install.find((step) => step.kind === 'write' && step.path.endsWith('.service'));
    if (unit?.kind !== 'write') throw new Error('There is no unit.');
    await writeFile(file, unit.text);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is understood to the last word', async () => {
    // Whatever it does not understand it says on standard error, and goes on.
    expect(await runCommand('sh', ['-c', 'systemd-analyze verify "$1" 2>&1', 'sh', file])).toBe('');
  });

  it('leaves little to whoever gets hold of the relay', async () => {
    // On a scale to 100, where a service without a word about it has 96.
    await runCommand('systemd-analyze', ['security', '--offline=true', '--threshold=15', '--no-pager', file]);
  });
});
