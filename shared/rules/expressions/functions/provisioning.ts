import { partsOf } from './date-parse.ts';
import { formatDate, readDate } from './date-format.ts';
import { addInterval, dateOf } from './dates.ts';
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
  type FunctionWorld,
} from './definition.ts';
import { normalizeDiacritics } from './diacritics.ts';
import { compilePattern, replaceMatches, type PatternMatch } from './pattern.ts';
import { lowerCase, upperCase } from './letters.ts';
import { capital, replaceAll, splitAt, textFunctions, titleCase } from './text.ts';
import { valueFunctions } from './values.ts';
import { dateFunctions } from './dates.ts';
import { directoryFunctions } from './directory.ts';
import { filetimeEpochTicks, Instant } from '../../value.ts';

/** The text in which the provisioning service passes dates on. */
const passed = (date: Instant): string => formatDate(date, 'M/d/yyyy h:mm:ss tt');
const textIntervals = new Set(['yyyy', 'm', 'd', 'ww', 'h', 'n', 's']);

/** Dates are passed on as text, but for those that come from numbers. */
function instantOf(date: Argument): Instant {
  return date instanceof Instant ? date : dateOf(asText(date));
}

function checkInterval(interval: string): void {
  if (!textIntervals.has(interval)) throw new FunctionFailure(`There is no interval "${interval}".`);
}

/** Weeks, months and years count the boundaries of the calendar between the dates, as Visual Basic does. */
function difference(interval: string, from: Instant, to: Instant): bigint {
  checkInterval(interval);
  const [a, b] = [new Date(partsOf(from).ms), new Date(partsOf(to).ms)];
  const years = b.getUTCFullYear() - a.getUTCFullYear();
  const ticks = to.ticks - from.ticks;
  switch (interval) {
    case 'yyyy':
      return BigInt(years);
    case 'm':
      return BigInt(years * 12 + b.getUTCMonth() - a.getUTCMonth());
    case 'd':
      return ticks / 864_000_000_000n;
    case 'ww': {
      const sunday = (date: Date): number => Math.floor((date.getTime() / 86_400_000 + 4) / 7);
      return BigInt(sunday(b) - sunday(a));
    }
    case 'h':
      return ticks / 36_000_000_000n;
    case 'n':
      return ticks / 600_000_000n;
    default:
      return ticks / 10_000_000n;
  }
}

/** `FormatDateTime(source, styles, from, to)`; Cloud Sync leaves the styles out. Styles change nothing that is read here. */
function reformat([source, ...rest]: readonly Argument[]): string {
  const formats = rest.filter((arg) => arg !== undefined).map(asText);
  const [from, to] = formats.length === 3 ? formats.slice(1) : formats;
  if (from === undefined || to === undefined)
    throw new FunctionFailure('FormatDateTime takes the format of the source and that of the result.');
  if (source instanceof Instant) return formatDate(source, to);
  const date = from === '' ? dateOf(asText(source)) : readDate(asText(source), from);
  if (date === undefined) throw new FunctionFailure(`"${asText(source)}" is not a date in the form "${from}".`);
  return formatDate(date, to);
}

interface Replacement {
  readonly source: string;
  readonly old: string | undefined;
  readonly regex: string | undefined;
  readonly group: string | undefined;
  readonly value: string | undefined;
  readonly from: string | undefined;
  readonly template: string | undefined;
}

/** The modes of the provisioning service's Replace, told apart by the arguments that are given. */
function replace(args: readonly Argument[], world: FunctionWorld): string {
  const text = (i: number): string | undefined =>
    args[i] === undefined || args[i] === null ? undefined : asText(args[i]);
  const given: Replacement = {
    source: text(0) ?? '',
    old: text(1),
    regex: text(2),
    group: text(3),
    value: text(4),
    from: text(5),
    template: text(6),
  };
  if (nonEmpty(given.regex)) return replacePattern(given, given.regex, world);
  if (nonEmpty(given.old)) {
    if (given.template !== undefined) return replaceAll(given.template, given.old, given.source);
    return replaceAll(given.source, given.old, given.value ?? '');
  }
  throw new FunctionFailure('Replace needs a text or a pattern to look for.');
}

function nonEmpty(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}

function replacePattern({ source, group, value, from }: Replacement, regex: string, world: FunctionWorld): string {
  const pattern = compilePattern(regex, false);
  const key = nonEmpty(group) ? (/^\d+$/.test(group) ? Number(group) : group) : undefined;
  if (key !== undefined && from !== undefined && value === undefined) {
    // The source as it is, or what the group finds in the other attribute.
    return source !== '' ? source : (pattern.match(from, 0, world)?.group(key) ?? '');
  }
  const by = value ?? '';
  if (key === undefined) return replaceMatches(pattern, source, (match) => expanded(by, match, world), world);
  const inside = (match: PatternMatch): string => {
    const [start, end] = match.span(key) ?? [match.end, match.end];
    if (match.span(key) === undefined) return match.group(0) ?? '';
    return source.slice(match.start, start) + by + source.slice(end, match.end);
  };
  return replaceMatches(pattern, source, inside, world);
}

/** `${name}`, `${1}` and `$1` stand for what groups found. */
function expanded(template: string, match: PatternMatch, world: FunctionWorld): string {
  world.spend(template.length);
  return template.replace(/\$\{(\w+)\}|\$(\d)/g, (_, name?: string, number?: string) => {
    const wanted = name ?? number ?? '0';
    return match.group(/^\d+$/.test(wanted) ? Number(wanted) : wanted) ?? '';
  });
}

