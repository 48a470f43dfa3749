import type { SearchEntry } from 'ldapts';
import { describe, expect, it } from 'vitest';
import { canonicalValue, definitionsByName } from '../../../shared/directory/canonical.ts';
import { decodeDelta, decodeWhole, requestedAttributes } from '../../../onprem-relay/directory/ldap/decode.ts';
import { parseExtendedDn, readEntry, textOf, type DirectoryEntry } from '../../../onprem-relay/directory/ldap/entry.ts';
import { guidToBytes } from '../../../shared/directory/guid.ts';
import { guidOf } from '../../support/facts.ts';

type Values = Readonly<Record<string, readonly (string | Buffer)[]>>;

const bytesOf = (guid: string): Buffer => Buffer.from(guidToBytes(guid));
const link = (n: number): string => `<GUID=${guidOf(n).toUpperCase()}>;<SID=S-1-5-21-1>;CN=p${n},DC=test`;
const name = `<GUID=${guidOf(1)}>;<SID=S-1-5-21-1>;CN=Muster\\, Anna,OU=People,DC=test`;

/** An answer of the server, `incremental` as one to a DirSync search. */
function entryOf(values: Values, incremental = true, dn = name): DirectoryEntry {
  const attributes = Object.entries(values).map(([type, list]) => ({
    type,
    parsedBuffers: list.map((value) => (typeof value === 'string' ? Buffer.from(value, 'utf8') : value)),
  }));
  return readEntry({ name: dn, attributes } as unknown as SearchEntry, incremental);
}

const created = {
  objectClass: ['top', 'person', 'user'],
  whenCreated: ['20260301120000.0Z'],
  objectGUID: [bytesOf(guidOf(1))],
};
const guidOnly = { objectGUID: [bytesOf(guidOf(1))] };

describe('an entry of an LDAP answer', () => {
  it.each<[string, string, string | undefined]>([
    [name, 'CN=Muster\\, Anna,OU=People,DC=test', guidOf(1)],
    [`<GUID=${guidOf(10).toUpperCase()}>;CN=x`, 'CN=x', guidOf(10)],
    ['CN=plain,DC=test', 'CN=plain,DC=test', undefined],
    ['CN=<GUID=x>;y,DC=test', 'CN=<GUID=x>;y,DC=test', undefined],
    [`<SID=S-1-5>;CN=x`, 'CN=x', undefined],
    [
      `<GUID=${guidOf(1)}>;CN=a\\0ADEL:${guidOf(2)},CN=Deleted Objects`,
      `CN=a\\0ADEL:${guidOf(2)},CN=Deleted Objects`,
      guidOf(1),
    ],
    [`<GUID=${guidOf(1)}>;CN=a\nCNF:x`, 'CN=a\nCNF:x', guidOf(1)],
    ['', '', undefined],
  ])('splits an extended name: %j', (text, dn, guid) => {
    expect(parseExtendedDn(text)).toEqual({ dn, guid });
  });

  it('has its GUID from the attribute, or from its name', () => {
    expect(entryOf({ objectGUID: [bytesOf(guidOf(7))] }).guid).toBe(guidOf(7));
    expect(entryOf({}).guid).toBe(guidOf(1));
    expect(entryOf({ objectGUID: ['short'] }, true, 'CN=x').guid).toBeUndefined();
  });

  it('keeps bytes, and names without regard to case or options', () => {
    const binary = Buffer.from([0xff, 0, 0x80]);
    const entry = entryOf({ 'UserCertificate;binary': [binary], Title: ['Ä'] });
    expect(entry.attributes.get('usercertificate')?.whole).toEqual([binary]);
    expect(textOf(entry, 'TITLE')).toBe('Ä');
    expect(textOf(entry, 'mail')).toBeUndefined();
  });

  it.each([true, false])(
    'tells added and removed links apart in a DirSync answer, whichever comes first (%s)',
    (addedFirst) => {
      const both = [
        ['member;range=1-1', [link(2)]],
        ['member;range=0-0', [link(3)]],
      ] as const;
      const entry = entryOf(Object.fromEntries(addedFirst ? both : both.toReversed()));
      expect(entry.attributes.get('member')).toEqual({
        added: [Buffer.from(link(2))],
        removed: [Buffer.from(link(3))],
      });
    },
  );

  it.each<[string, number | undefined]>([
    ['member;range=0-1499', 1_499],
    ['member;Range=1500-2999', 2_999],
    ['member;range=3000-*', undefined],
    ['member', undefined],
    ['member;range=0-0', 0],
  ])('takes a range in an ordinary answer for a part of the list: %s', (type, partUntil) => {
    const { attributes } = entryOf({ [type]: [link(2)] }, false);
    expect(attributes.get('member')).toEqual({ whole: [Buffer.from(link(2))], partUntil });
  });

  it.each([true, false])(
    'does not lose a part of a list to the empty list of the bare name beside it (%s)',
    (bareFirst) => {
      const both: readonly (readonly [string, string[]])[] = [
        ['member', []],
        ['member;range=0-1499', [link(2)]],
      ];
      const entry = entryOf(Object.fromEntries(bareFirst ? both : both.toReversed()), false);
      expect(entry.attributes.get('member')).toMatchObject({ whole: [Buffer.from(link(2))], partUntil: 1_499 });
    },
  );
});

