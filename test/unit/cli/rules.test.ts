import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { run } from '../../../cli/main.ts';
import { plain } from '../../../cli/output.ts';
import { readCompiled } from '../../../shared/rules/compiled.ts';
import { fixturePath } from '../../support/evaluation.ts';
import { temporaryFolder } from '../../support/sandbox.ts';

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly notes: string;
}

async function lockstep(...args: readonly string[]): Promise<Ended> {
  const [out, notes]: [string[], string[]] = [[], []];
  const code = await run(args, {
    write: (text) => out.push(text),
    note: (text) => notes.push(text),
    style: plain,
  });
  return { code, out: out.join('\n'), notes: notes.join('\n') };
}

/** A folder with these files. */
function folder(files: Readonly<Record<string, string>>): string {
  const root = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

const rules = `rules:
  - id: contractors
    name: In from AD - Contractors
    direction: inbound
    connector: activeDirectory
    sourceType: user
    targetType: person
    linkType: Join
    precedence: 50
    scope: [[{ attribute: department, operator: EQUAL, value: External }]]
    flows:
      - { target: displayName, expression: '[displayName] & " (External)"' }
`;
const given = `    given:
      class: user
      dn: CN=Anna,OU=People,DC=contoso,DC=test
      attributes: { name: Anna, sAMAccountName: anna, userPrincipalName: anna@contoso.test, userAccountControl: 512, displayName: Anna, department: External }
`;
const cases = (name: string): string => `cases:
  - name: a contractor is marked
${given}    expect: { kind: user, attributes: { displayName: ${name}, department: External } }
`;

describe('lockstep rules validate', () => {
  it('says that rules are valid, and what is in them', async () => {
    const { code, out, notes } = await lockstep('rules', 'validate', folder({ 'rules.yaml': rules }));
    expect(code).toBe(0);
    expect(out).toMatch(/^Valid: Built-in rules, 41 rules, \d+ flows\.$/);
    expect(notes).toBe('');
  });

  it('says everything that is wrong, with its place, and ends with 1', async () => {
    const root = folder({
      'rules.yaml': rules.replace('department', 'departement').replace('displayName, expr', 'displayNam, expr'),
    });
    const { code, out } = await lockstep('rules', 'validate', root);
    expect(code).toBe(1);
    expect(out).toContain('rules.yaml:10:');
    expect(out).toContain('Did you mean "department"?');
    expect(out).toContain('rules.yaml:12:');
    expect(out).toContain('2 errors');
  });

  it('says the same as JSON', async () => {
    const root = folder({ 'rules.yaml': rules.replace('department', 'departement') });
    const { code, out } = await lockstep('rules', 'validate', root, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      valid: false,
      problems: [{ severity: 'error', code: 'LS5002', place: { file: 'rules.yaml', line: 10 } }],
    });
  });

  it('reads folders in folders, and not the cases that stand beside rules', async () => {
    const root = folder({ 'a/rules.yaml': rules, 'a/rules.test.yaml': cases('x'), 'b/other.json': '{"rules": []}' });
    expect((await lockstep('rules', 'validate', root)).code).toBe(0);
  });

  it('reads rules in TypeScript', async () => {
    const root = folder({
      'rules.ts': `import { defineRules } from 'lockstep/rules';\nexport default defineRules({ rules: [{ id: 'in-from-ad-user-lync', disabled: true }] });\n`,
    });
    // As a program of its own: the test runner resolves imports by itself.
    const { stdout } = await promisify(execFile)(process.execPath, ['cli/main.ts', 'rules', 'validate', root]);
    expect(stdout).toContain('1 switched off');
  });

  it('says of a program what keeps it from running', async () => {
    const root = folder({ 'rules.ts': `import 'no-such-package';\nexport default {};\n` });
    const { code, out } = await lockstep('rules', 'validate', root);
    expect([code, out]).toEqual([1, expect.stringMatching(/LS5001 {2}The file cannot be run: .*no-such-package/)]);
  });

  it.each([
    ['a path that is not there', '/nowhere/at/all', /LS1002/],
    ['a folder without rules', '', /LS5001 There is no file of rules/],
  ])('ends with 2 for %s', async (_, path, message) => {
    const { code, notes } = await lockstep('rules', 'validate', path === '' ? folder({}) : path);
    expect(code).toBe(2);
    expect(notes).toMatch(message);
  });
});

describe('lockstep rules compile', () => {
  it('writes the one form that the application reads', async () => {
    const root = folder({ 'rules.yaml': rules });
    const file = join(root, 'compiled.json');
    expect((await lockstep('rules', 'compile', join(root, 'rules.yaml'), '--out', file)).code).toBe(0);
    expect(readCompiled(readFileSync(file, 'utf8'), file).rules).toHaveLength(41);
  });

  it('writes nothing when something is wrong', async () => {
    const root = folder({ 'rules.yaml': rules.replace('department', 'departement') });
    const { code, notes } = await lockstep('rules', 'compile', root, '--out', join(root, 'compiled.json'));
    expect(code).toBe(1);
    expect(notes).toContain('nothing was written');
    expect(readdirSync(root)).toEqual(['rules.yaml']);
  });
});

