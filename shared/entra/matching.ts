import type { Problem } from '../engine/intended.ts';

/**
 * Which objects of the tenant may become the counterpart of a directory object that has none: `none`, only one that
 * carries its anchor, or also one that carries no anchor and has its mail address or its sign-in name.
 */
export const matchPolicies = ['none', 'anchor', 'address'] as const;
export type MatchPolicy = (typeof matchPolicies)[number];

/** An object of the tenant that might be the counterpart, and what speaks for it. */
export interface MatchCandidate {
  readonly id: string;
  readonly type: 'user' | 'group';
  /** `anchor` is a hard match, the others are soft ones. */
  readonly by: 'anchor' | 'mail' | 'signInName';
  readonly carriesAnchor: boolean;
  /** The object, or a group that it belongs to, is assigned a directory role. */
  readonly holdsRole: boolean;
}

export type MatchDecision =
  { readonly kind: 'match' } | { readonly kind: 'no-match' } | { readonly kind: 'refused'; readonly problem: Problem };

const noMatch: MatchDecision = { kind: 'no-match' };

/**
 * Decides whether a new directory object takes over an object of the tenant, by the rules of Entra's own
 * synchronisation service: the anchor first, then the primary mail address, then the sign-in name, both of them only on a
 * user without an anchor, and never a holder of a directory role. The service refuses soft matches of role holders since
 * ever and hard matches since June 2026: whoever can write one attribute of a directory account must not become
 * an administrator by it. See Microsoft Learn, "Microsoft Entra Connect: when you have an existing tenant".
 */
export function decideMatch(
  type: 'user' | 'group',
  { id, by, holdsRole, carriesAnchor, ...candidate }: MatchCandidate,
  policy: MatchPolicy,
): MatchDecision {
  if (candidate.type !== type) return noMatch;
  const soft = by !== 'anchor';
  // Groups have no address that Graph can write, so nothing but the anchor can speak for one.
  if (soft && (type === 'group' || carriesAnchor || policy !== 'address')) return noMatch;
  if (holdsRole) {
    return refuse('LS3109', `The ${type} ${id} of the tenant ${reason[by]} and holds a directory role.`);
  }
  if (policy === 'none') {
    return refuse('LS3110', `The ${type} ${id} of the tenant ${reason[by]}, and taking over is switched off.`);
  }
  return { kind: 'match' };
}

const reason = {
  anchor: 'carries the same anchor',
  mail: 'has the same mail address',
  signInName: 'has the same sign-in name',
} as const;

function refuse(code: Problem['code'], message: string): MatchDecision {
  return { kind: 'refused', problem: { code, message } };
}
