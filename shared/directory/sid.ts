/**
 * A security identifier's text form (`S-1-5-21-…`) from its binary form (MS-DTYP 2.4.2.2): revision, number of
 * sub-authorities, a 48-bit big-endian authority, then little-endian 32-bit sub-authorities.
 *
 * @throws RangeError when the bytes are not one whole SID.
 */
export function sidFromBytes(bytes: Uint8Array): string {
  const count = bytes[1] ?? 0;
  if (bytes.length < 8 || bytes.length !== 8 + 4 * count) throw new RangeError('Not a security identifier.');
  const at = (i: number): number => bytes[i] ?? 0;
  let authority = 0;
  for (let i = 2; i < 8; i += 1) authority = authority * 256 + at(i);
  // An authority that does not fit 32 bits is written in hexadecimal with all its digits (MS-DTYP 2.4.2.1).
  let text = `S-${at(0)}-${authority < 2 ** 32 ? authority : `0x${authority.toString(16).padStart(12, '0')}`}`;
  for (let i = 8; i < bytes.length; i += 4) {
    text += `-${at(i) + at(i + 1) * 2 ** 8 + at(i + 2) * 2 ** 16 + at(i + 3) * 2 ** 24}`;
  }
  return text;
}

/**
 * The binary form of a security identifier; the inverse of {@link sidFromBytes}.
 *
 * @throws RangeError when the text is not a SID.
 */
export function sidToBytes(sid: string): Uint8Array {
  const refused = (): RangeError => new RangeError(`Not a security identifier: ${sid}`);
  if (!sidForm.test(sid)) throw refused();
  const [, revision, authorityText = '', ...parts] = sid.split('-');
  const authority = Number(authorityText);
  const bytes = new Uint8Array(8 + 4 * parts.length);
  bytes[0] = Number(revision);
  bytes[1] = parts.length;
  for (let i = 0; i < 6; i += 1) bytes[7 - i] = authority / 2 ** (8 * i);
  let at = 8;
  for (const part of parts) {
    const number = Number(part);
    if (number >= 2 ** 32) throw refused();
    bytes[at] = number;
    bytes[at + 1] = number >>> 8;
    bytes[at + 2] = number >>> 16;
    bytes[at + 3] = number >>> 24;
    at += 4;
  }
  return bytes;
}

const sidForm = /^S-\d{1,3}-(?:\d{1,10}|0x[0-9a-f]{12})(?:-\d{1,10}){0,255}$/i;
