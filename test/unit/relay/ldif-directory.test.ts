import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffDirectories, wholeObject } from '../../../onprem-relay/directory/ldif/diff.ts';
import { readDirectory, type LdifDirectory } from '../../../shared/directory/ldif/ldif-directory.ts';
import { parseLdif } from '../../../shared/directory/ldif/parse-ldif.ts';
import { Batcher } from '../../../onprem-relay/stream/batching.ts';
import type { DirectoryChange } from '../../../shared/directory/change.ts';
import { guidToBytes } from '../../../shared/directory/guid.ts';
import { guidOf } from '../../support/facts.ts';
import { ModelReceiver } from '../../support/relay/model-receiver.ts';

const root = ['dn: DC=contoso,DC=test', 'objectClass: domainDNS', `objectGUID: ${guidOf(100)}`].join('\n');

const entry = (name: string, objectClass: string, ...lines: string[]): string =>
  [`dn: CN=${name},DC=contoso,DC=test`, `objectClass: ${objectClass}`, ...lines].join('\n');
const person = (name: string, n: number, ...lines: string[]): string =>
  entry(name, 'user', `objectGUID: ${guidOf(n)}`, ...lines);

const directoryOf = (...entries: readonly string[]): LdifDirectory =>
  readDirectory(parseLdif(entries.join('\n\n'), 'file.ldif'), 'file.ldif');

function only(directory: LdifDirectory): ReturnType<LdifDirectory['objects']['get']> & object {
  const [object] = directory.objects.values();
  if (object === undefined) throw new Error('There is no object.');
  return object;
}

