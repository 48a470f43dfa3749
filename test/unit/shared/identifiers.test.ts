import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountControl, groupTypeBits, hasBit } from '../../../shared/directory/account-control.ts';
import { directoryAttributes } from '../../../shared/directory/attributes.ts';
import { guidFromBytes } from '../../../shared/directory/guid.ts';
import { integerOf, labelOf, textOf } from '../../../shared/directory/object.ts';
import { sidFromBytes } from '../../../shared/directory/sid.ts';
import {
  anchorKeyOf,
  anchorKeyOfUniqueName,
  guidOfSourceAnchor,
  sourceAnchorOfGuid,
  uniqueNameOf,
} from '../../../shared/engine/anchor.ts';
import { guidOf, userObject } from '../../support/facts.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('a security identifier', () => {
  it.each([
    ['01 01 000000000000 00000000', 'S-1-0-0'],
    ['01 02 000000000005 20000000 20020000', 'S-1-5-32-544'],
    ['01 05 000000000005 15000000 01020304 ffffffff 00000080 f4010000', 'S-1-5-21-67305985-4294967295-2147483648-500'],
    ['01 00 000000000005', 'S-1-5'],
    ['01 01 0000ffffffff 01000000', 'S-1-4294967295-1'],
    // MS-DTYP 2.4.2.1: an authority of 2^32 and more is written in hexadecimal, always with 12 digits.
    ['01 01 000100000000 01000000', 'S-1-0x000100000000-1'],
    ['01 01 0a0b0c0d0e0f 01000000', 'S-1-0x0a0b0c0d0e0f-1'],
  ])('is written as text: %s', (bytes, text) => {
    expect(sidFromBytes(hex(bytes))).toBe(text);
  });

  it('is read from the middle of a larger buffer', () => {
    const outer = Buffer.concat([Buffer.alloc(3, 0xff), hex('01 02 000000000005 20000000 20020000')]);
    expect(sidFromBytes(outer.subarray(3))).toBe('S-1-5-32-544');
  });

  it.each([
    '',
    '01',
    '01 01 000000000005',
    '01 01 000000000005 200000',
    '01 01 000000000005 20000000 00',
    '01 02 0000',
  ])('is refused when it is not one whole: %j', (bytes) => {
    expect(() => sidFromBytes(hex(bytes))).toThrow(RangeError);
  });
});

describe('a bit of a directory number', () => {
  it.each([
    [-2147483646n, groupTypeBits.securityEnabled, true, 'a security group, signed as the directory has it'],
    [2147483650n, groupTypeBits.securityEnabled, true, 'the same, unsigned'],
    [2n, groupTypeBits.securityEnabled, false, 'a distribution group'],
    [514n, accountControl.accountDisable, true, 'a disabled account'],
    [512n, accountControl.accountDisable, false, 'an enabled account'],
    [-1n, 1n << 63n, true, 'every bit of minus one'],
    [1n << 31n, 1n << 31n, true, 'a bit where 32-bit arithmetic turns negative'],
    [1n << 33n, 2n, false, 'a bit that 32-bit arithmetic would wrap to'],
  ])('of %d: %d is %s (%s)', (value, bit, set) => {
    expect(hasBit(value, bit)).toBe(set);
  });
});

describe('the list of attributes', () => {
  it('names each attribute once, whatever its case, and lets links be multi-valued only', () => {
    const names = directoryAttributes.map((definition) => definition.name.toLowerCase());
    expect(new Set(names).size).toBe(names.length);
    for (const { syntax, multiValued } of directoryAttributes) {
      if (syntax === 'links') expect(multiValued).toBe(true);
      if (syntax === 'reference') expect(multiValued).toBe(false);
    }
  });
});

