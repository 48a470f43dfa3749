import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { directoryAttributes } from '../../../shared/directory/attributes.ts';
import type { AttributeValues } from '../../../shared/directory/change.ts';
import type { DirectoryObject } from '../../../shared/directory/object.ts';
import { immutableIdOf } from '../../../shared/engine/anchor.ts';
import type { Intended, IntendedGroup, IntendedUser, PropertyValue } from '../../../shared/engine/intended.ts';
import type { MappingContext } from '../../../shared/rules/default-mapping.ts';
import { intend } from '../../../shared/rules/default-mapping.ts';
import { groupRules, userRules, violationOf } from '../../../shared/rules/value-rules.ts';
import type { Json } from '../../sandbox/graph/json.ts';
import { checkCreate } from '../../sandbox/graph/property-rules.ts';
import { groupObject, guidOf, userObject } from '../../support/facts.ts';

const context: MappingContext = {
  domainFqdn: 'contoso.test',
  verifiedDomains: new Set(['contoso.test', 'mail.contoso.test']),
};

function userOf(attributes: AttributeValues): IntendedUser {
  const intended = intend(userObject('anna', attributes), context);
  if (intended.kind !== 'user') throw new Error(`Not a user: ${JSON.stringify(intended)}`);
  return intended;
}

function groupOf(attributes: AttributeValues): IntendedGroup {
  const intended = intend(groupObject('staff', attributes), context);
  if (intended.kind !== 'group') throw new Error(`Not a group: ${JSON.stringify(intended)}`);
  return intended;
}

function refusalOf(attributes: AttributeValues): Extract<Intended, { kind: 'refused' }> {
  const intended = intend(userObject('anna', attributes), context);
  if (intended.kind !== 'refused') throw new Error(`Not refused: ${JSON.stringify(intended)}`);
  return intended;
}

describe('a user of the directory becomes a user of Entra', () => {
  it('with nothing set that the directory does not have', () => {
    const { properties, onCreate, problems, manager, anchor } = userOf({});
    const set = Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null));
    expect(set).toEqual({
      accountEnabled: true,
      displayName: 'anna',
      userPrincipalName: 'anna@contoso.test',
      onPremisesImmutableId: immutableIdOf(guidOf(1)),
      businessPhones: [],
    });
    expect({ onCreate, problems, manager, anchor }).toEqual({
      onCreate: { mailNickname: 'anna' },
      problems: [],
      manager: null,
      anchor: guidOf(1),
    });
  });

  it.each<[string, string, string]>([
    ['givenName', 'givenName', 'Anna'],
    ['sn', 'surname', 'Müller-Lüdenscheidt'],
    ['displayName', 'displayName', 'Anna Müller 👍'],
    ['title', 'jobTitle', 'Clerk'],
    ['department', 'department', 'Sales & More'],
    ['company', 'companyName', 'Contoso'],
    ['l', 'city', 'Zürich'],
    ['st', 'state', 'ZH'],
    ['co', 'country', 'Switzerland'],
    ['postalCode', 'postalCode', '8000'],
    ['streetAddress', 'streetAddress', 'Bahnhofstrasse 1\r\n3rd floor'],
    ['physicalDeliveryOfficeName', 'officeLocation', '3/15'],
    ['mobile', 'mobilePhone', '+41 79 000 00 00'],
    ['facsimileTelephoneNumber', 'faxNumber', '+41 44 000 00 00'],
    ['preferredLanguage', 'preferredLanguage', 'de-CH'],
    ['employeeID', 'employeeId', '007'],
    ['employeeType', 'employeeType', 'Contractor'],
    ['mail', 'mail', 'anna@contoso.test'],
    ['msExchUsageLocation', 'usageLocation', 'CH'],
    ['mailNickname', 'mailNickname', 'anna.m'],
  ])('%s is %s', (attribute, property, text) => {
    expect(userOf({ [attribute]: [text] }).properties[property]).toBe(text);
  });

  it('has its telephone number as the one business phone', () => {
    expect(userOf({ telephoneNumber: ['+41 44'] }).properties['businessPhones']).toEqual(['+41 44']);
  });

  it.each<[string, AttributeValues, string]>([
    ['displayName', { displayName: ['Anna M.'], name: ['n'] }, 'Anna M.'],
    ['the name when displayName is blank', { displayName: ['  '], name: ['Anna'] }, 'Anna'],
    ['the sign-in name when there is no name', { name: [] }, 'anna@contoso.test'],
  ])('is displayed under %s', (_what, attributes, displayed) => {
    expect(userOf(attributes).properties['displayName']).toBe(displayed);
  });

  it.each([
    ['512', true],
    ['514', false],
    ['66050', false],
    ['66048', true],
    ['0', true],
    ['2', false],
  ])('may sign in as userAccountControl %s says: %s', (control, enabled) => {
    expect(userOf({ userAccountControl: [control] }).properties['accountEnabled']).toBe(enabled);
  });

  it.each<[string, AttributeValues, string]>([
    ['of its own', { mailNickname: ['am'], proxyAddresses: ['SMTP:x@contoso.test'] }, 'am'],
    ['from its primary address', { proxyAddresses: ['smtp:b@contoso.test', 'SMTP:a@contoso.test'] }, 'a'],
    ['from mail when no address is primary', { proxyAddresses: ['smtp:b@x'], mail: ['m@contoso.test'] }, 'm'],
    ['from the sign-in name', { userPrincipalName: ['a.b@contoso.test'] }, 'a.b'],
    ['without what Entra refuses in one', { mailNickname: [' "a (b)", [c]; <d>:@\\é'] }, 'abcde'],
    ['of at most 64 characters', { mailNickname: ['x'.repeat(70)] }, 'x'.repeat(64)],
    ['that is the anchor when nothing is left', { mailNickname: ['中文'] }, guidOf(1)],
  ])('has a nickname %s', (_what, attributes, nickname) => {
    const { properties, onCreate } = userOf(attributes);
    expect(properties['mailNickname'] ?? onCreate['mailNickname']).toBe(nickname);
  });

  it('keeps a nickname in step only when the directory has one', () => {
    expect(userOf({ mailNickname: ['am'] })).toMatchObject({ properties: { mailNickname: 'am' }, onCreate: {} });
    expect(userOf({}).properties).not.toHaveProperty('mailNickname');
  });

  it('is anchored by mS-DS-ConsistencyGuid where it is set', () => {
    const { anchor, properties } = userOf({ 'mS-DS-ConsistencyGuid': [guidOf(8)] });
    expect(anchor).toBe(guidOf(8));
    expect(properties['onPremisesImmutableId']).toBe(immutableIdOf(guidOf(8)));
  });

  it('has the manager that the directory names', () => {
    expect(userOf({ manager: [guidOf(5)] }).manager).toBe(guidOf(5));
  });
});

