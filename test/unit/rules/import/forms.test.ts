import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadFiles } from '../../../../shared/rules/authoring/load.ts';
import { parseRulesText } from '../../../../shared/rules/authoring/parse-file.ts';
import { builtInRules } from '../../../../shared/rules/built-in/built-in.ts';
import { emitRules } from '../../../../shared/rules/import/emit.ts';
import { importConfiguration } from '../../../../shared/rules/import/import-configuration.ts';
import type { ImportedConfiguration, ImportedRule } from '../../../../shared/rules/import/imported.ts';
import { readJson } from '../../../../shared/rules/import/read-json.ts';
import { readPowerShell } from '../../../../shared/rules/import/read-powershell.ts';
import { readXml } from '../../../../shared/rules/import/read-xml.ts';
import type { SyncRule } from '../../../../shared/rules/model.ts';
import { builtInSchemas } from '../../../../shared/rules/schemas/built-in.ts';
import { connectExport } from '../../../support/connect-export.ts';
import { jsonOf, powerShellOf } from './write-forms.ts';

const read = connectExport().map(({ name, text }) => readXml(name, text));
const rules = read.flatMap((one) => one.rules);
const connectors = read.flatMap((one) => one.connectors);

/** What a rule says, without where it stands. */
const content = (all: readonly ImportedRule[]): readonly object[] =>
  all
    .map((rule) => ({ ...rule, place: undefined, softDeleteExpiry: rule.softDeleteExpiry.replace(/^0$/, '') }))
    .sort((a, b) => a.precedence - b.precedence || (a.identifier < b.identifier ? -1 : 1));

describe('the three forms of an export', () => {
  it('say the same of every rule of the real export as a script of the rules editor', () => {
    const script = readPowerShell('rules.ps1', powerShellOf(rules));
    expect(script.problems).toEqual([]);
    expect(content(script.rules)).toEqual(content(rules));
  });

  it("say the same of every rule as the wizard's settings file", () => {
    const settings = readJson('policy.json', jsonOf(rules, connectors));
    expect(settings.problems).toEqual([]);
    expect(content(settings.rules)).toEqual(content(rules));
    expect(settings.connectors.map(({ id, name, kind, partitions }) => ({ id, name, kind, partitions }))).toEqual(
      connectors.map(({ id, name, kind, partitions }) => ({ id, name, kind, partitions })),
    );
  });

  it("take the built-in rule for one of Microsoft's own, of which the settings file has only the name", () => {
    const text = JSON.stringify({
      onpremisesDirectoryPolicy: [
        {
          fullyQualifiedDomainName: 'contoso.com',
          standardSynchronizationRules: [
            { name: 'In from AD - User Join', immutableTag: 'Microsoft.InfromADUserJoin.006', precedence: 105 },
            { name: 'In from AD - Unheard Of', immutableTag: 'Microsoft.UnheardOf.001', precedence: 106 },
          ],
        },
      ],
    });
    const { rules: outcomes, ruleSet } = importConfiguration(
      [{ name: 'policy.json', text }],
      builtInRules(),
      builtInSchemas,
    );
    expect(outcomes).toMatchObject([
      { outcome: 'identical', builtIn: 'In from AD - User Join' },
      { outcome: 'untranslatable', reason: expect.stringContaining('no built-in rule for it') as string },
    ]);
    expect(ruleSet.rules.map(({ name, precedence }) => [name, precedence])).toEqual([['In from AD - User Join', 105]]);
  });
});

