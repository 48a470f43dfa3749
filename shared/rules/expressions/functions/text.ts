import { base64Text, hexText, utf8Text } from '../../../directory/bytes.ts';
import { bytesOfBase64Text, utf16leBytes, utf16leText } from './bytes.ts';
import { lowerCase, trim, trimEnd, trimStart, upperCase } from './letters.ts';
import { compilePattern } from './pattern.ts';
import {
  asList,
  asNumber,
  asText,
  checkLength,
  define,
  FunctionFailure,
  listValue,
  ofText,
  small,
  type Argument,
  type FunctionTable,
} from './definition.ts';

/** Cuts between two halves of a character (a surrogate pair) move to before it: half a character is no text. */
export function cut(text: string, from: number, to: number): string {
  return text.slice(splits(text, from) ? from - 1 : from, splits(text, to) ? to - 1 : to);
}

function splits(text: string, at: number): boolean {
  if (at <= 0 || at >= text.length) return false;
  const behind = text.charCodeAt(at);
  if (behind < 0xdc00 || behind >= 0xe000) return false;
  const before = text.charCodeAt(at - 1);
  return before >= 0xd800 && before < 0xdc00;
}

export function left(text: string, count: bigint): string {
  return count < 0n ? text : cut(text, 0, small(count));
}

function right(text: string, count: bigint): string {
  return count < 0n ? text : cut(text, Math.max(0, text.length - small(count)), text.length);
}

function mid(value: Argument, start: bigint, count: bigint): string | Uint8Array | null {
  const source = value instanceof Uint8Array ? value : asText(value);
  if (count < 0n || start <= 0n || start > BigInt(source.length)) return source;
  const from = small(start) - 1;
  return typeof source === 'string' ? cut(source, from, from + small(count)) : source.slice(from, from + small(count));
}

/** Position of `part` in `text`, from 1; 0 when it is not there. */
export function indexOf(text: string, part: string, start: bigint, ignoreCase: boolean): bigint {
  const from = Math.max(0, small(start) - 1);
  return BigInt((ignoreCase ? lowerCase(text).indexOf(lowerCase(part), from) : text.indexOf(part, from)) + 1);
}

function lastIndexOf(text: string, part: string, start: bigint | undefined, ignoreCase: boolean): bigint {
  const [where, what] = ignoreCase ? [lowerCase(text), lowerCase(part)] : [text, part];
  const from = start === undefined || start < 0n ? where.length : small(start) - what.length;
  return from < 0 ? 0n : BigInt(where.lastIndexOf(what, from) + 1);
}

function checkFiller(filler: string): void {
  if (filler.length !== 1) throw new FunctionFailure('The character to fill up with must be exactly one.');
}

function pad(text: string, length: bigint, filler: string, atEnd: boolean): string {
  checkFiller(filler);
  checkLength(small(length));
  if (text === '') return '';
  return atEnd ? text.padEnd(small(length), filler) : text.padStart(small(length), filler);
}

/** Words between any of the delimiters; several in a row count as one. */
export function word(text: string, number: bigint, delimiters: string): string {
  const words = splitAny(text, delimiters);
  return number < 1n ? '' : (words[small(number) - 1] ?? '');
}

function splitAny(text: string, delimiters: string): readonly string[] {
  const stops = new Set(delimiters);
  const words: string[] = [];
  let current = '';
  for (const char of text) {
    if (!stops.has(char)) current += char;
    else if (current !== '') {
      words.push(current);
      current = '';
    }
  }
  return current === '' ? words : [...words, current];
}

/** Each word with a capital; one that is all capitals stays, as in .NET's ToTitleCase. */
export function titleCase(text: string, separators?: RegExp): string {
  return text
    .split(new RegExp(`(${(separators ?? /\s/).source})`, 'u'))
    .map((part) => (part !== '' && part === upperCase(part) ? part : capital(part)))
    .join('');
}

export function capital(text: string): string {
  const first = String.fromCodePoint(text.codePointAt(0) ?? 0);
  return text === '' ? '' : upperCase(first) + lowerCase(text.slice(first.length));
}

const controls: Readonly<Record<string, string>> = { '\\n': '\n', '\\r': '\r', '\\t': '\t' };
const unescaped = (text: string): string => text.replace(/\\[nrt]/g, (escape) => controls[escape] ?? escape);

export function replaceAll(text: string, old: string, by: string): string {
  if (old === '') return text;
  const parts = text.split(old);
  checkLength(text.length + (parts.length - 1) * (by.length - old.length));
  return parts.join(by);
}

/** `s1:t1,s2:t2`: each character and what takes its place, perhaps nothing. White space in the pattern means nothing. */
function replacements(pattern: string): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const pair of pattern.replace(/\s/g, '').split(',')) {
    const colon = pair.indexOf(':');
    const [from, to] = [pair.slice(0, colon), pair.slice(colon + 1)];
    if (colon < 0 || Array.from(from).length !== 1 || to.includes(':')) {
      throw new FunctionFailure(`"${pair}" in the pattern is not one character, a colon, and what takes its place.`);
    }
    map.set(from, to);
  }
  return map;
}

function replaceChars(text: string, pattern: string): string {
  const map = replacements(pattern);
  let result = '';
  for (const char of text) {
    result += map.get(char) ?? char;
    checkLength(result.length);
  }
  return result;
}

