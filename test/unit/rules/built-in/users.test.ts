import { describe, expect, it } from 'vitest';
import type { AttributeValues } from '../../../../shared/directory/change.ts';
import type { Value } from '../../../../shared/rules/value.ts';
import { scalarsOf, textOfScalar } from '../../../../shared/rules/values.ts';
import { guidOf } from '../../../support/facts.ts';
import { anchorOf, becomes, evaluate, evaluateOne, metaverseValue, tenantWith, user, type Given } from './world.ts';

const conflict = String.raw`CN=anna\0ACNF:${guidOf(9)},OU=All,DC=contoso,DC=test`;

describe.each(['user', 'inetOrgPerson'] as const)('a %s', (type) => {
  const one = (attributes: AttributeValues, given: Given = {}): ReturnType<typeof user> =>
    user(attributes, { type, ...given });

  it.each<[string, AttributeValues, Given]>([
    ['the mark of a critical object is there, whatever it says', { isCriticalSystemObject: ['FALSE'] }, {}],
    ['it has no account name', { sAMAccountName: [] }, {}],
    ['it is the support account', { sAMAccountName: ['SUPPORT_388945a0'] }, {}],
    ['it is a system mailbox', { mailNickname: ['SystemMailbox{1f05}'] }, {}],
    ['it is an account of the older synchronisation service', { sAMAccountName: ['AAD_0123'] }, {}],
    ['it is an account of the synchronisation service', { sAMAccountName: ['MSOL_0123'] }, {}],
    ['it is a mailbox of a client access server, by its nickname', { mailNickname: ['CAS_{0123}'] }, {}],
    ['it is a mailbox of a client access server, by its account name', { sAMAccountName: ['CAS_{0123}'] }, {}],
    ['it is a room list of Exchange (0x1000)', { msExchRecipientTypeDetails: ['4096'] }, {}],
    ['it is a mailbox of 0x2000', { msExchRecipientTypeDetails: ['8192'] }, {}],
    ['it is a mailbox of 0x4000', { msExchRecipientTypeDetails: ['16384'] }, {}],
    ['it is a mailbox of 0x400000', { msExchRecipientTypeDetails: ['4194304'] }, {}],
    ['it is an arbitration mailbox (0x800000)', { msExchRecipientTypeDetails: ['8388608'] }, {}],
    ['it is a mailbox of 0x1000000', { msExchRecipientTypeDetails: ['16777216'] }, {}],
    ['it is a discovery mailbox (0x20000000)', { msExchRecipientTypeDetails: ['536870912'] }, {}],
    ['it lost a replication conflict', {}, { dn: conflict }],
  ])('stays out of Entra when %s', (_, attributes, given) => {
    const object = one(attributes, given);
    expect(metaverseValue(object, 'cloudFiltered')).toBe(true);
    expect(becomes([object])).toEqual(['nothing']);
  });

  it.each<[string, AttributeValues, Given]>([
    ['it is like any other', {}, {}],
    ['its account name only resembles the support account', { sAMAccountName: ['support_388945a0'] }, {}],
    ['its account name only resembles a service account', { sAMAccountName: ['aad_x'] }, {}],
    ['its account name has the prefix of a service account elsewhere', { sAMAccountName: ['x_MSOL_'] }, {}],
    ['its nickname begins with CAS_ without a brace', { mailNickname: ['CAS_anna'] }, {}],
    ['its nickname has a brace without CAS_', { mailNickname: ['anna}'] }, {}],
    ['it has a mailbox of its own (1)', { msExchRecipientTypeDetails: ['1'] }, {}],
    ['it has a shared mailbox (4)', { msExchRecipientTypeDetails: ['4'] }, {}],
    ['it has a room mailbox (16)', { msExchRecipientTypeDetails: ['16'] }, {}],
    ['its mailbox is in the cloud (2^31), a number of 64 bits', { msExchRecipientTypeDetails: ['2147483648'] }, {}],
    ['its name has CNF: without a line feed', {}, { dn: 'CN=anna CNF:x,DC=contoso,DC=test' }],
    ['it is disabled', { userAccountControl: ['514'] }, {}],
  ])('goes to Entra when %s', (_, attributes, given) => {
    const object = one(attributes, given);
    expect(metaverseValue(object, 'cloudFiltered')).toBeNull();
    expect(becomes([object])).toEqual(['user']);
  });

  it('is not looked at when it is a critical object', () => {
    expect(evaluate([one({ isCriticalSystemObject: ['TRUE'] })]).metaverse).toEqual([]);
  });

  it('stays out of Entra without userAccountControl', () => {
    expect(metaverseValue(one({ userAccountControl: [] }), 'accountEnabled')).toBeNull();
    expect(becomes([one({ userAccountControl: [] })])).toEqual(['nothing']);
  });

  it.each([
    ['512', true],
    ['514', false],
    ['66048', true],
    ['66050', false],
  ])('with userAccountControl %s is enabled: %s', (userAccountControl, enabled) => {
    const object = one({ userAccountControl: [userAccountControl] });
    expect(metaverseValue(object, 'accountEnabled')).toBe(enabled);
    expect(evaluateOne(object).targets[0]?.values.get('accountEnabled')).toBe(enabled);
  });

  it.each<[string, AttributeValues, string, Value]>([
    ['the anchor is the objectGUID', {}, 'sourceAnchor', anchorOf(guidOf(1))],
    [
      'the anchor is mS-DS-ConsistencyGuid where it has one',
      { 'mS-DS-ConsistencyGuid': [guidOf(7)] },
      'sourceAnchor',
      anchorOf(guidOf(7)),
    ],
    ['the type is User', {}, 'sourceObjectType', 'User'],
    ['the sign-in name is its own', {}, 'userPrincipalName', 'user1@contoso.test'],
    [
      'the sign-in name follows from the account name',
      { userPrincipalName: [] },
      'userPrincipalName',
      'user1@contoso.test',
    ],
    ['the display name is its own, with its blanks', { displayName: [' Anna '] }, 'displayName', ' Anna '],
    ['the display name follows from the name', {}, 'displayName', 'object 1'],
    ['the account name is kept', {}, 'accountName', 'user1'],
    ['the change of the password is a text', { pwdLastSet: ['132223104000000000'] }, 'pwdLastSet', '20200101000000.0Z'],
    ['a password that was never set is no date', { pwdLastSet: [] }, 'pwdLastSet', null],
    ['the description is its first value, trimmed', { description: [' one ', 'two'] }, 'description', ['one']],
    ['the description is cut to 448 characters', { description: ['x'.repeat(500)] }, 'description', ['x'.repeat(448)]],
    ['a blank description is none', { description: ['   '] }, 'description', null],
    ['the post box is its first value', { postOfficeBox: [' 12 ', '13'] }, 'postOfficeBox', ['12']],
    ['the address of the home page is its first value', { url: [' https://a.test '] }, 'url', ['https://a.test']],
    ['info is trimmed and cut', { info: [` ${'x'.repeat(500)}`] }, 'info', 'x'.repeat(448)],
    ['the SID is a text as well', {}, 'objectSidString', 'S-1-5-21-1-2-3-1001'],
    ['the domain is that of its name', {}, 'domainFQDN', 'contoso.test'],
    ['the name is copied', {}, 'cn', 'object 1'],
    ['the country code is copied', { countryCode: ['276'] }, 'countryCode', 276n],
    ['a text is trimmed', { department: ['  Sales '] }, 'department', 'Sales'],
    ['each of several texts is trimmed', { otherTelephone: [' 1', '2 '] }, 'otherTelephone', ['1', '2']],
    ['an extension attribute is trimmed', { extensionAttribute7: [' x '] }, 'extensionAttribute7', 'x'],
    ['addresses are trimmed, each once', { proxyAddresses: ['SMTP:a@b ', 'SMTP:a@b'] }, 'proxyAddresses', ['SMTP:a@b']],
  ])('in the metaverse: %s', (_, attributes, attribute, value) => {
    const held = metaverseValue(one(attributes), attribute);
    expect(held).toEqual(Array.isArray(value) && !Array.isArray(held) ? value[0] : value);
  });

  it('fails without sign-in name and account name, and says so', () => {
    const { failures } = evaluateOne(one({ userPrincipalName: [], sAMAccountName: [] }));
    expect(failures).toMatchObject([{ code: 'LS5101', attribute: 'userPrincipalName' }]);
  });

  it('passes its manager and its SID on as they are', () => {
    const object = one({ manager: [guidOf(5)] });
    expect(scalarsOf(metaverseValue(object, 'manager')).map(textOfScalar)).toEqual([guidOf(5)]);
    expect(metaverseValue(object, 'objectSid')).toEqual(object.value('objectSid'));
  });

  it('gives Exchange its attributes only with a nickname', () => {
    const attributes = { msExchHideFromAddressLists: ['TRUE'], msExchUsageLocation: ['DE'] };
    expect(metaverseValue(one(attributes), 'msExchHideFromAddressLists')).toBeNull();
    expect(metaverseValue(one(attributes), 'usageLocation')).toBeNull();
    const known = one({ ...attributes, mailNickname: ['anna'] });
    expect(metaverseValue(known, 'msExchHideFromAddressLists')).toBe(true);
    expect(metaverseValue(known, 'usageLocation')).toBe('DE');
  });
});

