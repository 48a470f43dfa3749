import { describe, expect, it } from 'vitest';
import type { ClusterResult } from '../../../shared/engine/engine.ts';
import type { SpaceObject } from '../../../shared/engine/space-object.ts';
import type { AuthoredJoin } from '../../../shared/rules/authoring/authored.ts';
import { quiet } from '../../support/evaluation.ts';
import { guidOf } from '../../support/facts.ts';
import { engineFor, evaluate, rulesOf, spaceObject, type RuleText } from './world.ts';

const by = (connectorSpace: string, metaverse = connectorSpace, caseSensitive = false): AuthoredJoin => ({
  connectorSpace,
  metaverse,
  caseSensitive,
});
const flows = ['mail', 'employeeID', 'proxyAddresses', 'title'].map((name) => ({ target: name, source: name }));

/** One rule that joins by these groups, or creates. */
const joining = (...join: readonly AuthoredJoin[][]): RuleText => ({ id: 'join', linkType: 'Provision', join, flows });

const inA = (attributes: Record<string, readonly string[]>, number = 1): SpaceObject =>
  spaceObject({ name: [`a${number}`], ...attributes }, { number, connector: 'a.test' });
const inB = (attributes: Record<string, readonly string[]>, number = 2): SpaceObject =>
  spaceObject({ name: [`b${number}`], ...attributes }, { number, connector: 'b.test' });

/** Numbers of the objects of each metaverse object; the first created it. */
function groups({ metaverse }: ClusterResult): readonly (readonly number[])[] {
  return metaverse.map(({ members }) => members.map(({ objectGuid }) => parseInt(objectGuid.slice(1, 8), 16)));
}

describe('objects of two forests', () => {
  it('join when they have the same value', () => {
    expect(groups(evaluate(rulesOf(joining([by('mail')])), [inA({ mail: ['x@y'] }), inB({ mail: ['X@Y'] })]))).toEqual([
      [1, 2],
    ]);
  });

  it('stay apart when the case of letters counts and differs', () => {
    const rules = rulesOf(joining([by('mail', 'mail', true)]));
    expect(groups(evaluate(rules, [inA({ mail: ['x@y'] }), inB({ mail: ['X@Y'] })]))).toEqual([[1], [2]]);
    expect(groups(evaluate(rules, [inA({ mail: ['x@y'] }), inB({ mail: ['x@y'] })]))).toEqual([[1, 2]]);
  });

  it('need all conditions of a group', () => {
    const rules = rulesOf(joining([by('mail'), by('employeeID')]));
    const both = { mail: ['x@y'], employeeID: ['7'] };
    expect(groups(evaluate(rules, [inA(both), inB(both)]))).toEqual([[1, 2]]);
    expect(groups(evaluate(rules, [inA(both), inB({ ...both, employeeID: ['8'] })]))).toEqual([[1], [2]]);
    expect(groups(evaluate(rules, [inA(both), inB({ mail: ['x@y'] })]))).toEqual([[1], [2]]);
  });

  it('join by the first group of conditions that matches', () => {
    const rules = rulesOf(joining([by('employeeID')], [by('mail')]));
    const one = inA({ mail: ['x@y'], employeeID: ['7'] });
    const other = inA({ mail: ['z@y'], employeeID: ['8'] }, 3);
    expect(groups(evaluate(rules, [one, other, inB({ mail: ['z@y'], employeeID: ['7'] })]))).toEqual([[1, 2], [3]]);
    expect(groups(evaluate(rules, [one, other, inB({ mail: ['z@y'] })]))).toEqual([[1], [3, 2]]);
  });

  it('join by one of several values', () => {
    const rules = rulesOf(joining([by('proxyAddresses')]));
    const a = inA({ proxyAddresses: ['smtp:1@y', 'smtp:2@y'] });
    expect(groups(evaluate(rules, [a, inB({ proxyAddresses: ['SMTP:2@Y', 'smtp:3@y'] })]))).toEqual([[1, 2]]);
  });

  it('do not join by a value that neither has', () => {
    expect(
      groups(
        evaluate(rulesOf(joining([by('mail')], [by('employeeID')])), [
          inA({ employeeID: ['1'] }),
          inB({ employeeID: ['2'] }),
        ]),
      ),
    ).toEqual([[1], [2]]);
  });

  it('join what an expression made of them', () => {
    const rules = rulesOf({
      ...joining([by('mail', 'employeeID')]),
      flows: [{ target: 'employeeID', expression: 'Left([mail], InStr([mail], "@") - 1) & "@b.test"' }],
    });
    expect(groups(evaluate(rules, [inA({ mail: ['anna@a.test'] }), inB({ mail: ['anna@b.test'] })]))).toEqual([[1, 2]]);
  });

  it('take the values of the connector that comes first where precedences are equal', () => {
    const rules = rulesOf(joining([by('mail')]));
    const pair = [inB({ mail: ['x@y'], title: ['b'] }), inA({ mail: ['x@y'], title: ['a'] })];
    const titles = (connectors: readonly string[]): unknown =>
      engineFor(
        { ...rules, connectors: connectors.map((name) => ({ name, kind: 'activeDirectory', parameters: {} })) },
        [],
      )
        .evaluate(pair, quiet)
        .metaverse.map(({ metaverse }) => metaverse.value('title'));
    expect(titles(['a.test', 'b.test'])).toEqual(['a']);
    expect(titles(['b.test', 'a.test'])).toEqual(['b']);
  });

  it('join whatever the order in which they come', () => {
    const rules = rulesOf(joining([by('mail')], [by('employeeID')]));
    const three = [
      inA({ mail: ['x@y'], employeeID: ['1'] }, 1),
      inB({ mail: ['x@y'] }, 2),
      spaceObject({ name: ['c'], employeeID: ['1'] }, { number: 3, connector: 'c.test' }),
    ];
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ];
    const results = orders.map((order) =>
      groups(
        evaluate(
          rules,
          order.flatMap((i) => three[i] ?? []),
        ),
      ),
    );
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(results[0]).toEqual([[1, 2, 3]]);
  });
});

