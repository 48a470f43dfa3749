import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { directoryAttributes } from '../../../shared/directory/attributes.ts';
import type { AttributeValues } from '../../../shared/directory/change.ts';
import type {
  Intended,
  IntendedGroup,
  IntendedUser,
  Properties,
  PropertyValue,
} from '../../../shared/engine/intended.ts';
import type { SpaceObject } from '../../../shared/engine/space-object.ts';
import { carry, type CarryContext } from '../../../shared/entra/carry.ts';
import { anchorViolation } from '../../../shared/entra/source-anchor.ts';
import { nested } from '../../../shared/entra/nested-properties.ts';
import { entraTypes, targetOf } from '../../../shared/entra/targets.ts';
import { groupRules, userRules, violationOf } from '../../../shared/entra/value-rules.ts';
import { builtInSchemas } from '../../../shared/rules/schemas/built-in.ts';
import type { Json } from '../../sandbox/graph/json.ts';
import { ExtensionRegistry } from '../../sandbox/graph/extensions.ts';
import { volatile } from '../../sandbox/graph/persistence.ts';
import { checkCreate } from '../../sandbox/graph/property-rules.ts';
import { guidOf } from '../../support/facts.ts';
import { anchorOf, contact, evaluate, group, user } from '../rules/built-in/world.ts';

const context: CarryContext = {
  domains: { verified: new Set(['contoso.test', 'contoso.onmicrosoft.com']), initial: 'contoso.onmicrosoft.com' },
  extensions: new Map(),
  signInName: undefined,
  heldNickname: undefined,
};

function carried(object: SpaceObject): Intended {
  const [result] = evaluate([object]).metaverse;
  if (result === undefined) throw new Error('It does not get into the metaverse.');
  return carry(result, context);
}

function userOf(attributes: AttributeValues): IntendedUser {
  const intended = carried(user(attributes));
  if (intended.kind !== 'user') throw new Error(JSON.stringify(intended));
  return intended;
}

function groupOf(attributes: AttributeValues): IntendedGroup {
  const intended = carried(group(attributes));
  if (intended.kind !== 'group') throw new Error(JSON.stringify(intended));
  return intended;
}

const withNickname = { mailNickname: ['anna'] };

