// Writes the generated pages of docs/Reference; with --check only says whether they are current, by its exit code.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { z } from 'zod';
import { helpText as relayHelp } from '../onprem-relay/commands/commands.ts';
import { configFileSchema } from '../onprem-relay/settings/config-file.ts';
import { catalogue } from '../shared/errors/catalogue.ts';
import { authoredFile } from '../shared/rules/authoring/authored.ts';
import { builtInSchemas } from '../shared/rules/schemas/built-in.ts';
import { helpText as sandboxHelp } from '../test/sandbox/cli/options.ts';
import { attributesPage } from './pages/attributes.ts';
import { commandsPage } from './pages/commands.ts';
import { costsPage } from './pages/costs.ts';
import { functionsPage } from './pages/functions.ts';

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

/** Attribute names as types, so that an editor completes them in rules that are written in TypeScript. */
const attributeNames = [
  '// Generated from `shared/rules/schemas` by `npm run docs`.',
  ...(
    [
      ['ActiveDirectoryAttribute', builtInSchemas.activeDirectory],
      ['MetaverseAttribute', builtInSchemas.metaverse],
      ['EntraAttribute', builtInSchemas.entra],
    ] as const
  ).map(
    ([type, schema]) =>
      `\nexport type ${type} = ${[...schema.keys()]
        .sort()
        .map((name) => `'${name}'`)
        .join(' | ')};`,
  ),
].join('\n');

const rulesSchema = JSON.stringify(
  { title: 'Synchronisation rules of Lockstep', ...z.toJSONSchema(authoredFile, { target: 'draft-7' }) },
  null,
  2,
);

const pages: readonly (readonly [string, string])[] = [
  ['shared/rules/authoring/attribute-names.ts', attributeNames],
  ['docs/Reference/rules.schema.json', rulesSchema],
  ['docs/Reference/relay.schema.json', JSON.stringify(configFileSchema(), null, 2)],
  ['docs/Reference/attributes.md', attributesPage()],
  ['docs/Reference/functions.md', functionsPage()],
  ['docs/Reference/cli.md', commandsPage()],
  ['docs/Reference/costs.md', costsPage()],
  ['docs/Reference/errors.md', errorsPage],
  [
    'docs/Reference/relay-options.md',
    helpPage('The relay: commands and settings', 'onprem-relay/commands/commands.ts', relayHelp()),
  ],
  ['docs/Reference/sandbox-options.md', helpPage('Options of npm start', 'test/sandbox/cli/options.ts', sandboxHelp())],
];

function parserOf(path: string): string {
  if (path.endsWith('.ts')) return 'typescript';
  return path.endsWith('.json') ? 'json' : 'markdown';
}

const stale: string[] = [];
for (const [path, text] of pages) {
  const wanted = await format(text, { parser: parserOf(path), printWidth: 120, singleQuote: true });
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
