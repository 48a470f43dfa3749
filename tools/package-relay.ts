// `npm run package`: the relay as one executable for each platform, Node and all (https://nodejs.org/api/single-executable-applications.html).
// What is put into the executable is the same for all of them: the bundle, without a snapshot or a code cache.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inject } from 'postject';
import { nodeOptions } from '../onprem-relay/node-options.ts';

/** Packages that carry the executable of Node for a platform, and where in them it is. */
const platforms = {
  'linux-x64': { file: 'bin/node', out: 'lockstep-relay' },
  'win-x64': { file: 'bin/node.exe', out: 'lockstep-relay.exe' },
} as const;
type Platform = keyof typeof platforms;

/** By which Node knows that something was put into it; part of its executable. */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const bundle = 'dist/onprem-relay/main.cjs';

const { values } = parseArgs({
  options: { platform: { type: 'string', multiple: true }, out: { type: 'string', default: 'dist/package' } },
});
const wanted = values.platform ?? Object.keys(platforms);
const work = mkdtempSync(join(tmpdir(), 'package-'));
try {
  const blob = makeBlob(work);
  for (const platform of wanted) {
    if (!isPlatform(platform)) throw new Error(`${platform} is none of ${Object.keys(platforms).join(', ')}.`);
    const { out } = platforms[platform];
    const executable = join(values.out, platform, out);
    mkdirSync(join(values.out, platform), { recursive: true });
    copyFileSync(nodeFor(platform, work), executable);
    chmodSync(executable, 0o755);
    await inject(executable, 'NODE_SEA_BLOB', readFileSync(blob), { sentinelFuse: fuse });
    console.log(`${executable}  ${(statSync(executable).size / 1024 ** 2).toFixed(0)} MiB`);
  }
} finally {
  rmSync(work, { recursive: true });
}

function isPlatform(name: string): name is Platform {
  return name in platforms;
}

function makeBlob(folder: string): string {
  const [config, blob] = [join(folder, 'sea.json'), join(folder, 'sea.blob')];
  writeFileSync(
    config,
    JSON.stringify({ main: bundle, output: blob, disableExperimentalSEAWarning: true, execArgv: nodeOptions }),
  );
  execFileSync(process.execPath, ['--experimental-sea-config', config], { stdio: ['ignore', 'ignore', 'inherit'] });
  return blob;
}

/** Node of the very version that runs here: what was prepared by one version is not for another. */
function nodeFor(platform: Platform, folder: string): string {
  const { file } = platforms[platform];
  const installed = join('node_modules', `node-${platform}`);
  const version = process.versions.node;
  if (versionIn(installed) === version) return join(installed, file);
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const args = ['pack', `node-${platform}@${version}`, '--silent', '--pack-destination', folder];
  const archive = execFileSync(npm, args, { encoding: 'utf8' }).trim();
  execFileSync('tar', ['-xzf', join(folder, archive), '-C', folder, `package/${file}`]);
  return join(folder, 'package', file);
}

function versionIn(folder: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
  } catch {
    return undefined;
  }
}
