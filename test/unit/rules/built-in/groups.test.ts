import { describe, expect, it } from 'vitest';
import type { AttributeValues } from '../../../../shared/directory/change.ts';
import type { SpaceObject } from '../../../../shared/engine/space-object.ts';
import { guidOf } from '../../../support/facts.ts';
import {
  anchorOf,
  becomes,
  contact,
  directoryObject,
  evaluate,
  evaluateOne,
  group,
  metaverseValue,
  tenantWith,
  user,
  type Given,
} from './world.ts';

const distribution = { groupType: ['2'] };

describe('a group', () => {
  it.each<[string, AttributeValues, Given]>([
    ['the mark of a critical object is there, whatever it says', { isCriticalSystemObject: ['FALSE'] }, {}],
    ['it is the group of the synchronisation service', { sAMAccountName: ['MSOL_AD_Sync_RichCoexistence'] }, {}],
    ['it is a role group of Exchange', { msExchRecipientTypeDetails: ['1073741824'] }, {}],
    ['it lost a replication conflict', {}, { dn: String.raw`CN=Staff\0ACNF:${guidOf(9)},DC=contoso,DC=test` }],
  ])('stays out of Entra when %s', (_, attributes, given) => {
    expect(metaverseValue(group(attributes, given), 'cloudFiltered')).toBe(true);
    expect(becomes([group(attributes, given)])).toEqual(['nothing']);
  });

  it.each<[string, AttributeValues]>([
    ['it is a security group', {}],
    ['it is a distribution group with an address', { ...distribution, mail: ['all@contoso.test'] }],
    [
      'it is a distribution group with a primary address',
      { ...distribution, proxyAddresses: ['SMTP:all@contoso.test'] },
    ],
    ['its account name only resembles that of the service', { sAMAccountName: ['msol_ad_sync_richcoexistence'] }],
    ['it is a universal security group (0x80000008)', { groupType: ['-2147483640'] }],
  ])('is a group for Entra when %s', (_, attributes) => {
    expect(becomes([group(attributes)])).toEqual(['group']);
  });

  it.each<[string, AttributeValues]>([
    ['without any address', {}],
    ['with X500 addresses only', { proxyAddresses: ['X500:/o=a'] }],
  ])('for distribution stays out of Entra %s', (_, attributes) => {
    expect(becomes([group({ ...distribution, ...attributes })])).toEqual(['nothing']);
  });

  it.each<[AttributeValues, boolean]>([
    [{}, false],
    [{ mail: ['all@contoso.test'] }, true],
    [{ mail: ['all'] }, false],
    [{ proxyAddresses: ['SMTP:all@contoso.test'] }, true],
    [{ proxyAddresses: ['SMTP:all'] }, false],
    [{ proxyAddresses: ['smtp:all@contoso.test'] }, false],
    [{ proxyAddresses: ['X500:/o=a'] }, false],
    [{ proxyAddresses: ['X500:/o=a'], mail: ['all@contoso.test'] }, true],
  ])('with %j has an address: %s', (attributes, enabled) => {
    expect(metaverseValue(group(attributes), 'mailEnabled')).toBe(enabled);
  });

  it('is not looked at when it is a critical object, or was written back from Entra', () => {
    expect(evaluate([group({ isCriticalSystemObject: ['TRUE'] })]).metaverse).toEqual([]);
    expect(evaluate([group({ adminDescription: ['Group_0123'] })]).metaverse).toEqual([]);
  });

  it('has its anchor from mS-DS-ConsistencyGuid where it moved, else from objectGUID', () => {
    expect(metaverseValue(group(), 'sourceAnchor')).toBe(anchorOf(guidOf(20)));
    expect(metaverseValue(group({ 'mS-DS-ConsistencyGuid': [guidOf(7)] }), 'sourceAnchor')).toBe(anchorOf(guidOf(7)));
  });

  it('passes its members on without naming them', () => {
    const [target] = evaluateOne(group({}, { members: 3 })).targets;
    expect(target?.links.get('member')).toEqual([
      { connector: 'contoso.test', objectGuid: guidOf(20), attribute: 'member' },
    ]);
  });
});

describe('the limit of members', () => {
  const there = tenantWith('group', { sourceAnchor: anchorOf(guidOf(20)), cloudAnchor: 'Group_1' });
  const limit = { groupMemberLimit: 10 };

  it.each([
    [9, ['group']],
    [10, ['nothing']],
    [11, ['nothing']],
  ])('with %d members a new group becomes %s', (members, result) => {
    expect(becomes([group({}, { members })], limit)).toEqual(result);
  });

  it('lets a group that Entra has go on up to the limit', () => {
    const { failures, targets } = evaluateOne(group({}, { members: 10 }), limit, there);
    expect(failures).toEqual([]);
    expect(targets[0]?.links.has('member')).toBe(true);
  });

  it('stops a group that Entra has beyond it, with an error, and does not remove it', () => {
    const { failures, targets } = evaluateOne(group({}, { members: 11 }), limit, there);
    expect(failures).toMatchObject([{ code: 'LS5101', attribute: 'member' }]);
    expect(failures[0]?.message).toContain('more than 10 members');
    expect(targets).toHaveLength(1);
  });

  it('stops a group whose anchor changed', () => {
    const { failures } = evaluateOne(group({ 'mS-DS-ConsistencyGuid': [guidOf(7)] }), {}, there);
    expect(failures).toMatchObject([{ code: 'LS5101', attribute: 'sourceAnchor' }]);
  });
});

