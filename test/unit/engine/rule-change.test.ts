import { describe, expect, it } from 'vitest';
import { affectedBy } from '../../../shared/engine/rule-change.ts';
import type { MergeType, RuleSet } from '../../../shared/rules/model.ts';
import { quiet } from '../../support/evaluation.ts';
import { engineFor, projection, rulesOf, spaceObject } from './world.ts';

/** Two rules for users that say how they merge one attribute. */
const rules = (first: MergeType, second: MergeType): RuleSet =>
  rulesOf(
    projection,
    { id: 'first', flows: [{ target: 'otherTelephone', source: 'otherTelephone', merge: first }] },
    { id: 'second', flows: [{ target: 'otherTelephone', source: 'otherMobile', merge: second }] },
  );

describe('a change of how an attribute merges', () => {
  const empty = spaceObject({});

  it.each<[MergeType, MergeType, MergeType, MergeType, boolean]>([
    ['Update', 'Update', 'Merge', 'Update', true],
    ['Merge', 'Update', 'Merge', 'Merge', true],
    ['Merge', 'Merge', 'Update', 'Update', false],
    ['Update', 'Update', 'Replace', 'Update', false],
  ])('from %s and %s to %s and %s affects an object without a value: %s', (a, b, c, d, expected) => {
    const [before, after] = [engineFor(rules(a, b)), engineFor(rules(c, d))];
    const affected = affectedBy(before.program, after.program);
    expect(affected?.(empty, quiet)).toBe(expected);
  });
});
