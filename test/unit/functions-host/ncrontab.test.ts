import { describe, expect, it } from 'vitest';
import { parseSchedule } from '../../sandbox/functions-host/ncrontab.ts';

const at = (text: string): number => Date.parse(`${text}Z`);

describe('an NCRONTAB schedule', () => {
  it.each([
    ['0 */5 * * * *', '2026-01-01T00:00:00', '2026-01-01T00:05:00'],
    ['0 */5 * * * *', '2026-01-01T00:04:59.999', '2026-01-01T00:05:00'],
    ['*/15 * * * * *', '2026-01-01T00:00:46', '2026-01-01T00:01:00'],
    ['0 30 9 * * Mon-Fri', '2026-01-02T09:30:00', '2026-01-05T09:30:00'],
    ['0 0 0 1 Jan *', '2026-01-01T00:00:00', '2027-01-01T00:00:00'],
    ['0 0 12 29 2 *', '2026-01-01T00:00:00', '2028-02-29T12:00:00'],
    ['0 0 0 31 * *', '2026-01-31T00:00:00', '2026-03-31T00:00:00'],
    ['0 5,20 8-10 * * *', '2026-01-01T08:20:00', '2026-01-01T09:05:00'],
    ['0 0 8-18/4 * * *', '2026-01-01T12:00:01', '2026-01-01T16:00:00'],
    ['10/20 0 0 * * *', '2026-01-01T00:00:10', '2026-01-01T00:00:30'],
    ['59 59 23 * * *', '2026-01-01T23:59:59', '2026-01-02T23:59:59'],
    // Day and day of week must both match: the next Friday the 13th.
    ['0 0 0 13 * 5', '2026-04-01T00:00:00', '2026-11-13T00:00:00'],
    ['*/10 * * * *', '2026-01-01T00:00:00', '2026-01-01T00:10:00'],
    ['0 0 0 * * sunday', '2026-01-01T00:00:00', '2026-01-04T00:00:00'],
    ['00:30:00', '2026-01-01T00:00:07', '2026-01-01T00:30:07'],
    ['1.00:00:00', '2026-01-01T00:00:00', '2026-01-02T00:00:00'],
  ])('%s after %s is next met at %s', (expression, after, next) => {
    expect(parseSchedule(expression).next(at(after))).toBe(at(next));
  });

  it('is never met on the 30th of February', () => {
    expect(parseSchedule('0 0 0 30 2 *').next(at('2026-01-01T00:00:00'))).toBeUndefined();
  });

  it.each([
    ['* * *', 'it has 3 fields, not 6'],
    ['60 * * * * *', '"60" is no second (0-59)'],
    ['0 0 24 * * *', '"24" is no hour (0-23)'],
    ['0 0 0 0 * *', '"0" is no day (1-31)'],
    ['0 0 0 * 13 *', '"13" is no month (1-12)'],
    ['0 0 0 * * 8', '"8" is no day of week (0-6)'],
    ['*/0 * * * * *', '"*/0" is no second (0-59)'],
    ['a * * * * *', '"a" is no second (0-59)'],
    ['00:00:00', 'the interval is zero'],
  ])('%s is refused: %s', (expression, reason) => {
    expect(() => parseSchedule(expression)).toThrow(reason);
  });
});
