import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern, replaceMatches, type Budget } from '../../../../shared/rules/expressions/functions/pattern.ts';
import { FunctionFailure } from '../../../../shared/rules/expressions/functions/definition.ts';
import { cases } from './tables.ts';

const endless: Budget = { spend: () => undefined };

describe('RegexIsMatch', () => {
  cases([
    ['RegexIsMatch("anna@contoso.test", "^[a-z]+@contoso\\\\.test$")', true],
    ['RegexIsMatch("Anna", "^anna$")', false],
    ['RegexIsMatch("Anna", "^anna$", "IgnoreCase")', true],
    ['RegexIsMatch("Anna", "^anna$", IgnoreCase)', true],
    ['RegexIsMatch("Anna", "^anna$", "None")', false],
    ['RegexIsMatch(NULL, "^$")', true],
    ['RegexIsMatch("a1b22", "\\\\d{2}")', true],
    ['RegexIsMatch("a1b2", "\\\\d{2}")', false],
    ['RegexIsMatch("über", "^\\\\w+$")', true],
    ['RegexIsMatch("x", "(a|b)?x")', true],
  ]);
});

describe('a pattern', () => {
  // Patterns in which leftmost-first and JavaScript's way are the same by definition.
  const atom = fc.oneof(
    fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '\\s', '\\b', '[a-c1]'),
    fc.constantFrom('(a|b)', '(ab)', '(?:a|bb)', '(?:ab|a)'),
  );
  const quantified = fc
    .tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,2}', '{2,}', '*?', '+?', '??'))
    .map(([part, times]) => (part === '\\b' ? part : part + times));
  const pattern = fc
    .tuple(fc.constantFrom('', '^'), fc.array(quantified, { minLength: 1, maxLength: 5 }), fc.constantFrom('', '$'))
    .map(([start, parts, end]) => start + parts.join('') + end);
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', ' ', 'A'), maxLength: 12 });

  it('finds what the expressions of JavaScript find, groups and all', () => {
    fc.assert(
      fc.property(pattern, text, fc.boolean(), (source, subject, ignoreCase) => {
        const theirs = new RegExp(source, ignoreCase ? 'i' : '').exec(subject);
        const ours = compilePattern(source, ignoreCase).match(subject, 0, endless);
        expect(ours?.start).toBe(theirs?.index);
        expect(ours?.group(0)).toBe(theirs?.[0]);
        // .NET, like others, keeps what a group held in an earlier round of a loop; JavaScript forgets it.
        if (!/\)[*+{]/.test(source)) expect(ours?.group(1)).toBe(theirs?.[1]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('replaces every match as JavaScript does', () => {
    fc.assert(
      fc.property(
        pattern.filter((source) => !source.includes('?')),
        text,
        (source, subject) => {
          const ours = replaceMatches(
            compilePattern(source, false),
            subject,
            (match) => `<${match.group(0) ?? ''}>`,
            endless,
          );
          expect(ours).toBe(subject.replace(new RegExp(source, 'g'), '<$&>'));
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each(['(a*)*b', '(a|a)*b', '(a|ab)*c', '(.*)(.*)(.*)(.*)(.*)x', '(\\w+\\s?)*$', '^(a+)+$'])(
    'takes time in proportion to the text, also where others never end: %s',
    (source) => {
      let steps = 0;
      const budget: Budget = {
        spend: (units) => {
          steps += units;
          if (steps > 400_000_000) throw new FunctionFailure('too much');
        },
      };
      const cost = (length: number): number => {
        steps = 0;
        compilePattern(source, false).test(`${'a'.repeat(length)}!`, budget);
        return steps;
      };
      // Ten times the text: at most about ten times the work for each place to begin at, of which there are ten times as many.
      expect(cost(1_000)).toBeLessThan(150 * cost(100));
    },
  );

  it.each(['(', '[', 'a**', '(?=a)', '(?<!a)b', '\\1', '(?<n>a)\\k<n>', 'a{3,1}', '*'])(
    'is refused when it is wrong or cannot be matched in linear time: %s',
    (source) => {
      expect(() => compilePattern(source, false)).toThrow(FunctionFailure);
    },
  );
});
