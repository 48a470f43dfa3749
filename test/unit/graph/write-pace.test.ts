import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WritePace } from '../../../functions/graph/write-pace.ts';

/** Sends batches of 20 until `seconds` are over; gives when each was sent. */
function sendFor(pace: WritePace, clock: { now: number }, seconds: number): readonly number[] {
  const sent: number[] = [];
  for (;;) {
    clock.now += pace.waitFor(20);
    if (clock.now > seconds * 1000) return sent;
    pace.take(20);
    pace.passed(20);
    sent.push(clock.now);
  }
}

function started(quota = 3000): { readonly pace: WritePace; readonly clock: { now: number } } {
  const clock = { now: 0 };
  return { pace: new WritePace({ quota, now: () => clock.now }), clock };
}

describe('the pace of writes', () => {
  it('spends what the bucket holds at once, and then as it fills: 20 a second', () => {
    const { pace, clock } = started();
    const sent = sendFor(pace, clock, 150);
    expect(sent.filter((at) => at === 0)).toHaveLength(150);
    expect(sent.length * 20).toBeGreaterThanOrEqual(6000 - 20);
    expect(sent.length * 20).toBeLessThanOrEqual(6000);
  });

  it('never sends more than the bucket gives, whatever is sent and whenever', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(60_000), fc.integer({ min: 1, max: 20 })), { maxLength: 300 }), (events) => {
        const { pace, clock } = started(100);
        let tokens = 100;
        let at = 0;
        for (const [pause, writes] of events) {
          clock.now += pause;
          clock.now += pace.waitFor(writes);
          tokens = Math.min(100, tokens + ((clock.now - at) * 100) / 150_000);
          at = clock.now;
          pace.take(writes);
          tokens -= writes;
          expect(tokens).toBeGreaterThan(-1e-6);
        }
      }),
    );
  });

  it('leaves room for others after a refusal, and takes it back as writes pass', () => {
    const { pace, clock } = started();
    pace.refused();
    expect(pace.waitFor(20)).toBe(Math.ceil(1000 / 0.9));
    sendFor(pace, clock, 600);
    expect(pace.waitFor(20)).toBeLessThanOrEqual(1000);
  });

  it('believes Graph when it says that others have used the quota, and never that there is more than was thought', () => {
    const { pace } = started();
    pace.told(0.9);
    expect(pace.waitFor(450)).toBe(0);
    expect(pace.waitFor(470)).toBe(1000);
    pace.take(440);
    pace.told(0.8);
    expect(pace.waitFor(30)).toBe(1000);
  });

  it('does not come to a halt, however often it is refused', () => {
    const { pace } = started();
    for (let n = 0; n < 1000; n += 1) pace.refused();
    expect(pace.waitFor(20)).toBeLessThanOrEqual(20_000);
  });

  it('holds nothing back where there is no quota', () => {
    const { pace } = started(Infinity);
    pace.take(1e9);
    expect(pace.waitFor(20)).toBe(0);
  });
});