describe('a user in Entra', () => {
  it('has nothing that the directory does not have', () => {
    const { properties, onCreate, problems, manager, sourceAnchor } = userOf({});
    const set = Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null));
    expect(set).toEqual({
      accountEnabled: true,
      displayName: 'object 1',
      userPrincipalName: 'user1@contoso.test',
      mailNickname: 'user1',
      onPremisesImmutableId: anchorOf(guidOf(1)),
      businessPhones: [],
    });
    expect({ onCreate, problems, manager, sourceAnchor }).toEqual({
      onCreate: {},
      problems: [],
      manager: null,
      sourceAnchor: anchorOf(guidOf(1)),
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
    ['extensionAttribute3', 'onPremisesExtensionAttributes/extensionAttribute3', 'three'],
  ])('has %s as %s', (attribute, property, text) => {
    expect(userOf({ ...withNickname, [attribute]: [text] }).properties[property]).toBe(text);
  });

  it('has the telephone number as the one business phone, and the manager that the directory names', () => {
    const { properties, manager } = userOf({ telephoneNumber: ['+41 44'], manager: [guidOf(5)] });
    expect(properties['businessPhones']).toEqual(['+41 44']);
    expect(manager).toBe(guidOf(5));
  });

  it('says which values stay behind, and why', () => {
    const { notCarried } = userOf({ ...withNickname, proxyAddresses: ['SMTP:a@b.test'] });
    const reasons = new Map(notCarried.map(({ attribute, reason }) => [attribute, reason]));
    expect(reasons.get('proxyAddresses')).toContain('Exchange Online');
    expect(reasons.get('onPremisesSamAccountName')).toContain('synchronisation service');
    expect(reasons.has('displayName')).toBe(false);
  });
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
    ['telephoneNumber', 'businessPhones', '0'.repeat(65)],
  ])('of %s is left out and told, and the rest goes on: %s', (attribute, property, text) => {
    const { properties, problems } = userOf({ ...withNickname, [attribute]: [text], title: ['Clerk'] });
    expect(properties).not.toHaveProperty(property);
    expect(properties['jobTitle']).toBe('Clerk');
    expect(problems).toEqual([{ code: 'LS3103', message: expect.stringContaining(property) as unknown }]);
  });

  it('is cut when it is the display name, without which there is no object, and never through a character', () => {
    const { properties, problems } = userOf({ displayName: [`${'x'.repeat(255)}👍👍`] });
    expect(properties['displayName']).toBe('x'.repeat(255));
    expect(problems).toEqual([{ code: 'LS3103', message: expect.stringContaining('cut') as unknown }]);
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

describe('a display name that the rules do not give', () => {
  it('is the sign-in name of a user, and the nickname of a group, with a note', () => {
    const person = userOf({ name: [' '], displayName: [' '] });
    expect(person.properties['displayName']).toBe(' ');
    const nobody = carried(user({ name: [''] }));
    expect(nobody).toMatchObject({ properties: { displayName: 'user1@contoso.test' }, problems: [{ code: 'LS3103' }] });
    expect(groupOf({ name: [''] }).properties['displayName']).toBe('Staff');
  });
});

describe('a group in Entra', () => {
  it('is a security group that is not mail-enabled, whatever it is on premises', () => {
    expect(groupOf({ mail: ['staff@contoso.test'] })).toMatchObject({
      kind: 'group',
      sourceAnchor: anchorOf(guidOf(20)),
      properties: { displayName: 'Staff', description: null, mailNickname: 'Staff', securityEnabled: true },
      onCreate: { mailEnabled: false, groupTypes: [] },
      problems: [],
    });
  });

  it.each<[string, AttributeValues, Record<string, PropertyValue>]>([
    ['its display name', { displayName: ['All Staff'] }, { displayName: 'All Staff' }],
    ['its description', { description: ['Everybody\r\nhere'] }, { description: 'Everybody\r\nhere' }],
    ['a nickname of its own', { mailNickname: ['st'] }, { mailNickname: 'st' }],
    ['a nickname from its account, cleaned', { sAMAccountName: ['R&D (Zürich)'] }, { mailNickname: 'R&DZurich' }],
  ])('has %s', (_, attributes, expected) => {
    expect(groupOf(attributes).properties).toMatchObject(expected);
  });

  it('is nothing when it is for distribution only, with the reason', () => {
    const intended = carried(group({ groupType: ['2'], mail: ['all@contoso.test'] }));
    expect(intended).toEqual({
      kind: 'none',
      unwritable: true,
      reason: expect.stringContaining('mail-enabled groups') as unknown,
    });
  });
});

describe('what cannot be in Entra', () => {
  it('is a contact, with the reason', () => {
    expect(carried(contact())).toEqual({
      kind: 'none',
      unwritable: true,
      reason: expect.stringContaining('contacts') as unknown,
    });
  });

  it('is one that rules keep out, with the reason', () => {
    expect(carried(user({ sAMAccountName: ['MSOL_1'] }))).toEqual({
      kind: 'none',
      reason: expect.stringContaining('cloudFiltered') as unknown,
    });
  });

  it('is kept as it is where a rule fails', () => {
    const intended = carried(user({ userPrincipalName: [], sAMAccountName: [] }));
    expect(intended).toMatchObject({ kind: 'kept', problems: [{ code: 'LS5101' }] });
  });
});

describe('a source anchor', () => {
  it.each([
    [anchorOf(guidOf(1)), undefined],
    ['E12345', undefined],
    ['x'.repeat(59), undefined],
    ['x'.repeat(60), '60 characters'],
    ['ü'.repeat(20), '60 characters'],
    ['anna@contoso', '"@"'],
    ['a_b', '"_"'],
    ['a b', undefined],
  ])('%s: %s', (anchor, why) => {
    const violation = anchorViolation(anchor);
    if (why === undefined) expect(violation).toBeUndefined();
    else expect(violation).toContain(why);
  });
});

describe('the way of an attribute', () => {
  it.each(entraTypes)('of a %s is a property, or a reason that it has none', (type) => {
    for (const attribute of builtInSchemas.entra.keys()) {
      const target = targetOf(type, attribute, new Map());
      if ('reason' in target) expect(target.reason).toMatch(/^[A-Z].{10,}\.$/);
      else expect('property' in target ? target.property : target.carriedAs).toMatch(/^[a-z]/i);
    }
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

  it.each<[string, (values: AttributeValues) => SpaceObject]>([
    ['user', (values) => user(values)],
    ['group', (values) => group(values)],
  ])('Graph takes the %s that is wanted, or there is a reason', (_, make) => {
    let taken = 0;
    fc.assert(
      fc.property(attributes, (values) => {
        const intended = carried(make(values));
        if (intended.kind === 'none') expect(intended.reason).not.toBe('');
        if (intended.kind === 'kept') expect(intended.problems.length).toBeGreaterThan(0);
        if (intended.kind === 'none' || intended.kind === 'kept') return;
        taken += 1;
        const wanted = { ...intended.onCreate, ...intended.properties };
        const set = Object.entries(wanted).filter(([, value]) => value !== null) as [string, Json][];
        const password: Record<string, Json> =
          intended.kind === 'user' ? { passwordProfile: { password: 'aB3!aB3!' } } : {};
        const body = { ...(nested(Object.fromEntries(set) as Properties) as Record<string, Json>), ...password };
        checkCreate(intended.kind, body, new ExtensionRegistry([], volatile, undefined));
        for (const [, value] of set) if (typeof value === 'string') expect(value.isWellFormed()).toBe(true);
        const rules = intended.kind === 'user' ? userRules : groupRules;
        for (const [name, value] of set) expect(violationOf(rules, name, value as PropertyValue)).toBeUndefined();
      }),
      { numRuns: 400 },
    );
    expect(taken).toBeGreaterThan(100);
  });
});
