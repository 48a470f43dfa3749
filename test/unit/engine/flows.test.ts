import { describe, expect, it } from 'vitest';
import type { AuthoredFlow } from '../../../shared/rules/authoring/authored.ts';
import type { Value } from '../../../shared/rules/value.ts';
import { quiet } from '../../support/evaluation.ts';
import { evaluate, metaverseValues, projection, provisioning, rulesOf, spaceObject, type RuleText } from './world.ts';

const anna = spaceObject({
  name: ['Anna'],
  department: ['Sales'],
  title: [' Lead '],
  userAccountControl: ['512'],
  otherTelephone: ['1', '2'],
  proxyAddresses: ['SMTP:Anna@a.test', 'smtp:anna@b.test'],
});

/** What the flows, the first from the rule that wins, give one attribute. */
function resolved(target: string, ...flows: readonly Omit<AuthoredFlow, 'target'>[]): Value {
  const rules = flows.map((flow, i): RuleText => ({ id: `rule ${i}`, flows: [{ target, ...flow }] }));
  const [value = null] = metaverseValues(rulesOf(...rules, projection), [anna], target);
  return value;
}

describe('the value of an attribute', () => {
  it.each<[string, string, Omit<AuthoredFlow, 'target'>[], Value]>([
    ['comes from the rule of highest precedence', 'title', [{ constant: 'first' }, { constant: 'second' }], 'first'],
    [
      'comes from the next when the first gives NULL',
      'title',
      [{ expression: 'NULL' }, { source: 'department' }],
      'Sales',
    ],
    ['comes from the next when the first has no value', 'title', [{ source: 'company' }, { constant: 'x' }], 'x'],
    ['comes from the next when the first gives blank text', 'title', [{ expression: '""' }, { constant: 'x' }], 'x'],
    [
      'is none when the first gives AuthoritativeNull',
      'title',
      [{ expression: 'AuthoritativeNull' }, { constant: 'x' }],
      null,
    ],
    [
      'comes from the next when the first is to be ignored',
      'title',
      [{ expression: 'IgnoreThisFlow' }, { constant: 'x' }],
      'x',
    ],
    ['is none when nobody has one', 'title', [{ source: 'company' }, { expression: 'NULL' }], null],
    ['is not asked for further once there is one', 'title', [{ constant: 'x' }, { expression: 'Error("no")' }], 'x'],
    ['is a list where the target is one', 'otherMobile', [{ source: 'department' }], ['Sales']],
    ['is one value where the target has only one', 'title', [{ expression: 'Item([otherTelephone], 2)' }], '2'],
    ['is a number where the target is one', 'countryCode', [{ constant: 42 }], 42n],
    ['is a truth value where the target is one', 'accountEnabled', [{ constant: true }], true],
    ['is copied as it is', 'title', [{ source: 'title' }], ' Lead '],
    ['is what the expression makes of it', 'title', [{ expression: 'UCase(Trim([title]))' }], 'LEAD'],
    [
      'does not count a rule whose merge is called Replace as another kind',
      'title',
      [{ constant: 'x', merge: 'Replace' }, { constant: 'y' }],
      'x',
    ],
  ])('%s', (_, target, flows, value) => {
    expect(resolved(target, ...flows)).toEqual(value);
  });

  it('comes from rules in scope only', () => {
    const out: RuleText = {
      id: 'out of scope',
      scope: [[{ attribute: 'company', operator: 'ISNOTNULL' }]],
      flows: [{ target: 'title', constant: 'no' }],
    };
    const off: RuleText = { id: 'off', disabled: true, flows: [{ target: 'title', constant: 'no' }] };
    const rule: RuleText = { id: 'in scope', flows: [{ target: 'title', constant: 'yes' }] };
    expect(metaverseValues(rulesOf(out, off, rule, projection), [anna], 'title')).toEqual(['yes']);
  });

  it('is settled between rules of the same precedence and the same connector in one way, whatever their order', () => {
    const rules = ['b', 'a'].map((id): RuleText => ({ id, precedence: 5, flows: [{ target: 'title', constant: id }] }));
    expect(metaverseValues(rulesOf(...rules, projection), [anna], 'title')).toEqual(['a']);
    expect(metaverseValues(rulesOf(...rules.toReversed(), projection), [anna], 'title')).toEqual(['a']);
  });
});

