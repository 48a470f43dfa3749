import { filetimeEpochTicks, Instant } from '../../value.ts';
import { checkFormat, formatDate } from './date-format.ts';
import { instantOfParts, parseDate, partsOf } from './date-parse.ts';
import { asDate, asNumber, asText, define, FunctionFailure, small, type FunctionTable } from './definition.ts';

const latestTicks = 3_155_378_975_999_999_999n;
const ticksPer: ReadonlyMap<string, bigint> = new Map([
  ['y', 864_000_000_000n],
  ['d', 864_000_000_000n],
  ['w', 864_000_000_000n],
  ['ww', 7n * 864_000_000_000n],
  ['h', 36_000_000_000n],
  ['n', 600_000_000n],
  ['s', 10_000_000n],
]);
const monthsPer: ReadonlyMap<string, number> = new Map([
  ['yyyy', 12],
  ['q', 3],
  ['m', 1],
]);

function checkInterval(interval: string): void {
  if (!ticksPer.has(interval) && !monthsPer.has(interval))
    throw new FunctionFailure(`There is no interval "${interval}".`);
}

/** .NET's dates reach from year 1 to the end of 9999. */
export function checkedInstant(ticks: bigint): Instant {
  if (ticks < 0n || ticks > latestTicks) throw new FunctionFailure('The date lies outside the years 1 to 9999.');
  return new Instant(ticks);
}

/** Months of different length: the 31st becomes the last day of a shorter month. */
export function addInterval(interval: string, count: bigint, date: Instant): Instant {
  const ticks = ticksPer.get(interval);
  if (ticks !== undefined) return checkedInstant(date.ticks + ticks * count);
  checkInterval(interval);
  const months = monthsPer.get(interval) ?? 1;
  if (count > 200_000n || count < -200_000n) throw new FunctionFailure('The date lies outside the years 1 to 9999.');
  const { ms, ticks: rest } = partsOf(date);
  const from = new Date(ms);
  const day = from.getUTCDate();
  const target = new Date(ms);
  target.setUTCDate(1);
  target.setUTCMonth(from.getUTCMonth() + months * small(count));
  const last = new Date(target.getTime());
  last.setUTCMonth(last.getUTCMonth() + 1, 0);
  target.setUTCDate(Math.min(day, last.getUTCDate()));
  return checkedInstant(instantOfParts(target.getTime(), rest).ticks);
}

export function dateOf(text: string): Instant {
  const date = parseDate(text);
  if (date === undefined) throw new FunctionFailure(`"${text}" is not a date.`);
  return checkedInstant(date.ticks);
}

export const dateFunctions: FunctionTable = {
  CDate: define('text', 'dateTime', ([text]) => (asText(text) === '' ? null : dateOf(asText(text)))),
  DateAdd: define(
    'text number date',
    'dateTime',
    ([interval, count, date]) => addInterval(asText(interval), asNumber(count), asDate(date)),
    { verify: { 0: checkInterval } },
  ),
  DateFromNum: define('number', 'dateTime', ([number]) => checkedInstant(asNumber(number) + filetimeEpochTicks)),
  FormatDateTime: define('date text', 'string', ([date, format]) => formatDate(asDate(date), asText(format)), {
    verify: { 1: checkFormat },
  }),
  Now: define('', 'dateTime', (_, world) => world.now(), { volatile: true, multiValued: false }),
  NumFromDate: define('date', 'number', ([date]) => asDate(date).ticks - filetimeEpochTicks),
};