describe('an LDIF file read as a directory', () => {
  it('shows objects in canonical form, with what a domain controller would add', () => {
    const binary = Buffer.from(guidToBytes(guidOf(1))).toString('base64');
    const sid = Buffer.from('0102000000000005200000002002000000'.slice(0, 32), 'hex').toString('base64');
    const directory = directoryOf(
      root,
      entry(
        'Anna',
        'top',
        'objectClass: user',
        `objectGUID:: ${binary}`,
        `objectSid:: ${sid}`,
        'TITLE: Clerk',
        'isCriticalSystemObject: true',
        'userAccountControl: 512',
        'unknownAttribute: x',
        'givenName: A',
        'givenName: B',
        'description: 1',
        'description: 2',
      ),
    );
    expect([...directory.objects.values()]).toEqual([
      {
        objectGuid: guidOf(1),
        objectClass: 'user',
        dn: 'CN=Anna,DC=contoso,DC=test',
        parentGuid: guidOf(100),
        attributes: {
          name: ['Anna'],
          objectSid: ['S-1-5-32-544'],
          title: ['Clerk'],
          isCriticalSystemObject: ['TRUE'],
          userAccountControl: ['512'],
          givenName: ['A'],
          description: ['1', '2'],
        },
        links: {},
      },
    ]);
  });

  it.each<[string[], string | undefined]>([
    [['top', 'person', 'organizationalPerson', 'user'], 'user'],
    [['inetOrgPerson', 'USER'], 'inetOrgPerson'],
    [['Group'], 'group'],
    [['contact'], 'contact'],
    [['user', 'computer'], 'computer'],
    [['top', 'foreignSecurityPrincipal'], 'foreignSecurityPrincipal'],
    [['user', 'computer', 'msDS-ManagedServiceAccount'], undefined],
    [['user', 'computer', 'msDS-GroupManagedServiceAccount'], undefined],
    [['inetOrgPerson'], undefined],
    [['organizationalUnit'], undefined],
  ])('lets %j travel as %s', (classes, expected) => {
    const [first = '', ...rest] = classes;
    const directory = directoryOf(entry('a', first, ...rest.map((name) => `objectClass: ${name}`)));
    expect([...directory.objects.values()].map((object) => object.objectClass)).toEqual(
      expected === undefined ? [] : [expected],
    );
  });

  it('resolves members and managers by name in whatever spelling, and leaves out those that are not there', () => {
    const directory = directoryOf(
      person('Muster\\, Anna', 1, 'manager: cn = bert , dc=CONTOSO, dc=test'),
      person('Bert', 2, 'manager: CN=nobody,DC=contoso,DC=test'),
      entry(
        'staff',
        'group',
        `objectGUID: ${guidOf(3)}`,
        'member: CN=Muster\\2C Anna,DC=contoso,DC=test',
        'member: CN=bert,DC=contoso,DC=test',
        'member: CN=BERT,DC=contoso,DC=test',
        'member: CN=gone,DC=contoso,DC=test',
        'member: broken',
      ),
    );
    expect(directory.objects.get(guidOf(1))?.attributes).toMatchObject({
      manager: [guidOf(2)],
      name: ['Muster, Anna'],
    });
    expect(directory.objects.get(guidOf(2))?.attributes).not.toHaveProperty('manager');
    expect(directory.objects.get(guidOf(3))?.links).toEqual({ member: [guidOf(1), guidOf(2)] });
  });

  it('leaves out deleted objects and values that have no canonical form', () => {
    const directory = directoryOf(
      person('a', 1, 'isDeleted: TRUE'),
      person('b', 2, 'userAccountControl: many', 'mS-DS-ConsistencyGuid: short', 'objectSid: none'),
    );
    expect([...directory.objects.keys()]).toEqual([guidOf(2)]);
    expect(directory.objects.get(guidOf(2))?.attributes).toEqual({ name: ['b'] });
  });

  it('gives an object without objectGUID one that stays when the file is written in another way', () => {
    const guid = only(directoryOf(entry('Anna', 'user'))).objectGuid;
    expect(guid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(only(directoryOf('dn: cn=anna, dc=Contoso, dc=test\nobjectClass: user\ntitle: x')).objectGuid).toBe(guid);
    expect(only(directoryOf(entry('Bert', 'user'))).objectGuid).not.toBe(guid);
  });

  it.each<[string, string[], RegExp]>([
    ['two entries of one name', [person('a', 1), person('A', 2)], /^Line 5: .*same DN as the one at line 1/],
    ['two entries of one GUID', [person('a', 1), person('b', 1)], /^Line 5: .*same objectGUID as the one at line 1/],
    ['an entry without a class', ['dn: CN=a,DC=test\ncn: a'], /^Line 1: .*no objectClass/],
    ['a name that is none', ['dn: anna\nobjectClass: user'], /^Line 1: "anna" is not a distinguished name/],
    [
      'a GUID that is none, for another would be another object',
      [entry('a', 'user', 'objectGUID: 1234')],
      /^Line 1: .*objectGUID/,
    ],
  ])('is refused with %s', (_what, entries, message) => {
    const read = (): unknown => directoryOf(...entries);
    expect(read).toThrow(message);
    expect(read).toThrow(expect.objectContaining({ code: 'LS1202' }) as Error);
  });

  it('knows the names of its domain', () => {
    const crossRef =
      'dn: CN=CONTOSO,CN=Partitions,CN=Configuration,DC=contoso,DC=test\nobjectClass: crossRef\nnETBIOSName: CONTOSO';
    expect(directoryOf(root, crossRef).domain).toEqual({
      namingContext: 'DC=contoso,DC=test',
      fqdn: 'contoso.test',
      netbios: 'CONTOSO',
    });
    expect(directoryOf(person('a', 1)).domain).toEqual({
      namingContext: 'DC=contoso,DC=test',
      fqdn: 'contoso.test',
      netbios: undefined,
    });
  });
});

describe('what changed between two readings', () => {
  const group = (...members: string[]): string =>
    entry(
      'staff',
      'group',
      `objectGUID: ${guidOf(9)}`,
      ...members.map((name) => `member: CN=${name},DC=contoso,DC=test`),
    );
  const changesOf = (before: readonly string[], after: readonly string[]): DirectoryChange[] =>
    diffDirectories(directoryOf(...before), directoryOf(...after));
  const partial = { kind: 'present', whole: false, links: [] };

  it.each<[string, string[], string[], unknown[]]>([
    ['nothing', [person('a', 1, 'title: x')], [person('a', 1, 'title: x')], []],
    [
      'the order of values',
      [person('a', 1, 'description: 1', 'description: 2')],
      [person('a', 1, 'description: 2', 'description: 1')],
      [],
    ],
    ['the order of entries', [person('a', 1), person('b', 2)], [person('b', 2), person('a', 1)], []],
    [
      'the order of members',
      [person('a', 1), person('b', 2), group('a', 'b')],
      [person('a', 1), person('b', 2), group('b', 'a')],
      [],
    ],
    [
      'a value',
      [person('a', 1, 'title: x')],
      [person('a', 1, 'title: y')],
      [{ ...partial, objectGuid: guidOf(1), attributes: { title: ['y'] } }],
    ],
    [
      'a value that is gone: cleared',
      [person('a', 1, 'title: x')],
      [person('a', 1)],
      [{ ...partial, objectGuid: guidOf(1), attributes: { title: [] } }],
    ],
    [
      'a value that came twice',
      [person('a', 1, 'description: 1')],
      [person('a', 1, 'description: 1', 'description: 1')],
      [{ attributes: { description: ['1', '1'] } }],
    ],
    [
      'a new object: whole',
      [person('a', 1)],
      [person('a', 1), person('b', 2)],
      [{ kind: 'present', whole: true, objectGuid: guidOf(2), objectClass: 'user' }],
    ],
    [
      'a rename',
      [person('a', 1)],
      [person('b', 1)],
      [{ ...partial, dn: 'CN=b,DC=contoso,DC=test', attributes: { name: ['b'] } }],
    ],
    [
      'a class: whole again',
      [person('a', 1)],
      [entry('a', 'group', `objectGUID: ${guidOf(1)}`)],
      [{ whole: true, objectClass: 'group' }],
    ],
    [
      'a deletion, last',
      [person('a', 1), person('b', 2)],
      [person('b', 2, 'title: x')],
      [{ objectGuid: guidOf(2) }, { kind: 'deleted', objectGuid: guidOf(1) }],
    ],
    [
      'an object that becomes a managed service account: gone',
      [person('a', 1)],
      [
        entry(
          'a',
          'user',
          'objectClass: computer',
          'objectClass: msDS-ManagedServiceAccount',
          `objectGUID: ${guidOf(1)}`,
        ),
      ],
      [{ kind: 'deleted' }],
    ],
    ['a deletion mark', [person('a', 1)], [person('a', 1, 'isDeleted: TRUE')], [{ kind: 'deleted' }]],
    [
      'members',
      [person('a', 1), person('b', 2), group('a')],
      [person('a', 1), person('b', 2), group('b')],
      [
        {
          objectGuid: guidOf(9),
          attributes: {},
          links: [{ attribute: 'member', added: [guidOf(2)], removed: [guidOf(1)] }],
        },
      ],
    ],
    [
      'each list of links by itself',
      [person('a', 1, 'PUBLICDELEGATES: CN=b,DC=contoso,DC=test'), person('b', 2)],
      [
        person('a', 1, 'authOrig: CN=b,DC=contoso,DC=test', 'unauthOrig: CN=a,DC=contoso,DC=test'),
        person('b', 2, 'managedBy: CN=a,DC=contoso,DC=test'),
      ],
      [
        {
          objectGuid: guidOf(1),
          attributes: {},
          links: [
            { attribute: 'publicDelegates', added: [], removed: [guidOf(2)] },
            { attribute: 'authOrig', added: [guidOf(2)], removed: [] },
            { attribute: 'unauthOrig', added: [guidOf(1)], removed: [] },
          ],
        },
        { objectGuid: guidOf(2), attributes: { managedBy: [guidOf(1)] }, links: [] },
      ],
    ],
    [
      'the name of a member, not the group',
      [person('a', 1), group('a')],
      [person('b', 1), group('b')],
      [{ objectGuid: guidOf(1) }],
    ],
  ])('says %s', (_what, before, after, expected) => {
    expect(changesOf(before, after)).toMatchObject(expected);
    expect(changesOf(before, after)).toHaveLength(expected.length);
  });

  it('leads from any state to any other', () => {
    const state = fc.uniqueArray(
      fc.record({
        n: fc.integer({ min: 1, max: 6 }),
        kind: fc.constantFrom('user', 'group'),
        titles: fc.array(fc.constantFrom('x', 'y'), { maxLength: 2 }),
        members: fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { maxLength: 4 }),
      }),
      { selector: ({ n }) => n, maxLength: 6 },
    );
    const write = (objects: typeof state extends fc.Arbitrary<infer T> ? T : never): LdifDirectory =>
      directoryOf(
        ...objects.map(({ n, kind, titles, members }) =>
          entry(
            `o${n}`,
            kind,
            `objectGUID: ${guidOf(n)}`,
            ...titles.map((title) => `description: ${title}`),
            ...members.map((m) => `member: CN=o${m},DC=contoso,DC=test`),
          ),
        ),
      );
    let tokens = 0;
    const contents = (changes: readonly DirectoryChange[], receiver = new ModelReceiver()): unknown => {
      const batcher = new Batcher(() => String((tokens += 1)));
      for (const change of [...batcher.add(changes), batcher.rest()].flat()) receiver.applyChange(change);
      const objects = [...receiver.objects].map(([id, { attributes, links }]) => [
        id,
        Object.fromEntries([...attributes].map(([name, values]) => [name, values.toSorted()])),
        [...(links.get('member') ?? [])].sort(),
      ]);
      return Object.fromEntries(objects.map(([id, ...rest]) => [id, rest]));
    };
    fc.assert(
      fc.property(state, state, (first, second) => {
        const [before, after] = [write(first), write(second)];
        const receiver = new ModelReceiver();
        contents([...before.objects.values()].map(wholeObject), receiver);
        const reached = contents(diffDirectories(before, after), receiver);
        expect(reached).toEqual(contents([...after.objects.values()].map(wholeObject)));
        expect(diffDirectories(after, after)).toEqual([]);
      }),
    );
  });
});
