import { describe, expect, it } from 'vitest';
import { compileClause, compileScope, scopeAttributes } from '../../../shared/engine/scope-filter.ts';
import { Frame } from '../../../shared/engine/frame.ts';
import type { ScopeOperator } from '../../../shared/rules/model.ts';
import { quiet } from '../../support/evaluation.ts';
import { engineFor, projection, rulesOf, spaceObject } from './world.ts';

const { program } = engineFor(rulesOf(projection));
const group = 'CN=Pilot,OU=Groups,DC=a,DC=test';
const anna = new Frame(
  spaceObject(
    {
      name: ['Anna'],
      department: ['Sales EMEA'],
      userAccountControl: ['514'],
      msExchRecipientTypeDetails: ['2147483648'],
      proxyAddresses: ['SMTP:anna@a.test', 'smtp:a.muster@b.test'],
      isCriticalSystemObject: ['TRUE'],
      objectSid: ['S-1-5-21-1-2-3-1104'],
      manager: ['00000009-0000-4000-8000-000000000000'],
    },
    { memberOf: [group], counts: { publicDelegates: 2 } },
  ),
  program,
  quiet,
);

const holds = (attribute: string, operator: ScopeOperator, value = ''): boolean =>
  compileClause({ attribute, operator, value })(anna);

describe('a clause of a scope', () => {
  it.each<[string, ScopeOperator, string, boolean]>([
    ['department', 'EQUAL', 'Sales EMEA', true],
    ['department', 'EQUAL', 'sales emea', true],
    ['department', 'EQUAL', 'Sales', false],
    ['department', 'NOTEQUAL', 'Sales', true],
    ['department', 'NOTEQUAL', 'SALES EMEA', false],
    ['department', 'CONTAINS', 'emea', true],
    ['department', 'CONTAINS', 'apac', false],
    ['department', 'NOTCONTAINS', 'apac', true],
    ['department', 'NOTCONTAINS', 'EMEA', false],
    ['department', 'STARTSWITH', 'sales', true],
    ['department', 'STARTSWITH', 'EMEA', false],
    ['department', 'NOTSTARTSWITH', 'EMEA', true],
    ['department', 'NOTSTARTSWITH', 'Sales', false],
    ['department', 'ENDSWITH', 'EMEA', true],
    ['department', 'ENDSWITH', 'Sales', false],
    ['department', 'NOTENDSWITH', 'Sales', true],
    ['department', 'NOTENDSWITH', 'emea', false],
    ['department', 'LESSTHAN', 'Z', true],
    ['department', 'LESSTHAN', 'A', false],
    ['department', 'GREATERTHAN_OR_EQUAL', 'sales emea', true],
    ['department', 'ISIN', 'sales emea', true],
    ['department', 'ISNOTIN', 'Finance', true],
    ['department', 'ISNULL', '', false],
    ['department', 'ISNOTNULL', '', true],
    ['userAccountControl', 'EQUAL', '514', true],
    ['userAccountControl', 'EQUAL', '0514', true],
    ['userAccountControl', 'EQUAL', 'x', false],
    ['userAccountControl', 'LESSTHAN', '1000', true],
    ['userAccountControl', 'LESSTHAN', '514', false],
    ['userAccountControl', 'LESSTHAN_OR_EQUAL', '514', true],
    ['userAccountControl', 'GREATERTHAN', '99', true],
    ['userAccountControl', 'GREATERTHAN', '514', false],
    ['userAccountControl', 'ISBITSET', '2', true],
    ['userAccountControl', 'ISBITSET', '514', true],
    ['userAccountControl', 'ISBITSET', '1', false],
    ['userAccountControl', 'ISBITNOTSET', '1', true],
    ['userAccountControl', 'ISBITNOTSET', '2', false],
    ['msExchRecipientTypeDetails', 'ISBITSET', '2147483648', true],
    ['msExchRecipientTypeDetails', 'GREATERTHAN', '2147483647', true],
    ['msExchRecipientTypeDetails', 'ISBITNOTSET', '4294967296', true],
    ['proxyAddresses', 'STARTSWITH', 'SMTP:a.muster', true],
    ['proxyAddresses', 'NOTSTARTSWITH', 'SMTP:a.muster', false],
    ['proxyAddresses', 'CONTAINS', '@c.test', false],
    ['proxyAddresses', 'NOTCONTAINS', '@c.test', true],
    ['isCriticalSystemObject', 'EQUAL', 'True', true],
    ['isCriticalSystemObject', 'EQUAL', 'TRUE', true],
    ['isCriticalSystemObject', 'NOTEQUAL', 'False', true],
    ['objectSid', 'EQUAL', 's-1-5-21-1-2-3-1104', true],
    ['objectSid', 'STARTSWITH', 'S-1-5-21-1-2-3-', true],
    ['objectGUID', 'EQUAL', '{00000001-0000-4000-8000-000000000000}', true],
    ['objectGUID', 'EQUAL', 'AQAAAAAAAECAAAAAAAAAAA==', true],
    ['manager', 'EQUAL', '00000009-0000-4000-8000-000000000000', true],
    ['manager', 'ISNOTNULL', '', true],
    ['publicDelegates', 'ISNOTNULL', '', true],
    ['publicDelegates', 'ISNULL', '', false],
    ['member', 'ISNULL', '', true],
    ['dn', 'ENDSWITH', ',DC=a,DC=test', true],
    ['memberOf', 'ISMEMBEROF', group, true],
    ['memberOf', 'ISMEMBEROF', group.toUpperCase(), true],
    ['memberOf', 'ISNOTMEMBEROF', group, false],
    ['memberOf', 'ISMEMBEROF', 'CN=Other,DC=a,DC=test', false],
  ])('%s %s %j: %s', (attribute, operator, value, result) => {
    expect(holds(attribute, operator, value)).toBe(result);
  });

  it.each<[ScopeOperator, boolean]>([
    ['EQUAL', false],
    ['LESSTHAN', false],
    ['LESSTHAN_OR_EQUAL', false],
    ['GREATERTHAN', false],
    ['GREATERTHAN_OR_EQUAL', false],
    ['CONTAINS', false],
    ['STARTSWITH', false],
    ['ENDSWITH', false],
    ['ISIN', false],
    ['ISBITSET', false],
    ['NOTEQUAL', true],
    ['NOTCONTAINS', true],
    ['NOTSTARTSWITH', true],
    ['NOTENDSWITH', true],
    ['ISNOTIN', true],
    ['ISBITNOTSET', true],
    ['ISNULL', true],
    ['ISNOTNULL', false],
  ])('%s on an attribute without value is %s', (operator, result) => {
    expect(holds('title', operator, '2')).toBe(result);
  });
});

