import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expectInStep, startTestSandbox, temporaryFolder } from '../support/sandbox.ts';
import { smallEstate } from '../support/small-estate.ts';

const artefact = fileURLToPath(new URL('../../dist/app/', import.meta.url));

describe('the deployed artefact', () => {
  it('needs nothing outside itself: it runs in an empty folder and synchronises', async () => {
    const cloudRoot = temporaryFolder();
    cpSync(artefact, cloudRoot, { recursive: true });
    expect(readdirSync(cloudRoot).sort()).toEqual(['host.json', 'main.cjs', 'package.json']);
    const estate = smallEstate(12, 3);
    const file = join(temporaryFolder(), 'estate.ldif');
    writeFileSync(file, estate.ldif);
    const sandbox = await startTestSandbox({ data: temporaryFolder(), directory: { kind: 'ldif', file }, cloudRoot });
    onTestFinished(() => sandbox.stop());
    await expectInStep(sandbox);
    const { users, groups } = sandbox.simulator?.snapshot() ?? { users: [], groups: [] };
    expect([users.length, groups.length]).toEqual([estate.users, estate.groups]);
  });
});
