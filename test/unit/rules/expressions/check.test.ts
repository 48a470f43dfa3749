import { describe, expect, it } from 'vitest';
import { compileExpression } from '../../../../shared/rules/expressions/compile.ts';
import type { Dialect } from '../../../../shared/rules/expressions/expression.ts';
import { compile, problemsOf, schema } from './world.ts';

describe('what is wrong in a text', () => {
  it.each<[string, Dialect, string, string, string | undefined]>([
    ['Trm([mail])', 'connect', 'unknown-function', 'There is no function "Trm".', 'Did you mean "Trim"?'],
    [
      'trim([mail])',
      'connect',
      'unknown-function',
      'There is no function "trim".',
      'Did you mean "Trim"? Upper and lower case count.',
    ],
    [
      'ToLower([mail])',
      'connect',
      'unknown-function',
      'There is no function "ToLower" in this dialect; it belongs to the dialect "provisioning".',
      undefined,
    ],
    [
      'LCase([mail])',
      'provisioning',
      'unknown-function',
      'There is no function "LCase" in this dialect; it belongs to the dialect "connect".',
      'Did you mean "PCase"?',
    ],
    ['toString([mail])', 'connect', 'unknown-function', 'There is no function "toString".', 'Did you mean "IsString"?'],
    ['constructor()', 'connect', 'unknown-function', 'There is no function "constructor".', undefined],
    ['__proto__([mail])', 'provisioning', 'unknown-function', 'There is no function "__proto__".', undefined],
    ['[mial]', 'connect', 'unknown-attribute', 'There is no attribute "mial".', 'Did you mean "mail"?'],
    ['ImportedValue("mial")', 'connect', 'unknown-attribute', 'There is no attribute "mial".', 'Did you mean "mail"?'],
    ['ValueCount("membr")', 'connect', 'unknown-attribute', 'There is no attribute "membr".', 'Did you mean "member"?'],
    [
      '%Domain.FQND%',
      'connect',
      'unknown-parameter',
      'There is no parameter %Domain.FQND%.',
      'Did you mean %Domain.FQDN%?',
    ],
    ['Left([mail])', 'connect', 'arguments', 'Left takes 2 arguments, not 1.', undefined],
    ['IIF(True, "a")', 'connect', 'arguments', 'IIF takes 3 arguments, not 2.', undefined],
    ['Mid([mail], 6)', 'connect', 'arguments', 'Mid takes 3 arguments, not 2.', undefined],
    [
      'Switch([mail] = "a", 1, True)',
      'connect',
      'arguments',
      'Switch takes pairs of a condition and a value.',
      undefined,
    ],
    [
      'ImportedValue([mail])',
      'connect',
      'arguments',
      'ImportedValue takes the name of an attribute in quotes.',
      undefined,
    ],
    ['Select("x", [member], 1)', 'connect', 'arguments', 'Select takes a variable first, such as $item.', undefined],
    [
      'Contains([proxyAddresses], "a", CaseInsensitve)',
      'connect',
      'arguments',
      'Contains knows no CaseInsensitve here; it takes CaseInsensitive or CaseSensitive.',
      'Did you mean "CaseInsensitive"?',
    ],
    ['Left([member], 4)', 'connect', 'type', 'Left takes a text here; this is a reference.', undefined],
    ['Trim([objectGUID])', 'connect', 'type', 'Trim takes a text here; this is a binary value.', undefined],
    ['[userAccountControl] = "512"', 'connect', 'type', 'A number is compared with a text.', undefined],
    ['[mail] + 1', 'connect', 'type', '"+" calculates; this is a text.', undefined],
    ['[mail] || True', 'connect', 'type', '"||" joins conditions; this is a text.', undefined],
    ['IIF([mail], 1, 2)', 'connect', 'type', 'IIF takes a condition first; this is a text.', undefined],
    ['"a" & IgnoreThisFlow', 'connect', 'type', 'IgnoreThisFlow can only be the whole result of a flow.', undefined],
    ['$item', 'connect', 'syntax', 'No function around it makes a variable $item.', undefined],
    ['mail', 'connect', 'syntax', '"mail" means nothing here.', 'Did you mean [mail]?'],
    ['true', 'connect', 'syntax', '"true" means nothing here.', 'Did you mean True?'],
    [
      'SingleAppRoleAssignment([mail])',
      'provisioning',
      'unknown-function',
      'SingleAppRoleAssignment cannot be used here. It is about app roles, which an Active Directory does not have.',
      undefined,
    ],
    [
      'Append(SelectUniqueValue([mail]), "x")',
      'provisioning',
      'syntax',
      'SelectUniqueValue can only be the whole expression.',
      undefined,
    ],
    ['RegexIsMatch([mail], "a(")', 'connect', 'arguments', 'The pattern "a(" cannot be used: a ( has no ).', undefined],
    [
      'ReplaceChars([mail], "ä:ae,ö,o")',
      'connect',
      'arguments',
      '"ö" in the pattern is not one character, a colon, and what takes its place.',
      undefined,
    ],
    ['DateAdd("x", 1, Now())', 'connect', 'arguments', 'There is no interval "x".', undefined],
    ['Split([mail], ", ")', 'connect', 'arguments', 'The delimiter must be exactly one character.', undefined],
    ['FormatDateTime(Now(), "Q")', 'connect', 'arguments', 'There is no date format "Q".', undefined],
  ])('%s (%s) is of the kind %s', (text, dialect, kind, message, suggestion) => {
    const problems = problemsOf(text, dialect);
    expect(problems.map((problem) => problem.kind)).toEqual([kind]);
    expect(problems[0]).toMatchObject({ message, suggestion });
  });

  it('names every problem, each with its place', () => {
    const problems = problemsOf('IIF([mial] = 1,\n  Trm([cn]),\n  Left([cn]))');
    expect(problems.map(({ kind, position }) => [kind, position.line, position.column])).toEqual([
      ['unknown-attribute', 1, 5],
      ['unknown-function', 2, 3],
      ['arguments', 3, 3],
    ]);
  });

  it('takes any parameter when none are named', () => {
    expect(compile('%Anything.AtAll%').parameters).toEqual(['Anything.AtAll']);
  });
});