describe('values that are merged', () => {
  const flows = (merge: AuthoredFlow['merge'], ...texts: readonly string[]): Omit<AuthoredFlow, 'target'>[] =>
    texts.map((expression) => ({ expression, merge }));

  it('are the union in the order of precedence, each once', () => {
    expect(resolved('otherMobile', ...flows('Merge', '[otherTelephone]', 'Split("2,3", ",")', 'NULL'))).toEqual([
      '1',
      '2',
      '3',
    ]);
  });

  it('differ by case in one kind of merge, and not in the other', () => {
    const both = ['Split("a,B", ",")', 'Split("A,b,c", ",")'];
    expect(resolved('otherMobile', ...flows('Merge', ...both))).toEqual(['a', 'B', 'A', 'b', 'c']);
    expect(resolved('otherMobile', ...flows('MergeCaseInsensitive', ...both))).toEqual(['a', 'B', 'c']);
  });

  it('end at AuthoritativeNull, and do without IgnoreThisFlow', () => {
    expect(
      resolved(
        'otherMobile',
        ...flows('Merge', 'IgnoreThisFlow', 'Split("a", ",")', 'AuthoritativeNull', 'Split("b", ",")'),
      ),
    ).toEqual(['a']);
  });

  it('of several kinds at once are a failure of the object, which names the rules', () => {
    const set = rulesOf(
      { id: 'one', flows: [{ target: 'otherMobile', source: 'otherTelephone', merge: 'Merge' }] },
      { id: 'two', flows: [{ target: 'otherMobile', source: 'otherTelephone' }] },
      projection,
    );
    const [person] = evaluate(set, [anna]).metaverse;
    expect(person?.failures).toMatchObject([{ code: 'LS5104', attribute: 'otherMobile', rules: ['one', 'two'] }]);
  });

  it('may be of several kinds as long as only one is in scope', () => {
    const set = rulesOf(
      { id: 'one', flows: [{ target: 'otherMobile', source: 'otherTelephone', merge: 'Merge' }] },
      {
        id: 'two',
        scope: [[{ attribute: 'company', operator: 'ISNOTNULL' }]],
        flows: [{ target: 'otherMobile', source: 'title' }],
      },
      projection,
    );
    const [person] = evaluate(set, [anna]).metaverse;
    expect(person?.failures).toEqual([]);
    expect(person?.metaverse.value('otherMobile')).toEqual(['1', '2']);
  });
});

describe('a flow that fails', () => {
  it.each<[string, Omit<AuthoredFlow, 'target'>, string, RegExp]>([
    ['by its own Error', { expression: 'Error("No title, no account.")' }, 'LS5101', /No title, no account\./],
    ['by a type', { expression: 'CNum([department])' }, 'LS5102', /number/],
    ['by several values for one', { expression: '[otherTelephone]' }, 'LS5102', /only one/],
  ])('%s names object, rule, attribute and place', (_, flow, code, message) => {
    const set = rulesOf({ id: 'bad', flows: [{ target: 'title', ...flow }] }, projection);
    const [person] = evaluate(set, [anna]).metaverse;
    expect(person?.failures).toMatchObject([
      { code, object: { connector: 'a.test', objectGuid: anna.objectGuid }, rules: ['bad'], attribute: 'title' },
    ]);
    expect(person?.failures[0]?.message).toMatch(message);
    expect(person?.failures[0]?.position).toMatchObject({ line: 1 });
  });

  it('stops nobody else', () => {
    const set = rulesOf(
      { id: 'bad', flows: [{ target: 'countryCode', expression: 'CNum([department])' }] },
      projection,
    );
    const bruno = spaceObject({ name: ['Bruno'], department: ['42'] }, { number: 2 });
    const { metaverse } = evaluate(set, [anna, bruno]);
    expect(metaverse.map(({ failures }) => failures.length)).toEqual([1, 0]);
    expect(metaverse[1]?.metaverse.value('countryCode')).toBe(42n);
  });
});

