import type { Instant } from '../../value.ts';
import { instantOfParts, partsOf } from './date-parse.ts';
import { FunctionFailure } from './definition.ts';

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** .NET's standard formats of one letter, in the invariant culture, as custom ones. */
const standard: Readonly<Record<string, string>> = {
  d: 'MM/dd/yyyy',
  D: 'dddd, dd MMMM yyyy',
  f: 'dddd, dd MMMM yyyy HH:mm',
  F: 'dddd, dd MMMM yyyy HH:mm:ss',
  g: 'MM/dd/yyyy HH:mm',
  G: 'MM/dd/yyyy HH:mm:ss',
  M: 'MMMM dd',
  m: 'MMMM dd',
  o: "yyyy-MM-dd'T'HH:mm:ss.fffffffK",
  O: "yyyy-MM-dd'T'HH:mm:ss.fffffffK",
  r: "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
  R: "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
  s: "yyyy-MM-dd'T'HH:mm:ss",
  t: 'HH:mm',
  T: 'HH:mm:ss',
  u: "yyyy-MM-dd HH:mm:ss'Z'",
  y: 'yyyy MMMM',
  Y: 'yyyy MMMM',
};

const maxFormat = 256;
const maxFraction = 7;

/** @throws FunctionFailure */
export function checkFormat(format: string): void {
  pieces(format);
}

type Piece = { readonly literal: string } | { readonly letter: string; readonly count: number };

const taken = new Map<string, readonly Piece[]>();

function pieces(format: string): readonly Piece[] {
  const held = taken.get(format);
  if (held !== undefined) return held;
  const made = takeApart(format);
  // Formats come from rules, and now and then from attributes.
  if (taken.size >= 256) taken.clear();
  taken.set(format, made);
  return made;
}

function takeApart(format: string): readonly Piece[] {
  if (format.length > maxFormat) throw new FunctionFailure(`A date format has at most ${maxFormat} characters.`);
  const custom = format.length === 1 ? standard[format] : format;
  if (custom === undefined) throw new FunctionFailure(`There is no date format "${format}".`);
  const found: Piece[] = [];
  for (let i = 0; i < custom.length;) {
    const char = custom.charAt(i);
    if (char === "'" || char === '"') {
      const end = custom.indexOf(char, i + 1);
      if (end < 0) throw new FunctionFailure(`The date format "${format}" has a quote that does not end.`);
      found.push({ literal: custom.slice(i + 1, end) });
      i = end + 1;
    } else if (char === '\\') {
      found.push({ literal: custom.charAt(i + 1) });
      i += 2;
    } else if (char === '%') i += 1;
    else if (/[gyMdHhmsfFtzK]/.test(char)) {
      const count = /^(.)\1*/.exec(custom.slice(i))?.[0].length ?? 1;
      if (/[fF]/.test(char) && count > maxFraction)
        throw new FunctionFailure(`The date format "${format}" asks for more than ${maxFraction} digits of a second.`);
      found.push({ letter: char, count });
      i += count;
    } else {
      found.push({ literal: char });
      i += 1;
    }
  }
  return found;
}

/** A date in a .NET format, invariant culture, UTC. */
export function formatDate(instant: Instant, format: string): string {
  const { ms, ticks } = partsOf(instant);
  const date = new Date(ms);
  let text = '';
  for (const piece of pieces(format)) {
    if ('literal' in piece) text += piece.literal;
    else {
      const part = formatPiece(date, ticks, piece.letter, piece.count);
      // A fraction of nothing takes its point away.
      text = part === '' && piece.letter === 'F' && text.endsWith('.') ? text.slice(0, -1) : text + part;
    }
  }
  return text;
}

/** Seven digits of a second. */
function fractionOf(date: Date, ticks: bigint): string {
  return String(date.getUTCMilliseconds()).padStart(3, '0') + String(ticks).padStart(4, '0');
}

