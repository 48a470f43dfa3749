/**
 * A security identifier's text form (`S-1-5-21-…`) from its binary form (MS-DTYP 2.4.2.2): revision, number of
 * sub-authorities, a 48-bit big-endian authority, then little-endian 32-bit sub-authorities.
 *
 * @throws RangeError when the bytes are not one whole SID.
 */
export function sidFromBytes(bytes: Uint8Array): string {
  const count = bytes[1] ?? 0;
  if (bytes.length < 8 || bytes.length !== 8 + 4 * count) throw new RangeError('Not a security identifier.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const authority = view.getUint16(2) * 2 ** 32 + view.getUint32(4);
  const subAuthorities = Array.from({ length: count }, (_, i) => view.getUint32(8 + 4 * i, true));
  // An authority that does not fit 32 bits is written in hexadecimal with all its digits (MS-DTYP 2.4.2.1).
  const authorityText = authority < 2 ** 32 ? authority : `0x${authority.toString(16).padStart(12, '0')}`;
  return ['S', bytes[0] ?? 0, authorityText, ...subAuthorities].join('-');
}