describe('an entry that shows an object whole', () => {
  it('has canonical values, its place and its links', () => {
    const sid = Buffer.from('010200000000000520000000' + '20020000', 'hex');
    const change = decodeWhole(
      entryOf({
        ...created,
        parentGUID: [bytesOf(guidOf(5))],
        name: ['Muster, Anna'],
        objectSid: [sid],
        title: [],
        userAccountControl: ['512'],
        isCriticalSystemObject: ['FALSE'],
        proxyAddresses: ['SMTP:a@x', 'smtp:b@x'],
        'mS-DS-ConsistencyGuid': [bytesOf(guidOf(8))],
        manager: [link(2)],
        member: [link(3), link(4)],
      }),
    );
    expect(change).toEqual({
      kind: 'present',
      objectGuid: guidOf(1),
      objectClass: 'user',
      whole: true,
      dn: 'CN=Muster\\, Anna,OU=People,DC=test',
      parentGuid: guidOf(5),
      attributes: {
        name: ['Muster, Anna'],
        objectSid: ['S-1-5-32-544'],
        userAccountControl: ['512'],
        isCriticalSystemObject: ['FALSE'],
        proxyAddresses: ['SMTP:a@x', 'smtp:b@x'],
        'mS-DS-ConsistencyGuid': [guidOf(8)],
        manager: [guidOf(2)],
      },
      links: [{ attribute: 'member', added: [guidOf(3), guidOf(4)], removed: [] }],
    });
  });

  it.each<[string, Values]>([
    ['a managed service account', { ...created, objectClass: ['user', 'computer', 'msDS-GroupManagedServiceAccount'] }],
    ['an organizational unit', { ...created, objectClass: ['top', 'organizationalUnit'] }],
    ['no class', guidOnly],
    ['a deleted user', { ...created, isDeleted: ['TRUE'] }],
  ])('is nothing for %s', (_what, values) => {
    expect(decodeWhole(entryOf(values))).toBeUndefined();
  });
});

