import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLdif } from '../../../shared/directory/ldif/parse-ldif.ts';
import { isLockstepError } from '../../../shared/errors/lockstep-error.ts';

/** Entries as plain data: DN, line, and values as text. */
function entriesOf(...lines: readonly string[]): [string, number, Record<string, string[]>][] {
  return parseLdif(lines.join('\n'), 'file.ldif').map(({ dn, line, attributes }) => [
    dn,
    line,
    Object.fromEntries(
      [...attributes].map(([name, values]) => [name, values.map((value) => Buffer.from(value).toString('utf8'))]),
    ),
  ]);
}

/** The line that LS1201 names. */
function brokenLine(...lines: readonly string[]): number {
  try {
    parseLdif(lines.join('\n'), 'file.ldif');
  } catch (error) {
    if (!isLockstepError(error)) throw error;
    const line = /^Line (\d+): /.exec(error.message)?.[1];
    expect(error).toMatchObject({ code: 'LS1201', object: `file.ldif:${line ?? ''}` });
    return Number(line);
  }
  throw new Error('The file was taken.');
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

describe('an LDIF file (RFC 2849)', () => {
  it('is records with their values in order, names without regard to case', () => {
    expect(
      entriesOf('version: 1', 'dn: CN=a,DC=test', 'CN: a', 'mail: 1', 'Mail: 2', '', 'dn: CN=b,DC=test', 'cn: b'),
    ).toEqual([
      ['CN=a,DC=test', 2, { cn: ['a'], mail: ['1', '2'] }],
      ['CN=b,DC=test', 7, { cn: ['b'] }],
    ]);
  });

  it.each<[string, string[]]>([
    ['nothing', ['']],
    ['blank lines', ['', '', '']],
    ['a version only', ['version: 1', '']],
    ['comments only', ['# dn: CN=a', ' cn: a', '#']],
  ])('may hold %s', (_what, lines) => {
    expect(entriesOf(...lines)).toEqual([]);
  });

  it.each<[string, string[], string]>([
    ['as it is', ['x: a b'], 'a b'],
    ['without the blanks before it', ['x:    a'], 'a'],
    ['with the blanks after it', ['x: a  '], 'a  '],
    ['without a blank before it', ['x:a'], 'a'],
    ['that is empty', ['x:'], ''],
    ['that is empty after a blank', ['x: '], ''],
    ['with a colon', ['x: a: b:: c'], 'a: b:: c'],
    ['that begins with a colon after a blank', ['x: :a'], ':a'],
    ['that begins with < after a blank', ['x: <a'], '<a'],
    ['in base64', [`x:: ${base64(' ä\n: ')}`], ' ä\n: '],
    ['in base64 that is empty', ['x::'], ''],
    ['folded', ['x: abc', ' def', '  ghi'], 'abcdef ghi'],
    ['folded right after the colon', ['x:', '  a'], 'a'],
    ['folded within the name', ['x', ' x: a'], 'a'],
    ['in base64, folded', ['x:: YWJ', ' j'], 'abc'],
    ['folded with an empty continuation', ['x: a', ' ', ' b'], 'ab'],
    ['with characters beyond ASCII, which strict writers encode', ['x: Müller 👍'], 'Müller 👍'],
    ['that looks like a comment after a fold', ['x: a', ' # b'], 'a# b'],
    ['with a carriage return inside', ['x: a\rb'], 'a\rb'],
  ])('has a value %s', (_what, lines, value) => {
    const [[, , attributes] = ['', 0, {}]] = entriesOf('dn: CN=a', ...lines);
    expect(Object.values(attributes)).toEqual([[value]]);
  });

  it('keeps the bytes of a value that are no text', () => {
    const bytes = Buffer.from([0, 0xff, 0xfe, 0x80, 0x0a]);
    const [entry] = parseLdif(`dn: CN=a\nobjectGUID:: ${bytes.toString('base64')}`, 'f');
    expect(entry?.attributes.get('objectguid')).toEqual([Uint8Array.from(bytes)]);
  });

  it.each<[string, string[]]>([
    [
      'comments between and within records, folded ones as well',
      ['# one', ' more', 'dn: CN=a', '# two', 'cn: a', '#three'],
    ],
    ['a mark of byte order', ['\uFEFFdn: CN=a', 'cn: a']],
    ['carriage returns', ['version: 1\r', 'dn: CN=a\r', 'cn: a\r', '\r', '']],
    ['several blank lines', ['', '', 'dn: CN=a', 'cn: a', '', '', '']],
    ['no newline at the end', ['dn: CN=a', 'cn: a']],
    ['a name in base64', [`dn:: ${base64('CN=a')}`, 'cn: a']],
    ['changetype: add', ['dn: CN=a', 'changetype: add', 'cn: a']],
    ['changetype: add in base64, after an attribute', ['dn: CN=a', 'cn: a', `changeType:: ${base64('add')}`]],
    ['attribute options', ['dn: CN=a', 'cn;lang-de;binary: a']],
    ['a blank line after the version', ['version: 1', '', 'dn: CN=a', 'cn: a']],
    ['a version without a blank', ['version:1', 'dn: CN=a', 'cn: a']],
  ])('may have %s', (_what, lines) => {
    expect(entriesOf(...lines).map(([dn, , attributes]) => [dn, attributes])).toEqual([['CN=a', { cn: ['a'] }]]);
  });

  it('takes an object identifier for a name', () => {
    expect(entriesOf('dn: CN=a', '2.5.4.3: a')).toEqual([['CN=a', 1, { '2.5.4.3': ['a'] }]]);
  });

  it.each<[string, number, string[]]>([
    ['another version', 1, ['version: 2', 'dn: CN=a', 'cn: a']],
    ['a version that is not at the beginning', 4, ['dn: CN=a', 'cn: a', '', 'version: 1']],
    ['a record that does not begin with dn', 1, ['cn: a', 'dn: CN=a']],
    ['the end of an ldapsearch listing', 4, ['dn: CN=a', 'cn: a', '', 'search: 2', 'result: 0 Success']],
    ['a record without attributes', 1, ['dn: CN=a', '', 'dn: CN=b', 'cn: b']],
    ['two names in one record', 3, ['dn: CN=a', 'cn: a', 'dn: CN=b', 'cn: b']],
    ['a line without a colon', 3, ['dn: CN=a', 'cn: a', 'oops']],
    ['a blank before the colon', 2, ['dn: CN=a', 'cn : a']],
    ['a name of no characters', 2, ['dn: CN=a', ': a']],
    ['a continuation of nothing', 1, [' a']],
    ['a continuation after a blank line', 4, ['dn: CN=a', 'cn: a', '', ' b']],
    ['a tab, which does not fold', 3, ['dn: CN=a', 'cn: a', '\tb']],
    ['base64 with a foreign character', 2, ['dn: CN=a', 'x:: YW!j']],
    ['base64 that is cut off', 2, ['dn: CN=a', 'x:: YWJjZ']],
    ['base64 whose padding is missing', 2, ['dn: CN=a', 'x:: YQ']],
    ['base64 that goes on after its padding', 2, ['dn: CN=a', 'x:: YQ==YQ==']],
    ['a broken line after folded ones', 6, ['dn: CN=a', 'x: a', ' b', ' c', '# d', 'oops']],
    ['a broken line that is folded: where it begins', 2, ['dn: CN=a', 'oo', ' ps', 'cn: a']],
    ['a value from a file', 2, ['dn: CN=a', 'photo:< file:///etc/passwd']],
    ['a value from anywhere else', 2, ['dn: CN=a', 'photo:<https://elsewhere.test']],
    ['a name from a file', 1, ['dn:< file:///x', 'cn: a']],
    ['a deletion', 2, ['dn: CN=a', 'changetype: delete']],
    ['a modification', 2, ['dn: CN=a', 'changetype: modify', 'replace: cn', 'cn: b', '-']],
    ['a rename', 2, ['dn: CN=a', 'changetype: modrdn', 'newrdn: CN=b']],
    ['a control', 2, ['dn: CN=a', 'control: 1.2.840.113556.1.4.805 true', 'changetype: add', 'cn: a']],
    ['a broken line with carriage returns before it', 3, ['dn: CN=a\r', 'cn: a\r', 'oops\r']],
  ])('is refused with %s, in line %i', (_what, line, lines) => {
    expect(brokenLine(...lines)).toBe(line);
  });

  it('does not put a whole long line into its message', () => {
    expect(() => parseLdif(`dn: CN=a\n${'x'.repeat(5_000)}`, 'f')).toThrow(/^.{0,200}$/);
  });

  it('gives back what was written into it, however it is folded', () => {
    const value = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.string({ maxLength: 40 }));
    const record = fc.record({
      dn: value,
      values: fc.array(fc.tuple(fc.constantFrom('cn', 'mail', 'x-y'), value), { minLength: 1, maxLength: 5 }),
    });
    const style = fc.record({
      width: fc.integer({ min: 1, max: 80 }),
      newline: fc.constantFrom('\n', '\r\n'),
      always: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), style, (records, { width, newline, always }) => {
        // SAFE-STRING of the grammar, loosened by nothing; everything else goes in base64.
        const safe = /^(?![ :<])[\x20-\x7e]*$/;
        const line = (name: string, text: string): string =>
          safe.test(text) && !always ? `${name}: ${text}` : `${name}:: ${base64(text)}`;
        const fold = (text: string): string => {
          const [first = '', ...rest] = text.match(new RegExp(`.{1,${width}}`, 'gs')) ?? [];
          return [first, ...rest.map((part) => ` ${part}`)].join(newline);
        };
        const file = records
          .map(({ dn, values }) =>
            [fold(line('dn', dn)), ...values.map(([name, text]) => fold(line(name, text)))].join(newline),
          )
          .join(newline + newline);
        const read = parseLdif(file + newline, 'f').map(({ dn, attributes }) => ({
          dn,
          values: [...attributes].flatMap(([name, list]) =>
            list.map((each) => [name, Buffer.from(each).toString('utf8')]),
          ),
        }));
        const byName = (values: readonly (readonly string[])[]): (readonly string[])[] =>
          [...new Set(values.map(([name]) => name))].flatMap((name) => values.filter((each) => each[0] === name));
        expect(read).toEqual(records.map(({ dn, values }) => ({ dn, values: byName(values) })));
      }),
    );
  });
});
