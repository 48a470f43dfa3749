import { describe, expect, it } from 'vitest';
import { ignoreThisFlow } from '../../../../shared/rules/value.ts';
import { problemsOf, valueOf, type Given } from './world.ts';
import { cases as connectCases, failures as connectFailures, type Case, type Failure } from './tables.ts';

const cases = (rows: readonly Case[]): void => {
  connectCases(rows, 'provisioning');
};
const failures = (rows: readonly Failure[]): void => {
  connectFailures(rows, 'provisioning');
};
const proxies: Given = { attributes: { proxyAddresses: ['SMTP:a@x.com', 'smtp:b@x.com'] } };

describe('texts in the dialect of the provisioning service', () => {
  cases([
    ['Append([mail], "!")', 'a@x.com!', { attributes: { mail: 'a@x.com' } }],
    ['Append([mail], "!")', '!'],
    ['Coalesce([mail], [cn], "none")', 'c', { attributes: { cn: 'c' } }],
    ['Coalesce([mail], [cn], "none")', 'none'],
    ['Coalesce([mail], [cn], "")', ''],
    ['Join(", ", "", "Doe", "John")', 'Doe, John'],
    ['Join(";", [proxyAddresses], "x")', 'SMTP:a@x.com;smtp:b@x.com;x', proxies],
    ['Join("", "a", "b")', 'ab'],
    ['Split("PermissionSetOne, PermissionSetTwo", ",")', ['PermissionSetOne', 'PermissionSetTwo']],
    ['Split("", ",")', null],
    ['StripSpaces(" a b ")', 'ab'],
    ['ToLower("ÄB")', 'äb'],
    ['ToUpper("äb", "en-US")', 'ÄB'],
    ['NormalizeDiacritics("Ærøskøbing Größe łódź")', 'AEroeskoebing Grosse lodz'],
    ['Not("True")', 'False'],
    ['Not("False")', 'True'],
    ['Not("x")', 'True'],
    ['PCase("john doe")', 'John Doe'],
    ['PCase("JOHN DOE")', 'John Doe'],
    ['PCase("pinto-de\'silva", "\'")', "Pinto-de'Silva"],
    ['PCase("pinto-de\'silva", "-\'")', "Pinto-De'Silva"],
    ['Redact("secret")', 'secret'],
    ['Mid("1234567890", 3, 4)', '3456'],
    ['Left("Seattle", 3)', 'Sea'],
    ['InStr("The quick brown fox", "quick")', 5n],
    ['Word("a,b;c", 2, ",;")', 'b'],
    ['Trim(" x ")', 'x'],
    ['ConvertToBase64("Hello world!")', 'SABlAGwAbABvACAAdwBvAHIAbABkACEA'],
    ['ConvertFromBase64("SABlAGwAbABvACAAdwBvAHIAbABkACEA")', 'Hello world!'],
    ['ConvertToUTF8Hex("Hello")', '48656C6C6F'],
  ]);
});

describe('Replace in the dialect of the provisioning service', () => {
  cases([
    ['Replace("John.doe@contoso.com", "@contoso.com", , , "", , )', 'John.doe'],
    ['Replace("a-b-c", "-", , , "+", , )', 'a+b+c'],
    ['Replace("5551", "[num]", , , , , "tel:[num]")', 'tel:5551'],
    ['Replace("+1 (999) 888-7777", , "[()\\\\s-]+", , "", , )', '+19998887777'],
    ['Replace("555-1234", , "(?<area>\\\\d+)-(?<line>\\\\d+)", , "${line}/${area}", , )', '1234/555'],
    ['Replace("555-1234", , "(?<area>\\\\d+)-\\\\d+", "area", "0", , )', '0-1234'],
    ['Replace([cn], , "^(?<user>[^@]+)@", "user", , [mail], )', 'anna', { attributes: { mail: 'anna@x.com' } }],
    [
      'Replace([cn], , "^(?<user>[^@]+)@", "user", , [mail], )',
      'own',
      { attributes: { cn: 'own', mail: 'anna@x.com' } },
    ],
    ['Replace("aA", "a", , , "x", , )', 'xA'],
  ]);
  failures([['Replace("a", , , , "x", , )', /look for/]]);
});

