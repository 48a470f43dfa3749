import { describe, expect, it } from 'vitest';
import { costOf, documentedThrottling, Throttle } from '../../sandbox/graph/throttle.ts';

const write = { resourceUnits: 1, write: true };

describe('throttling', () => {
  it('lets 3,000 writes pass in a burst, then twenty a second', () => {
    const clock = { time: 0, now: () => clock.time };
    const throttle = new Throttle({ ...documentedThrottling, resourceUnitsPer10s: 1e6 }, 0, clock, 'app/tenant');
    let passed = 0;
    while (throttle.meter(write).refusal === undefined) passed++;
    expect(passed).toBe(3000);
    clock.time += 1000;
    let later = 0;
    while (throttle.meter(write).refusal === undefined) later++;
    expect(later).toBe(20);
  });

  it('says how long to wait and which limit was hit, and that the limit is near', () => {
    const clock = { now: () => 0 };
    const throttle = new Throttle({ writesPer150s: 10 }, 0, clock, 'app/tenant');
    const usages = Array.from({ length: 10 }, () => throttle.meter(write).usage);
    expect(usages.filter((usage) => usage >= 0.8)).toHaveLength(3);
    expect(throttle.meter(write).refusal).toEqual({
      retryAfter: 15,
      headers: {
        'Retry-After': '15',
        'x-ms-throttle-scope': 'Tenant_Application/Write/app/tenant',
        'x-ms-throttle-information': 'WriteLimitExceeded',
      },
    });
    expect(throttle.meter({ resourceUnits: 1, write: false }).refusal).toBeUndefined();
  });

  it('counts resource units by the size of the tenant', () => {
    for (const [users, units] of [
      [10, 3500],
      [500, 5000],
      [501, 8000],
    ] as const) {
      const throttle = new Throttle(documentedThrottling, users, { now: () => 0 }, 's');
      let passed = 0;
      while (throttle.meter({ resourceUnits: 5, write: false }).refusal === undefined) passed++;
      expect(passed * 5).toBe(units);
    }
  });

  it('prices reads by route and options, never below one', () => {
    const cost = (route: string, ...options: [string, string][]): number =>
      costOf(route, false, new Map(options)).resourceUnits;
    expect([
      cost('users'),
      cost('users', ['$select', 'id']),
      cost('users', ['$select', 'id'], ['$top', '5']),
      cost('groups/{group}/members'),
      cost('directoryobjects/getbyids'),
      cost('directoryobjects/getbyids', ['$select', 'id']),
    ]).toEqual([2, 1, 1, 3, 5, 2]);
    expect(costOf('users', true, new Map())).toEqual({ resourceUnits: 1, write: true });
  });
});
