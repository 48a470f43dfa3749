import type { PropertyValue } from '../../shared/engine/intended.ts';

/** A value of an answer in the form in which it is compared. */
export function toValue(value: unknown): PropertyValue {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  return Array.isArray(value) ? value.map(String) : null;
}