describe('dates in the dialect of the provisioning service', () => {
  cases([
    ['CDate("2020-03-16-07:00")', '3/16/2020 7:00:00 AM'],
    ['CDate("")', null],
    ['DateAdd("d", 10, CDate("2021-12-25"))', '1/4/2022 12:00:00 AM'],
    ['DateAdd("m", -1, "2020-03-31")', '2/29/2020 12:00:00 AM'],
    ['DateDiff("d", "2023-08-18", "2014-03-09")', -3449n],
    ['DateDiff("ww", "2023-08-20", "2014-03-11")', -493n],
    ['DateDiff("ww", "2020-01-04", "2020-01-05")', 1n],
    ['DateDiff("ww", "2020-01-05", "2020-01-11")', 0n],
    ['DateDiff("m", "2023-08-18", "2014-03-09")', -113n],
    ['DateDiff("yyyy", "2023-08-18", "2014-03-09")', -9n],
    ['DateDiff("h", "2020-01-01", "2020-01-02")', 24n],
    ['DateDiff("n", "2020-01-01 00:00", "2020-01-01 01:30")', 90n],
    ['DateDiff("s", "2020-01-01 00:00:00", "2020-01-01 00:00:05")', 5n],
    ['FormatDateTime("20200306", "yyyyMMdd", "yyyy-MM-dd")', '2020-03-06'],
    ['FormatDateTime("20200306", "", "yyyyMMdd", "yyyy-MM-dd")', '2020-03-06'],
    ['FormatDateTime(DateFromNum(129699324000000000), "", "yyyy")', '2012'],
    ['NumFromDate("2012-01-01T23:00:00Z")', 129699324000000000n],
    ['Now()', '1/1/2024 12:00:00 AM'],
  ]);
  failures([
    ['FormatDateTime("x", "yyyyMMdd", "yyyy")', /not a date in the form/],
    ['CDate("x")', /not a date/],
  ]);
});

describe('choices in the dialect of the provisioning service', () => {
  cases([
    ['Switch([cn], "other", "a", "first", "b", "second")', 'second', { attributes: { cn: 'b' } }],
    ['Switch([cn], "other", "a", "first", "B", "second")', 'other', { attributes: { cn: 'b' } }],
    ['Switch([cn], "other", "", "none")', 'none'],
    ['IIF([cn] = "a", "yes", "no")', 'yes', { attributes: { cn: 'a' } }],
    ['IIF([userAccountControl] >= 512, "yes", "no")', 'yes', { attributes: { userAccountControl: 512n } }],
    ['IgnoreFlowIfNullOrEmpty([cn])', ignoreThisFlow],
    ['IgnoreFlowIfNullOrEmpty([cn])', 'a', { attributes: { cn: 'a' } }],
    ['SelectUniqueValue(Append([cn], "1"), "x")', 'a1', { attributes: { cn: 'a' } }],
    ['IsPresent([cn])', false],
    ['IsNull([cn])', true],
    ['IsNullOrEmpty([cn])', true],
    ['IsString([cn])', true, { attributes: { cn: 'a' } }],
    ['CBool([accountEnabled])', true, { attributes: { accountEnabled: true } }],
    ['CStr([userAccountControl])', '512', { attributes: { userAccountControl: 512n } }],
    ['BitAnd([userAccountControl], 2)', 2n, { attributes: { userAccountControl: 514n } }],
    ['Count([proxyAddresses])', 2n, proxies],
    ['Item([proxyAddresses], 1)', 'SMTP:a@x.com', proxies],
    ['RemoveDuplicates([proxyAddresses])', ['SMTP:a@x.com', 'smtp:b@x.com'], proxies],
    ['DNComponent([manager], 1)', null],
    ['Guid()', '0f8fad5b-d9cb-469f-a165-70867728950e'],
    [
      'StringFromSid([objectGUID])',
      'S-1-5-32-544',
      { attributes: { objectGUID: Uint8Array.of(1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0) } },
    ],
  ]);
  failures([
    ['Error("no")', /^no$/],
    ['Item([proxyAddresses], 0)', /./, proxies],
  ]);
});

describe('RandomString', () => {
  it('has the length and the kinds of characters that are asked for', () => {
    const text = valueOf('RandomString(12, 2, 1, 3, 4, "Il1")', { random: 0.4 }, 'provisioning');
    expect(text).toMatch(/^.{12}$/);
    const count = (kind: RegExp): number => (typeof text === 'string' ? text : '').match(kind)?.length ?? 0;
    expect(count(/\d/g)).toBeGreaterThanOrEqual(2);
    expect(count(/[A-Z]/g)).toBeGreaterThanOrEqual(3);
    expect(count(/[a-z]/g)).toBeGreaterThanOrEqual(4);
    expect(count(/[^A-Za-z0-9]/g)).toBeGreaterThanOrEqual(1);
    expect(count(/[Il1]/g)).toBe(0);
  });

  failures([
    ['RandomString(300, 0, 0, 0, 0)', /1 to 256/],
    ['RandomString(3, 2, 2, 0, 0)', /room/],
  ]);
});

describe('functions about app roles', () => {
  it.each(['AppRoleAssignmentsComplex([cn])', 'SingleAppRoleAssignment([cn])'])(
    'are refused with the reason: %s',
    (text) => {
      expect(problemsOf(text, 'provisioning')[0]?.message).toContain('app roles');
    },
  );
});
