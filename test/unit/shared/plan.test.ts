import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  Intended,
  IntendedGroup,
  IntendedUser,
  Properties,
  PropertyValue,
} from '../../../shared/engine/intended.ts';
import type { KnownObject, PlannedChange, SetAsideValue } from '../../../shared/engine/plan.ts';
import { planObject, sameValue } from '../../../shared/engine/plan.ts';
import { guidOf } from '../../support/facts.ts';

const clearable = (): boolean => false;
const boss = guidOf(5);

const user = (properties: Properties, rest: Partial<IntendedUser> = {}): IntendedUser => ({
  kind: 'user',
  sourceAnchor: 'anna',
  members: [],
  properties,
  onCreate: {},
  problems: [],
  notCarried: [],
  manager: null,
  signInName: { source: '', sourceNickname: null, usable: true, userPrincipalName: '', mailNickname: '' },
  foreignDomain: undefined,
  ...rest,
});

const group = (properties: Properties, rest: Partial<IntendedGroup> = {}): IntendedGroup => ({
  kind: 'group',
  sourceAnchor: 'staff',
  members: [],
  properties,
  onCreate: {},
  problems: [],
  notCarried: [],
  memberSources: [],
  ...rest,
});

const known = (properties: Properties, rest: Partial<KnownObject> = {}): KnownObject => ({
  type: 'user',
  state: 'present',
  entraId: 'e1',
  sourceAnchor: 'anna',
  members: [],
  properties,
  manager: null,
  setAside: {},
  signInName: undefined,
  ...rest,
});

const refusedValue = (value: PropertyValue): SetAsideValue => ({ value, code: 'LS3103', message: 'no' });
const nothing: Intended = { kind: 'none', reason: 'out of scope' };
const refused: Intended = { kind: 'kept', problems: [{ code: 'LS3105', message: 'no' }] };

