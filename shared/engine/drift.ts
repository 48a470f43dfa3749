import type { Properties } from './intended.ts';
import { sameValue, type KnownObject, type PropertyChange } from './plan.ts';

/**
 * What Entra shows differently from what is known: `from` is known, `to` is shown. A set-aside value is none of it. Only
 * properties that are shown are compared; one that Entra leaves out says nothing.
 */
export function driftOf(known: KnownObject, shown: Properties): readonly PropertyChange[] {
  return Object.entries(shown)
    .map(([property, to]) => ({ property, from: known.properties[property] ?? null, to }))
    .filter(({ property, from, to }) => !sameShown(property, from, to));
}

/** Entra compares and stores names of sign-in without case; it may answer in the case of long ago. */
const caseless: ReadonlySet<string> = new Set(['userPrincipalName', 'mail']);

function sameShown(property: string, from: PropertyChange['from'], to: PropertyChange['to']): boolean {
  if (sameValue(from, to)) return true;
  return (
    caseless.has(property) &&
    typeof from === 'string' &&
    typeof to === 'string' &&
    from.toLowerCase() === to.toLowerCase()
  );
}