describe('what goes to Entra', () => {
  const out = (id: string, flows: readonly AuthoredFlow[], more: Partial<RuleText> = {}): RuleText => ({
    id,
    direction: 'outbound',
    flows,
    ...more,
  });
  const inward: RuleText = { ...projection, flows: [{ target: 'title', source: 'department' }] };

  it('is decided by the outbound rules in scope', () => {
    const set = rulesOf(
      inward,
      provisioning,
      out('jobs', [{ target: 'title', source: 'title' }]),
      out('others', [{ target: 'department', constant: 'x' }], {
        scope: [[{ attribute: 'company', operator: 'ISNOTNULL' }]],
      }),
    );
    const [target] = evaluate(set, [anna]).metaverse[0]?.targets ?? [];
    expect(target?.link).toBe('provision');
    expect(Object.fromEntries(target?.values ?? [])).toEqual({ title: 'Sales' });
    expect(target?.manages('title')).toBe(true);
    expect(target?.manages('department')).toBe(false);
  });

  it('keeps what is there where every flow in scope says IgnoreThisFlow, and clears where one says NULL', () => {
    const target = (...texts: readonly string[]): boolean | undefined => {
      const set = rulesOf(
        inward,
        provisioning,
        ...texts.map((expression, i) => out(`${i}`, [{ target: 'title', expression }])),
      );
      return evaluate(set, [anna]).metaverse[0]?.targets[0]?.manages('title');
    };
    expect(target('IgnoreThisFlow', 'IgnoreThisFlow')).toBe(false);
    expect(target('IgnoreThisFlow', 'NULL')).toBe(true);
    expect(target('AuthoritativeNull')).toBe(true);
  });

  it('has flows for the creation only beside those that keep in step', () => {
    const set = rulesOf(
      inward,
      provisioning,
      out('once', [{ target: 'title', constant: 'new', applyOnce: true }]),
      out('always', [{ target: 'title', source: 'title' }]),
    );
    const [target] = evaluate(set, [anna]).metaverse[0]?.targets ?? [];
    expect(target?.values.get('title')).toBe('Sales');
    expect(target?.onCreate.get('title')).toBe('new');
  });

  it('is nothing without a rule that provisions, unless the tenant has the object', () => {
    const set = rulesOf(
      { ...inward, flows: [{ target: 'sourceAnchor', constant: 'anchor' }] },
      out('join', [{ target: 'title', constant: 'x' }], { linkType: 'Join' }),
    );
    expect(evaluate(set, [anna]).metaverse[0]?.targets).toEqual([]);
    const there = {
      ...quiet,
      counterpart: () => ({ object: { ...anna, type: 'user', connector: 'Microsoft Entra' }, linked: true }),
    };
    expect(evaluate(set, [anna], there).metaverse[0]?.targets).toMatchObject([{ type: 'user', link: 'join' }]);
  });

  it('is nothing once its provisioning rule has it out of scope, whoever else wants to join it', () => {
    const set = rulesOf(
      inward,
      { ...provisioning, scope: [[{ attribute: 'cloudFiltered', operator: 'NOTEQUAL', value: 'True' }]] },
      out('join', [{ target: 'title', source: 'title' }]),
      { id: 'filter', flows: [{ target: 'cloudFiltered', constant: true }] },
    );
    const object = { ...anna, type: 'user', connector: 'Microsoft Entra' };
    const there = { ...quiet, counterpart: () => ({ object, linked: true }) };
    expect(evaluate(set, [anna], there).metaverse[0]?.targets).toEqual([]);
  });

  it('stays as it is where a rule in scope forbids flows', () => {
    const set = rulesOf(
      inward,
      provisioning,
      out('frozen', [{ target: 'title', source: 'title' }], { linkType: 'JoinNoFlow' }),
    );
    expect(evaluate(set, [anna]).metaverse[0]?.targets).toEqual([]);
    const there = {
      ...quiet,
      counterpart: () => ({ object: { ...anna, type: 'user', connector: 'Microsoft Entra' }, linked: true }),
    };
    const [target] = evaluate(set, [anna], there).metaverse[0]?.targets ?? [];
    expect(target?.link).toBe('noFlow');
    expect(target?.values.size).toBe(0);
  });

  it('reads what Entra has with ImportedValue', () => {
    const set = rulesOf(
      inward,
      provisioning,
      out('keep', [
        { target: 'title', expression: 'IIF(IsPresent(ImportedValue("title")), ImportedValue("title"), "new")' },
      ]),
    );
    const value = (title: string | null): Value | undefined => {
      const held = {
        ...anna,
        type: 'user',
        connector: 'Microsoft Entra',
        value: (name: string) => (name === 'title' ? title : null),
      };
      const there = { ...quiet, counterpart: () => ({ object: held, linked: true }) };
      return evaluate(set, [anna], there).metaverse[0]?.targets[0]?.values.get('title');
    };
    expect(value('old')).toBe('old');
    expect(value(null)).toBe('new');
  });

  it('passes links on as a whole, however many there are', () => {
    const staff = spaceObject({ name: ['Staff'] }, { type: 'group', number: 3, counts: { member: 250_000 } });
    const set = rulesOf(
      {
        ...projection,
        sourceType: 'group',
        targetType: 'group',
        flows: [
          { target: 'member', source: 'member' },
          { target: 'memberCount', expression: 'ValueCount("member")' },
        ],
      },
      { ...provisioning, sourceType: 'group', targetType: 'group', flows: [{ target: 'member', source: 'member' }] },
    );
    const [group] = evaluate(set, [staff]).metaverse;
    expect(group?.targets[0]?.links.get('member')).toEqual([
      { connector: 'a.test', objectGuid: staff.objectGuid, attribute: 'member' },
    ]);
    expect(group?.metaverse.value('memberCount')).toBe(250_000n);
  });

  it('cannot read links one by one in an expression', () => {
    const staff = spaceObject({ name: ['Staff'] }, { type: 'group', number: 3, counts: { member: 3 } });
    const set = rulesOf({
      ...projection,
      sourceType: 'group',
      targetType: 'group',
      flows: [{ target: 'memberCount', expression: 'Count([member])' }],
    });
    expect(evaluate(set, [staff]).metaverse[0]?.failures).toMatchObject([
      { code: 'LS5102', message: expect.stringContaining('ValueCount("member")') as string },
    ]);
  });
});
