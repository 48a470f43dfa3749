import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { affectedBy } from '../../../shared/engine/rule-change.ts';
import { ClusterIndex } from '../../../shared/engine/cluster-index.ts';
import type { ClusterResult, Engine } from '../../../shared/engine/engine.ts';
import { explain } from '../../../shared/engine/explain.ts';
import { objectKey, type SpaceObject } from '../../../shared/engine/space-object.ts';
import type { AuthoredFlow } from '../../../shared/rules/authoring/authored.ts';
import { mergeTypes, scopeOperators, type RuleSet } from '../../../shared/rules/model.ts';
import { scalarsOf, textOfScalar } from '../../../shared/rules/values.ts';
import { quiet } from '../../support/evaluation.ts';
import { engineFor, rulesOf, spaceObject, type RuleText } from './world.ts';

// Few names and few values, so that things meet.
const texts = ['mail', 'title', 'department', 'employeeID', 'cn'] as const;
const values = fc.constantFrom('a', 'b', 'A', '', ' c ', '7');
const word = fc.constantFrom('a', 'b', '7', '');
const connectors = ['a.test', 'b.test', 'c.test'];

const attributes = fc
  .record(
    {
      ...Object.fromEntries(texts.map((name) => [name, values.map((value) => [value])])),
      otherTelephone: fc.uniqueArray(values, { minLength: 1, maxLength: 3 }),
      userAccountControl: fc.constantFrom(['512'], ['514'], ['2']),
    },
    { requiredKeys: [] },
  )
  .map((record) => record as Record<string, string[]>);
const object: fc.Arbitrary<SpaceObject> = fc
  .record({
    attributes,
    number: fc.integer({ min: 1, max: 12 }),
    type: fc.constantFrom('user' as const, 'contact' as const),
    counts: fc.constantFrom<Readonly<Record<string, number>>>({}, { publicDelegates: 2 }),
    memberOf: fc.constantFrom([], ['CN=Pilot,DC=a,DC=test']),
  })
  .map(({ number, ...given }) =>
    // An object has one connector and one type for good.
    spaceObject(
      { name: [`n${number}`], ...given.attributes },
      {
        number,
        connector: connectors[number % 3] ?? 'a.test',
        type: number % 4 === 0 ? 'contact' : 'user',
        counts: given.counts,
        memberOf: given.memberOf,
      },
    ),
  );
const directory = fc.uniqueArray(object, { maxLength: 10, selector: (one) => one.objectGuid });

const expression = fc.constantFrom(
  'Trim([title])',
  'UCase([cn]) & [mail]',
  'IIF(IsPresent([title]), [title], AuthoritativeNull)',
  'IIF(IsPresent([mail]), [mail], IgnoreThisFlow)',
  'IIF(BitAnd([userAccountControl], 2) = 0, "on", NULL)',
  'IIF([department] = "a", Error("No."), [department])',
  'Item([otherTelephone], 2)',
  'CStr(CNum([employeeID]))',
  'Left([cn], 1) & %Domain.FQDN%',
  'CStr(ValueCount("publicDelegates"))',
);
const flow: fc.Arbitrary<AuthoredFlow> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(...texts),
      fc.oneof(
        fc.constantFrom(...texts).map((source) => ({ source })),
        fc.constantFrom('x', 'y').map((constant) => ({ constant })),
        expression.map((text) => ({ expression: text })),
      ),
      fc.boolean(),
    )
    .map(([target, how, applyOnce]) => ({ target, ...how, applyOnce })),
  fc
    .tuple(
      fc.oneof(
        fc.constant({ source: 'otherTelephone' }),
        fc
          .constantFrom('Split("x,y", ",")', '[otherTelephone]', 'NULL', 'IgnoreThisFlow')
          .map((text) => ({ expression: text })),
      ),
      fc.constantFrom(...mergeTypes),
    )
    .map(([how, merge]) => ({ target: 'otherTelephone', ...how, merge })),
);
const clause = fc
  .record({
    attribute: fc.constantFrom(...texts, 'userAccountControl', 'otherTelephone'),
    operator: fc.constantFrom(...scopeOperators),
    value: word,
  })
  .map(({ attribute, operator, value }) => ({
    attribute,
    operator,
    value: operator.endsWith('MEMBEROF') ? 'CN=Pilot,DC=a,DC=test' : value,
  }));
