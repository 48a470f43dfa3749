import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensure, installPackages } from '../../sandbox/machine/packages.ts';
import { runCommand } from '../../sandbox/machine/run-command.ts';

/** A compiler of C# 5, the runtime, and the interface of the Windows service manager. */
const packages = ['mono-mcs', 'mono-runtime', 'libmono-system-serviceprocess4.0-cil'];

/** `true` when C# can be compiled and run on this machine; otherwise one line that tells a person what to do. */
export function ensureMono(): Promise<true | string> {
  return ensure({
    instruction: `Install Mono: apt-get install ${packages.join(' ')}`,
    isThere: isUsable,
    install: () => installPackages(packages),
  });
}

async function isUsable(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'mono-'));
  try {
    const source = 'class Service : System.ServiceProcess.ServiceBase { static void Main() { } }';
    await writeFile(join(folder, 'a.cs'), source);
    await compile(['a.cs'], 'a.exe', folder, ['System.ServiceProcess.dll']);
    await runCommand('mono', [join(folder, 'a.exe')]);
    return true;
  } catch {
    return false;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Compiles C# 5 in `folder` as Add-Type of Windows PowerShell does: with `System` and the references that are named. A warning is an error. */
export async function compile(
  sources: readonly string[],
  out: string,
  folder: string,
  references: readonly string[] = [],
): Promise<void> {
  const all = ['System.dll', ...references].map((name) => `-r:${name}`);
  const options = ['-langversion:5', '-warnaserror', '-noconfig', ...all];
  await runCommand('mcs', [...options, `-out:${out}`, ...sources], { cwd: folder });
}