describe('a contact', () => {
  it.each<[string, AttributeValues]>([
    ['an address', {}],
    ['a primary address', { proxyAddresses: ['SMTP:partner@fabrikam.test'] }],
  ])('with %s is a contact for Entra', (_, attributes) => {
    expect(becomes([contact(attributes)])).toEqual(['contact']);
  });

  it.each<[string, AttributeValues, Given]>([
    ['without an @ in any address', { mail: ['partner'], proxyAddresses: ['X500:/o=a'] }, {}],
    ['when the mark of a critical object is there', { isCriticalSystemObject: ['FALSE'] }, {}],
    [
      'when an older product made it and hid it',
      { displayName: ['Partner (MSOL)'], msExchHideFromAddressLists: ['TRUE'] },
      {},
    ],
    ['when it is one of a client access server', { mailNickname: ['CAS_{1}'] }, {}],
    ['when it lost a replication conflict', {}, { dn: String.raw`CN=x\0ACNF:${guidOf(9)},DC=contoso,DC=test` }],
  ])('stays out of Entra %s', (_, attributes, given) => {
    expect(becomes([contact(attributes, given)])).toEqual(['nothing']);
  });

  it('goes to Entra when it is hidden, or is called (MSOL), but not both', () => {
    expect(becomes([contact({ msExchHideFromAddressLists: ['TRUE'] })])).toEqual(['contact']);
    expect(becomes([contact({ displayName: ['Partner (MSOL)'] })])).toEqual(['contact']);
  });

  it('gets nowhere without mail, the one thing that it is found by', () => {
    expect(evaluate([contact({ mail: [], proxyAddresses: ['SMTP:partner@fabrikam.test'] })]).unjoined).toMatchObject([
      { reason: 'no join value' },
    ]);
  });
});

describe('a computer', () => {
  const computer = (attributes: AttributeValues): SpaceObject =>
    directoryObject({ name: ['PC1'], userAccountControl: ['4096'], ...attributes }, { type: 'computer', number: 40 });

  /** One with a certificate, which the relay does not read yet. */
  const registered = (attributes: AttributeValues): SpaceObject => {
    const object = computer(attributes);
    return {
      ...object,
      present: [...object.present, 'userCertificate'],
      value: (name) => (name === 'userCertificate' ? [Uint8Array.of(48)] : object.value(name)),
    };
  };

  it('stays out of Entra without a certificate, for it has not registered itself', () => {
    expect(metaverseValue(computer({}), 'cloudFiltered')).toBe(true);
    expect(becomes([computer({})])).toEqual(['nothing']);
  });

  it.each([
    ['Windows 10 Enterprise', '10.0 (19045)', null],
    ['Windows 7 Professional', '6.1 (7601)', true],
    ['Linux', '6.1', null],
  ])('with %s %s is filtered: %s', (operatingSystem, operatingSystemVersion, filtered) => {
    const object = registered({
      operatingSystem: [operatingSystem],
      operatingSystemVersion: [operatingSystemVersion],
    });
    expect(metaverseValue(object, 'cloudFiltered')).toBe(filtered);
    expect(becomes([object])).toEqual([filtered === true ? 'nothing' : 'device']);
  });

  it('is called by the first label of its DNS name', () => {
    expect(metaverseValue(computer({ dNSHostName: ['pc1.contoso.test'] }), 'displayName')).toBe('pc1');
    expect(metaverseValue(computer({}), 'displayName')).toBe('PC1');
  });
});

describe('a foreign security principal', () => {
  const sid = 'S-1-5-21-1-2-3-1001';
  const principal = directoryObject(
    { name: [sid] },
    { type: 'foreignSecurityPrincipal', number: 50, connector: 'fabrikam.test' },
  );

  it('is the user of the other forest that has its SID', () => {
    const { metaverse } = evaluate([principal, user()]);
    expect(metaverse.map(({ members }) => members.map(({ connector }) => connector))).toEqual([
      ['contoso.test', 'fabrikam.test'],
    ]);
  });

  it('is the group of the other forest that has its SID', () => {
    const { metaverse } = evaluate([principal, group({ objectSid: [sid] })]);
    expect(metaverse.map(({ type, members }) => [type, members.length])).toEqual([['group', 2]]);
  });

  it('is nobody when nobody has its SID', () => {
    expect(evaluate([principal]).unjoined).toMatchObject([{ reason: 'no match' }]);
  });
});
