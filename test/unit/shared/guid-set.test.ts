import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GuidSet } from '../../../shared/directory/guid-set.ts';
import { guidOf } from '../../support/facts.ts';

const zero = '00000000-0000-0000-0000-000000000000';

describe('a set of GUIDs', () => {
  it('holds what was added, and nothing else', () => {
    const guid = fc.oneof(
      fc.uuid(),
      fc.integer({ min: 0, max: 5_000 }).map((n) => guidOf(n)),
      fc.constant(zero),
    );
    fc.assert(
      fc.property(fc.array(guid, { maxLength: 3_000, size: 'max' }), fc.array(guid), (added, asked) => {
        const [set, model] = [new GuidSet(), new Set<string>()];
        for (const one of added) {
          set.add(one);
          model.add(one);
        }
        expect(set.size).toBe(model.size);
        expect(asked.map((one) => set.has(one))).toEqual(asked.map((one) => model.has(one)));
        expect(added.every((one) => set.has(one))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('grows with what it holds', () => {
    const set = new GuidSet();
    for (let n = 0; n < 50_000; n += 1) set.add(guidOf(n));
    expect(set.size).toBe(50_000);
    expect(set.has(guidOf(49_999))).toBe(true);
    expect(set.has(guidOf(50_000))).toBe(false);
  });

  it('knows a GUID in any case', () => {
    const set = new GuidSet();
    set.add('6F1CB0F0-9A4E-4E9D-8D4F-0C3F6F6E2A11');
    expect(set.has('6f1cb0f0-9a4e-4e9d-8d4f-0c3f6f6e2a11')).toBe(true);
  });

  it('refuses what is none', () => {
    expect(() => {
      new GuidSet().add('x');
    }).toThrow(RangeError);
  });
});
