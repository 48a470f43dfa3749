import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** An import that a folder of the house forbids, and the reason a person sees when they try it. */
const ban = (regex, message) => ({ regex, message });

// Packages that belong behind one adapter. Each is allowed in the folders that `houseRules` names and nowhere else.
const tables = ban('^@azure/data-tables', 'Only functions/storage talks to Table Storage.');
const graph = ban('^@microsoft/microsoft-graph-client', 'Only functions/graph talks to Microsoft Graph.');
const msal = ban('^@azure/msal-node', 'Only functions/identity and onprem-relay/identity obtain tokens.');
const bus = ban(
  '^@azure/service-bus',
  'Only functions/bus and onprem-relay/bus talk to Service Bus; what the cloud receives comes by triggers.',
);
const ldap = ban('^ldapts', 'Only onprem-relay/directory talks LDAP.');
const functionsHost = ban(
  '^(@azure/functions|durable-functions)',
  'Only entry points (functions/**/*.function.ts, functions/main.ts, functions/admin/http-answer.ts) know the Functions host.',
);
const test = ban('(^|/)test/', 'Nothing outside test/ imports test/.');
const tools = ban('(^|/)tools/', 'Nothing outside tools/ and test/ imports tools/.');
const relay = ban('(^|/)onprem-relay/', 'The cloud application and the relay never import each other.');
const cloud = ban('(^|/)functions/', 'The relay and the cloud application never import each other.');
const cli = ban('(^|/)cli/', 'Nothing imports the command line.');

const restrict = (files, bans) => ({ files, rules: { 'no-restricted-imports': ['error', { patterns: bans }] } });

/** ARCHITECTURE: dependencies point one way (entry point -> use case -> port -> adapter). The later block wins where two match. */
const houseRules = [
  restrict(
    ['shared/**/*.ts'],
    [
      ban(
        '^(?!\\.{1,2}/|(zod|yaml|asn1js|fast-xml-parser|fast-xml-validator)$|@noble/hashes/)',
        'shared/ is pure: it imports itself and the pure libraries that this line names, nothing else.',
      ),
      ban('^(\\.\\./)+(functions|onprem-relay|cli|test|tools|infra)/', 'shared/ imports nothing outside itself.'),
    ],
  ),
  restrict(['functions/**/*.ts'], [tables, graph, msal, bus, ldap, functionsHost, test, tools, relay, cli]),
  restrict(
    ['functions/main.ts', 'functions/**/*.function.ts', 'functions/admin/http-answer.ts'],
    [tables, graph, msal, bus, ldap, test, tools, relay, cli],
  ),
  restrict(['functions/storage/**/*.ts'], [graph, msal, bus, ldap, functionsHost, test, tools, relay, cli]),
  restrict(['functions/graph/**/*.ts'], [tables, msal, bus, ldap, functionsHost, test, tools, relay, cli]),
  restrict(['functions/bus/**/*.ts'], [tables, graph, msal, ldap, functionsHost, test, tools, relay, cli]),
  restrict(['functions/identity/**/*.ts'], [tables, graph, bus, ldap, functionsHost, test, tools, relay, cli]),
  restrict(['onprem-relay/**/*.ts'], [tables, graph, msal, bus, ldap, functionsHost, test, tools, cloud, cli]),
  restrict(['onprem-relay/identity/**/*.ts'], [tables, graph, bus, ldap, functionsHost, test, tools, cloud, cli]),
  restrict(['onprem-relay/bus/**/*.ts'], [tables, graph, msal, ldap, functionsHost, test, tools, cloud, cli]),
  restrict(['onprem-relay/directory/**/*.ts'], [tables, graph, msal, bus, functionsHost, test, tools, cloud, cli]),
  restrict(['cli/**/*.ts'], [tables, graph, msal, bus, ldap, functionsHost, test, tools, relay, cloud]),
  restrict(['infra/**/*.ts'], [tables, graph, msal, bus, ldap, functionsHost, test, tools, relay, cloud, cli]),
  restrict(
    ['test/sandbox/**/*.ts'],
    [relay, cloud].map((b) => ({
      ...b,
      message: 'The sandbox starts the built application; it never reaches into its sources.',
    })),
  ),
];

export default defineConfig(
  { ignores: ['dist/', 'node_modules/', 'coverage/', '.lockstep/', 'test/fixtures/'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js', '.json'] })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // noPropertyAccessFromIndexSignature (tsconfig) asks for brackets exactly where this rule would take them away.
      '@typescript-eslint/dot-notation': 'off',
      'import-x/no-cycle': 'error',
      'import-x/no-self-import': 'error',
      'no-console': 'error',
      'max-lines': ['warn', { max: 400, skipBlankLines: true, skipComments: true }],
      eqeqeq: 'error',
    },
  },
  ...houseRules,
  {
    files: ['shared/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        'process',
        'fetch',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'crypto',
        'performance',
        'console',
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
          message: 'shared/ has no clock: take the time as an argument.',
        },
        {
          selector: 'CallExpression[callee.object.name="Date"][callee.property.name="now"]',
          message: 'shared/ has no clock: take the time as an argument.',
        },
        {
          selector: 'CallExpression[callee.object.name="Math"][callee.property.name="random"]',
          message: 'shared/ has no randomness: take it as an argument.',
        },
      ],
    },
  },
  // One is generated, the other is a list that is read by its codes.
  {
    files: ['shared/rules/authoring/attribute-names.ts', 'shared/errors/catalogue.ts'],
    rules: { 'max-lines': 'off' },
  },
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
  {
    // A table of cases may be longer than a piece of logic.
    files: ['test/**/*.test.ts'],
    rules: { 'max-lines': ['warn', { max: 500, skipBlankLines: true, skipComments: true }] },
  },
  {
    files: ['test/**/*.ts', 'tools/**/*.ts', '*.ts'],
    rules: { 'no-console': 'off' },
  },
);
