import { hexText } from './bytes.ts';

/**
 * A GUID's text form from the 16 bytes that Active Directory stores: the first three fields are little-endian
 * (MS-DTYP 2.3.4.2). Lower case with dashes.
 */
export function guidFromBytes(bytes: Uint8Array): string {
  if (bytes.length !== 16) throw new RangeError(`A GUID has 16 bytes, not ${bytes.length}.`);
  const hex = hexText(bytes);
  const byte = (i: number): string => hex.slice(2 * i, 2 * i + 2);
  return `${byte(3)}${byte(2)}${byte(1)}${byte(0)}-${byte(5)}${byte(4)}-${byte(7)}${byte(6)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** True for the text form with dashes, in either case. */
export function isGuid(text: string): boolean {
  return guidForm.test(text);
}

/** The 16 bytes as Active Directory stores them; the inverse of {@link guidFromBytes}. */
export function guidToBytes(guid: string): Uint8Array {
  if (!guidForm.test(guid)) throw new RangeError(`Not a GUID: ${guid}`);
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 16; i += 1) {
    const at = places[i] ?? 0;
    bytes[i] = (digitOf(guid.charCodeAt(at)) << 4) | digitOf(guid.charCodeAt(at + 1));
  }
  return bytes;
}

const guidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Where in the text each byte's digits stand. */
const places: readonly number[] = [6, 4, 2, 0, 11, 9, 16, 14, 19, 21, 24, 26, 28, 30, 32, 34];

/** Of a hexadecimal digit in ASCII: letters stand 39 places (`a`) or 7 places (`A`) behind the digits. */
function digitOf(unit: number): number {
  return unit > 96 ? unit - 87 : unit > 64 ? unit - 55 : unit - 48;
}