describe('what cannot be joined', () => {
  it('is left alone when several match, and no other group decides', () => {
    const rules = rulesOf(joining([by('mail')]), {
      id: 'only join',
      sourceType: 'contact',
      join: [[by('mail')]],
      flows,
    });
    const contact = spaceObject({ name: ['c'], mail: ['x@y'] }, { number: 3, connector: 'c.test', type: 'contact' });
    const twins = [inA({ mail: ['x@y'] }, 1), inA({ mail: ['x@y'] }, 2)];
    const result = evaluate(
      rulesOf(
        { ...joining([by('employeeID')]), id: 'create' },
        { id: 'only join', sourceType: 'contact', join: [[by('mail')]], flows },
      ),
      [inA({ mail: ['x@y'], employeeID: ['1'] }, 1), inA({ mail: ['x@y'], employeeID: ['2'] }, 2), contact],
    );
    expect(groups(result)).toEqual([[1], [2]]);
    expect(result.unjoined).toEqual([{ object: { connector: 'c.test', objectGuid: guidOf(3) }, reason: 'no match' }]);
    expect(evaluate(rules, twins).refused).toHaveLength(1);
  });

  it('is refused when it would be the second of one directory', () => {
    const result = evaluate(rulesOf(joining([by('mail')])), [inA({ mail: ['x@y'] }, 1), inA({ mail: ['x@y'] }, 2)]);
    expect(groups(result)).toEqual([[1]]);
    expect(result.refused).toMatchObject([
      { code: 'LS5105', object: { objectGuid: guidOf(2) }, rules: ['join'], attribute: 'mail' },
    ]);
  });

  it('is refused when two rules in scope would join it', () => {
    const rules = rulesOf(joining([by('mail')]), { id: 'second', join: [[by('employeeID')]] });
    const result = evaluate(rules, [inA({ mail: ['x@y'] })]);
    expect(result.metaverse).toEqual([]);
    expect(result.refused).toMatchObject([{ code: 'LS5103', rules: ['join', 'second'] }]);
  });

  it('is none of that when only one of the two has it in scope', () => {
    const rules = rulesOf(joining([by('mail')]), {
      id: 'second',
      join: [[by('employeeID')]],
      scope: [[{ attribute: 'company', operator: 'ISNOTNULL' }]],
    });
    expect(groups(evaluate(rules, [inA({ mail: ['x@y'] })]))).toEqual([[1]]);
  });

  it('is not created without a join value, for it might belong to somebody', () => {
    const result = evaluate(rulesOf(joining([by('mail')])), [inA({})]);
    expect(result.metaverse).toEqual([]);
    expect(result.unjoined).toMatchObject([{ reason: 'no join value' }]);
  });

  it('stands alone when no rule that joins or creates has it in scope', () => {
    const result = evaluate(rulesOf({ id: 'flows', flows }), [inA({ mail: ['x@y'] })]);
    expect(result.unjoined).toMatchObject([{ reason: 'no rule that joins or creates has it in scope' }]);
  });
});

describe('join keys', () => {
  const rules = rulesOf(joining([by('mail')], [by('proxyAddresses')]), {
    id: 'contact',
    sourceType: 'contact',
    join: [[by('mail')]],
    flows,
  });

  it('are what an object has and what it seeks, without regard to case', () => {
    const object = inA({ mail: ['X@Y'], proxyAddresses: ['smtp:1@y'] });
    expect([...engineFor(rules).joinKeys(object, quiet)].sort()).toEqual(['mail=sx@y', 'proxyAddresses=ssmtp:1@y']);
  });

  it('are none for an object that has none of the attributes', () => {
    expect(engineFor(rules).joinKeys(inA({ title: ['x'] }), quiet)).toEqual([]);
  });
});
