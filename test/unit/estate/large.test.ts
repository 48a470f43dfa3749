import { describe, expect, it } from 'vitest';
import { generateLarge } from '../../sandbox/estate/large.ts';
import { readLdif } from '../../sandbox/estate/read-ldif.ts';

const input = { users: 2001, groups: 3, membersPerGroup: 20, baseDn: 'DC=contoso,DC=test', seed: 7 };

describe('A large estate', () => {
  it('is the same for the same input and another one for another seed', () => {
    expect(generateLarge(input)).toBe(generateLarge(input));
    expect(generateLarge({ ...input, seed: 8 })).not.toBe(generateLarge(input));
  });

  it('has as many users, groups and members as asked for, and names only what stands before', () => {
    const before = new Set(['DC=contoso,DC=test']);
    const counts = { user: 0, group: 0, organizationalUnit: 0 };
    for (const { dn, attributes } of readLdif(generateLarge(input))) {
      const values = (wanted: string): string[] =>
        attributes.flatMap(([name, value]) => (name === wanted ? [String(value)] : []));
      const [kind] = values('objectClass') as [keyof typeof counts];
      counts[kind] += 1;
      const named = [dn.slice(dn.indexOf(',') + 1), ...values('manager'), ...values('member')];
      expect(
        named.filter((target) => !before.has(target)),
        dn,
      ).toEqual([]);
      if (kind === 'group') expect(new Set(values('member')).size).toBe(20);
      before.add(dn);
    }
    expect(counts).toEqual({ user: 2001, group: 3, organizationalUnit: 5 });
  });

  it('gives a group no more members than there are users', () => {
    const small = readLdif(generateLarge({ ...input, users: 4, groups: 1 }));
    expect(small.at(-1)?.attributes.filter(([name]) => name === 'member')).toHaveLength(4);
  });
});