describe('a plan', () => {
  it.each<[string, Intended, KnownObject | undefined, readonly PlannedChange[]]>([
    ['nothing for what is not wanted and not there', nothing, undefined, []],
    ['nothing for what is not wanted and was deleted', nothing, known({}, { state: 'deleted' }), []],
    ['a deletion for what is not wanted any more', nothing, known({ title: 'a' }), [{ kind: 'delete' }]],
    ['nothing for what Entra would refuse and does not have', refused, undefined, []],
    ['nothing, not even a deletion, for what Entra would refuse and has', refused, known({ title: 'a' }), []],
    ['nothing for a refused object that was deleted', refused, known({}, { state: 'deleted' }), []],
    [
      'a restoration, alone, of what was deleted',
      user({ title: 'b' }, { manager: boss }),
      known({ title: 'a' }, { state: 'deleted' }),
      [{ kind: 'restore' }],
    ],
    ['nothing when all is equal', user({ title: 'a' }), known({ title: 'a' }), []],
    ['nothing when Entra has no value and none is wanted', user({ title: null }), known({}), []],
    ['nothing for properties that are not managed', user({ title: 'a' }), known({ title: 'a', city: 'Bern' }), []],
    [
      'an update of what differs only',
      user({ title: 'b', city: 'Bern' }),
      known({ title: 'a', city: 'Bern' }),
      [{ kind: 'update', changes: [{ property: 'title', from: 'a', to: 'b' }] }],
    ],
    [
      'an update that clears',
      user({ title: null }),
      known({ title: 'a' }),
      [{ kind: 'update', changes: [{ property: 'title', from: 'a', to: null }] }],
    ],
    [
      'an update that sets what was never known',
      user({ title: 'a' }),
      known({}),
      [{ kind: 'update', changes: [{ property: 'title', from: null, to: 'a' }] }],
    ],
    [
      'an update for another case, which Entra keeps',
      user({ title: 'A' }),
      known({ title: 'a' }),
      [{ kind: 'update', changes: [{ property: 'title', from: 'a', to: 'A' }] }],
    ],
    [
      'an update from false to true',
      user({ accountEnabled: true }),
      known({ accountEnabled: false }),
      [{ kind: 'update', changes: [{ property: 'accountEnabled', from: false, to: true }] }],
    ],
    [
      'an update, not a creation, without what is for creations',
      user({ title: 'a' }, { onCreate: { mailNickname: 'n' } }),
      known({ title: 'a' }),
      [],
    ],
  ])('has %s', (_what, intended, before, plan) => {
    expect(planObject(intended, before, clearable)).toEqual(plan);
  });

  it.each<[string, KnownObject | undefined]>([
    ['is not known', undefined],
    ['is in doubt since its creation', known({ title: 'old' }, { state: 'creating', entraId: undefined })],
  ])('creates with every value there is, the manager apart, what %s', (_what, before) => {
    const wanted = user(
      { title: 'a', city: null, businessPhones: [] },
      { onCreate: { mailNickname: 'n' }, manager: boss },
    );
    expect(planObject(wanted, before, clearable)).toEqual([
      { kind: 'create', type: 'user', properties: { mailNickname: 'n', title: 'a', businessPhones: [] } },
      { kind: 'manager', from: null, to: boss },
    ]);
  });

  it('creates a group without a word of a manager', () => {
    expect(planObject(group({ displayName: 'g' }, { onCreate: { mailEnabled: false } }), undefined, clearable)).toEqual(
      [{ kind: 'create', type: 'group', properties: { mailEnabled: false, displayName: 'g' } }],
    );
  });

  it.each<[string, string | null | undefined, string | null, boolean]>([
    ['is the same', boss, boss, false],
    ['is none in both', null, null, false],
    ['is new', null, boss, true],
    ['changes', guidOf(6), boss, true],
    ['goes', boss, null, true],
    ['was never looked at and is wanted', undefined, boss, true],
    ['was never looked at and is not wanted: it may be there', undefined, null, true],
  ])('when the manager %s', (_what, from, to, changes) => {
    const plan = planObject(user({}, { manager: to }), known({}, { manager: from }), clearable);
    expect(plan).toEqual(changes ? [{ kind: 'manager', from, to }] : []);
  });

  it('never gives a group a manager, whatever is known', () => {
    expect(planObject(group({}), known({}, { type: 'group', manager: undefined }), clearable)).toEqual([]);
  });

  it('leaves a value that cannot be cleared, and still changes it to another', () => {
    const notClearable = (property: string): boolean => property === 'mail';
    const before = known({ mail: 'a@x', title: 'a' });
    expect(planObject(user({ mail: null, title: null }), before, notClearable)).toEqual([
      { kind: 'update', changes: [{ property: 'title', from: 'a', to: null }] },
    ]);
    expect(planObject(user({ mail: 'b@x' }), before, notClearable)).toHaveLength(1);
  });

  it('does not send a value again that Entra refused, but does send the next one', () => {
    const setAside = { title: refusedValue('bad'), businessPhones: refusedValue(['1']) };
    const before = known({ title: 'a' }, { setAside });
    expect(planObject(user({ title: 'bad', businessPhones: ['1'] }), before, clearable)).toEqual([]);
    expect(planObject(user({ title: 'good', businessPhones: ['1', '2'] }), before, clearable)).toMatchObject([
      { kind: 'update', changes: [{ to: 'good' }, { to: ['1', '2'] }] },
    ]);
    expect(planObject(user({ title: 'bad', city: 'Bern' }), { ...before, state: 'creating' }, clearable)).toEqual([
      { kind: 'create', type: 'user', properties: { city: 'Bern' } },
    ]);
  });
});

describe('two values', () => {
  it.each<[PropertyValue, PropertyValue, boolean]>([
    [null, [], true],
    [[], [], true],
    [null, false, false],
    [null, '', false],
    ['', [], false],
    ['a', ['a'], false],
    [['a', 'b'], ['a', 'b'], true],
    [['a'], ['a', 'b'], false],
    [true, 'true', false],
    ['ä', 'a\u0308', false],
  ])('%j and %j are the same to Graph: %s', (a, b, same) => {
    expect(sameValue(a, b)).toBe(same);
    expect(sameValue(b, a)).toBe(same);
  });
});