describe('the warning of a chain', () => {
  const warningsOf = (text: string): number => {
    const compilation = compileExpression(text, {
      dialect: 'connect',
      source: schema,
      target: schema,
      parameters: undefined,
    });
    return compilation.ok ? compilation.warnings.length : -1;
  };

  it.each([
    ['IsPresent([mail]) || [cn] = "a"', 1],
    ['[cn] = "a" || [cn] = "b" || [cn] = "c"', 1],
    ['True || True && False', 1],
    ['2 = 1 + 1', 1],
    ['IsPresent([mail]) || ([cn] = "a")', 0],
    ['[cn] = "a" || True', 0],
    ['1 + 1 = 2', 0],
    ['10 - 2 * 3', 0],
  ])('%s has %s, as it would read differently from left to right or not', (text, count) => {
    expect(warningsOf(text)).toBe(count);
  });
});

describe('what is known of a compiled expression', () => {
  it('names what it reads', () => {
    const expression = compile(
      'IIF(ValueCount("member") > 5, ImportedValue("mail"), [cn] & [mail] & [cn] & %Domain.FQDN%)',
    );
    expect(expression.attributes).toEqual(['member', 'cn', 'mail']);
    expect(expression.imported).toEqual(['mail']);
    expect(expression.parameters).toEqual(['Domain.FQDN']);
  });

  it.each<[string, boolean]>([
    ['Trim([mail])', true],
    ['[mail]', true],
    ['IIF(IsNullOrEmpty([mail]), NULL, "x500:" & [mail])', true],
    ['IIF(IsPresent([mail]), ImportedValue("cn"), NULL)', true],
    ['Split([mail], ";")', true],
    ['Where($a, [proxyAddresses], InStr($a, "x") > 0)', true],
    ['"x500:" & [mail]', false],
    ['IIF(IsPresent([mail]), [mail], "none")', false],
    ['IIF(IsNullOrEmpty([mail]), IgnoreThisFlow, [mail])', false],
    ['IIF(IsNullOrEmpty([mail]), AuthoritativeNull, [mail])', false],
    ['IIF(IsPresent([mail]), [mail], Error("no mail"))', false],
    ['IIF(IsPresent([mail]), [mail], ImportedValue("mail"))', false],
    ['IIF(IsPresent([mail]), [mail], %Domain.FQDN%)', false],
    ['ValueCount("member")', false],
    ['IIF(IsPresent([mail]), Guid(), NULL)', false],
    ['"constant"', false],
    ['Item([proxyAddresses], 1)', false],
  ])('%s without any of its attributes is certainly NULL: %s', (text, expected) => {
    expect(compile(text).nullWithoutAttributes).toBe(expected);
  });

  it.each([
    ['Now()', true],
    ['IIF(IsPresent([mail]), Guid(), [cn])', true],
    ['RandomNum(1, 6)', true],
    ['Trim([mail])', false],
  ])('%s asks for time, chance or new ids: %s', (text, volatile) => {
    expect(compile(text).volatile).toBe(volatile);
  });

  it.each([
    ['Trim([mail])', 'string', false],
    ['Trim([proxyAddresses])', 'string', true],
    ['[userAccountControl]', 'number', false],
    ['Count([proxyAddresses])', 'number', false],
    ['[member]', 'reference', true],
    ['IIF(IsPresent([mail]), [mail], NULL)', 'string', false],
    ['IIF(IsPresent([mail]), [mail], 5)', undefined, false],
    ['Now()', 'dateTime', false],
    ['NULL', undefined, undefined],
  ])('%s gives the type %s, several values: %s', (text, type, multiValued) => {
    expect(compile(text).type).toEqual({ type, multiValued });
  });
});
