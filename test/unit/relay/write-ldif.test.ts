import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDirectory } from '../../../shared/directory/ldif/ldif-directory.ts';
import { parseLdif } from '../../../shared/directory/ldif/parse-ldif.ts';
import { ldifRecord, objectRecord } from '../../../shared/directory/ldif/write-ldif.ts';
import { guidOf } from '../../support/facts.ts';

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

describe('a written LDIF record', () => {
  it('is read back with the same values, whatever is in them', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.constantFrom('', ' a', 'a ', ':', '<x', 'a\nb', 'ü', '#'),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), (values) => {
        const record = ldifRecord(
          'CN=x,DC=test',
          values.map((one) => ['description', one] as const),
        );
        expect(record.split('\n').every((line) => line.length <= 76)).toBe(true);
        expect(record).toMatch(/^[\n -~]*\n\n$/);
        const [entry] = parseLdif(record, 'file');
        expect(entry?.attributes.get('description')?.map(text)).toEqual(values);
      }),
    );
  });

  it('keeps bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const [entry] = parseLdif(ldifRecord('CN=x,DC=test', [['data', bytes]]), 'file');
        expect(Array.from(entry?.attributes.get('data')?.[0] ?? [])).toEqual(Array.from(bytes));
      }),
    );
  });
});

describe('a written object', () => {
  it.each(['user', 'inetOrgPerson', 'group', 'contact', 'computer', 'foreignSecurityPrincipal'] as const)(
    'of class %s is read back as it was',
    (objectClass) => {
      const dn = 'CN=Zoë\\, the first,DC=contoso,DC=test';
      const record = objectRecord({
        objectGuid: guidOf(7),
        objectClass,
        dn,
        values: {
          name: ['Zoë, the first'],
          objectSid: ['S-1-5-21-1-2-3-1104'],
          'mS-DS-ConsistencyGuid': [guidOf(8)],
          msExchSafeSendersHash: ['AAEC/w=='],
          manager: [dn],
          member: [dn],
          proxyAddresses: ['SMTP:a@b', 'smtp:ü@b'],
          accountExpires: ['9223372036854775807'],
        },
      });
      const { objects } = readDirectory(parseLdif(`version: 1\n\n${record}`, 'file'), 'file');
      expect([...objects.values()]).toEqual([
        {
          objectGuid: guidOf(7),
          objectClass,
          dn,
          parentGuid: undefined,
          attributes: {
            name: ['Zoë, the first'],
            objectSid: ['S-1-5-21-1-2-3-1104'],
            'mS-DS-ConsistencyGuid': [guidOf(8)],
            msExchSafeSendersHash: ['AAEC/w=='],
            manager: [guidOf(7)],
            proxyAddresses: ['SMTP:a@b', 'smtp:ü@b'],
            accountExpires: ['9223372036854775807'],
          },
          links: { member: [guidOf(7)] },
        },
      ]);
    },
  );
});