describe('any plan', () => {
  const value = fc.oneof(
    fc.constantFrom<PropertyValue>(null, true, false, '', 'a', 'b'),
    fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }),
  );
  const propertyNames = ['title', 'city', 'mail', 'accountEnabled', 'businessPhones'] as const;
  const properties = fc.dictionary(fc.constantFrom(...propertyNames), value);
  const manager = fc.constantFrom(null, boss, guidOf(6));
  const wanted = fc.oneof(
    fc
      .record({ properties, onCreate: fc.dictionary(fc.constant('mailNickname'), value), manager })
      .map((r) => user(r.properties, r)),
    fc
      .record({ properties, onCreate: fc.dictionary(fc.constant('mailEnabled'), value) })
      .map((r) => group(r.properties, r)),
    fc.constantFrom(nothing, refused),
  );
  const knownObject: fc.Arbitrary<KnownObject> = fc
    .record({
      type: fc.constantFrom('user' as const, 'group' as const),
      state: fc.constantFrom('creating' as const, 'present' as const, 'deleted' as const),
      properties,
      manager: fc.option(manager, { nil: undefined }),
      setAside: fc.dictionary(fc.constantFrom('title', 'businessPhones'), value.map(refusedValue)),
    })
    .map((parts) => ({ ...known({}), ...parts }));
  const protectedProperties = fc
    .subarray([...propertyNames])
    .map((names) => (name: string) => (names as string[]).includes(name));

  /** What the tenant holds after a plan was carried out. */
  function carryOut(
    plan: readonly PlannedChange[],
    before: KnownObject | undefined,
    type: 'user' | 'group',
  ): KnownObject | undefined {
    return plan.reduce<KnownObject | undefined>((object, change) => {
      switch (change.kind) {
        case 'create':
          return known(change.properties, { type: change.type, setAside: before?.setAside ?? {} });
        case 'restore':
          return object && { ...object, state: 'present' };
        case 'delete':
          return object && { ...object, state: 'deleted' };
        case 'update': {
          const changed = Object.fromEntries(change.changes.map((each) => [each.property, each.to]));
          return object && { ...object, properties: { ...object.properties, ...changed } };
        }
        case 'manager':
          expect(type).toBe('user');
          return object && { ...object, manager: change.to };
      }
    }, before);
  }

  it('leads, in one step or after a restoration in two, to a tenant for which the plan is empty', () => {
    fc.assert(
      fc.property(
        wanted,
        fc.option(knownObject, { nil: undefined }),
        protectedProperties,
        (intended, before, notClearable) => {
          const type = intended.kind === 'group' ? 'group' : 'user';
          const first = planObject(intended, before, notClearable);
          const restored = first.some((change) => change.kind === 'restore');
          const after = carryOut(first, before, type);
          const second = planObject(intended, after, notClearable);
          if (!restored) expect(second).toEqual([]);
          const end = carryOut(second, after, type);
          expect(planObject(intended, end, notClearable)).toEqual([]);
          if (intended.kind !== 'user' && intended.kind !== 'group') return;
          expect(end?.state).toBe('present');
          for (const [name, to] of Object.entries(intended.properties)) {
            const has = end?.properties[name] ?? null;
            const refusedBefore = before?.setAside[name];
            const kept =
              (to === null && notClearable(name)) ||
              (refusedBefore !== undefined && sameValue(refusedBefore.value, to));
            if (!kept) expect(sameValue(has, to)).toBe(true);
          }
          if (intended.kind === 'user') expect(end?.manager).toBe(intended.manager);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('says truly what was there, and never changes a value to itself', () => {
    fc.assert(
      fc.property(wanted, knownObject, protectedProperties, (intended, before, notClearable) => {
        for (const change of planObject(intended, before, notClearable)) {
          if (change.kind === 'manager') expect(change.from).not.toBe(change.to);
          if (change.kind !== 'update') continue;
          expect(change.changes.length).toBeGreaterThan(0);
          for (const { property, from, to } of change.changes) {
            expect(from).toEqual(before.properties[property] ?? null);
            expect(sameValue(from, to)).toBe(false);
          }
        }
      }),
    );
  });

  it('never deletes what is wanted, and never creates or restores what is not', () => {
    fc.assert(
      fc.property(wanted, fc.option(knownObject, { nil: undefined }), (intended, before) => {
        const kinds = planObject(intended, before, clearable).map((change) => change.kind);
        if (intended.kind === 'none') expect(kinds.every((kind) => kind === 'delete')).toBe(true);
        else expect(kinds).not.toContain('delete');
      }),
    );
  });
});
