import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { ensureSambaInstalled } from '../sandbox/samba/install.ts';
import type { SambaOptions } from '../sandbox/samba/options.ts';
import { canTest } from './can-test.ts';
import { startSamba } from '../sandbox/samba/samba-dc.ts';
import type { SambaDc } from '../sandbox/samba/samba-dc.ts';

// Decided while the file is loaded: once its tests are collected it is too late to skip them, and too short a time to
// install anything.
const installed = await ensureSambaInstalled();

/**
 * A suite that has a Samba domain controller of its own, gone with its data when the suite ends. `body` gets a function
 * that returns it, to be called from within tests and hooks. Where Samba cannot be used the tests are skipped, in so many
 * words; with CI=true that is a failure, lest nobody notices that they never run.
 */
export function describeWithSamba(
  name: string,
  body: (dc: () => SambaDc) => void,
  options: Omit<SambaOptions, 'dir'> = {},
): void {
  describe.skipIf(!canTest(`"${name}"`, installed))(name, () => {
    let dir: string | undefined;
    let running: SambaDc | undefined;
    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), 'dc-'));
      running = await startSamba({ ...options, dir });
    });
    afterAll(async () => {
      await running?.wipe();
      // It is still there when the server did not start.
      if (dir !== undefined) await rm(dir, { recursive: true, force: true });
    });
    body(() => {
      if (running === undefined) throw new Error('The domain controller runs only while tests and hooks do.');
      return running;
    });
  });
}
