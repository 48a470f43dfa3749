import { describe, expect, it } from 'vitest';
import { LockstepError } from '../../../../shared/errors/lockstep-error.ts';
import {
  type BuiltInOptions,
  builtInRules,
  firstBuiltInPrecedence,
} from '../../../../shared/rules/built-in/built-in.ts';
import type { AttributeFlow, RuleSet, ScopeClause, SyncRule } from '../../../../shared/rules/model.ts';
import type { AttributeSchema, SchemaAttribute } from '../../../../shared/rules/schema.ts';
import { unreadAttributes } from '../../../../shared/rules/schemas/active-directory.ts';
import { builtInSchemas } from '../../../../shared/rules/schemas/built-in.ts';

const everything: BuiltInOptions = {
  userMatching: 'objectSid',
  groupMemberLimit: 1_000,
  directoryExtensions: [
    { objectType: 'user', attribute: 'employeeNumber' },
    { objectType: 'user', attribute: 'msDS-cloudExtensionAttribute1' },
    { objectType: 'group', attribute: 'description' },
  ],
};

const variants: readonly (readonly [string, BuiltInOptions])[] = [
  ['by default', {}],
  ['with users matched by mail', { userMatching: 'mail' }],
  ['with users matched by name', { userMatching: 'samAccountNameAndMailNickname' }],
  ['with users matched by an attribute', { userMatching: { attribute: 'employeeID' } }],
  ['with everything', everything],
];

const rules = builtInRules().rules;

function ruleNamed(name: string, from: RuleSet = builtInRules()): SyncRule {
  const rule = from.rules.find((r) => r.name === name);
  if (rule === undefined) throw new Error(`There is no rule "${name}".`);
  return rule;
}

interface Spaces {
  readonly source: AttributeSchema;
  readonly target: AttributeSchema;
  readonly connector: AttributeSchema;
  readonly metaverse: AttributeSchema;
}

function spacesOf(rule: SyncRule, set: RuleSet): Spaces {
  const schemaOf = (space: 'activeDirectory' | 'entra' | 'metaverse'): AttributeSchema =>
    new Map([
      ...builtInSchemas[space],
      ...set.attributes
        .filter((attribute) => attribute.space === space)
        .map((attribute): [string, SchemaAttribute] => [attribute.name, attribute]),
    ]);
  const [connector, metaverse] = [schemaOf(rule.connector.kind), schemaOf('metaverse')];
  return rule.direction === 'inbound'
    ? { source: connector, target: metaverse, connector, metaverse }
    : { source: metaverse, target: connector, connector, metaverse };
}

/** What a flow reads of the source, as its text shows. */
function readsOf(flow: AttributeFlow): readonly string[] {
  switch (flow.kind) {
    case 'direct':
      return [flow.source];
    case 'constant':
      return [];
    case 'expression': {
      const outsideStrings = flow.text.replaceAll(/"[^"]*"/g, '""');
      const counted = [...flow.text.matchAll(/ValueCount\("([^"]+)"\)/g)].map(([, name]) => name ?? '');
      return [...outsideStrings.matchAll(/\[([^\]]+)\]/g)].map(([, name]) => name ?? '').concat(counted);
    }
  }
}

/** True when no object can have both rules in scope: each way into the one contradicts each way into the other. */
function exclude(a: SyncRule, b: SyncRule): boolean {
  const contradict = (x: readonly ScopeClause[], y: readonly ScopeClause[]): boolean =>
    x.some((p) =>
      y.some(
        (q) => p.attribute === q.attribute && p.operator === 'EQUAL' && q.operator === 'EQUAL' && p.value !== q.value,
      ),
    );
  const ways = (rule: SyncRule): SyncRule['scope'] => (rule.scope.length === 0 ? [[]] : rule.scope);
  return ways(a).every((x) => ways(b).every((y) => contradict(x, y)));
}

