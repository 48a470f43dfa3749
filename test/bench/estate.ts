import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureSambaInstalled } from '../sandbox/samba/install.ts';
import type { SambaDc } from '../sandbox/samba/samba-dc.ts';
import { startSamba } from '../sandbox/samba/samba-dc.ts';
import { Sandbox } from '../sandbox/supervisor/sandbox.ts';
import { settle } from '../sandbox/supervisor/settle.ts';

/** A domain controller and a folder for one benchmark, gone afterwards. */
export async function withDomain<T>(work: (dc: SambaDc, folder: string) => Promise<T>): Promise<T> {
  const usable = await ensureSambaInstalled();
  if (usable !== true) throw new Error(usable);
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const dc = await startSamba({ dir: join(folder, 'dc') });
  try {
    return await work(dc, folder);
  } finally {
    await dc.wipe();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A sandbox that reads the domain over LDAPS and writes to a simulated tenant that does not throttle. */
export function startOn(dc: SambaDc, folder: string, say: (text: string) => void): Promise<Sandbox> {
  const { ldapsUrl: url, bindDn, bindPasswordFile, baseDn, caFile: ca } = dc;
  return Sandbox.start(
    {
      directories: [{ kind: 'ldap', url, bindDn, bindPasswordFile, baseDn, ca, allowPlainLdap: false }],
      rules: undefined,
      tenant: { kind: 'simulator' },
      verifiedDomains: undefined,
      port: 0,
      data: join(folder, 'data'),
      reset: true,
      once: true,
    },
    {
      throttling: 'off',
      fillSamba: () => Promise.resolve(),
      onEvent: (event) => {
        if (event.kind === 'trouble') say(event.text);
      },
    },
  );
}

/** @throws Error when it does not get in step. */
export async function settleOrFail(sandbox: Sandbox, say: (text: string) => void): Promise<void> {
  let told = performance.now();
  const settled = await settle(sandbox, {
    onStatus: ({ pending, graph }) => {
      if (performance.now() - told < 5_000) return;
      told = performance.now();
      say(`waiting ${pending}, writes ${graph.writes}`);
    },
  });
  if (settled.kind !== 'in-step') throw new Error(`Not in step: ${JSON.stringify(settled)}`);
}
