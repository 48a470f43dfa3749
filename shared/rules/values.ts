import { base64Text, hexText } from '../directory/bytes.ts';
import { Instant, Reference, type Scalar, type Value } from './value.ts';

/**
 * One text for a value: equal for equal values of one type. Text is kept as it is when `caseSensitive`, else in lower
 * case; a reference is its GUID, or else its DN in lower case.
 */
export function scalarKey(value: Scalar, caseSensitive: boolean): string {
  if (typeof value === 'string') return caseSensitive ? `s${value}` : `s${value.toLowerCase()}`;
  if (typeof value === 'bigint') return `n${value}`;
  if (typeof value === 'boolean') return value ? 'btrue' : 'bfalse';
  if (value instanceof Uint8Array) return `x${hexText(value)}`;
  if (value instanceof Reference) return `r${value.objectGuid ?? value.dn?.toLowerCase() ?? ''}`;
  return `d${value.ticks}`;
}

/** The values as a list; empty for none. */
export function scalarsOf(value: Value): readonly Scalar[] {
  if (value === null) return [];
  return isList(value) ? value : [value];
}

export function isList(value: Value): value is readonly Scalar[] {
  return Array.isArray(value);
}

/** First value; `null` for none. */
export function firstOf(value: Value): Scalar | null {
  return isList(value) ? (value[0] ?? null) : value;
}

/** Equal values in equal order; text with regard to case. */
export function sameValue(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (isList(a) && isList(b)) {
    return a.length === b.length && a.every((value, i) => scalarKey(value, true) === scalarKey(b[i] ?? '', true));
  }
  if (a === null || b === null || isList(a) || isList(b)) return false;
  return scalarKey(a, true) === scalarKey(b, true);
}

/** A value as text, in the spelling in which rules write constants (`True`, `42`, `text`); binary as base64. */
export function textOfScalar(value: Scalar): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value instanceof Uint8Array) return base64Text(value);
  if (value instanceof Instant) return textOfInstant(value);
  return value.objectGuid ?? value.dn ?? '';
}

function textOfInstant(instant: Instant): string {
  const unixTicks = instant.ticks - 621_355_968_000_000_000n;
  return new Date(Number(unixTicks / 10_000n)).toISOString();
}