describe.each(variants)('the built-in rules %s', (_variant, options) => {
  const set = builtInRules(options);

  it('have ids, names and precedences of their own', () => {
    for (const key of ['id', 'name', 'precedence', 'tag'] as const) {
      const values = set.rules.map((rule) => rule[key]).filter((value) => value !== undefined);
      expect(new Set(values).size, key).toBe(values.length);
    }
    for (const { id } of set.rules) expect(id).toMatch(/^(in-from|out-to)-(ad|aad)-[a-z]+(-[a-z]+)*$/);
  });

  it('count their precedence from the first one on', () => {
    expect(set.rules.map((rule) => rule.precedence)).toEqual(set.rules.map((_, i) => firstBuiltInPrecedence + i));
  });

  it('name no attribute that the schemas do not know', () => {
    const unknown = set.rules.flatMap((rule) => {
      const { source, target, connector, metaverse } = spacesOf(rule, set);
      const names: [AttributeSchema, string][] = [
        ...rule.scope.flat().map((clause): [AttributeSchema, string] => [source, clause.attribute]),
        ...rule.join.flat().map((clause): [AttributeSchema, string] => [connector, clause.connectorSpace]),
        ...rule.join.flat().map((clause): [AttributeSchema, string] => [metaverse, clause.metaverse]),
        ...rule.flows.map((flow): [AttributeSchema, string] => [target, flow.target]),
        ...rule.flows.flatMap((flow) => readsOf(flow).map((name): [AttributeSchema, string] => [source, name])),
      ];
      return names.filter(([schema, name]) => !schema.has(name)).map(([, name]) => `${rule.name}: ${name}`);
    });
    expect(unknown).toEqual([]);
  });

  it('copy values only between attributes that can hold the same', () => {
    const wrong = set.rules.flatMap((rule) => {
      const { source, target } = spacesOf(rule, set);
      return rule.flows.flatMap((flow) => {
        if (flow.kind !== 'direct') return [];
        const [from, to] = [source.get(flow.source), target.get(flow.target)];
        const fits = from?.type === to?.type && (from?.multiValued === false || to?.multiValued === true);
        return fits ? [] : [`${rule.name}: ${flow.source} -> ${flow.target}`];
      });
    });
    expect(wrong).toEqual([]);
  });

  it('write constants in the form of their target', () => {
    for (const rule of set.rules) {
      for (const flow of rule.flows) {
        if (flow.kind !== 'constant') continue;
        const type = spacesOf(rule, set).target.get(flow.target)?.type;
        if (type === 'boolean') expect(['True', 'False']).toContain(flow.value);
        else expect(type).toBe('string');
      }
    }
  });

  it('join attributes of one type, single-valued', () => {
    for (const rule of set.rules) {
      const { connector, metaverse } = spacesOf(rule, set);
      for (const clause of rule.join.flat()) {
        const [left, right] = [connector.get(clause.connectorSpace), metaverse.get(clause.metaverse)];
        expect(left?.type, `${rule.name}: ${clause.connectorSpace}`).toBe(right?.type);
        expect([left?.multiValued, right?.multiValued]).toEqual([false, false]);
      }
    }
  });

  it('flow into each attribute at most once in a rule', () => {
    for (const rule of set.rules) {
      const targets = rule.flows.map((flow) => flow.target);
      expect(new Set(targets).size, rule.name).toBe(targets.length);
    }
  });

  it('merge each attribute in one way', () => {
    const ways = new Map<string, Set<string>>();
    for (const rule of set.rules) {
      for (const { target, merge } of rule.flows) {
        const key = `${rule.direction} ${rule.connector.kind} ${rule.targetType} ${target}`;
        ways.set(key, (ways.get(key) ?? new Set()).add(merge));
      }
    }
    expect([...ways].filter(([, merges]) => merges.size > 1)).toEqual([]);
  });

  it('let one rule at most join an object, and at least one for each type', () => {
    const places = Map.groupBy(set.rules, (rule) => `${rule.direction} ${rule.connector.kind} ${rule.sourceType}`);
    for (const [place, some] of places) {
      const joining = some.filter((rule) => rule.join.length > 0 || rule.linkType === 'Provision');
      expect(joining.length, place).toBeGreaterThan(0);
      for (const [i, a] of joining.entries())
        for (const b of joining.slice(i + 1)) expect(exclude(a, b), `${a.name} and ${b.name}`).toBe(true);
    }
  });

  it('let passwords flow from enabled users only', () => {
    expect(set.rules.filter((rule) => rule.passwordSync).map((rule) => rule.name)).toEqual([
      'In from AD - User AccountEnabled',
    ]);
  });

  it('read nothing of people, groups and contacts that the relay does not read', () => {
    const unread = new Set(unreadAttributes.map(({ name }) => name));
    const read = set.rules
      .filter((rule) => rule.connector.kind === 'activeDirectory' && rule.sourceType !== 'computer')
      .flatMap((rule) => [...rule.scope.flat().map((c) => c.attribute), ...rule.flows.flatMap(readsOf)]);
    expect(read.filter((name) => unread.has(name))).toEqual([]);
  });

  it('give Entra nothing that no rule brings into the metaverse', () => {
    const brought = new Set(
      set.rules.filter((rule) => rule.direction === 'inbound').flatMap((rule) => rule.flows.map((f) => f.target)),
    );
    const wanted = set.rules.filter((rule) => rule.direction === 'outbound').flatMap((r) => r.flows.flatMap(readsOf));
    // Filled by rules of one's own, where users sign in with something else than their userPrincipalName.
    expect([...new Set(wanted)].filter((name) => !brought.has(name))).toEqual(['onPremisesUserPrincipalName']);
  });

  it('ask for no name of the environment that may be unknown', () => {
    const parameters = set.rules.flatMap((rule) =>
      rule.flows.flatMap((flow) => (flow.kind === 'expression' ? (flow.text.match(/%[^%]+%/g) ?? []) : [])),
    );
    expect([...new Set(parameters)]).toEqual(['%Domain.FQDN%']);
  });
});

