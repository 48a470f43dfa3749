import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ensure, installPackages } from '../../sandbox/machine/packages.ts';
import { runCommand, succeeds } from '../../sandbox/machine/run-command.ts';

/** kinit, and what the npm package is built with. */
const packages = ['krb5-user', 'libkrb5-dev', 'g++'];
const folder = join(import.meta.dirname, '../../../.lockstep/kerberos');
const modules = join(folder, 'node_modules');
const binary = join(modules, 'kerberos/build/Release/kerberos.node');

/** `true` when sign-in by Kerberos can be tried on this machine; otherwise one line that tells a person what to do. */
export function ensureKerberos(): Promise<true | string> {
  const instruction = `Install Kerberos: apt-get install ${packages.join(' ')}`;
  return ensure({ instruction, isThere: isUsable, install });
}

async function isUsable(): Promise<boolean> {
  // kinit has no option that does nothing and succeeds.
  const path = (process.env['PATH'] ?? '').split(':');
  if (!path.some((one) => existsSync(join(one, 'kinit'))) || !existsSync(binary)) return false;
  return succeeds(process.execPath, ['-e', `require(${JSON.stringify(join(modules, 'kerberos'))})`]);
}

/** The npm package as its own build does it; that one would ask for headers of Node, of which these are the part it needs. */
async function install(): Promise<void> {
  await installPackages(packages);
  await cp(join(import.meta.dirname, 'package'), folder, { recursive: true });
  await runCommand('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  const source = join(modules, 'kerberos/src');
  const unix = (await readdir(join(source, 'unix'))).filter((name) => name.endsWith('.cc'));
  await mkdir(join(binary, '..'), { recursive: true });
  await runCommand('g++', [
    ...['-std=c++17', '-O1', '-w', '-fPIC', '-shared', '-DKERBEROS_USE_RTLD=1'],
    ...['node-api-headers/include', 'node-addon-api', 'kerberos/src'].map((name) => `-I${join(modules, name)}`),
    ...[join(source, 'kerberos.cc'), ...unix.map((name) => join(source, 'unix', name))],
    ...['-ldl', '-o', binary],
  ]);
}

/** Puts the package beside a program, as `npm install kerberos` there does. */
export async function putBeside(programFolder: string): Promise<void> {
  await mkdir(join(programFolder, 'node_modules'), { recursive: true });
  await symlink(join(modules, 'kerberos'), join(programFolder, 'node_modules/kerberos'));
}
