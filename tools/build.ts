// Bundles each entry point into one file. CommonJS for the function app: its SDK asks for '@azure/functions-core', which only
// the Functions host can give, by a plain require at run time.
import { build, type BuildOptions } from 'esbuild';

const common: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  sourcemap: true,
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
};

const quiet = process.argv.includes('--quiet');
const entries: readonly { in: string; out: string }[] = [
  { in: 'functions/main.ts', out: 'dist/functions/main.cjs' },
  { in: 'onprem-relay/main.ts', out: 'dist/onprem-relay/main.cjs' },
];

for (const entry of entries) {
  const result = await build({
    ...common,
    entryPoints: [entry.in],
    outfile: entry.out,
    external: ['@azure/functions-core'],
    metafile: true,
  });
  const bytes = result.metafile.outputs[entry.out]?.bytes ?? 0;
  if (!quiet) console.log(`${entry.out}  ${(bytes / 1024).toFixed(0)} KiB`);
}
