import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Instant } from '../../../../shared/rules/value.ts';
import { cases, failures } from './tables.ts';
import { now, valueFor, valueOf } from './world.ts';

const shown = (date: string): string => `FormatDateTime(${date}, "yyyy-MM-dd HH:mm:ss.fffffff")`;

describe('dates from texts and numbers', () => {
  cases([
    [shown('CDate("2013-01-10 4:00 PM -8")'), '2013-01-11 00:00:00.0000000'],
    [shown('CDate("2020-03-16-07:00")'), '2020-03-16 07:00:00.0000000'],
    [shown('CDate("2020-03-16T12:30:15.1234567Z")'), '2020-03-16 12:30:15.1234567'],
    [shown('CDate("3/16/2020 7:00:00 AM")'), '2020-03-16 07:00:00.0000000'],
    [shown('CDate("12/31/1999 12:00 AM")'), '1999-12-31 00:00:00.0000000'],
    [shown('CDate("2020-02-29")'), '2020-02-29 00:00:00.0000000'],
    [shown('CDate("0001-01-01")'), '0001-01-01 00:00:00.0000000'],
    ['CDate("")', null],
    [shown('DateFromNum(129699324000000000)'), '2012-01-01 23:00:00.0000000'],
    [shown('DateFromNum(0)'), '1601-01-01 00:00:00.0000000'],
    ['DateFromNum(NULL)', null],
    ['NumFromDate(CDate("2012-01-01 23:00:00"))', 129699324000000000n],
    ['NumFromDate(CDate("1600-12-31 23:59:59"))', -10000000n],
    ['Now()', now],
  ]);
  failures([
    ['CDate("yesterday")', /not a date/],
    ['CDate("2021-02-29")', /not a date/],
    ['CDate("2021-13-01")', /not a date/],
    ['CDate("2021-01-01 25:00")', /not a date/],
    ['DateFromNum(9223372036854775807)', /years 1 to 9999/],
    ['DateFromNum(-9223372036854775808)', /years 1 to 9999/],
  ]);

  it('are the same number again, over all the years that there are', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -504_911_232_000_000_000n, max: 2_650_467_743_999_999_999n }), (number) => {
        expect(valueFor('NumFromDate(DateFromNum([pwdLastSet]))', { pwdLastSet: number })).toBe(number);
        expect(valueFor(`NumFromDate(CDate(${shown('DateFromNum([pwdLastSet])')}))`, { pwdLastSet: number })).toBe(
          number,
        );
      }),
    );
  });
});

describe('DateAdd', () => {
  const from = 'CDate("2020-01-31 10:00:00")';
  cases([
    [shown(`DateAdd("yyyy", 1, ${from})`), '2021-01-31 10:00:00.0000000'],
    [shown(`DateAdd("q", 1, ${from})`), '2020-04-30 10:00:00.0000000'],
    [shown(`DateAdd("m", 1, ${from})`), '2020-02-29 10:00:00.0000000'],
    [shown(`DateAdd("m", -11, ${from})`), '2019-02-28 10:00:00.0000000'],
    [shown(`DateAdd("y", 1, ${from})`), '2020-02-01 10:00:00.0000000'],
    [shown(`DateAdd("d", -31, ${from})`), '2019-12-31 10:00:00.0000000'],
    [shown(`DateAdd("w", 2, ${from})`), '2020-02-02 10:00:00.0000000'],
    [shown(`DateAdd("ww", 1, ${from})`), '2020-02-07 10:00:00.0000000'],
    [shown(`DateAdd("h", 15, ${from})`), '2020-02-01 01:00:00.0000000'],
    [shown(`DateAdd("n", -1, ${from})`), '2020-01-31 09:59:00.0000000'],
    [shown(`DateAdd("s", 90, ${from})`), '2020-01-31 10:01:30.0000000'],
    ['DateAdd("d", 1, NULL)', null],
  ]);
  failures([
    [`DateAdd("yyyy", 8000, ${from})`, /years 1 to 9999/],
    [`DateAdd("s", 9223372036854775807, ${from})`, /years 1 to 9999/],
    [`DateAdd("m", 9223372036854775807, ${from})`, /years 1 to 9999/],
  ]);
});

describe('FormatDateTime', () => {
  const at = 'CDate("2020-03-06T07:08:09.0120000Z")';
  cases([
    [`FormatDateTime(${at}, "yyyyMMddHHmmss.0Z")`, '20200306070809.0Z'],
    [`FormatDateTime(${at}, "d/M/yy h:m:s tt")`, '6/3/20 7:8:9 AM'],
    [`FormatDateTime(${at}, "dddd, dd MMMM yyyy")`, 'Friday, 06 March 2020'],
    [`FormatDateTime(${at}, "ddd MMM")`, 'Fri Mar'],
    [`FormatDateTime(${at}, "HH 'oh' \\\\d")`, '07 oh d'],
    [`FormatDateTime(${at}, "fff")`, '012'],
    [`FormatDateTime(${at}, "s.FFFFFFF")`, '9.012'],
    [`FormatDateTime(CDate("2020-03-06"), "s.FFF")`, '0'],
    [`FormatDateTime(${at}, "%d")`, '6'],
    [`FormatDateTime(${at}, "o")`, '2020-03-06T07:08:09.0120000Z'],
    [`FormatDateTime(${at}, "u")`, '2020-03-06 07:08:09Z'],
    [`FormatDateTime(${at}, "zzz")`, '+00:00'],
    ['FormatDateTime(NULL, "yyyy")', null],
  ]);

  it('is of the exact instant', () => {
    expect(valueOf('FormatDateTime(Now(), "o")')).toBe(
      new Date(Number((now.ticks - 621_355_968_000_000_000n) / 10_000n)).toISOString().replace('Z', '0000Z'),
    );
    expect(now).toBeInstanceOf(Instant);
  });
});
