import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** A built app in a folder of its own. */
export interface BuiltApp {
  readonly appRoot: string;
  remove(): void;
}

/** Builds the app of test/fixtures/host-app the way the product is built, and returns its root. `entries` may leave parts out. */
export async function buildHostApp(entry = 'main.ts', format: 'cjs' | 'esm' = 'cjs'): Promise<BuiltApp> {
  const sources = join(import.meta.dirname, '../../fixtures/host-app');
  const appRoot = mkdtempSync(join(tmpdir(), 'host-app-'));
  const extension = format === 'cjs' ? 'cjs' : 'mjs';
  await build({
    entryPoints: [join(sources, entry)],
    outfile: join(appRoot, `dist/main.${extension}`),
    bundle: true,
    platform: 'node',
    format,
    logLevel: 'error',
    external: ['@azure/functions-core'],
    ...(format === 'esm'
      ? {
          banner: {
            js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
          },
        }
      : {}),
  });
  cpSync(join(sources, 'host.json'), join(appRoot, 'host.json'));
  writeFileSync(join(appRoot, 'package.json'), JSON.stringify({ main: `dist/*.${extension}` }));
  return {
    appRoot,
    remove: () => {
      rmSync(appRoot, { recursive: true, force: true });
    },
  };
}
