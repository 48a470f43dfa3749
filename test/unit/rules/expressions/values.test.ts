import { describe, expect, it } from 'vitest';
import { authoritativeNull, ignoreThisFlow, Reference } from '../../../../shared/rules/value.ts';
import { cases, failures } from './tables.ts';
import { compile, contextOf, valueFor, valueOf } from './world.ts';

const proxies = { attributes: { proxyAddresses: ['SMTP:a@x.com', 'smtp:b@x.com', 'X500:/o=c'] } };
const most = { attributes: { userAccountControl: 2n ** 63n - 1n } };

describe('numbers', () => {
  cases([
    ['BitAnd(&HF, &HF7)', 7n],
    ['BitAnd(-2147483646, -2147483648)', -2147483648n],
    ['CBool(BitAnd(-2147483646, -2147483648))', true],
    ['CBool(BitAnd(2, -2147483648))', false],
    ['BitOr(4, 1)', 5n],
    ['BitAnd(NULL, 2)', null],
    ['IsBitSet(&HF, 4)', true],
    ['IsBitSet(3, 4)', false],
    ['CNum("42")', 42n],
    ['CNum("-7")', -7n],
    ['CNum("&HFF")', 255n],
    ['CNum(NULL)', null],
    ['CBin(513, 2)', Uint8Array.of(1, 2)],
    ['CBin(2, 1)', Uint8Array.of(2)],
    ['RandomNum(5, 5)', 5n],
    ['RandomNum(1, 6)', 6n, { random: 0.999999 }],
    ['NULL + 1', null],
  ]);
  failures([
    ['CNum("x")', /not a number/],
    ['CNum("99999999999999999999")', /64 bits/],
    ['[userAccountControl] + 1', /64 bits/, most],
    ['[userAccountControl] * [userAccountControl]', /64 bits/, most],
    ['CBin(1, 9)', /1 to 8 bytes/],
    ['RandomNum(2, 1)', /before the start/],
  ]);
});

describe('tests and conversions', () => {
  cases([
    ['CBool(NULL)', false],
    ['CBool(0)', false],
    ['CBool(2)', true],
    ['CBool("True")', true],
    ['CBool("false")', false],
    ['CStr(42)', '42'],
    ['CStr(True)', 'True'],
    ['CStr([manager])', 'CN=A,DC=b', { attributes: { manager: new Reference({ dn: 'CN=A,DC=b' }) } }],
    ['CStr(NULL)', ''],
    ['IsNull(NULL)', true],
    ['IsNull("")', false],
    ['IsEmpty("")', true],
    ['IsEmpty(NULL)', false],
    ['IsNullOrEmpty(NULL)', true],
    ['IsNullOrEmpty("")', true],
    ['IsNullOrEmpty(" ")', false],
    ['IsPresent("")', false],
    ['IsPresent(False)', true],
    ['IsPresent(0)', true],
    ['IsPresent([proxyAddresses])', true, proxies],
    ['IsNumeric("42")', true],
    ['IsNumeric("4x")', false],
    ['IsNumeric(NULL)', false],
    ['IsString("a")', true],
    ['IsString([objectGUID])', false, { attributes: { objectGUID: new Uint8Array(16) } }],
    ['IsDate("2020-03-16")', true],
    ['IsDate("yesterday")', false],
    ['IsGuid("28040b4e-07a0-4a36-b4b1-a1a1e1a1a1a1")', true],
    ['IsGuid("{28040b4e-07a0-4a36-b4b1-a1a1e1a1a1a1}")', true],
    ['IsGuid("28040b4e")', false],
    ['StringFromGuid(CGuid("{28040B4E-07a0-4a36-b4b1-a1a1e1a1a1a1}"))', '28040b4e-07a0-4a36-b4b1-a1a1e1a1a1a1'],
    ['Guid()', '0f8fad5b-d9cb-469f-a165-70867728950e'],
    [
      'StringFromSid([objectGUID])',
      'S-1-5-32-544',
      { attributes: { objectGUID: Uint8Array.of(1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0) } },
    ],
  ]);
  failures([
    ['CBool("maybe")', /neither true nor false/],
    ['CGuid("x")', /not a GUID/],
    ['StringFromSid([objectGUID])', /./, { attributes: { objectGUID: Uint8Array.of(1, 2) } }],
    ['CStr([objectGUID])', /no text form/, { attributes: { objectGUID: Uint8Array.of(1, 2) } }],
  ]);
});