describe('lockstep rules test', () => {
  it('runs the cases beside the rules, and ends with 0 when all pass', async () => {
    const root = folder({ 'rules.yaml': rules, 'rules.test.yaml': cases('Anna (External)') });
    const { code, out } = await lockstep('rules', 'test', root);
    expect(code).toBe(0);
    expect(out).toContain('✓ a contractor is marked');
    expect(out).toContain('1 passed, 0 failed');
  });

  it('shows what was expected and what came, and ends with 1 when one fails', async () => {
    const root = folder({ 'rules.yaml': rules, 'rules.test.yaml': cases('Anna') });
    const { code, out } = await lockstep('rules', 'test', root);
    expect(code).toBe(1);
    expect(out).toContain('✗ a contractor is marked');
    expect(out).toMatch(/displayName[\s\S]*expected .*Anna[\s\S]*but got .*Anna \(External\)/);
    expect(out).toContain('0 passed, 1 failed');
  });

  it('says the same as JSON', async () => {
    const root = folder({ 'rules.yaml': rules, 'x.cases.yaml': cases('Anna') });
    const { code, out } = await lockstep('rules', 'test', root, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      passed: 0,
      failed: 1,
      cases: [{ name: 'a contractor is marked', differences: [{}] }],
    });
  });

  it('knows objects that stay out, errors of rules, and what the tenant has', async () => {
    const root = folder({
      'rules.yaml': rules,
      'rules.test.yaml': `cases:
  - name: a service account stays out
    given: { class: user, dn: "CN=x,DC=contoso,DC=test", attributes: { name: x, sAMAccountName: MSOL_1, userAccountControl: 512 } }
    expect: { kind: none }
  - name: an anchor that changed is an error
    given:
      class: user
      dn: CN=Anna,DC=contoso,DC=test
      attributes: { name: Anna, sAMAccountName: anna, userAccountControl: 512, mS-DS-ConsistencyGuid: 11111111-2222-3333-4444-555555555555 }
    existing: { type: user, attributes: { sourceAnchor: "xyz==", cloudAnchor: User_1 } }
    expect: { kind: user, error: LS5101 }
`,
    });
    const { code, out } = await lockstep('rules', 'test', root);
    expect(out).toContain('2 passed, 0 failed');
    expect(code).toBe(0);
  });

  it.each<[string, string]>([
    ['cases that are no cases', 'cases: [{ name: x }]'],
    [
      'an attribute that no schema knows',
      `cases:\n  - name: x\n${given}    expect: { kind: user, attributes: { displayNam: x } }\n`,
    ],
    ['YAML with an alias to nothing', 'cases: *nothing'],
    ['broken YAML', 'cases: ['],
  ])('ends with 2 for %s', async (_, text) => {
    const { code, notes } = await lockstep('rules', 'test', folder({ 'rules.yaml': rules, 'rules.test.yaml': text }));
    expect(code).toBe(2);
    expect(notes).toContain('LS5006');
  });

  it('ends with 2 without cases, and with 1 when the rules are wrong', async () => {
    expect((await lockstep('rules', 'test', folder({ 'rules.yaml': rules }))).code).toBe(2);
    const wrong = folder({ 'rules.yaml': rules.replace('department', 'departement'), 'rules.test.yaml': cases('x') });
    expect((await lockstep('rules', 'test', wrong)).code).toBe(1);
  });
});

describe('lockstep rules import', () => {
  it('accounts for every rule of the real export, and writes rules that are valid', async () => {
    const out = join(temporaryFolder(), 'rules');
    const { code, out: text } = await lockstep('rules', 'import', fixturePath('connect-export'), '--out', out);
    expect(code).toBe(0);
    expect(text).toContain('62');
    expect(text).toContain('It writes back to the directory');
    const again = await lockstep('rules', 'validate', out);
    expect(again.out).toMatch(/^(?:.*\n)*Valid: Imported from Entra Connect, 53 rules/);
  });

  it('does not write into a folder that has something in it', async () => {
    const full = folder({ 'mine.txt': 'x' });
    const { code } = await lockstep('rules', 'import', fixturePath('connect-export'), '--out', full);
    expect(code).toBe(2);
    expect(readdirSync(full)).toEqual(['mine.txt']);
  });

  it('says so when there is nothing to import', async () => {
    expect((await lockstep('rules', 'import', folder({ 'a.txt': 'x' }))).code).toBe(2);
    expect((await lockstep('rules', 'import', folder({ 'a.xml': '<x/>' }))).code).toBe(2);
  });
});

describe('lockstep explain', () => {
  const ldif = fixturePath('estate/contoso.ldif');

  it('says what becomes of an object, and which rule gave what', async () => {
    const file = readFileSync(ldif, 'utf8');
    const name = /^userPrincipalName: (.+)$/m.exec(file)?.[1] ?? '';
    const { code, out } = await lockstep('explain', name, '--ldif', ldif);
    expect(code).toBe(0);
    expect(out).toContain('In from AD - User Join');
    expect(out).toContain('displayName');
    const json = JSON.parse((await lockstep('explain', name, '--ldif', ldif, '--json')).out) as Record<string, unknown>;
    expect(JSON.stringify(json)).toContain('In from AD - User Join');
  });

  it('ends with 1 for somebody who is not there', async () => {
    const { code, notes } = await lockstep('explain', 'nobody@nowhere', '--ldif', ldif);
    expect(code).toBe(1);
    expect(notes).toContain('nobody@nowhere');
  });
});

describe('the command line', () => {
  it.each([[['--help']], [['rules', '--help']], [['rules', 'test', '--help']], [['explain', '--help']]])(
    'explains itself: %j',
    async (args) => {
      const { code, out } = await lockstep(...args);
      expect(code).toBe(0);
      expect(out).toContain('Usage: lockstep');
    },
  );

  it.each([[['rules', 'vallidate', 'x']], [['explain']], [['rules', 'validate', 'x', '--nope']], [['nonsense']]])(
    'ends with 2 for %j',
    async (args) => {
      const { code, notes } = await lockstep(...args);
      expect(code).toBe(2);
      expect(notes).not.toBe('');
    },
  );
});
