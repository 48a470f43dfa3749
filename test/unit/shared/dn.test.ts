import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fqdnOfDn, nameOfDn, normalizeDn, parentDn, parseDn, rdnsOf } from '../../../shared/directory/dn.ts';

/** RFC 4514 section 2.4: what must be escaped, each by a backslash and itself (NUL by its code). */
const escaped = (value: string): string => value.replace(/["+,;<>\\]|^[ #]| $/g, '\\$&').replaceAll('\0', '\\00');

/** Every byte of the value's UTF-8 form by its code: the other extreme of what a directory may write. */
const hexadecimal = (value: string): string =>
  [...Buffer.from(value, 'utf8')].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');

const type = fc.constantFrom('CN', 'OU', 'DC', 'cn', '2.5.4.3', 'uid');
const value = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(...Array.from(' #,+"\\<>;=\0\n\u00a0aÄ中👍')), minLength: 1, maxLength: 8 }),
);
const name = fc.array(fc.record({ type, value }), { minLength: 1, maxLength: 5 });
const spell = (parts: readonly { type: string; value: string }[], escape: (v: string) => string): string =>
  parts.map((part) => `${part.type}=${escape(part.value)}`).join(',');

describe('a distinguished name', () => {
  it.each([
    // The examples of RFC 4514 section 4.
    ['UID=jsmith,DC=example,DC=net', [['UID', 'jsmith']], [['DC', 'example']], [['DC', 'net']]],
    [
      'OU=Sales+CN=J.  Smith,DC=example',
      [
        ['OU', 'Sales'],
        ['CN', 'J.  Smith'],
      ],
      [['DC', 'example']],
    ],
    [String.raw`CN=James \"Jim\" Smith\, III,DC=net`, [['CN', 'James "Jim" Smith, III']], [['DC', 'net']]],
    [String.raw`CN=Before\0dAfter,DC=net`, [['CN', 'Before\rAfter']], [['DC', 'net']]],
    [String.raw`CN=Lu\C4\8Di\C4\87`, [['CN', 'Lučić']]],
    // Names as they are met: blanks around separators, a quoted value (RFC 2253), an escape beside a hexadecimal digit.
    ['CN = Anna Muster , DC = test', [['CN', 'Anna Muster']], [['DC', 'test']]],
    ['CN="Muster, Anna",DC=test', [['CN', 'Muster, Anna']], [['DC', 'test']]],
    [String.raw`CN=\ two\ ,DC=test`, [['CN', ' two ']], [['DC', 'test']]],
    [String.raw`CN=trailing\\ ,DC=test`, [['CN', 'trailing\\']], [['DC', 'test']]],
    [String.raw`CN=\#1 a=b,DC=test`, [['CN', '#1 a=b']], [['DC', 'test']]],
    [String.raw`CN=x\2Cy\,z\+`, [['CN', 'x,y,z+']]],
    ['CN=,DC=test', [['CN', '']], [['DC', 'test']]],
    ['CN=\u00a0hard blank\u00a0,DC=test', [['CN', '\u00a0hard blank\u00a0']], [['DC', 'test']]],
  ])('is taken apart: %s', (dn, ...parts) => {
    expect(parseDn(dn).map((rdn) => rdn.map((part) => [part.type, part.value]))).toEqual(parts);
  });

  it.each(['', '   '])('may be empty (%j)', (dn) => {
    expect(parseDn(dn)).toEqual([]);
    expect(normalizeDn(dn)).toBe('');
    expect(nameOfDn(dn)).toBe('');
  });

  it.each(['CN', 'CN=a,b', '=a', 'CN=a,,DC=b', 'CN=a,', 'CN=a+,DC=b', 'CN=a\\'])('is refused when broken: %s', (dn) => {
    expect(() => parseDn(dn)).toThrow(SyntaxError);
    expect(() => normalizeDn(dn)).toThrow(SyntaxError);
  });

  it('gives back every value that was escaped, in either spelling', () => {
    fc.assert(
      fc.property(name, fc.constantFrom(escaped, hexadecimal), (parts, escape) => {
        expect(parseDn(spell(parts, escape)).flat()).toEqual(parts);
      }),
    );
  });

  it('compares equal to itself in another spelling, and to no other name', () => {
    fc.assert(
      fc.property(name, name, (parts, others) => {
        const normal = normalizeDn(spell(parts, escaped));
        expect(normalizeDn(spell(parts, hexadecimal))).toBe(normal);
        expect(normalizeDn(spell(parts, (v) => ` ${escaped(v)} `))).toBe(normal);
        const lower = (list: typeof parts): string =>
          JSON.stringify(list.map((p) => [p.type.toLowerCase(), p.value.toLowerCase()]));
        expect(normalizeDn(spell(others, escaped)) === normal).toBe(lower(parts) === lower(others));
      }),
    );
  });

  it('is normal once it was made normal', () => {
    fc.assert(
      fc.property(name, (parts) => {
        const normal = normalizeDn(spell(parts, escaped));
        expect(normalizeDn(normal)).toBe(normal);
      }),
    );
  });

  it('compares without regard to case, and to the order of a multi-valued part', () => {
    expect(normalizeDn('CN=Anna+UID=7,DC=Contoso,DC=TEST')).toBe(normalizeDn('uid=7 + cn=ANNA, dc=contoso, dc=test'));
    expect(normalizeDn('CN=a,DC=test')).not.toBe(normalizeDn('DC=test,CN=a'));
  });

  it.each([
    ['CN=Anna,OU=People,DC=contoso,DC=test', 'OU=People,DC=contoso,DC=test'],
    [String.raw`CN=Muster\, Anna,OU=A\,B, DC=test`, String.raw`OU=A\,B, DC=test`],
    ['CN="Muster, Anna", OU=People', 'OU=People'],
    ['CN=a+OU=b,DC=test', 'DC=test'],
    ['DC=test', ''],
    ['', ''],
  ])('has its parent as it is spelled: %s', (dn, parent) => {
    expect(parentDn(dn)).toBe(parent);
  });

  it('keeps a parent that ends in an escaped blank', () => {
    expect(parseDn(parentDn(String.raw`CN=a,OU=b\ `))).toEqual([[{ type: 'OU', value: 'b ' }]]);
  });

  it.each([
    ['DC=Contoso,DC=Test', 'contoso.test'],
    ['OU=People,dc=emea,DC=contoso,DC=test', 'emea.contoso.test'],
    ['DC=www,CN=MicrosoftDNS,DC=DomainDnsZones,DC=contoso,DC=test', 'domaindnszones.contoso.test'],
    [String.raw`CN=Muster\, DC=Anna,DC=contoso,DC=test`, 'contoso.test'],
    [String.raw`CN=Muster\,DC=Anna`, ''],
    [String.raw`CN=ends in a backslash\\,DC=test`, 'test'],
    ['CN="Muster,DC=Anna",DC=test', 'test'],
    ['CN=a , dc = contoso , DC= test ', 'contoso.test'],
    ['O=Contoso', ''],
    ['', ''],
  ])('spells the DNS name of its domain: %s', (dn, fqdn) => {
    expect(fqdnOfDn(dn)).toBe(fqdn);
  });

  it('spells the same DNS name however the parts are escaped', () => {
    fc.assert(
      fc.property(name, fc.constantFrom(escaped, hexadecimal), (parts, escape) => {
        const labels = parts.slice(parts.findLastIndex((part) => part.type !== 'DC') + 1).map((part) => part.value);
        expect(fqdnOfDn(spell(parts, escape))).toBe(labels.map((label) => label.toLowerCase()).join('.'));
      }),
    );
  });

  it('is cut into its parts as they are written, as many as are asked for', () => {
    const dn = String.raw`CN=Muster\, Anna, OU=a+OU="b,c",DC=test`;
    expect(rdnsOf(dn)).toEqual([String.raw`CN=Muster\, Anna`, 'OU=a+OU="b,c"', 'DC=test']);
    expect(rdnsOf(dn, 1)).toEqual([String.raw`CN=Muster\, Anna`]);
    expect(rdnsOf(dn, 9)).toHaveLength(3);
    expect(rdnsOf(' ')).toEqual([]);
  });

  it('shows the name of an object that lost a replication conflict with its line feed', () => {
    const dn = String.raw`CN=Anna\0ACNF:00000001-0000-4000-8000-000000000000,DC=test`;
    expect(nameOfDn(dn)).toBe('Anna\nCNF:00000001-0000-4000-8000-000000000000');
  });
});
