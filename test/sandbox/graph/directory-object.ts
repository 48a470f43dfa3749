import { createHash } from 'node:crypto';
import type { Json } from './json.ts';
import type { ObjectKind } from './metadata.ts';

/** A user or group of the tenant. Links to members and owners are kept by the store, not in here. */
export interface DirectoryObject {
  readonly id: string;
  readonly kind: ObjectKind;
  /** Grows with every creation; lists run in this order. */
  readonly ordinal: number;
  /** As Graph spells them, without `id` and `deletedDateTime`. Absent means never set. */
  readonly properties: Record<string, Json>;
  /** Until then (milliseconds) reads by others do not find the new object. */
  readonly visibleAt: number;
  managerId: string | null;
  /** Milliseconds; null while the object is not soft-deleted. */
  deletedAt: number | null;
  /** The name that a soft-deleted user gets back when it is restored. */
  originalUserPrincipalName: string | null;
  /** Display names of directory roles that the object holds. */
  readonly directoryRoles: readonly string[];
}

/** The text value of a property, undefined when it has none. */
export function textOf(object: DirectoryObject, name: string): string | undefined {
  const value = object.properties[name];
  return typeof value === 'string' ? value : undefined;
}

/** The text values of a collection property. */
export function textsOf(object: DirectoryObject, name: string): readonly string[] {
  const value = object.properties[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** `S-1-12-1-…`: the object id as four 32-bit numbers, in the byte order of a GUID in memory. */
export function cloudSecurityIdentifier(id: string): string {
  const [a = '', b = '', c = '', d = '', e = ''] = id.split('-');
  const bytes = Buffer.from(a + b + c + d + e, 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return `S-1-12-1-${[0, 4, 8, 12].map((at) => bytes.readUInt32LE(at)).join('-')}`;
}

/** The name of a soft-deleted user: its id without dashes in front, so that the name itself is free. */
export const deletedUserPrincipalName = (id: string, name: string): string => id.replaceAll('-', '') + name;

/** A GUID that is always the same for the same text; for fixtures of the tenant such as roles. */
export function nameGuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Holds of unique values that an object has: index name to the values, folded for comparison. */
export interface UniqueValues {
  readonly userPrincipalName: readonly string[];
  readonly proxyAddresses: readonly string[];
  readonly onPremisesImmutableId: readonly string[];
  readonly uniqueName: readonly string[];
  readonly mailNickname: readonly string[];
}

export type UniqueKey = keyof UniqueValues;

export const uniqueKeys: readonly UniqueKey[] = [
  'userPrincipalName',
  'proxyAddresses',
  'onPremisesImmutableId',
  'uniqueName',
  'mailNickname',
];

/** `SMTP:Adele@contoso.com` as a key: without the prefix, in lower case. */
export const addressKey = (address: string): string => address.replace(/^[a-z0-9]+:/i, '').toLowerCase();

/** True for Microsoft 365 groups. */
export const isUnified = (object: DirectoryObject): boolean => textsOf(object, 'groupTypes').includes('Unified');

/**
 * The unique values that an object holds. A soft-deleted object gives its names and addresses free; whether its
 * immutable id stays taken is the tenant's choice.
 */
export function uniqueValuesOf(object: DirectoryObject, deletedHoldImmutableId: boolean): UniqueValues {
  const one = (value: string | undefined): readonly string[] => (value === undefined ? [] : [value]);
  const live = object.deletedAt === null;
  const mail = textOf(object, 'mail');
  const addresses = [...textsOf(object, 'proxyAddresses'), ...one(mail)].map(addressKey);
  return {
    userPrincipalName: one(textOf(object, 'userPrincipalName')?.toLowerCase()),
    proxyAddresses: live ? [...new Set(addresses)] : [],
    onPremisesImmutableId: live || deletedHoldImmutableId ? one(textOf(object, 'onPremisesImmutableId')) : [],
    uniqueName: live ? one(textOf(object, 'uniqueName')) : [],
    mailNickname: live && isUnified(object) ? one(textOf(object, 'mailNickname')?.toLowerCase()) : [],
  };
}
