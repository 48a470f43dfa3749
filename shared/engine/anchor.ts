import { sha256 } from '@noble/hashes/sha2.js';
import { base64Bytes, base64Text } from '../directory/bytes.ts';
import { guidFromBytes, guidToBytes } from '../directory/guid.ts';

/** A source anchor from a GUID: base64 of its 16 bytes. */
export function sourceAnchorOfGuid(guid: string): string {
  return base64Text(guidToBytes(guid));
}

/** The GUID behind a source anchor; `undefined` when it is not the base64 of one. */
export function guidOfSourceAnchor(sourceAnchor: string): string | undefined {
  // The last digit carries two bits of the GUID only: any other one is a text that we would not have written.
  if (!/^[A-Za-z0-9+/]{21}[AQgw]==$/.test(sourceAnchor)) return undefined;
  return guidFromBytes(base64Bytes(sourceAnchor));
}

/**
 * A text in the form of a GUID that stands for a source anchor wherever it has to be a key: the GUID behind it, or for
 * an anchor of another form a digest of its text. Anchors that differ only in case are different.
 */
export function anchorKeyOf(sourceAnchor: string): string {
  return (
    guidOfSourceAnchor(sourceAnchor) ?? guidFromBytes(sha256(new TextEncoder().encode(sourceAnchor)).subarray(0, 16))
  );
}

const uniqueNamePrefix = 'ad-';

/** A group's `uniqueName`: groups have no immutable id, and this alternate key is immutable and can be upserted by. */
export function uniqueNameOf(sourceAnchor: string): string {
  return uniqueNamePrefix + anchorKeyOf(sourceAnchor);
}

export function anchorKeyOfUniqueName(uniqueName: string): string | undefined {
  const key = uniqueName.slice(uniqueNamePrefix.length);
  return uniqueName.startsWith(uniqueNamePrefix) && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(key)
    ? key
    : undefined;
}
