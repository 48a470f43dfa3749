import type { DirectoryOption } from '../sandbox/cli/directory-options.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { SandboxOptions } from '../sandbox/cli/options.ts';
import type { TenantSnapshot, UserSnapshot } from '../sandbox/graph/simulator.ts';
import type { SandboxEvent } from '../sandbox/supervisor/sandbox.ts';
import { Sandbox } from '../sandbox/supervisor/sandbox.ts';
import { settle } from '../sandbox/supervisor/settle.ts';

/** A folder that is gone after the test. */
export function temporaryFolder(prefix = 'ls-'): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

export type SandboxTestOptions = Pick<SandboxOptions, 'data'> &
  Partial<SandboxOptions> & {
    readonly directory?: DirectoryOption;
    readonly onEvent?: (event: SandboxEvent) => void;
    readonly cloudRoot?: string;
    readonly cloudSettings?: Readonly<Record<string, string>>;
  };

/** Starts a sandbox with the simulated tenant. The test stops it. */
export async function startTestSandbox(options: SandboxTestOptions): Promise<Sandbox> {
  const { onEvent = () => undefined, directory, cloudRoot, cloudSettings = {}, ...rest } = options;
  return await Sandbox.start(
    {
      directories: directory === undefined ? [] : [directory],
      tenant: { kind: 'simulator' },
      verifiedDomains: undefined,
      rules: undefined,
      port: 0,
      reset: false,
      once: true,
      ...rest,
    },
    {
      onEvent,
      fillSamba: () => Promise.resolve(),
      throttling: 'off',
      cloudSettings,
      ...(cloudRoot === undefined ? {} : { cloudRoot }),
    },
  );
}

export async function expectInStep(sandbox: Sandbox): Promise<void> {
  expect(await settle(sandbox)).toEqual({ kind: 'in-step' });
}

/** The tenant without what differs from run to run: references are by name instead of by id, times are left out. */
export function comparable(tenant: TenantSnapshot): unknown {
  const nameOf = new Map(
    [...tenant.users, ...tenant.groups].map(({ id, properties }) => [
      id,
      properties['userPrincipalName'] ?? properties['uniqueName'],
    ]),
  );
  const plain = ({ properties }: { readonly properties: UserSnapshot['properties'] }): object =>
    Object.fromEntries(
      Object.entries(properties).filter(([name]) => !/DateTime$|^(id|securityIdentifier|mailNickname)$/.test(name)),
    );
  return {
    users: tenant.users
      .map((user) => ({ ...plain(user), manager: user.managerId === null ? null : nameOf.get(user.managerId) }))
      .sort(byText),
    groups: tenant.groups
      .map((group) => ({ ...plain(group), members: group.memberIds.map((id) => nameOf.get(id)).sort() }))
      .sort(byText),
    deleted: [...tenant.deletedUsers, ...tenant.deletedGroups].map(plain),
  };
}

function byText(a: object, b: object): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
