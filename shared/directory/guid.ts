/**
 * A GUID's text form from the 16 bytes that Active Directory stores: the first three fields are little-endian
 * (MS-DTYP 2.3.4.2). Lower case with dashes.
 */
export function guidFromBytes(bytes: Uint8Array): string {
  if (bytes.length !== 16) throw new RangeError(`A GUID has 16 bytes, not ${bytes.length}.`);
  const hex = (...order: number[]): string => order.map((i) => (bytes[i] ?? 0).toString(16).padStart(2, '0')).join('');
  return `${hex(3, 2, 1, 0)}-${hex(5, 4)}-${hex(7, 6)}-${hex(8, 9)}-${hex(10, 11, 12, 13, 14, 15)}`;
}

/** The 16 bytes as Active Directory stores them; the inverse of {@link guidFromBytes}. */
export function guidToBytes(guid: string): Uint8Array {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(guid))
    throw new RangeError(`Not a GUID: ${guid}`);
  const bytes = Uint8Array.from(guid.replaceAll('-', '').match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const at = (i: number): number => bytes[i] ?? 0;
  return Uint8Array.of(at(3), at(2), at(1), at(0), at(5), at(4), at(7), at(6), ...bytes.subarray(8));
}