describe('the order of the built-in rules', () => {
  const before = (...names: readonly string[]): void => {
    const places = names.map((name) => ruleNamed(name).precedence);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  };

  it.each(['User', 'InetOrgPerson'])('of a %s: enabled account, mailbox, any account, Exchange, Lync', (label) => {
    before(
      ...['Join', 'AccountEnabled', 'Common from Exchange', 'Common', 'Exchange', 'Lync'].map(
        (part) => `In from AD - ${label} ${part}`,
      ),
    );
  });

  it('makes a user of a contact that has an account, and asks Entra last', () => {
    before('In from AD - InetOrgPerson Common', 'In from AD - Contact Common', 'In from AAD - User Join');
  });

  it('begins each family of outbound rules with the one that joins', () => {
    for (const label of ['User', 'Contact', 'Group'])
      before(...['Join', 'Identity', 'ExchangeOnline'].map((part) => `Out to AAD - ${label} ${part}`));
  });
});

describe('the ids of the built-in rules', () => {
  it('stay what they are, for explanations and rules of others refer to them', () => {
    expect(rules.map((rule) => rule.id)).toMatchInlineSnapshot(`
      [
        "in-from-ad-user-join",
        "in-from-ad-inetorgperson-join",
        "in-from-ad-user-accountenabled",
        "in-from-ad-inetorgperson-accountenabled",
        "in-from-ad-user-common-from-exchange",
        "in-from-ad-inetorgperson-common-from-exchange",
        "in-from-ad-user-common",
        "in-from-ad-inetorgperson-common",
        "in-from-ad-user-exchange",
        "in-from-ad-inetorgperson-exchange",
        "in-from-ad-user-lync",
        "in-from-ad-inetorgperson-lync",
        "in-from-ad-group-join",
        "in-from-ad-group-exchange",
        "in-from-ad-group-common",
        "in-from-ad-contact-join",
        "in-from-ad-contact-common",
        "in-from-ad-contact-lync",
        "in-from-ad-foreignsecurityprincipal-join-user",
        "in-from-ad-computer-join",
        "in-from-aad-user-join",
        "in-from-aad-contact-join",
        "in-from-aad-group-join",
        "in-from-aad-user-exchange-hybrid",
        "out-to-aad-user-join",
        "out-to-aad-user-identity",
        "out-to-aad-user-exchangeonline",
        "out-to-aad-user-lynconline",
        "out-to-aad-user-sharepointonline",
        "out-to-aad-contact-join",
        "out-to-aad-contact-identity",
        "out-to-aad-contact-exchangeonline",
        "out-to-aad-contact-lynconline",
        "out-to-aad-contact-sharepointonline",
        "out-to-aad-group-join",
        "out-to-aad-group-identity",
        "out-to-aad-group-exchangeonline",
        "out-to-aad-group-lynconline",
        "out-to-aad-group-sharepointonline",
        "out-to-aad-device-join-soainad",
      ]
    `);
  });
});

