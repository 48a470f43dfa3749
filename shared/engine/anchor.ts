import { guidFromBytes, guidToBytes } from '../directory/guid.ts';
import type { DirectoryObject } from '../directory/object.ts';
import { textOf } from '../directory/object.ts';

/** GUID of the source anchor: mS-DS-ConsistencyGuid where it is set, else objectGUID. */
export function anchorOf(object: DirectoryObject): string {
  return textOf(object, 'mS-DS-ConsistencyGuid') ?? object.objectGuid;
}

/** A user's `onPremisesImmutableId`: base64 of the GUID's 16 bytes. */
export function immutableIdOf(anchor: string): string {
  return btoa(String.fromCharCode(...guidToBytes(anchor)));
}

/** The anchor behind an `onPremisesImmutableId`; `undefined` when it is not the base64 of a GUID (another tool's anchor). */
export function anchorFromImmutableId(immutableId: string): string | undefined {
  // The last digit carries two bits of the GUID only: any other one is a text that we would not have written.
  if (!/^[A-Za-z0-9+/]{21}[AQgw]==$/.test(immutableId)) return undefined;
  return guidFromBytes(Uint8Array.from(atob(immutableId), (c) => c.charCodeAt(0)));
}

const uniqueNamePrefix = 'ad-';

/** A group's `uniqueName`: groups have no immutable id, and this alternate key is immutable and can be upserted by. */
export function uniqueNameOf(anchor: string): string {
  return uniqueNamePrefix + anchor;
}

export function anchorFromUniqueName(uniqueName: string): string | undefined {
  const anchor = uniqueName.slice(uniqueNamePrefix.length);
  return uniqueName.startsWith(uniqueNamePrefix) && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(anchor)
    ? anchor
    : undefined;
}
