import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allowance,
  budgetSchema,
  defaultBudget,
  defaultLimits,
  excesses,
  limitsOf,
  needsPopulation,
} from '../../../shared/safety/change-budget.ts';
import { effectsOfChange, effectsOfUpdate, ledgerKey } from '../../../shared/safety/effects.ts';

describe('a limit', () => {
  it.each([
    ['the smaller of the two', { count: 500, percent: 10, least: 5 }, 1000, 100],
    ['the absolute one in a large directory', { count: 500, percent: 10, least: 5 }, 100_000, 500],
    ['never less than the least', { count: 500, percent: 10, least: 5 }, 8, 5],
    ['never more than the absolute one, not even the least', { count: 3, percent: 10, least: 5 }, 8, 3],
    ['rounded down', { count: null, percent: 10, least: 0 }, 19, 1],
    ['none', { count: null, percent: null, least: 0 }, 10, Infinity],
  ])('is %s', (_, limit, population, expected) => {
    expect(allowance(limit, population)).toBe(expected);
  });

  it('needs the population only where that can decide', () => {
    const limit = fc.record({
      count: fc.option(fc.nat(50)),
      percent: fc.option(fc.nat(100)),
      least: fc.nat(20),
    });
    fc.assert(
      fc.property(limit, fc.nat(100), fc.nat(10_000), (one, effects, population) => {
        fc.pre(!needsPopulation(one, effects));
        expect(effects > allowance(one, population)).toBe(effects > allowance(one, 0));
      }),
    );
  });
});

describe('a plan', () => {
  it('may reach a limit and not exceed it', () => {
    const limits = budgetSchema.parse({ limits: { delete: { count: 5, percent: null } } }).limits;
    const plan = (planned: number, spent: number): unknown =>
      excesses([{ kind: 'delete', planned, spent }], limits, () => 0, 'connector');
    expect(plan(5, 0)).toEqual([]);
    expect(plan(2, 3)).toEqual([]);
    expect(plan(3, 3)).toEqual([{ scope: 'connector', kind: 'delete', planned: 3, spent: 3, limit: 5 }]);
    // What was done before cannot be undone by holding a plan that does nothing of the kind.
    expect(plan(0, 9)).toEqual([]);
  });
});

describe('the setting', () => {
  it('is the default where nothing is said', () => {
    expect(budgetSchema.parse({})).toEqual(defaultBudget);
  });

  it('changes what it names, for all directories or for one, whatever the case of its name', () => {
    const budget = budgetSchema.parse({
      limits: { delete: { count: 50 } },
      connectors: { 'Contoso.test': { disable: { percent: null } } },
    });
    expect(limitsOf(budget, 'fabrikam.test')).toEqual({
      ...defaultLimits,
      delete: { ...defaultLimits.delete, count: 50 },
    });
    expect(limitsOf(budget, 'contoso.TEST')).toMatchObject({
      delete: { count: 50 },
      disable: { count: 500, percent: null },
    });
    expect(budget.tenant.delete.count).toBe(50);
  });
});

describe('the effects of a change', () => {
  const known = {
    userPrincipalName: 'anna@contoso.test',
    accountEnabled: true,
    jobTitle: 'Clerk',
    otherMails: ['a@b.c'],
  };
  const kinds = (written: Parameters<typeof effectsOfUpdate>[2]): readonly string[] =>
    effectsOfUpdate('g', known, written).map(({ kind }) => kind);

  it.each([
    ['a new title', { jobTitle: 'Head' }, ['update']],
    ['an account that is disabled', { accountEnabled: false }, ['update', 'disable']],
    ['an account that is enabled', { accountEnabled: true }, ['update']],
    ['a new sign-in name', { userPrincipalName: 'anne@contoso.test' }, ['update', 'sign-in-name']],
    ['a sign-in name in capitals', { userPrincipalName: 'Anna@contoso.test' }, ['update']],
    ['a cleared title', { jobTitle: null }, ['update', 'attribute-wipe']],
    ['an emptied list', { otherMails: [] }, ['update', 'attribute-wipe']],
    ['clearing what is empty', { department: null }, ['update']],
  ])('are, of %s, these', (_, written, expected) => {
    expect(kinds(written)).toEqual(expected);
  });

  it('are none for what gives something back', () => {
    expect(effectsOfChange('g', known, { kind: 'restore' })).toEqual([]);
  });

  it('are told apart by what is written, and counted once for an object', () => {
    const [one, other] = [
      effectsOfUpdate('g', known, { userPrincipalName: 'b@contoso.test' }),
      effectsOfUpdate('g', known, { userPrincipalName: 'c@contoso.test' }),
    ];
    expect(one.map(({ detail }) => detail)).not.toEqual(other.map(({ detail }) => detail));
    expect(one.map(ledgerKey)).toEqual(other.map(ledgerKey));
  });
});
