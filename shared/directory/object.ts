import type { AttributeValues, ObjectClass } from './change.ts';

/** An object of a connector space: what one directory is known to say about it. Links are kept beside it, not in it. */
export interface DirectoryObject {
  readonly objectGuid: string;
  readonly objectClass: ObjectClass;
  readonly dn: string;
  readonly attributes: AttributeValues;
}

/** First value of an attribute without surrounding white space; `undefined` when there is none or it is blank. */
export function textOf(object: DirectoryObject, attribute: string): string | undefined {
  const value = object.attributes[attribute]?.[0]?.trim();
  return value === '' ? undefined : value;
}

/** A 64-bit integer attribute. BigInt, because Exchange's recipient type reaches 2^31 and `&` on numbers stops at 32 bits. */
export function integerOf(object: DirectoryObject, attribute: string): bigint | undefined {
  const value = textOf(object, attribute);
  return value !== undefined && /^-?\d+$/.test(value) ? BigInt(value) : undefined;
}

/** The name that an operator knows the object by. */
export function labelOf(object: DirectoryObject): string {
  return textOf(object, 'userPrincipalName') ?? textOf(object, 'sAMAccountName') ?? object.dn;
}
