// Writes the generated pages of docs/Reference; with --check only says whether they are current, by its exit code.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { helpText as relayHelp } from '../onprem-relay/setting-names.ts';
import { catalogue } from '../shared/errors/catalogue.ts';
import { helpText as sandboxHelp } from '../test/sandbox/cli/options.ts';

const errorsPage = [
  '# Error codes',
  '',
  'Every failure that an operator can see has one of these codes. A code never changes its meaning and is never used again.',
  '',
  'This page is generated from `shared/errors/catalogue.ts` by `npm run docs`.',
  '',
  ...Object.entries(catalogue).flatMap(([code, { title, cause, remedy }]) => [
    `## ${code}: ${title}`,
    '',
    `**Cause.** ${cause}`,
    '',
    `**What to do.** ${remedy}`,
    '',
  ]),
].join('\n');

const helpPage = (title: string, source: string, help: string): string =>
  [
    `# ${title}`,
    '',
    `This page is generated from \`${source}\` by \`npm run docs\`.`,
    '',
    '```text',
    help.trimEnd(),
    '```',
    '',
  ].join('\n');

const pages: readonly (readonly [string, string])[] = [
  ['docs/Reference/errors.md', errorsPage],
  ['docs/Reference/relay-options.md', helpPage('Options of the relay', 'onprem-relay/setting-names.ts', relayHelp())],
  ['docs/Reference/sandbox-options.md', helpPage('Options of npm start', 'test/sandbox/cli/options.ts', sandboxHelp())],
];

const stale: string[] = [];
for (const [path, text] of pages) {
  const wanted = await format(text, { parser: 'markdown', printWidth: 120, singleQuote: true });
  let actual = '';
  try {
    actual = readFileSync(path, 'utf8');
  } catch {
    // Not there yet: stale.
  }
  if (actual === wanted) continue;
  stale.push(path);
  if (!process.argv.includes('--check')) {
    mkdirSync('docs/Reference', { recursive: true });
    writeFileSync(path, wanted);
  }
}
if (process.argv.includes('--check') && stale.length > 0) {
  console.error(`Not current: ${stale.join(', ')}. Run npm run docs.`);
  process.exitCode = 1;
}
