import { describe, expect, it } from 'vitest';
import type { AttributeValues, ObjectClass } from '../../../shared/directory/change.ts';
import type { DirectoryObject } from '../../../shared/directory/object.ts';
import { scopeOf } from '../../../shared/rules/scope.ts';
import { groupObject, guidOf, userObject } from '../../support/facts.ts';

const conflictDn = String.raw`CN=anna\0ACNF:${guidOf(9)},OU=People,DC=contoso,DC=test`;

function reasonFor(object: DirectoryObject): string {
  const scope = scopeOf(object);
  return scope.inScope ? `in scope as ${scope.type}` : scope.reason;
}

const user = (attributes: AttributeValues, change: Partial<DirectoryObject> = {}): DirectoryObject => ({
  ...userObject('anna', attributes),
  ...change,
});
const group = (attributes: AttributeValues, change: Partial<DirectoryObject> = {}): DirectoryObject => ({
  ...groupObject('staff', attributes),
  ...change,
});

describe('the scope of users', () => {
  it.each<[string, AttributeValues]>([
    ['an ordinary account', {}],
    ['a disabled account', { userAccountControl: ['514'] }],
    ['an account without a sign-in name', { userPrincipalName: [] }],
    ['an account whose name only resembles a service account', { sAMAccountName: ['XMSOL_1'] }],
    ['an account in lower case of the support account', { sAMAccountName: ['support_388945a0'] }],
    ['a user mailbox', { msExchRecipientTypeDetails: ['1'] }],
    ['a shared mailbox', { msExchRecipientTypeDetails: ['4'] }],
    ['a remote user mailbox, past 32 bits when signed', { msExchRecipientTypeDetails: ['2147483648'] }],
    ['a nickname that only contains a system mailbox', { mailNickname: ['xSystemMailbox{1}'] }],
    ['a client access name without its brace', { mailNickname: ['CAS_team'] }],
    ['a description for administrators', { adminDescription: ['Users_of_note'] }],
  ])('takes in %s', (_what, attributes) => {
    expect(reasonFor(user(attributes))).toBe('in scope as user');
  });

  it.each<[string, AttributeValues, string]>([
    ['a critical system object', { isCriticalSystemObject: ['TRUE'] }, 'critical system object'],
    ['any value of isCriticalSystemObject', { isCriticalSystemObject: ['FALSE'] }, 'critical system object'],
    ['an object without an account name', { sAMAccountName: [] }, 'no sAMAccountName'],
    ['a blank account name', { sAMAccountName: [' '] }, 'no sAMAccountName'],
    ['an object written back', { adminDescription: ['User_1234'] }, 'written back'],
    ['the support account', { sAMAccountName: ['SUPPORT_388945a0'] }, 'support account'],
    ['a DirSync account', { sAMAccountName: ['MSOL_0a1b2c'] }, 'synchronisation service'],
    ['an older DirSync account', { sAMAccountName: ['AAD_0a1b2c'] }, 'synchronisation service'],
    ['a system mailbox by name', { mailNickname: ['SystemMailbox{e0dc1c29}'] }, 'system mailbox'],
    ['an arbitration mailbox', { msExchRecipientTypeDetails: ['8388608'] }, 'system mailbox'],
    ['a discovery mailbox', { msExchRecipientTypeDetails: ['536870912'] }, 'system mailbox'],
    ['a monitoring mailbox among other bits', { msExchRecipientTypeDetails: ['4299161600'] }, 'system mailbox'],
    ['a client access mailbox', { mailNickname: ['CAS_{1}'] }, 'client access'],
    ['a client access account', { sAMAccountName: ['CAS_{1}'] }, 'client access'],
    ['a linked mailbox', { msExchRecipientTypeDetails: ['2'] }, 'linked mailbox'],
    ['an object without userAccountControl', { userAccountControl: [] }, 'no userAccountControl'],
    ['a userAccountControl that is no number', { userAccountControl: ['enabled'] }, 'no userAccountControl'],
    ['a conflict loser by its name', { name: [`anna\nCNF:${guidOf(9)}`] }, 'replication conflict'],
  ])('leaves out %s', (_what, attributes, reason) => {
    expect(reasonFor(user(attributes))).toContain(reason);
  });

  it('leaves out a conflict loser by its place', () => {
    expect(reasonFor(user({}, { dn: conflictDn }))).toContain('replication conflict');
  });

  it('takes in an inetOrgPerson, to which the mark of a written-back user means nothing', () => {
    expect(reasonFor(user({ adminDescription: ['User_1'] }, { objectClass: 'inetOrgPerson' }))).toBe(
      'in scope as user',
    );
  });
});

describe('the scope of groups', () => {
  it.each<[string, AttributeValues]>([
    ['a global security group', { groupType: ['-2147483646'] }],
    ['a universal security group', { groupType: ['-2147483640'] }],
    ['a domain local security group', { groupType: ['-2147483644'] }],
    ['a group type written without sign', { groupType: ['2147483650'] }],
    ['a mail-enabled security group', { groupType: ['-2147483640'], mail: ['staff@contoso.test'] }],
    ['a group with the mark of a written-back user', { adminDescription: ['User_1'] }],
    ['a group without userAccountControl, which no group has', { userAccountControl: [] }],
  ])('takes in %s', (_what, attributes) => {
    expect(reasonFor(group(attributes))).toBe('in scope as group');
  });

  it.each<[string, AttributeValues, string]>([
    ['a global distribution group', { groupType: ['2'] }, 'distribution group'],
    ['a universal distribution group', { groupType: ['8'] }, 'distribution group'],
    ['a group without a type', { groupType: [] }, 'distribution group'],
    ['a built-in group', { isCriticalSystemObject: ['TRUE'] }, 'critical system object'],
    ['a group that was written back', { adminDescription: ['Group_1'] }, 'written back'],
    ['the group of the synchronisation', { sAMAccountName: ['MSOL_AD_Sync_RichCoexistence'] }, 'synchronisation'],
    ['an Exchange role group', { msExchRecipientTypeDetails: ['1073741824'] }, 'role group'],
    ['a group without an account name', { sAMAccountName: [] }, 'no sAMAccountName'],
  ])('leaves out %s', (_what, attributes, reason) => {
    expect(reasonFor(group(attributes))).toContain(reason);
  });

  it('leaves out a conflict loser', () => {
    expect(reasonFor(group({}, { dn: conflictDn }))).toContain('replication conflict');
  });
});

describe('the scope of every class', () => {
  it.each<[ObjectClass, string]>([
    ['user', 'in scope as user'],
    ['inetOrgPerson', 'in scope as user'],
    ['group', 'in scope as group'],
  ])('takes in a %s', (objectClass, expected) => {
    expect(reasonFor({ ...user({ groupType: ['-2147483646'] }), objectClass })).toBe(expected);
  });

  it('leaves out contacts, because Graph cannot create them', () => {
    expect(reasonFor({ ...user({}), objectClass: 'contact' })).toContain('contact');
  });

  it('says the same whatever attributes beyond the rules an object has', () => {
    const extra = { title: ['User_'], displayName: ['MSOL_'], department: ['SystemMailbox{'], description: ['CNF:'] };
    expect(reasonFor(user(extra))).toBe('in scope as user');
  });
});
