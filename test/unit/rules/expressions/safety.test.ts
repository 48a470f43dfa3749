import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileExpression } from '../../../../shared/rules/expressions/compile.ts';
import { dialects, ExpressionError, type Dialect } from '../../../../shared/rules/expressions/expression.ts';
import { formNames } from '../../../../shared/rules/expressions/forms.ts';
import { functionNames, functionOf } from '../../../../shared/rules/expressions/functions/tables.ts';
import type { Value } from '../../../../shared/rules/value.ts';
import { contextOf, schema } from './world.ts';

/** Compiles if it can, evaluates if it compiled; anything but a value, problems or an error of ours is a fault. */
function tried(
  text: string,
  dialect: Dialect,
  attributes: Readonly<Record<string, Value>>,
): 'refused' | 'failed' | 'value' {
  const compilation = compileExpression(text, { dialect, source: schema, target: schema, parameters: undefined });
  if (!compilation.ok) {
    expect(compilation.problems.length).toBeGreaterThan(0);
    for (const { position } of compilation.problems) {
      expect(position.offset).toBeGreaterThanOrEqual(0);
      expect(position.offset).toBeLessThanOrEqual(text.length);
    }
    return 'refused';
  }
  try {
    compilation.expression.evaluate(contextOf({ attributes, parameters: { 'Domain.FQDN': 'contoso.test' } }));
    return 'value';
  } catch (error) {
    expect(error).toBeInstanceOf(ExpressionError);
    return 'failed';
  }
}

const token = (dialect: Dialect): fc.Arbitrary<string> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(...functionNames(dialect), ...formNames(dialect)).map((name) => `${name}(`),
    },
    {
      weight: 6,
      arbitrary: fc.constantFrom('(', ')', ',', ')', ', ', '&', '+', '-', '*', '=', '<>', '<', '>=', '&&', '||'),
    },
    { weight: 4, arbitrary: fc.constantFrom(...[...schema.keys()].map((name) => `[${name}]`)) },
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        '"text"',
        '""',
        '1',
        '-3',
        '&HFF',
        '9223372036854775807',
        'True',
        'NULL',
        '$v',
        '%Domain.FQDN%',
      ),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        'IgnoreThisFlow',
        'AuthoritativeNull',
        'CRLF',
        'CaseInsensitive',
        '"yyyy"',
        '"mail"',
        '"("',
        '","',
      ),
    },
    { weight: 1, arbitrary: fc.string({ maxLength: 4 }) },
  );

const attributes: fc.Arbitrary<Record<string, Value>> = fc.record(
  {
    mail: fc.string(),
    cn: fc.constantFrom('CN=a,DC=b', '2020-01-01', '42', 'x'),
    proxyAddresses: fc.array(fc.string(), { minLength: 1, maxLength: 5 }),
    userAccountControl: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    pwdLastSet: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    accountEnabled: fc.boolean(),
    objectGUID: fc.uint8Array({ maxLength: 20 }),
  },
  { requiredKeys: [] },
);

describe.each(dialects)('any text in the dialect %s', (dialect) => {
  it('is refused, or fails on the object, or has a value, and never anything else', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(token(dialect), { minLength: 1, maxLength: 14 }), attributes, (tokens, given) => {
        seen.add(tried(tokens.join(''), dialect, given));
      }),
      { numRuns: 3_000 },
    );
    expect(seen.has('refused')).toBe(true);
  });

  it('that is a call with arguments of any kind fails on the object or has a value', () => {
    const seen = new Set<string>();
    const argument = fc.constantFrom(
      '[mail]',
      '[cn]',
      '[proxyAddresses]',
      '[userAccountControl]',
      '[objectGUID]',
      '[manager]',
      '"a"',
      '1',
      '-1',
      '0',
      'True',
      'NULL',
      '","',
      '"d"',
      '"yyyy"',
      '9223372036854775807',
    );
    const call = fc.constantFrom(...functionNames(dialect)).chain((name) => {
      const { parameters, repeats } = functionOf(dialect, name) ?? { parameters: [], repeats: false };
      const fewest = parameters.filter(({ optional }) => optional !== true).length;
      return fc
        .array(argument, { minLength: fewest, maxLength: parameters.length + (repeats ? 2 : 0) })
        .map((args) => `${name}(${args.join(', ')})`);
    });
    const nested = fc.oneof(
      call,
      fc.tuple(call, call).map(([a, b]) => `IIF(IsPresent(${a}), ${b}, NULL)`),
    );
    fc.assert(
      fc.property(nested, attributes, (text, given) => {
        seen.add(tried(text, dialect, given));
      }),
      { numRuns: 3_000 },
    );
    expect([...seen].sort()).toEqual(['failed', 'refused', 'value']);
  });

  it('may read an attribute of a megabyte with any function', () => {
    const megabyte = {
      mail: 'aB ,:;=@'.repeat(2 ** 17),
      proxyAddresses: Array.from({ length: 20_000 }, (_, i) => `smtp:user${i}@contoso.test`),
    };
    for (const name of functionNames(dialect)) {
      const { parameters = [] } = functionOf(dialect, name) ?? {};
      const rest = parameters.slice(1).filter(({ optional }) => optional !== true);
      for (const first of ['[mail]', '[proxyAddresses]']) {
        const fillers = rest.map(({ type }) => (type === 'number' ? '3' : type === 'truth' ? 'True' : '","'));
        tried(`${name}(${[first, ...fillers].slice(0, parameters.length).join(', ')})`, dialect, megabyte);
      }
    }
  });
});

describe('an expression that would never end', () => {
  it.each([
    ['Select($a, [proxyAddresses], Select($b, [proxyAddresses], Select($c, [proxyAddresses], $a & $b & $c)))', 3_000],
    ['Join(Select($a, [proxyAddresses], Join([proxyAddresses], [mail])), [mail])', 3_000],
    ['Replace(Replace(Replace([mail], "a", [mail]), "a", [mail]), "a", [mail])', 2_000],
  ])('fails on the object within its bounds: %s', (text, length) => {
    const given = { mail: 'a'.repeat(length), proxyAddresses: Array.from({ length }, (_, i) => `${i}`) };
    expect(tried(text, 'connect', given)).toBe('failed');
  });

  it('is refused when it is nested too deeply, and never runs out of stack', () => {
    for (const depth of [100, 1_000, 100_000]) {
      expect(['refused', 'value']).toContain(
        tried(`${'Trim('.repeat(depth)}[mail]${')'.repeat(depth)}`, 'connect', { mail: 'x' }),
      );
      expect(['refused', 'value', 'failed']).toContain(
        tried(`${'('.repeat(depth)}1${')'.repeat(depth)} = 1`, 'connect', {}),
      );
    }
  });
});

describe('the tables of cases', () => {
  it('have every function of both dialects', () => {
    const folder = new URL('.', import.meta.url);
    const sources = readdirSync(folder)
      .filter((file) => file.endsWith('.test.ts') && file !== 'safety.test.ts')
      .map((file) => [file, readFileSync(new URL(file, folder), 'utf8')] as const);
    const without = dialects.flatMap((dialect) =>
      [...functionNames(dialect), ...formNames(dialect)].filter(
        (name) =>
          !sources.some(
            ([file, text]) =>
              file.startsWith('provisioning') === (dialect === 'provisioning') && text.includes(`${name}(`),
          ),
      ),
    );
    expect(without).toEqual([]);
  });
});
