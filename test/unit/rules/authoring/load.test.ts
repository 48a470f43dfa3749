import { Ajv } from 'ajv';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defineRules } from '../../../../shared/rules/authoring/define-rules.ts';
import { loadFiles, type LoadedRules } from '../../../../shared/rules/authoring/load.ts';
import { parseRulesText, takeRulesValue } from '../../../../shared/rules/authoring/parse-file.ts';
import { builtInRules } from '../../../../shared/rules/built-in/built-in.ts';
import { compiledText, readCompiled } from '../../../../shared/rules/compiled.ts';

const load = (...texts: readonly string[]): LoadedRules =>
  loadFiles(texts.map((text, i) => parseRulesText(i === 0 ? 'rules.yaml' : `more${i}.yaml`, text)));
/** `line:column code message`, as an editor would list them. */
const said = ({ problems }: LoadedRules): readonly string[] =>
  problems.map(({ place, code, message }) => `${place?.line ?? '-'}:${place?.column ?? '-'} ${code} ${message}`);

const guid = '01234567-89AB-cdef-0123-456789abcdef';
const head = 'base: none\nrules:\n';
const rule = (body: string, id = 'mine'): string => `  - id: ${id}
    name: Mine
    direction: inbound
    connector: activeDirectory
    sourceType: user
    targetType: person
    linkType: Provision
    precedence: 1
${body}
`;

describe('rules in files', () => {
  const defined = defineRules({
    name: 'Ours',
    base: 'none',
    connectors: [{ name: 'contoso.test', kind: 'activeDirectory', parameters: { 'Forest.FQDN': 'contoso.test' } }],
    attributes: [{ space: 'metaverse', name: 'costCentre', type: 'string' }],
    rules: [
      {
        id: 'ours',
        name: 'Ours',
        direction: 'inbound',
        connector: { kind: 'activeDirectory', name: 'contoso.test' },
        sourceType: 'user',
        targetType: 'person',
        linkType: 'Provision',
        precedence: 50,
        scope: [[{ attribute: 'userAccountControl', operator: 'ISBITNOTSET', value: '2' }]],
        join: [[{ connectorSpace: 'mail', metaverse: 'mail' }]],
        flows: [
          { target: 'mail', source: 'mail' },
          { target: 'costCentre', expression: 'Left([department], 4)' },
          { target: 'accountEnabled', constant: true },
          { target: 'otherMobile', source: 'otherMobile', merge: 'Merge' },
        ],
      },
    ],
  });

  it('say the same in TypeScript, JSON and YAML, and again when they were compiled', () => {
    const yaml = `
name: Ours
base: none
connectors:
  - { name: contoso.test, kind: activeDirectory, parameters: { Forest.FQDN: contoso.test } }
attributes:
  - { space: metaverse, name: costCentre, type: string }
rules:
  - id: ours
    name: Ours
    direction: inbound
    connector: { kind: activeDirectory, name: contoso.test }
    sourceType: user
    targetType: person
    linkType: Provision
    precedence: 50
    scope:
      - - { attribute: userAccountControl, operator: ISNOTBITSET, value: "2" }
    join:
      - - { connectorSpace: mail, metaverse: mail }
    flows:
      - { target: mail, source: mail }
      - { target: costCentre, expression: "Left([department], 4)" }
      - { target: accountEnabled, constant: true }
      - { target: otherMobile, source: otherMobile, merge: Merge }
`;
    const fromCode = loadFiles([takeRulesValue('rules.ts', defined)]);
    const fromJson = loadFiles([parseRulesText('rules.json', JSON.stringify(defined))]);
    const fromYaml = load(yaml);
    expect(said(fromCode).filter((line) => line.includes('LS5001'))).toEqual([]);
    expect(fromJson.ruleSet).toEqual(fromCode.ruleSet);
    expect(fromYaml.ruleSet).toEqual(fromCode.ruleSet);
    expect(readCompiled(compiledText(fromYaml.ruleSet), 'compiled.json')).toEqual(fromYaml.ruleSet);
  });

  it('are checked by the compiler where they are TypeScript', () => {
    const wrong = {
      name: 'Wrong',
      direction: 'inbound',
      connector: 'activeDirectory',
      sourceType: 'user',
      targetType: 'person',
      linkType: 'Join',
      precedence: 1,
    } as const;
    const loaded = loadFiles([
      takeRulesValue(
        'rules.ts',
        defineRules({
          base: 'none',
          rules: [
            // @ts-expect-error There is no such attribute of the metaverse.
            { ...wrong, id: 'a', flows: [{ target: 'titel', source: 'title' }] },
            // @ts-expect-error There is no such attribute of the directory.
            { ...wrong, id: 'b', flows: [{ target: 'title', source: 'titel' }] },
            // @ts-expect-error There is no such operator.
            { ...wrong, id: 'c', scope: [[{ attribute: 'title', operator: 'EQUALS', value: 'x' }]] },
            // @ts-expect-error Users do not become groups of that name.
            { ...wrong, id: 'd', targetType: 'people' },
          ],
        }),
      ),
    ]);
    expect(loaded.problems.filter(({ severity }) => severity === 'error').length).toBeGreaterThanOrEqual(4);
  });

  it('are added to the built-in ones, replace them by their id, and switch them off', () => {
    const { ruleSet, problems } = load(
      `rules:
  - { id: in-from-ad-user-lync, disabled: true }
${rule('    flows: [{ target: title, constant: x }]', 'in-from-ad-contact-lync').replace('sourceType: user', 'sourceType: contact').replace('Provision', 'Join')}`,
    );
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(ruleSet.rules).toHaveLength(builtInRules().rules.length);
    expect(ruleSet.rules.find(({ id }) => id === 'in-from-ad-user-lync')?.disabled).toBe(true);
    expect(ruleSet.rules.find(({ id }) => id === 'in-from-ad-contact-lync')?.flows).toHaveLength(1);
  });

  it('may stand in several files, in any order', () => {
    const files = [
      parseRulesText('a.yaml', head + rule('', 'a').replace('Provision', 'Join')),
      parseRulesText('b.yaml', 'rules:\n' + rule('', 'b').replace('Provision', 'Join')),
    ];
    const ids = (loaded: LoadedRules): string[] => loaded.ruleSet.rules.map(({ id }) => id).sort();
    expect(ids(loadFiles(files))).toEqual(['a', 'b']);
    expect(ids(loadFiles(files.toReversed()))).toEqual(['a', 'b']);
  });
});

