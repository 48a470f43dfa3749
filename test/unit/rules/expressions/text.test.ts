import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cases, failures } from './tables.ts';
import { valueFor, valueOf } from './world.ts';

describe('Left, Right and Mid', () => {
  cases([
    ['Left("John Doe", 4)', 'John'],
    ['Left("John", 0)', ''],
    ['Left("John", -1)', 'John'],
    ['Left("John", 99)', 'John'],
    ['Left("John", 9223372036854775807)', 'John'],
    ['Left(NULL, 4)', ''],
    ['Right("John Doe", 3)', 'Doe'],
    ['Right("John", 0)', ''],
    ['Right("John", -1)', 'John'],
    ['Right("John", 99)', 'John'],
    ['Right(NULL, 3)', ''],
    ['Mid("John Doe", 3, 5)', 'hn Do'],
    ['Mid("John Doe", 6, 999)', 'Doe'],
    ['Mid("John", 2, 0)', ''],
    ['Mid("John", 2, -1)', 'John'],
    ['Mid("John", 0, 2)', 'John'],
    ['Mid("John", 5, 2)', 'John'],
    ['Mid("John", 4, 2)', 'n'],
    ['Mid(NULL, 1, 2)', ''],
  ]);

  it('takes bytes from binary values', () => {
    expect(valueFor('Mid([objectGUID], 2, 2)', { objectGUID: Uint8Array.of(1, 2, 3, 4) })).toEqual(Uint8Array.of(2, 3));
  });

  it('never cuts a character in two: the cut moves to before it', () => {
    expect(valueOf('Left("a😀b", 2)')).toBe('a');
    expect(valueOf('Right("a😀", 1)')).toBe('😀');
    expect(valueOf('Mid("a😀b", 3, 2)')).toBe('😀b');
    expect(valueOf('Len("a😀b")')).toBe(4n);
  });

  it('takes a text apart without loss, wherever it is cut', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'B', ' ', 'é', '😀', '\u0301', '漢'), maxLength: 20 }),
        fc.nat(20),
        (text, at) => {
          const cn = text;
          const cut = Math.min(at, Math.max(0, text.length - 1));
          expect(valueFor(`Left([cn], ${cut}) & Mid([cn], ${cut + 1}, 99)`, { cn })).toBe(text);
          expect(valueFor(`Left([cn], ${cut}) & Right([cn], ${text.length - cut})`, { cn })).toBe(text);
        },
      ),
    );
  });
});

describe('InStr and InStrRev', () => {
  cases([
    ['InStr("The quick brown fox", "quick")', 5n],
    ['InStr("repEated", "e", 3, vbBinaryCompare)', 7n],
    ['InStr("repEated", "e", 3, vbTextCompare)', 4n],
    ['InStr("abc", "x")', 0n],
    ['InStr(NULL, "x")', 0n],
    ['InStr("abc", "c", 99)', 0n],
    ['InStr("İxy", "Y", 1, vbTextCompare)', 3n],
    ['InStrRev("abbcdbbbef", "bb")', 7n],
    ['InStrRev("abbcdbbbef", "bb", 6)', 2n],
    ['InStrRev("abc", "C")', 0n],
    ['InStrRev("abc", "C", 3, vbTextCompare)', 3n],
    ['InStrRev("", "x")', 0n],
  ]);
});

describe('LCase, UCase and PCase', () => {
  cases([
    ['LCase("TeSt ÄÖ")', 'test äö'],
    ['UCase("TeSt äö")', 'TEST ÄÖ'],
    ['UCase("Weiß")', 'WEIß'],
    ['LCase("ΟΔΟΣ")', 'οδοσ'],
    ['LCase("İ")', 'İ'],
    ['LCase(NULL)', ''],
    ['PCase("john doe")', 'John Doe'],
    ['PCase("TEST")', 'TEST'],
    ['PCase(LCase("TEST"))', 'Test'],
    ['PCase("mCdonald o\'neil")', "Mcdonald O'neil"],
    ['PCase("")', ''],
  ]);

  it('keeps the length of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (cn) => {
        expect(valueFor('Len(LCase([cn])) = Len([cn]) && Len(UCase([cn])) = Len([cn])', { cn })).toBe(true);
      }),
    );
  });
});

describe('Trim, LTrim and RTrim', () => {
  cases([
    ['Trim(" a b ")', 'a b'],
    ['LTrim(" a ")', 'a '],
    ['RTrim(" a ")', ' a'],
    ['Trim("   ")', ''],
    ['Trim(NULL)', ''],
    ['Trim("\u00a0\u0085\u2003a\u0085")', 'a'],
    ['Trim("\ufeffa")', '\ufeffa'],
  ]);

  it('is applied to each of several values', () => {
    expect(valueFor('Trim([proxyAddresses])', { proxyAddresses: [' a ', 'b'] })).toEqual(['a', 'b']);
    expect(valueFor('Trim([proxyAddresses])', {})).toBe('');
  });
});