const scope = fc.oneof(
  { weight: 2, arbitrary: fc.constant([]) },
  fc.array(fc.array(clause, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 }),
);
const join = fc.array(
  fc
    .constantFrom(...texts)
    .chain((metaverse) =>
      fc.record({
        connectorSpace: fc.constantFrom(...texts),
        metaverse: fc.constant(metaverse),
        caseSensitive: fc.boolean(),
      }),
    )
    .map((one) => [one]),
  { minLength: 1, maxLength: 2 },
);
const inbound: fc.Arbitrary<RuleText> = fc.record({
  id: fc.constantFrom('in 1', 'in 2', 'in 3', 'in 4', 'in 5'),
  sourceType: fc.constantFrom('user', 'contact'),
  linkType: fc.constantFrom('Provision' as const, 'Join' as const),
  precedence: fc.integer({ min: 1, max: 4 }),
  scope,
  join: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, join),
  flows: fc.array(flow, { maxLength: 5 }),
});
const outbound: fc.Arbitrary<RuleText> = fc.record({
  id: fc.constantFrom('out 1', 'out 2', 'out 3'),
  direction: fc.constant('outbound' as const),
  linkType: fc.constantFrom('Provision' as const, 'Join' as const, 'JoinNoFlow' as const),
  precedence: fc.integer({ min: 1, max: 4 }),
  scope: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    fc.array(
      fc
        .record({
          attribute: fc.constantFrom('mail', 'title'),
          operator: fc.constantFrom(...scopeOperators),
          value: word,
        })
        .filter(({ operator }) => !operator.endsWith('MEMBEROF'))
        .map((one) => [one]),
      { minLength: 1, maxLength: 2 },
    ),
  ),
  flows: fc.array(
    fc
      .tuple(fc.constantFrom('title', 'mail', 'department'), fc.constantFrom(...texts), fc.boolean())
      .map(([target, source, applyOnce]) => ({ target, source, applyOnce })),
    { maxLength: 4 },
  ),
});
const inwards = fc.uniqueArray(inbound, { maxLength: 5, selector: ({ id }) => id });
const outwards = fc.uniqueArray(outbound, { maxLength: 3, selector: ({ id }) => id });

/** Rules with which mostly something gets into the metaverse and to Entra. */
function withBasis(rules: readonly RuleText[]): RuleSet {
  const basis: readonly RuleText[] = [
    { id: 'user', linkType: 'Provision', precedence: 5 },
    { id: 'contact', sourceType: 'contact', linkType: 'Provision', precedence: 5 },
    {
      id: 'out',
      direction: 'outbound',
      linkType: 'Provision',
      precedence: 5,
      flows: [{ target: 'employeeId', source: 'employeeID' }],
    },
  ];
  return rulesOf(...rules, ...basis);
}

const ruleSet: fc.Arbitrary<RuleSet> = fc
  .tuple(inwards, outwards)
  .map(([inward, outward]) => withBasis([...inward, ...outward]));

/** Two rule sets of which the second has one rule more, less, or different, perhaps only in its flows. */
const ruleChange: fc.Arbitrary<readonly [RuleSet, RuleSet]> = fc
  .tuple(inwards, outwards, fc.oneof(inbound, outbound), fc.constantFrom('other', 'none', 'other flows'))
  .map(([inward, outward, changed, kind]) => {
    const rules = [...inward, ...outward];
    if (kind === 'other flows') {
      const { flows } = changed;
      return [withBasis(rules), withBasis(rules.map((rule) => (rule.id === changed.id ? { ...rule, flows } : rule)))];
    }
    const others = rules.filter(({ id }) => id !== changed.id);
    return [withBasis(rules), withBasis(kind === 'other' ? [...others, changed] : others)];
  });