describe('several values', () => {
  cases([
    ['Count([proxyAddresses])', 3n, proxies],
    ['Count([proxyAddresses])', 0n],
    ['ValueCount("member")', 250_000n, { valueCounts: { member: 250_000 } }],
    ['Contains([proxyAddresses], "smtp:")', 2n, proxies],
    ['Contains([proxyAddresses], "smtp:", CaseInsensitive)', 1n, proxies],
    ['Contains([proxyAddresses], "nothing")', 0n, proxies],
    ['Contains([proxyAddresses], "x")', 0n],
    ['Contains([member], "cn=a,dc=b")', 1n, { attributes: { member: [new Reference({ dn: 'CN=A,DC=b' })] } }],
    ['Contains([member], "cn=a")', 0n, { attributes: { member: [new Reference({ dn: 'CN=A,DC=b' })] } }],
    ['Item([proxyAddresses], 2)', 'smtp:b@x.com', proxies],
    ['ItemOrNull([proxyAddresses], 4)', null, proxies],
    ['ItemOrNull([proxyAddresses], 0)', null, proxies],
    ['RemoveDuplicates([otherMobile])', ['1', 'a', 'A'], { attributes: { otherMobile: ['1', 'a', '1', 'A'] } }],
    ['RemoveDuplicates([otherMobile])', null],
    ['Word([proxyAddresses], 2, ":")', ['a@x.com', 'b@x.com', '/o=c'], proxies],
    ['LCase([proxyAddresses]) & "!"', ['smtp:a@x.com!', 'smtp:b@x.com!', 'x500:/o=c!'], proxies],
    ['[otherNumbers] + 1', [2n, 3n], { attributes: { otherNumbers: [1n, 2n] } }],
    ['IIF(InStr([proxyAddresses], "smtp:") > 0, NULL, [proxyAddresses])', ['SMTP:a@x.com', 'X500:/o=c'], proxies],
    ['IIF(InStr([proxyAddresses], "@") > 0, NULL, NULL)', null, proxies],
    ['Select($p, [proxyAddresses], Left($p, 4))', ['SMTP', 'smtp', 'X500'], proxies],
    ['Select($p, [proxyAddresses], IIF(Left($p, 1) = "X", NULL, $p))', ['SMTP:a@x.com', 'smtp:b@x.com'], proxies],
    ['Where($p, [proxyAddresses], InStr($p, "@") > 0)', ['SMTP:a@x.com', 'smtp:b@x.com'], proxies],
    ['Where($p, [proxyAddresses], False)', null, proxies],
    ['Where($p, [mail], True)', ['m'], { attributes: { mail: 'm' } }],
    ['With($x, LCase("AB"), $x & $x)', 'abab'],
    ['Select($x, Split("a,b", ","), With($x, $x & "1", $x & "2"))', ['a12', 'b12']],
  ]);
  failures([
    ['Item([proxyAddresses], 0)', /no value 0 of 3/, proxies],
    ['Item([proxyAddresses], 4)', /no value 4 of 3/, proxies],
    ['Item(NULL, 1)', /no value 1 of 0/],
    [
      '[proxyAddresses] & [otherMobile]',
      /Only one argument/,
      { attributes: { ...proxies.attributes, otherMobile: ['1', '2'] } },
    ],
    [
      'IIF([proxyAddresses] = "a", IgnoreThisFlow, NULL) & "x"',
      /cannot stand for one value/,
      {
        attributes: { proxyAddresses: ['a', 'b'] },
      },
    ],
  ]);
});

