import { createHash } from 'node:crypto';

// Namespace of the estate's GUIDs: any fixed 16 bytes do.
const namespace = Buffer.from('6b1f3c52d0a94c7e8a35c2e1f4b7096d', 'hex');

/**
 * The 16 bytes of an object's GUID as the directory stores them: a name-based GUID (RFC 9562 section 5.5, version 5), so
 * that an object keeps its GUID however often the estate is generated. The first three fields are little-endian in the
 * directory (MS-DTYP 2.3.4.2), so the half byte of the version stands in byte 7.
 */
export function guidBytes(name: string): Uint8Array {
  const bytes = createHash('sha1').update(namespace).update(name).digest().subarray(0, 16);
  bytes[7] = ((bytes[7] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return new Uint8Array(bytes);
}

/** Lower case with dashes, from the stored bytes. */
export function guidText(bytes: Uint8Array): string {
  const hex = (...order: number[]): string => order.map((i) => (bytes[i] ?? 0).toString(16).padStart(2, '0')).join('');
  return `${hex(3, 2, 1, 0)}-${hex(5, 4)}-${hex(7, 6)}-${hex(8, 9)}-${hex(10, 11, 12, 13, 14, 15)}`;
}

const domainSubAuthorities = [21, 1583492610, 2764019853, 3190425718];

/** SID of the domain, or of a principal in it (MS-DTYP 2.4.2.2: revision, count, authority, then 32-bit little-endian parts). */
export function sidBytes(rid?: number): Uint8Array {
  return encodeSid(rid === undefined ? domainSubAuthorities : [...domainSubAuthorities, rid]);
}

/** SID of an alias in the built-in domain, S-1-5-32-rid. */
export function builtinSidBytes(rid: number): Uint8Array {
  return encodeSid([32, rid]);
}

function encodeSid(subAuthorities: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(8 + 4 * subAuthorities.length);
  bytes[0] = 1;
  bytes[1] = subAuthorities.length;
  bytes[7] = 5;
  for (const [index, part] of subAuthorities.entries()) bytes.writeUInt32LE(part, 8 + 4 * index);
  return new Uint8Array(bytes);
}

/** A generator of numbers in [0, 1) that gives the same row for the same seed on every machine (a 32-bit mixing counter). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