function checkDelimiter(delimiter: string): void {
  if (delimiter.length > 2 || Array.from(delimiter).length !== 1)
    throw new FunctionFailure('The delimiter must be exactly one character.');
}

/** Parts between delimiters. Of no text there are none. */
export function splitAt(text: string, delimiter: string): readonly string[] {
  checkDelimiter(delimiter);
  return text === '' ? [] : text.split(delimiter);
}

function split(text: string, delimiter: string, limit: bigint | undefined): readonly string[] {
  const parts = splitAt(text, delimiter);
  if (limit === undefined || limit < 1n || parts.length <= small(limit)) return parts;
  const kept = small(limit) - 1;
  return [...parts.slice(0, kept), parts.slice(kept).join(delimiter)];
}

const ignores = (compare: Argument): boolean => compare === 'vbTextCompare' || compare === 'CaseInsensitive';
const encodings = 'any?:Unicode|ASCII|UTF8';
const comparisons = 'any?:vbTextCompare|vbBinaryCompare';

function fromBase64(text: string, encoding: Argument): string {
  const bytes = bytesOfBase64Text(text);
  if (bytes === undefined) throw new FunctionFailure('The text is not base64.');
  if (encoding === 'UTF8') return utf8Text(bytes);
  if (encoding === 'ASCII') return Array.from(bytes, (byte) => (byte < 128 ? String.fromCharCode(byte) : '?')).join('');
  return utf16leText(bytes);
}

function fromHex(text: string): string {
  if (!/^([0-9a-f]{2})*$/i.test(text)) throw new FunctionFailure('The text is not pairs of hexadecimal digits.');
  return utf8Text(Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16)));
}

export const textFunctions: FunctionTable = {
  ConvertFromBase64: define(`text ${encodings}`, 'string', ([text, encoding]) => fromBase64(asText(text), encoding)),
  // Bytes are encoded as they are; text as UTF-16, little end first.
  ConvertToBase64: define('string', 'string', ([value]) =>
    base64Text(value instanceof Uint8Array ? value : utf16leBytes(asText(value))),
  ),
  ConvertFromUTF8Hex: ofText('string', fromHex),
  ConvertToUTF8Hex: ofText('string', (text) => hexText(new TextEncoder().encode(text)).toUpperCase()),
  InStr: define(`text text number? ${comparisons}`, 'number', ([text, part, start, compare]) =>
    indexOf(asText(text), asText(part), start === undefined ? 1n : asNumber(start), ignores(compare)),
  ),
  InStrRev: define(`text text number? ${comparisons}`, 'number', ([text, part, start, compare]) =>
    lastIndexOf(asText(text), asText(part), start === undefined ? undefined : asNumber(start), ignores(compare)),
  ),
  Join: define('values text?', 'string', ([values, delimiter]) => {
    const texts = asList(values).map((value) => {
      if (typeof value !== 'string') throw new FunctionFailure('Join takes texts.');
      return value;
    });
    const between = delimiter === undefined ? ' ' : asText(delimiter);
    checkLength(texts.reduce((sum, text) => sum + text.length + between.length, 0));
    return texts.join(between);
  }),
  LCase: ofText('string', lowerCase),
  Left: define('text number', 'string', ([text, count]) => left(asText(text), asNumber(count))),
  Len: define('string', 'number', ([value]) =>
    BigInt(value instanceof Uint8Array ? value.length : asText(value).length),
  ),
  LTrim: ofText('string', trimStart),
  Mid: define('string number number', undefined, ([value, start, count]) =>
    mid(value, asNumber(start), asNumber(count)),
  ),
  PadLeft: define(
    'text number text',
    'string',
    ([text, length, filler]) => pad(asText(text), asNumber(length), asText(filler), false),
    { verify: { 2: checkFiller } },
  ),
  PadRight: define(
    'text number text',
    'string',
    ([text, length, filler]) => pad(asText(text), asNumber(length), asText(filler), true),
    { verify: { 2: checkFiller } },
  ),
  PCase: ofText('string', (text) => titleCase(text, / /)),
  RegexIsMatch: define(
    'text text any?:IgnoreCase|None',
    'boolean',
    ([text, pattern, option], world) =>
      compilePattern(asText(pattern), option === 'IgnoreCase').test(asText(text), world),
    { verify: { 1: (pattern) => compilePattern(pattern, false) } },
  ),
  Replace: define('text text text', 'string', ([text, old, by]) =>
    replaceAll(asText(text), unescaped(asText(old)), unescaped(asText(by))),
  ),
  ReplaceChars: define('text text', 'string', ([text, pattern]) => replaceChars(asText(text), asText(pattern)), {
    verify: { 1: replacements },
  }),
  Right: define('text number', 'string', ([text, count]) => right(asText(text), asNumber(count))),
  RTrim: ofText('string', trimEnd),
  Split: define(
    'text text number?',
    'string',
    ([text, delimiter, limit]) =>
      listValue(split(asText(text), asText(delimiter), limit === undefined ? undefined : asNumber(limit))),
    { multiValued: true, verify: { 1: checkDelimiter } },
  ),
  Trim: ofText('string', trim),
  UCase: ofText('string', upperCase),
  Word: define('text number text', 'string', ([text, number, delimiters]) =>
    word(asText(text), asNumber(number), asText(delimiters)),
  ),
};