describe('what was written back from Entra', () => {
  it('is a user by its mark, and never comes back to Entra', () => {
    expect(evaluate([user({ adminDescription: ['User_0123'] })]).metaverse).toEqual([]);
    expect(becomes([user({ adminDescription: ['user_0123'] })])).toEqual([]);
    expect(becomes([user({ adminDescription: ['A User_'] })])).toEqual(['user']);
  });

  it('is never an inetOrgPerson', () => {
    expect(becomes([user({ adminDescription: ['User_0123'] }, { type: 'inetOrgPerson' })])).toEqual(['user']);
  });
});

describe('passwords', () => {
  it('flow for users that are enabled, and for nobody else', () => {
    expect(evaluateOne(user()).passwordsOf).toHaveLength(1);
    expect(evaluateOne(user({ userAccountControl: ['514'] })).passwordsOf).toEqual([]);
    expect(evaluateOne(user({}, { type: 'inetOrgPerson' })).passwordsOf).toEqual([]);
  });
});

describe('a user that the tenant has', () => {
  const anchor = anchorOf(guidOf(1));
  const known = (values: Readonly<Record<string, Value>> = {}): ReturnType<typeof tenantWith> =>
    tenantWith('user', { sourceAnchor: anchor, cloudAnchor: 'User_1', ...values });

  it('keeps its anchor', () => {
    expect(evaluateOne(user(), {}, known()).targets[0]?.values.get('sourceAnchor')).toBe(anchor);
  });

  it('stops with an error when its anchor changed', () => {
    const { failures } = evaluateOne(user({ 'mS-DS-ConsistencyGuid': [guidOf(7)] }), {}, known());
    expect(failures).toMatchObject([{ code: 'LS5101', attribute: 'sourceAnchor' }]);
    expect(failures[0]?.message).toContain('anchor has changed');
  });

  it('may take a new anchor when it was a contact before', () => {
    const { failures, targets } = evaluateOne(
      user({ 'mS-DS-ConsistencyGuid': [guidOf(7)] }),
      {},
      tenantWith('contact', { sourceAnchor: anchor, cloudAnchor: 'Contact_1' }),
    );
    expect(failures).toEqual([]);
    expect(targets.map(({ type }) => type)).toEqual(['user']);
  });

  it('keeps the location that was set there, as long as the directory says none', () => {
    const there = known({ usageLocation: 'FR' });
    const location = (attributes: AttributeValues): unknown =>
      evaluateOne(user(attributes), {}, there).targets[0]?.values.get('usageLocation');
    expect(location({})).toBe('FR');
    expect(location({ mailNickname: ['anna'], msExchUsageLocation: ['DE'] })).toBe('DE');
  });
});