describe('what people are matched by', () => {
  const joins = (options: BuiltInOptions): readonly (readonly string[])[] =>
    ruleNamed('In from AD - User Join', builtInRules(options)).join.map((group) =>
      group.map((clause) => `${clause.connectorSpace}=${clause.metaverse}`),
    );

  it.each<[string, BuiltInOptions, readonly (readonly string[])[]]>([
    [
      'the anchor alone when nobody is there twice',
      {},
      [['mS-DS-ConsistencyGuid=sourceAnchorBinary'], ['objectGUID=sourceAnchorBinary']],
    ],
    ['the address', { userMatching: 'mail' }, [['mail=mail']]],
    [
      'the SIDs of accounts and of what resource forests know of them',
      { userMatching: 'objectSid' },
      [
        ['objectSid=objectSid'],
        ['msExchMasterAccountSid=objectSid'],
        ['objectSid=msExchMasterAccountSid'],
        ['msRTCSIP-OriginatorSid=objectSid'],
        ['objectSid=msRTCSIP-OriginatorSid'],
      ],
    ],
    [
      'the name that is the account here and the nickname there',
      { userMatching: 'samAccountNameAndMailNickname' },
      [['sAMAccountName=accountName'], ['sAMAccountName=mailNickname'], ['mailNickname=accountName']],
    ],
    ['an attribute', { userMatching: { attribute: 'employeeID' } }, [['employeeID=employeeID']]],
    [
      'an attribute that the metaverse calls otherwise',
      { userMatching: { attribute: 'sAMAccountName' } },
      [['sAMAccountName=accountName']],
    ],
  ])('is %s', (_what, options, expected) => {
    expect(joins(options)).toEqual(expected);
  });

  it.each(['nonsense', 'employeenumber', 'dNSHostName', 'proxyAddresses', 'member'])('cannot be %s', (attribute) => {
    expect(() => builtInRules({ userMatching: { attribute } })).toThrow(LockstepError);
  });
});

describe('the limit of members', () => {
  it.each([
    [undefined, '250000'],
    [50_000, '50000'],
  ])('%s stands in scope and guard', (groupMemberLimit, text) => {
    const rule = ruleNamed('Out to AAD - Group Join', builtInRules(groupMemberLimit ? { groupMemberLimit } : {}));
    const limits = rule.scope.flat().filter((clause) => clause.attribute === 'memberCount');
    expect(limits).toEqual([
      { attribute: 'memberCount', operator: 'LESSTHAN', value: text },
      { attribute: 'memberCount', operator: 'LESSTHAN', value: text },
    ]);
    expect(rule.flows.find((flow) => flow.target === 'member')).toMatchObject({
      text: expect.stringContaining(`[memberCount] > ${text},`) as string,
    });
  });

  it('goes before the rule that gives the members', () => {
    const limit = ruleNamed('Out to AAD - Group Join').precedence;
    const giving = rules.filter((r) => r.flows.some((f) => f.target === 'member' && f.kind === 'direct'));
    for (const rule of giving.filter((r) => r.direction === 'outbound')) expect(rule.precedence).toBeGreaterThan(limit);
  });
});

describe('directory extensions', () => {
  const set = builtInRules(everything);

  it('are attributes of the metaverse and of Entra, without dashes', () => {
    expect(set.attributes.map(({ space, name, type, multiValued }) => [space, name, type, multiValued])).toEqual([
      ['metaverse', 'extension_employeeNumber', 'string', false],
      ['entra', 'extension_employeeNumber', 'string', false],
      ['metaverse', 'extension_msDS_cloudExtensionAttribute1', 'string', false],
      ['entra', 'extension_msDS_cloudExtensionAttribute1', 'string', false],
      ['metaverse', 'extension_description', 'string', true],
      ['entra', 'extension_description', 'string', true],
    ]);
  });

  it.each([
    ['In from AD - User DirectoryExtension', 'employeeNumber', 'extension_employeeNumber'],
    ['In from AD - InetOrgPerson DirectoryExtension', 'employeeNumber', 'extension_employeeNumber'],
    ['In from AD - Group DirectoryExtension', 'description', 'extension_description'],
    ['Out to AAD - User DirectoryExtension', 'extension_employeeNumber', 'extension_employeeNumber'],
    ['Out to AAD - Group DirectoryExtension', 'extension_description', 'extension_description'],
  ])('flow through "%s"', (name, source, target) => {
    expect(ruleNamed(name, set).flows).toContainEqual(expect.objectContaining({ source, target }));
  });

  it('leave the precedence of the other rules as it is', () => {
    const places = new Map(set.rules.map((rule) => [rule.id, rule.precedence]));
    for (const rule of rules) expect(places.get(rule.id)).toBe(rule.precedence);
  });

  it.each(['nonsense', 'Description', 'thumbnailPhoto', 'manager', 'member'])('cannot carry %s', (attribute) => {
    expect(() => builtInRules({ directoryExtensions: [{ objectType: 'user', attribute }] })).toThrow(LockstepError);
  });
});
