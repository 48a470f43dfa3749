import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { precedence, print, type Node, type Operator } from '../../../../shared/rules/expressions/ast.ts';
import { parse } from '../../../../shared/rules/expressions/parse.ts';
import { compile, problemsOf, valueOf } from './world.ts';

/** An expression without what its text alone decides: places and parentheses. */
function meaning(node: Node): unknown {
  const rest = { ...node, at: 0 };
  delete rest.enclosed;
  if (rest.kind === 'binary') return { ...rest, left: meaning(rest.left), right: meaning(rest.right) };
  if (rest.kind === 'call') return { ...rest, args: rest.args.map((arg) => arg && meaning(arg)) };
  return rest;
}

const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,8}$/);
const identifier = fc
  .stringMatching(/^[A-GI-Z][A-Za-z0-9_]{0,8}$/)
  .filter((word) => !/^(True|False|NULL|CRLF|AuthoritativeNull|IgnoreThisFlow)$/.test(word));
const leaf: fc.Arbitrary<Node> = fc.oneof(
  fc.string({ unit: 'binary' }).map((value): Node => ({ kind: 'value', value, at: 0 })),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value): Node => ({ kind: 'value', value, at: 0 })),
  fc.constantFrom<Node>(
    { kind: 'value', value: true, at: 0 },
    { kind: 'value', value: null, at: 0 },
    { kind: 'value', value: '\r\n', at: 0 },
    { kind: 'word', word: 'IgnoreThisFlow', at: 0 },
    { kind: 'word', word: 'AuthoritativeNull', at: 0 },
  ),
  name.map((text): Node => ({ kind: 'attribute', name: text, at: 0 })),
  name.map((text): Node => ({ kind: 'parameter', name: text, at: 0 })),
  identifier.map((text): Node => ({ kind: 'variable', name: text, at: 0 })),
  identifier.map((text): Node => ({ kind: 'name', name: text, at: 0 })),
);
const { tree } = fc.letrec<{ tree: Node }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc
      .tuple(fc.constantFrom(...(Object.keys(precedence) as Operator[])), tie('tree'), tie('tree'))
      .map(([operator, left, right]): Node => ({ kind: 'binary', operator, left, right, at: 0 })),
    fc
      .tuple(identifier, fc.array(tie('tree'), { maxLength: 3 }))
      .map(([called, args]): Node => ({ kind: 'call', name: called, args, at: 0 })),
  ),
}));

describe('the text of an expression', () => {
  it('gives the same expression again when it is printed and parsed', () => {
    fc.assert(
      fc.property(tree, (node) => {
        expect(meaning(parse(print(node), 'connect'))).toEqual(meaning(node));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['  Trim( [ mail ] )', 'Trim([mail])'],
    ['"a"&"b"', '"a" & "b"'],
    ['((([mail])))', '[mail]'],
    ['&HFF', '255'],
    ['1+(2-3)', '1 + (2 - 3)'],
    ['(1+2)-3', '1 + 2 - 3'],
    ['([mail]="a")||([cn]="b")', '[mail] = "a" || [cn] = "b"'],
    ['\n IIF(\n IsPresent([mail]),\n [mail],\n NULL)', 'IIF(IsPresent([mail]), [mail], NULL)'],
    ['"say \\"hi\\" \\\\"', '"say \\"hi\\" \\\\"'],
  ])('%s is spelled %s', (text, canonical) => {
    expect(compile(text).canonical).toBe(canonical);
  });

  it('keeps arguments that are left out between commas, in the provisioning dialect only', () => {
    const text = 'Replace([mail], "@a", , , "", , )';
    expect(compile(text, 'provisioning').canonical).toBe(text);
    expect(problemsOf(text)[0]?.message).toBe('An argument is missing here.');
  });

  it('takes the special meaning from a quote and a backslash by a backslash, and leaves any other backslash alone', () => {
    expect(valueOf('"\\\\0ACNF:"')).toBe('\\0ACNF:');
    expect(valueOf('"a\\nb"')).toBe('a\\nb');
    expect(valueOf('"two\nlines" & CRLF')).toBe('two\nlines\r\n');
  });

  it.each([
    ['1 + 2 * 3', 9n],
    ['10 - 2 * 3', 24n],
    ['1 + 1 = 2', true],
    ['"a" & "b" = "ab"', true],
    ['True || False && False', true],
    ['False && True || True', true],
    ['1 = 2 || 3 = 3', true],
    ['5-3', 2n],
    ['5 - -3', 8n],
  ])('%s gives %s: arithmetic from left to right, then comparison, && and ||', (text, value) => {
    expect(valueOf(text)).toBe(value);
  });

  it.each([
    ['', 1, 1, 'The expression ends where a value is expected.'],
    ['Trim([mail]', 1, 12, 'A comma or a ) is expected here, not the end.'],
    ['Trim([mail]))', 1, 13, '")" is too much here.'],
    ['"abc', 1, 1, 'The text that begins here does not end.'],
    ['Trim(\n  [mail', 2, 3, 'The attribute that begins here has no "]".'],
    ['%Domain.FQDN', 1, 1, 'The parameter that begins here has no "%".'],
    ['“mail”', 1, 1, 'Quotes must be straight: ".'],
    ['[mail] / 2', 1, 8, '"/" means nothing here.'],
    ['99999999999999999999', 1, 1, 'The number does not fit 64 bits.'],
    ['* 2', 1, 1, 'Something is missing before "*".'],
  ])('says where %j is no expression', (text, line, column, message) => {
    const [problem] = problemsOf(text);
    expect(problem).toMatchObject({ kind: 'syntax', message, position: { line, column } });
  });

  it('refuses operators that the provisioning dialect has not', () => {
    expect(problemsOf('[mail] && [cn]', 'provisioning')[0]?.message).toBe(
      'The provisioning dialect has no operator &&.',
    );
  });

  it('takes long chains of conditions, and refuses what nests too deep', () => {
    const chain = Array.from({ length: 900 }, (_, i) => `[cn] = "${i}"`).join(' || ');
    expect(valueOf(chain, { attributes: { cn: '899' } })).toBe(true);
    expect(problemsOf(`${'('.repeat(5_000)}1${')'.repeat(5_000)}`)[0]?.message).toMatch(/levels of nesting/);
    expect(problemsOf(Array.from({ length: 2_000 }, () => '1').join('+'))[0]?.kind).toBe('syntax');
    expect(problemsOf(`"${'x'.repeat(70_000)}"`)[0]?.kind).toBe('syntax');
  });
});
