import { describe, expect, it } from 'vitest';
import { decideMatch, type MatchCandidate, type MatchPolicy } from '../../../shared/entra/matching.ts';

const user: MatchCandidate = { id: '7', type: 'user', by: 'anchor', carriesAnchor: true, holdsRole: false };
const byMail: MatchCandidate = { ...user, by: 'mail', carriesAnchor: false };
const byName: MatchCandidate = { ...user, by: 'signInName', carriesAnchor: false };
const group: MatchCandidate = { ...user, type: 'group' };

function outcome(type: 'user' | 'group', candidate: MatchCandidate, policy: MatchPolicy): string {
  const decision = decideMatch(type, candidate, policy);
  return decision.kind === 'refused' ? decision.problem.code : decision.kind;
}

describe('matching a new directory object with an object of the tenant', () => {
  const rows: readonly (readonly [string, 'user' | 'group', MatchCandidate, Record<MatchPolicy, string>])[] = [
    ['the same anchor', 'user', user, { none: 'LS3110', anchor: 'match', address: 'match' }],
    ['the same mail address', 'user', byMail, { none: 'no-match', anchor: 'no-match', address: 'match' }],
    ['the same sign-in name', 'user', byName, { none: 'no-match', anchor: 'no-match', address: 'match' }],
    ['a group with the same anchor', 'group', group, { none: 'LS3110', anchor: 'match', address: 'match' }],
    [
      'the anchor of a role holder',
      'user',
      { ...user, holdsRole: true },
      { none: 'LS3109', anchor: 'LS3109', address: 'LS3109' },
    ],
    [
      'the mail address of a role holder',
      'user',
      { ...byMail, holdsRole: true },
      { none: 'no-match', anchor: 'no-match', address: 'LS3109' },
    ],
    [
      'the sign-in name of a role holder',
      'user',
      { ...byName, holdsRole: true },
      { none: 'no-match', anchor: 'no-match', address: 'LS3109' },
    ],
    [
      'the mail address of a user with another anchor',
      'user',
      { ...byMail, carriesAnchor: true },
      { none: 'no-match', anchor: 'no-match', address: 'no-match' },
    ],
    [
      'the sign-in name of a user with another anchor',
      'user',
      { ...byName, carriesAnchor: true },
      { none: 'no-match', anchor: 'no-match', address: 'no-match' },
    ],
    [
      'the mail address of a group',
      'group',
      { ...byMail, type: 'group' },
      { none: 'no-match', anchor: 'no-match', address: 'no-match' },
    ],
    [
      'the anchor of an object of another type',
      'user',
      group,
      { none: 'no-match', anchor: 'no-match', address: 'no-match' },
    ],
  ];
  for (const [what, type, candidate, expected] of rows) {
    it.each(Object.entries(expected))(`by ${what}, under the policy %s: %s`, (policy, answer) => {
      expect(outcome(type, candidate, policy as MatchPolicy)).toBe(answer);
    });
  }

  it('says what speaks for the object, and what against it', () => {
    const decision = decideMatch('user', { ...byMail, holdsRole: true }, 'address');
    expect(decision).toMatchObject({
      problem: { message: 'The user 7 of the tenant has the same mail address and holds a directory role.' },
    });
  });
});