describe('the sign-in name', () => {
  it.each<[string, AttributeValues, string]>([
    [
      'is the user principal name',
      { userPrincipalName: ["o'neil-a_b.c!#^~1@contoso.test"] },
      "o'neil-a_b.c!#^~1@contoso.test",
    ],
    ['keeps its spelling', { userPrincipalName: ['Anna@Contoso.TEST'] }, 'Anna@Contoso.TEST'],
    ['falls back on the account and the domain', { userPrincipalName: [] }, 'anna@contoso.test'],
    ['may be in any verified domain', { userPrincipalName: ['a@mail.contoso.test'] }, 'a@mail.contoso.test'],
    [
      'may have 64 characters before the @',
      { userPrincipalName: [`${'a'.repeat(64)}@contoso.test`] },
      `${'a'.repeat(64)}@contoso.test`,
    ],
  ])('%s', (_what, attributes, name) => {
    expect(userOf(attributes).properties['userPrincipalName']).toBe(name);
  });

  it.each([
    ['an accent', 'änna@contoso.test'],
    ['a blank', 'anna m@contoso.test'],
    ['no name before the @', '@contoso.test'],
    ['no @', 'anna'],
    ['two @', 'anna@b@contoso.test'],
    ['an apostrophe in the domain', "anna@conto'so.test"],
    ['a dot right before the @', 'anna.@contoso.test'],
    ['65 characters before the @', `${'a'.repeat(65)}@contoso.test`],
    ['a line feed', 'anna@contoso.test\nx'],
    ['an ampersand', 'a&b@contoso.test'],
    ['a slash', 'a/b@contoso.test'],
  ])('is refused with %s', (_what, name) => {
    const { problem, type } = refusalOf({ userPrincipalName: [name] });
    expect(problem).toMatchObject({ code: 'LS3105', message: expect.stringContaining(name) as unknown });
    expect(type).toBe('user');
  });

  it.each(['anna@elsewhere.test', 'anna@sub.contoso.test', 'anna@xcontoso.test', 'anna@contoso.test.'])(
    'is refused in a domain that the tenant does not have: %s',
    (name) => {
      const { problem, foreignDomain } = refusalOf({ userPrincipalName: [name] });
      expect(problem.code).toBe('LS3101');
      expect(foreignDomain).toBe(name.slice(name.indexOf('@') + 1));
    },
  );
});