function formatPiece(date: Date, ticks: bigint, letter: string, count: number): string {
  const padded = (value: number): string => (value < 10 && count > 1 ? `0${value}` : String(value));
  switch (letter) {
    case 'g':
      return 'A.D.';
    case 'y': {
      const year = date.getUTCFullYear();
      return count <= 2 ? padded(year % 100) : String(year).padStart(count, '0');
    }
    case 'M': {
      const name = months[date.getUTCMonth()] ?? '';
      return count >= 4 ? name : count === 3 ? name.slice(0, 3) : padded(date.getUTCMonth() + 1);
    }
    case 'd': {
      const name = days[date.getUTCDay()] ?? '';
      return count >= 4 ? name : count === 3 ? name.slice(0, 3) : padded(date.getUTCDate());
    }
    case 'H':
      return padded(date.getUTCHours());
    case 'h':
      return padded(date.getUTCHours() % 12 || 12);
    case 'm':
      return padded(date.getUTCMinutes());
    case 's':
      return padded(date.getUTCSeconds());
    case 'f':
      return fractionOf(date, ticks).slice(0, count);
    case 'F':
      return fractionOf(date, ticks).slice(0, count).replace(/0+$/, '');
    case 't':
      return (date.getUTCHours() < 12 ? 'AM' : 'PM').slice(0, count);
    case 'z':
      return count === 1 ? '+0' : count === 2 ? '+00' : '+00:00';
    default:
      return 'Z';
  }
}

/** Reads a text that is written in a .NET format; `undefined` when it is not. Without a date it is 0001-01-01. */
export function readDate(text: string, format: string): Instant | undefined {
  let rest = text;
  const read = {
    y: 1,
    M: 1,
    d: 1,
    H: 0,
    h: undefined as number | undefined,
    m: 0,
    s: 0,
    ticks: 0n,
    half: '',
    offset: 0,
  };
  const take = (pattern: RegExp): string | undefined => {
    const found = pattern.exec(rest)?.[0];
    if (found !== undefined) rest = rest.slice(found.length);
    return found;
  };
  for (const piece of pieces(format)) {
    if ('literal' in piece) {
      if (!rest.startsWith(piece.literal)) return undefined;
      rest = rest.slice(piece.literal.length);
      continue;
    }
    const { letter, count } = piece;
    if ((letter === 'M' || letter === 'd') && count >= 3) {
      const names = letter === 'M' ? months : days;
      const index = names.findIndex((name) =>
        rest
          .slice(0, name.length)
          .toLowerCase()
          .startsWith((count === 3 ? name.slice(0, 3) : name).toLowerCase()),
      );
      if (index < 0) return undefined;
      rest = rest.slice(count === 3 ? 3 : (names[index]?.length ?? 0));
      if (letter === 'M') read.M = index + 1;
      continue;
    }
    if (letter === 'g') {
      if (take(/^A\.?D\.?/i) === undefined) return undefined;
      continue;
    }
    if (letter === 't') {
      read.half = (take(count === 1 ? /^[AP]/i : /^[AP]M/i) ?? '').toUpperCase();
      if (read.half === '') return undefined;
      continue;
    }
    if (letter === 'z' || letter === 'K') {
      const zone = take(/^(Z|[+-]\d{1,2}(:?\d{2})?)/i);
      if (zone === undefined && letter === 'z') return undefined;
      const [, sign, hours, minutes] = /^([+-])(\d{1,2}):?(\d{2})?$/.exec(zone ?? '') ?? [];
      if (sign !== undefined) read.offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes ?? 0));
      continue;
    }
    if (letter === 'f' || letter === 'F') {
      const digits = take(new RegExp(`^\\d{${letter === 'f' ? count : 0},${count}}`));
      if (digits === undefined) return undefined;
      read.ticks = BigInt(digits.padEnd(7, '0').slice(0, 7));
      continue;
    }
    const digits = take(
      letter === 'y' && count >= 3 ? new RegExp(`^\\d{${count}}`) : count === 1 ? /^\d{1,2}/ : /^\d{2}/,
    );
    if (digits === undefined) return undefined;
    if (letter === 'y') read.y = count <= 2 ? 2000 + Number(digits) - (Number(digits) > 49 ? 100 : 0) : Number(digits);
    else read[letter as 'M' | 'd' | 'H' | 'h' | 'm' | 's'] = Number(digits);
  }
  if (rest.trim() !== '') return undefined;
  const hour = read.h === undefined ? read.H : (read.h % 12) + (read.half.startsWith('P') ? 12 : 0);
  const date = new Date(Date.UTC(2000, read.M - 1, read.d, hour, read.m, read.s));
  date.setUTCFullYear(read.y, read.M - 1, read.d);
  const valid =
    date.getUTCMonth() === read.M - 1 && date.getUTCDate() === read.d && hour < 24 && read.m < 60 && read.s < 60;
  return valid ? instantOfParts(date.getTime() - read.offset * 60_000, read.ticks) : undefined;
}