describe('PadLeft and PadRight', () => {
  cases([
    ['PadLeft("User", 10, "0")', '000000User'],
    ['PadRight("User", 10, "0")', 'User000000'],
    ['PadLeft("User", 2, "0")', 'User'],
    ['PadLeft(NULL, 5, "0")', ''],
    ['PadLeft("a", -5, "0")', 'a'],
  ]);
  failures([
    ['PadLeft("a", 5, Left("xy", 2))', /exactly one/],
    ['PadLeft("a", 99999999999, "x")', /16777216 are allowed/],
  ]);
});

describe('Replace and ReplaceChars', () => {
  cases([
    ['Replace("a.b.c", ".", "-")', 'a-b-c'],
    ['Replace("abc", "x", "-")', 'abc'],
    ['Replace("abc", "", "-")', 'abc'],
    ['Replace("aXbx", "x", "")', 'aXb'],
    ['Replace("a" & CRLF & "b", "\\r\\n", ", ")', 'a, b'],
    ['Replace("$1", "$1", "$&")', '$&'],
    ['ReplaceChars("Räksmörgås", "å:a,ä:a,ö:o")', 'Raksmorgas'],
    ['ReplaceChars("O\'Neil", "\':")', 'ONeil'],
    ['ReplaceChars("Äpfel", "ä:ae, Ä : Ae")', 'Aepfel'],
    ['ReplaceChars("😀a", "😀:smile")', 'smilea'],
    ['ReplaceChars(NULL, "a:b")', ''],
  ]);
  failures([
    ['ReplaceChars("abc", LCase("ÖÖ:O"))', /not one character/],
    ['ReplaceChars("abc", Left("a", 1))', /not one character/],
  ]);
});

describe('Split, Join and Word', () => {
  cases([
    ['Split("a;b;c", ";")', ['a', 'b', 'c']],
    ['Split("a;b;c", ";", 2)', ['a', 'b;c']],
    ['Split("abc", ";")', ['abc']],
    ['Split(NULL, ";")', null],
    ['Join(Split("a;b", ";"))', 'a b'],
    ['Join(Split("a;b", ";"), "")', 'ab'],
    ['Join(Split("a;b", ";"), ", ")', 'a, b'],
    ['Join(NULL, ",")', ''],
    ['Word("The quick brown fox", 3, " ")', 'brown'],
    ['Word("This,string!has&many separators", 3, ",!&#")', 'has'],
    ['Word("host.contoso.com", 1, ".")', 'host'],
    ['Word("host", 1, ".")', 'host'],
    ['Word("a__b", 2, "_")', 'b'],
    ['Word("a b", 3, " ")', ''],
    ['Word("a b", 0, " ")', ''],
    ['Word(NULL, 1, " ")', ''],
  ]);
  failures([['Split("abc", LCase("XY"))', /exactly one character/]]);
});

describe('the conversions of text', () => {
  cases([
    ['ConvertToBase64("Hello world!")', 'SABlAGwAbABvACAAdwBvAHIAbABkACEA'],
    ['ConvertFromBase64("SABlAGwAbABvACAAdwBvAHIAbABkACEA")', 'Hello world!'],
    ['ConvertFromBase64("SGVsbG8gd29ybGQh", UTF8)', 'Hello world!'],
    ['ConvertFromBase64("SGVsbG8gd29ybGQh", ASCII)', 'Hello world!'],
    ['ConvertToUTF8Hex("Hello world!")', '48656C6C6F20776F726C6421'],
    ['ConvertFromUTF8Hex("48656C6C6F20776F726C6421")', 'Hello world!'],
    ['ConvertToUTF8Hex(NULL)', ''],
  ]);
  failures([
    ['ConvertFromBase64("x")', /not base64/],
    ['ConvertFromUTF8Hex("4")', /hexadecimal/],
  ]);

  it('encodes the bytes of binary values as they are', () => {
    expect(valueFor('ConvertToBase64([objectGUID])', { objectGUID: Uint8Array.of(0, 1, 254, 255) })).toBe('AAH+/w==');
  });

  it('gives every text back', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
        (cn) => {
          expect(valueFor('ConvertFromBase64(ConvertToBase64([cn]))', { cn })).toBe(cn);
          expect(valueFor('ConvertFromUTF8Hex(ConvertToUTF8Hex([cn]))', { cn })).toBe(cn);
        },
      ),
    );
  });
});