describe('conditions', () => {
  cases([
    ['NULL = "x"', false],
    ['NULL <> "x"', true],
    ['NULL = NULL', true],
    ['NULL > 1', false],
    ['NULL < 1', false],
    ['"a" = "A"', false],
    ['"a" < "b"', true],
    ['CBin(1, 2) = CBin(1, 2)', true],
    ['CBin(1, 2) = CBin(1, 1)', false],
    ['CDate("2020-01-01") < CDate("2020-01-02")', true],
    ['CRef("CN=A,DC=b") = CRef("cn=a,dc=B")', true],
    ['False && Error("not reached")', false],
    ['True || Error("not reached")', true],
    ['IIF(True, "yes", Error("not reached"))', 'yes'],
    ['IIF(NULL, "yes", "no")', 'no'],
    ['IIF([mail] = "x", AuthoritativeNull, IgnoreThisFlow)', ignoreThisFlow],
    ['IIF(True, AuthoritativeNull, NULL)', authoritativeNull],
    ['Switch([cn] = "a", "A", [cn] = "b", "B", True, Error("Unknown"))', 'B', { attributes: { cn: 'b' } }],
    ['Switch([cn] = "a", "A", [cn] = "a", Error("first wins"))', 'A', { attributes: { cn: 'a' } }],
    ['Switch([cn] = "a", "A")', null],
    ['Switch([cn] = "a", IgnoreThisFlow)', ignoreThisFlow, { attributes: { cn: 'a' } }],
  ]);
  failures([
    [
      'IIF(IIF(True, [cn], 5) = [userAccountControl], 1, 2)',
      /compared with a number/,
      {
        attributes: { cn: 'a', userAccountControl: 1n },
      },
    ],
    ['Where($p, [proxyAddresses], [proxyAddresses] = "a")', /needs one value/, proxies],
  ]);

  it('raises the error of a rule only where it is chosen, and tells it from a failure', () => {
    const raise = compile('IIF([cn] = "bad", Error("No such " & [cn]), "fine")');
    expect(raise.evaluate(contextOf({ attributes: { cn: 'good' } }))).toBe('fine');
    expect(() => raise.evaluate(contextOf({ attributes: { cn: 'bad' } }))).toThrow(
      expect.objectContaining({
        kind: 'raised',
        message: 'No such bad',
        position: { offset: 18, line: 1, column: 19 },
      }),
    );
    expect(() => valueOf('Switch(True, "a", CBool(Error("in a condition")), "b")')).toThrow(
      expect.objectContaining({ kind: 'raised' }),
    );
    expect(() => valueOf('CNum("x")')).toThrow(expect.objectContaining({ kind: 'failed' }));
  });
});

describe('texts joined by &', () => {
  cases([
    ['"a" & "b"', 'ab'],
    ['NULL & "b"', 'b'],
    ['NULL & NULL', ''],
    ['CBin(1, 1) & CBin(2, 1)', Uint8Array.of(1, 2)],
    [
      '[cn] & %Domain.FQDN%',
      'a@contoso.com',
      { attributes: { cn: 'a@' }, parameters: { 'Domain.FQDN': 'contoso.com' } },
    ],
  ]);
  failures([
    ['"a" & IIF(True, 5, "x")', /CStr/],
    ['NULL & IIF(True, 5, "x")', /CStr/],
    ['%Domain.FQDN%', /has no value here/],
  ]);

  it('joins binary values of any size', () => {
    const joined = valueFor('[objectGUID] & [objectGUID]', { objectGUID: new Uint8Array(400_000) });
    expect(joined).toHaveLength(800_000);
  });
});

describe('ImportedValue', () => {
  it('reads the target, not the source', () => {
    expect(valueOf('ImportedValue("mail")', { attributes: { mail: 'source' }, imported: { mail: 'target' } })).toBe(
      'target',
    );
  });
});

describe('names in the directory', () => {
  cases([
    ['DNComponent(CRef("CN=Joe,OU=x,DC=contoso,DC=com"), 1)', 'Joe'],
    ['DNComponent(CRef("cn=Joe,ou=x"), 3)', ''],
    ['DNComponent(CRef("cn=Joe,ou=x"), 0)', ''],
    ['DNComponent(CRef("CN=Smith\\\\, Joe,OU=x"), 1)', 'Smith\\, Joe'],
    ['InStr(DNComponent(CRef("CN=A\\\\0ACNF:28040b4e,DC=b"), 1), "\\\\0ACNF:")', 2n],
    ['DNComponentRev(CRef("cn=Joe,ou=x,dc=contoso,dc=com"), 1)', 'com'],
    ['DNComponentRev(CRef("cn=Joe,ou=x,dc=contoso,dc=com"), 1, "DC")', 'x'],
    ['DNComponentRev(CRef("cn=Joe,ou=x,DC=contoso"), 2, DC)', 'Joe'],
    ['DNComponent([manager], 1)', null],
    ['CRef("")', null],
    ['EscapeDNComponent("cn=" & "Smith, Joe")', 'cn=Smith\\, Joe'],
    ['EscapeDNComponent("#1 ")', '\\#1\\ '],
    ['EscapeDNComponent("a=b+c")', 'a=b\\+c'],
    ['EscapeDNComponent("a" & CRLF)', 'a\\0D\\0A'],
  ]);
  failures([
    ['DNComponent([manager], 1)', /only an id/, { attributes: { manager: new Reference({ objectGuid: 'x' }) } }],
    ['DNComponent(CRef("no name"), 1)', /not a distinguished name/],
  ]);
});
