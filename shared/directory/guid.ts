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
  if (!guidForm.test(guid)) throw new RangeError(`Not a GUID: ${guid}`);
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 16; i += 1) bytes[i] = parseInt(guid.slice(places[i], (places[i] ?? 0) + 2), 16);
  return bytes;
}

const guidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Where in the text each byte's digits stand. */
const places: readonly number[] = [6, 4, 2, 0, 11, 9, 16, 14, 19, 21, 24, 26, 28, 30, 32, 34];