function randomString(args: readonly Argument[], world: FunctionWorld): string {
  const [length, ...minimum] = args.slice(0, 5).map((arg) => small(asNumber(arg)));
  const avoid = new Set(asText(args[5]));
  const classes = ['0123456789', '!@#$%^&*()-_=+[]{}', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'].map(
    (letters) => Array.from(letters).filter((letter) => !avoid.has(letter)),
  );
  const needed = minimum.reduce((sum, count) => sum + Math.max(0, count), 0);
  if (length === undefined || length < 1 || length > 256 || needed > length) {
    throw new FunctionFailure('A random text has 1 to 256 characters, and room for what it must contain.');
  }
  const pick = (letters: readonly string[]): string => letters[Math.floor(world.random() * letters.length)] ?? '';
  const chars = classes.flatMap((letters, i) =>
    Array.from({ length: Math.max(0, minimum[i] ?? 0) }, () => pick(letters)),
  );
  while (chars.length < length) chars.push(pick(classes.flat()));
  for (let i = chars.length - 1; i > 0; i -= 1) {
    const other = Math.floor(world.random() * (i + 1));
    [chars[i], chars[other]] = [chars[other] ?? '', chars[i] ?? ''];
  }
  return chars.join('');
}

function joinTexts([separator, ...values]: readonly Argument[]): string {
  const texts = values.flatMap(asList).map((value) => {
    if (typeof value !== 'string') throw new FunctionFailure('Join takes texts.');
    return value;
  });
  const between = asText(separator);
  const filled = texts.filter((text) => text !== '');
  checkLength(filled.reduce((sum, text) => sum + text.length + between.length, 0));
  return filled.join(between);
}

function properCase(text: string, separators: Argument): string {
  const lower = lowerCase(text);
  if (separators === undefined || separators === null) return titleCase(lower, /[^\p{L}\p{N}']/u);
  const stops = Array.from(asText(separators), (char) => char.replace(/[\\\]^-]/g, '\\$&')).join('');
  return lower
    .split(new RegExp(stops === '' ? /(?!)/ : `([${stops}])`, 'u'))
    .map(capital)
    .join('');
}

/** `undefined` where a table has no such function; names of tables are checked by their types. */
function pick(table: FunctionTable, ...names: string[]): FunctionTable {
  return Object.fromEntries(
    names.map((name) => {
      const definition = table[name];
      if (definition === undefined) throw new Error(`No function ${name}.`);
      return [name, definition];
    }),
  );
}

/** Functions of the provisioning service (Cloud Sync) that are not written as in Entra Connect, and those that are. */
export const provisioningFunctions: FunctionTable = {
  ...pick(
    textFunctions,
    'ConvertFromBase64',
    'ConvertToBase64',
    'ConvertToUTF8Hex',
    'InStr',
    'Left',
    'Mid',
    'Trim',
    'Word',
  ),
  ...pick(
    valueFunctions,
    'BitAnd',
    'CBool',
    'Count',
    'CStr',
    'Guid',
    'IsNull',
    'IsNullOrEmpty',
    'IsPresent',
    'IsString',
    'Item',
    'RemoveDuplicates',
    'StringFromSid',
  ),
  ...pick(dateFunctions, 'DateFromNum'),
  ...pick(directoryFunctions, 'DNComponent'),
  Append: define('text text', 'string', ([text, suffix]) => {
    checkLength(asText(text).length + asText(suffix).length);
    return asText(text) + asText(suffix);
  }),
  CDate: ofText('string', (text) => (text === '' ? null : passed(dateOf(text)))),
  Coalesce: define(
    'values…',
    undefined,
    (args) => args.find((arg) => arg !== null && arg !== undefined && arg !== '') ?? args.at(-1) ?? null,
  ),
  DateAdd: define(
    'text number moment',
    'string',
    ([interval, count, date]) => {
      checkInterval(asText(interval));
      return passed(addInterval(asText(interval), asNumber(count), instantOf(date)));
    },
    { verify: { 0: checkInterval } },
  ),
  DateDiff: define(
    'text moment moment',
    'number',
    ([interval, from, to]) => difference(asText(interval), instantOf(from), instantOf(to)),
    { verify: { 0: checkInterval } },
  ),
  FormatDateTime: define('moment text? text? text?', 'string', reformat),
  Join: define('text values…', 'string', joinTexts, { multiValued: false }),
  NormalizeDiacritics: ofText('string', normalizeDiacritics),
  Not: define('any', 'string', ([value]) => (value === 'True' || value === true ? 'False' : 'True')),
  Now: define('', 'string', (_, world) => passed(world.now()), { volatile: true, multiValued: false }),
  NumFromDate: define('moment', 'number', ([date]) => instantOf(date).ticks - filetimeEpochTicks),
  PCase: define('text text?', 'string', ([text, separators]) => properCase(asText(text), separators)),
  RandomString: define('number number number number number text?', 'string', randomString, {
    volatile: true,
    multiValued: false,
  }),
  // Keeping a value out of the service's logs is all that it does there; ours never carry values.
  Redact: define('any', undefined, ([value]) => value ?? null),
  Replace: define('text text? text? text? text? text? text?', 'string', replace, {
    verify: { 2: (pattern) => compilePattern(pattern, false) },
  }),
  Split: define(
    'text text',
    'string',
    ([text, delimiter]) => {
      const parts = splitAt(asText(text), asText(delimiter));
      return listValue(parts.map((part) => part.trim()).filter((part) => part !== ''));
    },
    { multiValued: true },
  ),
  StripSpaces: ofText('string', (text) => text.replaceAll(' ', '')),
  ToLower: define('text text?', 'string', ([text]) => lowerCase(asText(text))),
  ToUpper: define('text text?', 'string', ([text]) => upperCase(asText(text))),
};