describe('mistakes in rules', () => {
  it('are all said at once, each with its place and what was probably meant', () => {
    const text = `${head}  - id: one
    name: One
    direction: inbound
    connector: activeDirectory
    sourceType: usr
    targetType: person
    linkType: Provison
    precedence: 1
    scop: []
    scope:
      - - { attribute: departement, operator: EQUAL, value: x }
        - { attribute: userAccountControl, operator: ISBITSET, value: two }
        - { attribute: title, operator: ISNULL, value: x }
    join:
      - - { connectorSpace: mail, metaverse: objectSid }
    flows:
      - { target: titel, source: title }
      - { target: title, expression: "Trm([title])" }
      - { target: title, expression: "Left([title], 3" }
      - { target: title, expression: "Switch([title] = \\"a\\", 1, 2)" }
      - { target: accountEnabled, constant: maybe }
      - { target: title, source: title, constant: x }
      - { target: title, source: title, merge: Merge }
      - { target: title, expression: "%Forest.FQND%" }
`;
    const loaded = load(text);
    const lines = said(loaded);
    const at = (line: number): string => lines.filter((one) => one.startsWith(`${line}:`)).join(' | ');
    expect(at(7)).toContain('usr');
    expect(at(9)).toContain('linkType');
    expect(at(11)).toContain('There is no "scop" here.');
    expect(at(13)).toContain('departement');
    expect(at(14)).toContain('mask');
    expect(at(15)).toContain('ISNULL takes no value');
    expect(at(17)).toContain('never equals');
    expect(at(19)).toContain('titel');
    expect(at(20)).toContain('Trm');
    expect(at(21)).toMatch(/LS5003/);
    expect(at(22)).toContain('pairs of a condition and a value');
    expect(at(23)).toContain('"maybe" is not a boolean');
    expect(at(24)).toContain('exactly one of source, constant and expression');
    expect(at(25)).toContain('nothing to merge');
    expect(at(26)).toContain('Forest.FQND');
    const suggestions = loaded.problems.flatMap(({ suggestion }) => suggestion ?? []);
    for (const meant of ['"user"', '"Provision"', '"scope"', '"department"', '"title"', '"Trim"', '%Forest.FQDN%']) {
      expect(suggestions.some((text) => text.includes(meant))).toBe(true);
    }
    expect(new Set(loaded.problems.flatMap(({ rule: of }) => of?.name ?? []))).toEqual(new Set(['One']));
  });

  it.each<[string, string, RegExp]>([
    [
      'two rules that join one object',
      rule('    join: [[{ connectorSpace: mail, metaverse: mail }]]', 'a') +
        rule('    join: [[{ connectorSpace: employeeID, metaverse: employeeID }]]', 'b'),
      /LS5004 .*both have join conditions/,
    ],
    [
      'two rules that make different things of one object',
      rule('', 'a') + rule('', 'b').replace('targetType: person', 'targetType: group'),
      /LS5004 .*both create objects \(person and group\)/,
    ],
    [
      'two ways to merge one attribute',
      rule('    flows: [{ target: otherMobile, source: otherMobile, merge: Merge }]', 'a') +
        rule('    flows: [{ target: otherMobile, source: otherMobile }]', 'b'),
      /LS5004 .*must merge it in one way/,
    ],
    ['one id twice', rule('', 'a') + rule('', 'a'), /LS5004 The id "a" is used twice/],
    [
      'a rule that leads back to the directory',
      rule('').replace('inbound', 'outbound'),
      /LS5001 Nothing is written back/,
    ],
    [
      'a built-in rule to switch off that is none',
      '  - { id: in-from-ad-user-joi, disabled: true }\n',
      /LS5004 There is no built-in rule/,
    ],
  ])('are refused before anything runs: %s', (_, rules, message) => {
    expect(said(load(head + rules)).join('\n')).toMatch(message);
  });

  it('are none where no object can be in both scopes', () => {
    const scoped = (value: string, id: string): string =>
      rule(
        `    scope: [[{ attribute: department, operator: EQUAL, value: ${value} }]]\n    join: [[{ connectorSpace: mail, metaverse: mail }]]`,
        id,
      );
    expect(
      said(load(head + scoped('A', 'a') + '\n' + scoped('B', 'b'))).filter((line) => line.includes('LS5004 "')),
    ).toEqual([]);
  });

  it('never make the reader throw, whatever the text', () => {
    const piece = fc.constantFrom(
      'rules:',
      '\n',
      '  - ',
      'id: a',
      'name: b',
      '{',
      '}',
      '[',
      ']',
      '&a ',
      '*a',
      '!!x ',
      '|',
      '"',
      ': ',
      'flows:',
      'scope:',
      '? ',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 5 })), { maxLength: 30 }), (pieces) => {
        const { problems, ruleSet } = load(pieces.join(''));
        expect(Array.isArray(problems)).toBe(true);
        expect(ruleSet.version).toBe(1);
      }),
      { numRuns: 400 },
    );
  });

  it('on directory extensions are said with their place', () => {
    const text = `extensionApplication: nonsense
attributes:
  - { space: entra, name: extension_a-b, type: string }
  - { space: metaverse, name: extension_a-b, type: string }
`;
    expect(said(load(text)).map((line) => line.slice(0, 12))).toEqual(['1:23 LS5001 ', '3:27 LS5001 ']);
    expect(said(load(`extensionApplication: ${guid}`, `extensionApplication: ${guid}`))).toEqual([
      '1:23 LS5004 "extensionApplication" is said in rules.yaml already.',
    ]);
    expect(load(`extensionApplication: ${guid}`).ruleSet.extensionApplication).toBe(guid.toLowerCase());
  });

  it('in a file that is no list of rules are said', () => {
    expect(said(load('just text'))).toEqual([expect.stringContaining('mapping of names to values')]);
    expect(said(load('rules: 5'))).toContain('1:8 LS5001 rules is a list.');
  });

  it('in compiled rules are refused', () => {
    for (const text of ['', '{', '[]', '{"version":2}', '{"version":1,"rules":[{}]}']) {
      expect(() => readCompiled(text, 'rules.json')).toThrow(/./);
    }
  });
});

describe('the published JSON Schema', () => {
  const schema = JSON.parse(
    readFileSync(new URL('../../../../docs/Reference/rules.schema.json', import.meta.url), 'utf8'),
  ) as object;
  const accepts = new Ajv({ strict: false }).compile(schema);

  it('accepts what loads', () => {
    expect(accepts({ rules: [{ id: 'in-from-ad-user-lync', disabled: true }] })).toBe(true);
    expect(
      accepts({
        base: 'none',
        rules: [
          {
            id: 'a',
            name: 'A',
            direction: 'inbound',
            connector: 'activeDirectory',
            sourceType: 'user',
            targetType: 'person',
            linkType: 'Join',
            precedence: 1,
            flows: [{ target: 'title', constant: 'x' }],
          },
        ],
      }),
    ).toBe(true);
  });

  it.each([
    [{ ruls: [] }],
    [{ rules: [{ id: 'a' }] }],
    [{ rules: [{ id: 'a', disabled: false }] }],
    [{ base: 'nothing' }],
    [{ rules: [{ id: 'a', disabled: true, x: 1 }] }],
  ])('refuses what does not: %j', (content) => {
    expect(accepts(content)).toBe(false);
  });
});