describe('a script of PowerShell', () => {
  const head = `New-ADSyncRule -Name 'Mine' -Direction 'Inbound' -Precedence 50 -SourceObjectType 'user' -TargetObjectType 'person' -Connector 'contoso.com' -LinkType 'Join' -OutVariable syncRule`;
  const flow = (expression: string): string =>
    `Add-ADSyncAttributeFlowMapping -SynchronizationRule $syncRule[0] -Destination 'title' -FlowType 'Expression' -ValueMergeType 'Update' -Expression ${expression}`;
  const textOf = (expression: string): string | undefined =>
    readPowerShell('mine.ps1', `${head}\n${flow(expression)}\nAdd-ADSyncRule -SynchronizationRule $syncRule[0]`)
      .rules[0]?.flows?.[0]?.text;

  it.each([
    [`'Left([title], 3)'`, 'Left([title], 3)'],
    [`'it''s'`, "it's"],
    ['"Left([title], 3) & `"x`""', 'Left([title], 3) & "x"'],
    [`@'\nIIF([title] = "a",\n  1)\n'@`, 'IIF([title] = "a",\n  1)'],
  ])('has texts in every kind of quotes: %s', (written, text) => {
    expect(textOf(written)).toBe(text);
  });

  it('is never run: what a text would take from a variable or a command is refused, and the rest read', () => {
    const script = `${head}\n${flow('"$(Remove-Item C:\\)"')}`;
    const { rules: some, problems } = readPowerShell('mine.ps1', script);
    expect(some.flatMap((rule) => rule.flows ?? [])).toEqual([]);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems[0]?.place).toMatchObject({ file: 'mine.ps1', line: 2 });
  });

  it('passes over other commands, and says so', () => {
    const { rules: some, problems } = readPowerShell('mine.ps1', `Remove-ADUser -Identity anna\n${head}`);
    expect(some.map(({ name }) => name)).toEqual(['Mine']);
    expect(problems).toEqual([
      {
        place: { file: 'mine.ps1', line: 1, column: 1 },
        message: '"Remove-ADUser" is not a part of an exported rule; the statement was passed over.',
      },
    ]);
  });
});

describe('what cannot be read', () => {
  const bomb = `<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><synchronizationRule><name>&b;</name></synchronizationRule>`;

  it.each<[string, () => ImportedConfiguration]>([
    ['XML that breaks off', () => readXml('a.xml', '<synchronizationRule><name>x')],
    ['a rule without a name', () => readXml('a.xml', '<synchronizationRule></synchronizationRule>')],
    ['JSON that breaks off', () => readJson('a.json', '{"onpremisesDirectoryPolicy": [')],
    ['JSON of something else', () => readJson('a.json', '{"a": 1}')],
    ['a script that breaks off in a text', () => readPowerShell('a.ps1', "New-ADSyncRule -Name 'x")],
    ['a flow before any rule', () => readPowerShell('a.ps1', "Add-ADSyncAttributeFlowMapping -Destination 'x'")],
  ])('is a problem with its place: %s', (_, reading) => {
    const { rules: some, problems } = reading();
    expect(some).toEqual([]);
    expect(problems.length).toBeGreaterThan(0);
    for (const { place, message } of problems) {
      expect(place.line).toBeGreaterThan(0);
      expect(message).not.toBe('');
    }
  });

  it('does not resolve entities that a file declares', () => {
    const { rules: some } = readXml('a.xml', bomb);
    expect(JSON.stringify(some)).not.toContain('aaaaaaaaaa');
  });

  it('never makes a reader throw, whatever the text', () => {
    const piece = fc.constantFrom(
      ...['<synchronizationRule>', '</name>', '<name>', '&x;', '<!--', '{', '"rules"', ':', '[', '}', ']', ','],
      ...['New-ADSyncRule ', '-Name ', "'", '"', '`', '\n', '@(', ')', '$a', '$(', '|', ';', '#', '@"', "@'", 'x'],
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        for (const reader of [readXml, readJson, readPowerShell]) {
          expect(Array.isArray(reader('any', text).rules)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('the files that an import writes', () => {
  it('are read as the same rules', () => {
    const { ruleSet } = importConfiguration(connectExport(), builtInRules(), builtInSchemas);
    const files = emitRules(ruleSet);
    const loaded = loadFiles(files.map(({ name, text }) => parseRulesText(name, text)));
    expect(loaded.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    const byId = (all: readonly SyncRule[]): readonly SyncRule[] => [...all].sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(byId(loaded.ruleSet.rules)).toEqual(byId(ruleSet.rules));
    expect(loaded.ruleSet.connectors).toEqual(ruleSet.connectors);
  });
});
