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

/**
 * The binary form of a security identifier; the inverse of {@link sidFromBytes}.
 *
 * @throws RangeError when the text is not a SID.
 */
export function sidToBytes(sid: string): Uint8Array {
  const match = /^S-(\d{1,3})-(\d{1,10}|0x[0-9a-f]{12})((?:-\d{1,10})*)$/i.exec(sid);
  const subAuthorities = match?.[3]?.split('-').slice(1).map(Number) ?? [];
  const authority = Number(match?.[2]);
  if (match === null || subAuthorities.length > 255 || subAuthorities.some((part) => part >= 2 ** 32)) {
    throw new RangeError(`Not a security identifier: ${sid}`);
  }
  const bytes = new Uint8Array(8 + 4 * subAuthorities.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = Number(match[1]);
  bytes[1] = subAuthorities.length;
  view.setUint16(2, Math.floor(authority / 2 ** 32));
  view.setUint32(4, authority % 2 ** 32);
  subAuthorities.forEach((part, i) => {
    view.setUint32(8 + 4 * i, part, true);
  });
  return bytes;
}
