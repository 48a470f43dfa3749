// Puts what is deployed to the function app into dist/app: one bundle, host.json and a package.json that names it. Nothing
// else is needed there, no node_modules and no build.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const target = 'dist/app';
const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync('package.json', 'utf8')));
rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
copyFileSync('host.json', `${target}/host.json`);
copyFileSync('dist/functions/main.cjs', `${target}/main.cjs`);
const manifest = { name: 'lockstep-cloud', version, private: true, main: 'main.cjs' };
writeFileSync(`${target}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
console.log(`${target}: host.json, main.cjs, package.json`);
