import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guidFromBytes, guidToBytes } from '../../shared/directory/guid.ts';

describe('GUIDs as Active Directory stores them', () => {
  it('have their first three fields in little-endian order', () => {
    const bytes = Uint8Array.from([
      0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
    ]);
    expect(guidFromBytes(bytes)).toBe('00112233-4455-6677-8899-aabbccddeeff');
  });

  it('survive the way to text and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        expect([...guidToBytes(guidFromBytes(bytes))]).toEqual([...bytes]);
      }),
    );
  });

  it('are refused in any other length or form', () => {
    expect(() => guidFromBytes(new Uint8Array(15))).toThrow(RangeError);
    expect(() => guidToBytes('6f1cb0f0')).toThrow(RangeError);
  });
});