describe('a value of an object', () => {
  it.each([
    [[], undefined],
    [[''], undefined],
    [[' \t '], undefined],
    [[' a b '], 'a b'],
    [['first', 'second'], 'first'],
  ])('is text without the blanks around it: %j', (values, text) => {
    expect(textOf(userObject('anna', { title: values }), 'title')).toBe(text);
  });

  it.each([
    ['512', 512n],
    [' 512 ', 512n],
    ['-2147483646', -2147483646n],
    ['9223372036854775807', 9223372036854775807n],
    ['', undefined],
    ['-', undefined],
    ['0x10', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['+1', undefined],
  ])('is an integer or nothing: %j', (text, value) => {
    expect(integerOf(userObject('anna', { userAccountControl: [text] }), 'userAccountControl')).toBe(value);
  });

  it('names the object by its sign-in name, its account, or its place', () => {
    expect(labelOf(userObject('anna'))).toBe('anna@contoso.test');
    expect(labelOf(userObject('anna', { userPrincipalName: [] }))).toBe('anna');
    expect(labelOf(userObject('anna', { userPrincipalName: [], sAMAccountName: [] }))).toBe(
      'CN=anna,OU=People,DC=contoso,DC=test',
    );
  });
});

describe('the source anchor', () => {
  const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });

  it('is, made of a GUID, the base64 of the bytes that Active Directory stores', () => {
    expect(sourceAnchorOfGuid('00112233-4455-6677-8899-aabbccddeeff')).toBe('MyIRAFVEd2aImaq7zN3u/w==');
    fc.assert(
      fc.property(bytes, (stored) => {
        const guid = guidFromBytes(stored);
        expect(sourceAnchorOfGuid(guid)).toBe(Buffer.from(stored).toString('base64'));
        expect(guidOfSourceAnchor(sourceAnchorOfGuid(guid))).toBe(guid);
      }),
    );
  });

  it('gives a GUID only when it is exactly the one made of that GUID', () => {
    const texts = fc.oneof(fc.string({ maxLength: 30 }), fc.base64String({ minLength: 24, maxLength: 24 }));
    fc.assert(
      fc.property(texts, (text) => {
        const guid = guidOfSourceAnchor(text);
        if (guid !== undefined) expect(sourceAnchorOfGuid(guid)).toBe(text);
      }),
    );
  });

  it('has a key in the form of a GUID, another one for every other text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(anchorKeyOf(a)).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
        if (a !== b) expect(anchorKeyOf(a)).not.toBe(anchorKeyOf(b));
      }),
    );
    expect(anchorKeyOf('EMP1001')).not.toBe(anchorKeyOf('emp1001'));
  });

  it.each([
    ['', 'empty'],
    ['S-1-5-21-1', 'a SID'],
    ['anna@contoso.test', 'a mail address'],
    ['MyIRAFVEd2aImaq7zN3u/w', 'without padding'],
    ['MyIRAFVEd2aImaq7zN3u_w==', 'base64url'],
    ['MyIRAFVEd2aImaq7zN3u/x==', 'with bits in it that no 16 bytes give'],
    ['MyIRAFVEd2aImaq7zN3u/w==\n', 'with a line feed'],
    ['MyIRAFVEd2aImaq7zN3u/wAA', '18 bytes'],
  ])('of another form has no GUID: %j (%s)', (text) => {
    expect(guidOfSourceAnchor(text)).toBeUndefined();
  });

  it("is, as a group's unique name, readable by its key, and found in no other name", () => {
    fc.assert(
      fc.property(bytes, (stored) => {
        const guid = guidFromBytes(stored);
        expect(anchorKeyOfUniqueName(uniqueNameOf(sourceAnchorOfGuid(guid)))).toBe(guid);
      }),
    );
    expect(anchorKeyOfUniqueName(uniqueNameOf('EMP1001'))).toBe(anchorKeyOf('EMP1001'));
    for (const foreign of ['', 'ad-', 'staff', guidOf(1), `AD-${guidOf(1)}`, `ad-${guidOf(1)}x`, `xad-${guidOf(1)}`])
      expect(anchorKeyOfUniqueName(foreign)).toBeUndefined();
  });
});