describe('an entry of what changed', () => {
  const partial = { kind: 'present', objectGuid: guidOf(1), whole: false, attributes: {}, links: [] };

  it.each<[string, Values, unknown]>([
    ['a value', { ...guidOnly, title: ['x'] }, { ...partial, attributes: { title: ['x'] } }],
    ['a cleared value, unlike an unchanged one', { ...guidOnly, title: [] }, { ...partial, attributes: { title: [] } }],
    [
      'a value without canonical form: cleared',
      { ...guidOnly, userAccountControl: ['x'] },
      { ...partial, attributes: { userAccountControl: [] } },
    ],
    [
      'a consistency GUID of another length: cleared',
      { ...guidOnly, 'mS-DS-ConsistencyGuid': ['short'] },
      { ...partial, attributes: { 'mS-DS-ConsistencyGuid': [] } },
    ],
    [
      'links',
      { ...guidOnly, 'member;range=1-1': [link(2)], 'member;range=0-0': [link(3)] },
      { ...partial, links: [{ attribute: 'member', added: [guidOf(2)], removed: [guidOf(3)] }] },
    ],
    [
      'links whose target is gone, left out',
      { ...guidOnly, 'member;range=1-1': [link(2), 'CN=gone'] },
      { ...partial, links: [{ attribute: 'member', added: [guidOf(2)], removed: [] }] },
    ],
    ['a new manager', { ...guidOnly, manager: [link(2)] }, { ...partial, attributes: { manager: [guidOf(2)] } }],
    [
      'a manager that replaces another',
      { ...guidOnly, 'manager;range=0-0': [link(3)], 'manager;range=1-1': [link(2)] },
      { ...partial, attributes: { manager: [guidOf(2)] } },
    ],
    [
      'a manager that is gone: cleared',
      { ...guidOnly, 'manager;range=0-0': [link(2)] },
      { ...partial, attributes: { manager: [] } },
    ],
    [
      'a deletion',
      { ...guidOnly, isDeleted: ['TRUE'], name: ['a\nDEL:1'], title: [] },
      { kind: 'deleted', objectGuid: guidOf(1) },
    ],
    ['a deletion of what was new', { ...created, isDeleted: ['true'] }, { kind: 'deleted', objectGuid: guidOf(1) }],
  ])('tells %s', (_what, values, change) => {
    expect(decodeDelta(entryOf(values))).toEqual({ kind: 'change', change });
  });

  it('tells a new object whole', () => {
    expect(decodeDelta(entryOf(created))).toMatchObject({
      kind: 'change',
      change: { whole: true, objectClass: 'user' },
    });
  });

  it.each<[string, Values]>([
    ['a rename', { ...guidOnly, name: ['new'] }],
    ['a move', { ...guidOnly, parentGUID: [bytesOf(guidOf(5))] }],
    ['a change of class', { ...guidOnly, objectClass: ['top', 'user', 'inetOrgPerson'] }],
    ['a deleted object that came back', { ...guidOnly, isDeleted: [], name: ['a'] }],
  ])('asks to read the object after %s', (_what, values) => {
    expect(decodeDelta(entryOf(values))).toEqual({ kind: 'read-whole', objectGuid: guidOf(1) });
  });

  it.each<[string, DirectoryEntry]>([
    ['nothing that travels', entryOf({ ...guidOnly, whenChanged: ['20260301120000.0Z'] })],
    ['a new organizational unit', entryOf({ ...created, objectClass: ['top', 'organizationalUnit'] })],
    ['no GUID by which to name it', entryOf({ title: ['x'] }, true, 'CN=x')],
    ['links without targets only', entryOf({ ...guidOnly, 'member;range=1-1': ['CN=gone'] })],
  ])('is nothing with %s', (_what, entry) => {
    expect(decodeDelta(entry)).toEqual({ kind: 'nothing' });
  });

  it('can hold everything that is asked for, and what is asked for is everything that is needed', () => {
    const asked = new Set(requestedAttributes.map((each) => each.toLowerCase()));
    expect(asked.size).toBe(requestedAttributes.length);
    for (const needed of [
      ...definitionsByName.keys(),
      'objectguid',
      'objectclass',
      'parentguid',
      'isdeleted',
      'whencreated',
    ])
      expect(asked).toContain(needed);
  });
});

describe('a canonical value', () => {
  const definition = (attribute: string): Parameters<typeof canonicalValue>[0] => {
    const found = definitionsByName.get(attribute.toLowerCase());
    if (found === undefined) throw new Error(attribute);
    return found;
  };
  it.each<[string, Buffer | string, string | undefined]>([
    ['isCriticalSystemObject', 'true', 'TRUE'],
    ['isCriticalSystemObject', 'FALSE', 'FALSE'],
    ['groupType', '-2147483646', '-2147483646'],
    ['groupType', '', undefined],
    ['groupType', '1.0', undefined],
    ['msExchRecipientTypeDetails', '9223372036854775807', '9223372036854775807'],
    ['mS-DS-ConsistencyGuid', bytesOf(guidOf(1)), guidOf(1)],
    ['mS-DS-ConsistencyGuid', `{${guidOf(10).toUpperCase()}}`, guidOf(10)],
    ['mS-DS-ConsistencyGuid', Buffer.alloc(12), undefined],
    ['objectSid', 'S-1-5-32-544', 'S-1-5-32-544'],
    ['objectSid', Buffer.alloc(3), undefined],
    ['displayName', 'Ä 👍', 'Ä 👍'],
  ])('of %s %j is %j', (attribute, value, expected) => {
    expect(canonicalValue(definition(attribute), Buffer.from(value))).toBe(expected);
  });
});