/** The object without what is known of its links. */
function withoutLinks(one: SpaceObject): SpaceObject {
  const isLink = (name: string): boolean => one.linkCount(name) !== undefined;
  return {
    ...one,
    present: one.present.filter((name) => !isLink(name)),
    linkCount: (name) => (isLink(name) ? 0 : undefined),
    isMemberOf: () => false,
  };
}

/** Everything that an evaluation says, in an order of its own, as text. */
function said({ metaverse, unjoined, refused }: ClusterResult): readonly string[] {
  const show = (value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
  const lines = [
    ...metaverse.map((one) => ({
      members: one.members,
      values: [...texts, 'otherTelephone'].map((name) => [
        name,
        scalarsOf(one.metaverse.value(name)).map(textOfScalar),
        one.metaverse.links(name),
      ]),
      targets: one.targets.map((target) => ({
        type: target.type,
        link: target.link,
        values: [...target.values].map(([name, value]) => [name, scalarsOf(value).map(textOfScalar)]).sort(),
        onCreate: [...target.onCreate].map(([name, value]) => [name, scalarsOf(value).map(textOfScalar)]).sort(),
        managed: ['title', 'mail', 'department'].filter((name) => target.manages(name)),
        failures: target.failures.map(({ code, rules, attribute }) => [code, rules, attribute]).sort(),
      })),
      failures: one.failures
        .map(({ code, rules, attribute, object: of }) => [code, rules, attribute, of?.objectGuid])
        .sort(),
    })),
    ...unjoined,
    ...refused.map(({ code, object: of, rules }) => ({ code, of, rules })),
  ];
  return lines.map((line) => JSON.stringify(line, (_, value: unknown) => show(value))).sort();
}

/** Evaluates a whole directory by its clusters. */
function everything(engine: Engine, objects: readonly SpaceObject[]): readonly string[] {
  const index = new ClusterIndex();
  const byKey = new Map(objects.map((one) => [objectKey(one), one]));
  for (const one of objects) index.set(one, engine.joinKeys(one, quiet));
  const done = new Set<string>();
  const lines: string[] = [];
  for (const one of objects) {
    if (done.has(objectKey(one))) continue;
    const cluster = index.clusterOf(one);
    for (const member of cluster) done.add(objectKey(member));
    lines.push(
      ...said(
        engine.evaluate(
          cluster.flatMap((member) => byKey.get(objectKey(member)) ?? []),
          quiet,
        ),
      ),
    );
  }
  return lines.sort();
}

describe('an evaluation', () => {
  it('says the same whatever the order of objects and of rules, and however often it is asked', () => {
    fc.assert(
      fc.property(ruleSet, directory, fc.infiniteStream(fc.nat()), (rules, objects, order) => {
        const shuffled = [...objects]
          .map((one) => ({ one, at: order.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ one }) => one);
        const engine = engineFor(rules, connectors);
        const first = said(engine.evaluate(objects, quiet));
        expect(said(engine.evaluate(shuffled, quiet))).toEqual(first);
        expect(said(engine.evaluate(objects, quiet))).toEqual(first);
        expect(
          said(engineFor({ ...rules, rules: rules.rules.toReversed() }, connectors).evaluate(objects, quiet)),
        ).toEqual(first);
      }),
      { numRuns: 400 },
    );
  });

  it('of clusters of objects with common join keys says the same as one of everything at once', () => {
    fc.assert(
      fc.property(ruleSet, directory, (rules, objects) => {
        const engine = engineFor(rules, connectors);
        expect(everything(engine, objects)).toEqual(said(engine.evaluate(objects, quiet)));
      }),
      { numRuns: 400 },
    );
  });

  it('after any sequence of changes, of only what they touch, says the same as one of everything anew', () => {
    const change = fc.oneof(
      object.map((one) => ({ kind: 'set' as const, one })),
      fc.integer({ min: 1, max: 12 }).map((number) => ({
        kind: 'gone' as const,
        one: spaceObject({}, { number, connector: connectors[number % 3] ?? '' }),
      })),
    );
    fc.assert(
      fc.property(ruleSet, fc.array(change, { maxLength: 15 }), (rules, changes) => {
        const engine = engineFor(rules, connectors);
        const index = new ClusterIndex();
        const objects = new Map<string, SpaceObject>();
        // What each object was last said to be part of.
        const results = new Map<string, readonly string[]>();
        for (const { kind, one } of changes) {
          const key = objectKey(one);
          const touched = new Set(index.clusterOf(one).map(objectKey));
          if (kind === 'gone') {
            objects.delete(key);
            index.set(one, []);
          } else {
            objects.set(key, one);
            index.set(one, engine.joinKeys(one, quiet));
          }
          for (const member of index.clusterOf(one)) touched.add(objectKey(member));
          const again = new Set(touched);
          for (const other of touched) results.delete(other);
          for (const other of again) {
            const held = objects.get(other);
            if (held === undefined) continue;
            const cluster = index.clusterOf(held).flatMap((member) => objects.get(objectKey(member)) ?? []);
            results.set(other, said(engine.evaluate(cluster, quiet)));
          }
        }
        const lines = new Set([...results.values()].flat());
        expect([...lines].sort()).toEqual([...new Set(everything(engine, [...objects.values()]))].sort());
      }),
      { numRuns: 300 },
    );
  });

  it('is explained as it is: same members, same values, same winner', () => {
    fc.assert(
      fc.property(ruleSet, directory, (rules, objects) => {
        const engine = engineFor(rules, connectors);
        const result = engine.evaluate(objects, quiet);
        const explanation = explain(engine, objects, quiet);
        expect(explanation.metaverse.map(({ members }) => members)).toEqual(
          result.metaverse.map(({ members }) => members),
        );
        explanation.metaverse.forEach((one, i) => {
          const evaluated = result.metaverse[i];
          for (const { attribute, outcome, values: shown, flows } of one.attributes) {
            expect(shown).toEqual(scalarsOf(evaluated?.metaverse.value(attribute) ?? null).map(textOfScalar));
            const decisive = flows.filter((f) => f.outcome === 'won' || f.outcome === 'merged');
            if (outcome !== 'failed') expect(decisive.length > 0).toBe(outcome === 'value' || outcome === 'links');
            if (outcome === 'value' && decisive[0]?.outcome === 'won') expect(decisive[0].values).toEqual(shown);
          }
          expect(one.targets.map(({ type, link }) => [type, link])).toEqual(
            evaluated?.targets.map(({ type, link }) => [type, link]),
          );
          one.targets.forEach(({ attributes: shown }, k) => {
            const target = evaluated?.targets[k];
            for (const { attribute, values: text } of shown) {
              const value = target?.onCreate.get(attribute) ?? target?.values.get(attribute) ?? null;
              expect(text).toEqual(scalarsOf(value).map(textOfScalar));
            }
          });
        });
      }),
      { numRuns: 300 },
    );
  });
});

describe('a change of rules', () => {
  it('leaves what it does not affect as it was', () => {
    fc.assert(
      fc.property(ruleChange, directory, ([before, after], objects) => {
        const [old, now] = [engineFor(before, connectors), engineFor(after, connectors)];
        const affected = affectedBy(old.program, now.program);
        for (const one of objects) {
          if (affected?.(withoutLinks(one), quiet) === true) continue;
          expect(said(now.evaluate([one], quiet))).toEqual(said(old.evaluate([one], quiet)));
        }
      }),
      { numRuns: 600 },
    );
  });

  it('affects nothing when nothing changed', () => {
    fc.assert(
      fc.property(ruleSet, (rules) => {
        expect(
          affectedBy(engineFor(rules, connectors).program, engineFor(structuredClone(rules), connectors).program),
        ).toBeUndefined();
      }),
    );
  });
});