describe('a scope', () => {
  const scope = (...groups: readonly (readonly [string, ScopeOperator, string])[][]): boolean =>
    compileScope(groups.map((one) => one.map(([attribute, operator, value]) => ({ attribute, operator, value }))))(
      anna,
    );

  it('holds without groups', () => {
    expect(scope()).toBe(true);
  });

  it('holds when every clause of one group does', () => {
    expect(
      scope([
        ['department', 'STARTSWITH', 'Sales'],
        ['userAccountControl', 'ISBITSET', '2'],
      ]),
    ).toBe(true);
    expect(
      scope([
        ['department', 'STARTSWITH', 'Sales'],
        ['userAccountControl', 'ISBITSET', '1'],
      ]),
    ).toBe(false);
    expect(scope([['title', 'ISNOTNULL', '']], [['department', 'STARTSWITH', 'Sales']])).toBe(true);
    expect(scope([['title', 'ISNOTNULL', '']], [['department', 'STARTSWITH', 'X']])).toBe(false);
  });

  it('says what it reads', () => {
    expect(
      scopeAttributes([
        [{ attribute: 'title', operator: 'ISNULL', value: '' }],
        [
          { attribute: 'department', operator: 'ISNULL', value: '' },
          { attribute: 'title', operator: 'EQUAL', value: 'x' },
        ],
      ]),
    ).toEqual(['title', 'department']);
  });
});