describe('a value that Entra would refuse', () => {
  it.each<[string, string, string]>([
    ['employeeID', 'employeeId', '12345678901234567'],
    ['givenName', 'givenName', 'x'.repeat(65)],
    ['preferredLanguage', 'preferredLanguage', 'German'],
    ['preferredLanguage', 'preferredLanguage', 'de, en;q=0.5'],
    ['mail', 'mail', 'not an address'],
    ['mail', 'mail', 'änna@contoso.test'],
    ['msExchUsageLocation', 'usageLocation', 'ch'],
    ['msExchUsageLocation', 'usageLocation', 'CHE'],
    ['telephoneNumber', 'businessPhones', '0'.repeat(65)],
  ])('of %s is left out and told, and the rest goes on: %s', (attribute, property, text) => {
    const { properties, problems } = userOf({ [attribute]: [text], title: ['Clerk'] });
    expect(properties).not.toHaveProperty(property);
    expect(properties['jobTitle']).toBe('Clerk');
    expect(problems).toEqual([{ code: 'LS3103', message: expect.stringContaining(property) as unknown }]);
  });

  it('is cut when it is the display name, without which there is no object', () => {
    const { properties, problems } = userOf({ displayName: ['x'.repeat(300)] });
    expect(properties['displayName']).toBe('x'.repeat(256));
    expect(problems).toEqual([{ code: 'LS3103', message: expect.stringContaining('cut') as unknown }]);
  });

  it('is never cut in the middle of a character', () => {
    const { properties } = userOf({ displayName: [`${'x'.repeat(255)}👍👍`] });
    expect(properties['displayName']).toBe('x'.repeat(255));
  });

  it('is measured in UTF-16 code units, as Graph does', () => {
    const rule = { p: { maxLength: 4 } };
    expect(violationOf(rule, 'p', '👍👍')).toBeUndefined();
    expect(violationOf(rule, 'p', '👍👍x')?.code).toBe('LS3103');
    expect(violationOf(rule, 'p', ['ok', '12345'])?.code).toBe('LS3103');
    for (const value of [null, true, false, [], 'abcd']) expect(violationOf(rule, 'p', value)).toBeUndefined();
    expect(violationOf(rule, 'unknown', 'x'.repeat(1000))).toBeUndefined();
  });
});

describe('a group of the directory becomes a security group of Entra', () => {
  it('that is not mail-enabled, whatever it is on premises', () => {
    expect(groupOf({ mail: ['staff@contoso.test'] })).toEqual({
      kind: 'group',
      anchor: guidOf(2),
      properties: { displayName: 'staff', description: null, mailNickname: 'staff', securityEnabled: true },
      onCreate: { mailEnabled: false, groupTypes: [] },
      problems: [],
    });
  });

  it.each<[string, AttributeValues, Record<string, PropertyValue>]>([
    ['its display name', { displayName: ['All Staff'] }, { displayName: 'All Staff' }],
    ['its name when it has none', { displayName: [], name: ['Staff'] }, { displayName: 'Staff' }],
    ['its account when it has neither', { displayName: [], name: [] }, { displayName: 'staff' }],
    ['its description', { description: ['Everybody\r\nhere'] }, { description: 'Everybody\r\nhere' }],
    ['a nickname of its own', { mailNickname: ['st'] }, { mailNickname: 'st' }],
    ['a nickname from its account, cleaned', { sAMAccountName: ['R&D (Zürich)'] }, { mailNickname: 'R&DZurich' }],
  ])('with %s', (_what, attributes, expected) => {
    expect(groupOf(attributes).properties).toMatchObject(expected);
  });

  it('without a description that is too long', () => {
    const { properties, problems } = groupOf({ description: ['x'.repeat(1025)] });
    expect(properties).not.toHaveProperty('description');
    expect(problems.map((problem) => problem.code)).toEqual(['LS3103']);
  });
});

describe('whatever the directory holds', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.string({ maxLength: 300 }),
    fc.string({ unit: fc.constantFrom('👍', 'ä', ' ', '\n', '@', '"', '\0'), maxLength: 300 }),
    fc.constantFrom('anna@contoso.test', '.@contoso.test', 'SMTP:@contoso.test', 'de-CH', 'CH', '', '0'),
  );
  const names = directoryAttributes
    .filter(({ syntax }) => syntax === 'string')
    .map(({ name }) => name)
    .filter((name) => name !== 'adminDescription');
  const attributes = fc.dictionary(fc.constantFrom(...names), fc.array(text, { minLength: 1, maxLength: 2 }), {
    maxKeys: 12,
  });

  it.each<[string, (values: AttributeValues) => DirectoryObject]>([
    ['user', (values) => userObject('anna', values)],
    ['group', (values) => groupObject('staff', values)],
  ])('Graph takes the %s that is wanted, or it is refused with a reason', (_what, make) => {
    fc.assert(
      fc.property(attributes, (values) => {
        const intended = intend(make(values), context);
        if (intended.kind === 'none' || intended.kind === 'refused') return;
        const wanted = { ...intended.onCreate, ...intended.properties };
        const set = Object.entries(wanted).filter(([, value]) => value !== null) as [string, Json][];
        const password: Record<string, Json> =
          intended.kind === 'user' ? { passwordProfile: { password: 'aB3!aB3!' } } : {};
        checkCreate(intended.kind, { ...Object.fromEntries(set), ...password });
        for (const [, value] of set) if (typeof value === 'string') expect(value.isWellFormed()).toBe(true);
        const rules = intended.kind === 'user' ? userRules : groupRules;
        for (const [name, value] of set) expect(violationOf(rules, name, value as PropertyValue)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});
