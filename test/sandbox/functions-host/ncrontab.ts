import { HostError } from './host-error.ts';

/** One field of an expression: the values at which it is met, ascending. */
type Field = readonly number[];

/** A schedule `{second} {minute} {hour} {day} {month} {day-of-week}`. */
export interface Schedule {
  /** The first occurrence strictly after `after` (milliseconds since 1970, UTC), or undefined when there is none within the next years. */
  next(after: number): number | undefined;
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const fields = [
  { name: 'second', low: 0, high: 59, names: [] },
  { name: 'minute', low: 0, high: 59, names: [] },
  { name: 'hour', low: 0, high: 23, names: [] },
  { name: 'day', low: 1, high: 31, names: [] },
  { name: 'month', low: 1, high: 12, names: months },
  { name: 'day of week', low: 0, high: 6, names: days },
] as const;

/**
 * Parses an NCRONTAB expression of six fields, or of five (second 0), or a .NET time span `hh:mm:ss` for a constant interval. Unlike cron, NCrontab
 * requires day and day of week both to match.
 * @throws HostError naming the field that makes no sense.
 */
export function parseSchedule(expression: string): Schedule {
  const interval = parseInterval(expression);
  if (interval !== undefined) return { next: (after) => after + interval };
  const parts = expression.trim().split(/\s+/);
  const six = parts.length === 5 ? ['0', ...parts] : parts;
  if (six.length !== 6) {
    throw new HostError(`"${expression}" is not a schedule: it has ${parts.length} fields, not 6.`);
  }
  const sets = fields.map((field, index) => parseField(six[index] ?? '', field, expression));
  return { next: (after) => nextOccurrence(sets, after) };
}

function parseInterval(expression: string): number | undefined {
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})$/.exec(expression.trim());
  if (!match) return undefined;
  const [day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map((part) => Number(part || 0));
  const interval = (((day * 24 + hour) * 60 + minute) * 60 + second) * 1000;
  if (interval === 0) throw new HostError(`"${expression}" is not a schedule: the interval is zero.`);
  return interval;
}

function parseField(text: string, field: (typeof fields)[number], expression: string): Field {
  const fail = (): never => {
    throw new HostError(
      `"${expression}" is not a schedule: "${text}" is no ${field.name} (${field.low}-${field.high}).`,
    );
  };
  const value = (token: string): number => {
    const name = (field.names as readonly string[]).indexOf(token.slice(0, 3).toLowerCase());
    const number = name >= 0 && /^[a-z]/i.test(token) ? name + field.low : Number(/^\d+$/.test(token) ? token : NaN);
    return number >= field.low && number <= field.high ? number : fail();
  };
  const set = new Set<number>();
  for (const item of text.split(',')) {
    const [range = '', stepText, ...rest] = item.split('/');
    const step = stepText === undefined ? 1 : Number(/^\d+$/.test(stepText) ? stepText : NaN);
    if (rest.length > 0 || !(step >= 1)) fail();
    const [from = '', to, ...more] = range.split('-');
    if (more.length > 0) fail();
    const open = range === '*';
    const low = open ? field.low : value(from);
    // `5/10` means from 5 on; `5` alone means 5.
    const high = open || (to === undefined && stepText !== undefined) ? field.high : value(to ?? from);
    // NCrontab takes a range that is the wrong way round as the right one.
    for (let at = Math.min(low, high); at <= Math.max(low, high); at += step) set.add(at);
  }
  return [...set].sort((a, b) => a - b);
}

/** How far to look: 29 February on a given day of the week returns after at most 40 years. */
const horizonYears = 41;

function nextOccurrence(sets: readonly Field[], after: number): number | undefined {
  const [seconds = [], minutes = [], hours = [], monthDays = [], monthSet = [], weekDays = []] = sets;
  const from = new Date(Math.floor(after / 1000) * 1000 + 1000);
  const lastYear = from.getUTCFullYear() + horizonYears;
  let day = Date.UTC(from.getUTCFullYear(), from.getUTCMonth(), from.getUTCDate());
  let earliest = from.getTime() - day;
  for (;;) {
    const date = new Date(day);
    if (date.getUTCFullYear() > lastYear) return undefined;
    if (!monthSet.includes(date.getUTCMonth() + 1)) {
      day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
      earliest = 0;
      continue;
    }
    if (monthDays.includes(date.getUTCDate()) && weekDays.includes(date.getUTCDay())) {
      const time = firstTime(hours, minutes, seconds, earliest / 1000);
      if (time !== undefined) return day + time * 1000;
    }
    day += 86_400_000;
    earliest = 0;
  }
}

/** The first time of day at or after `earliest`, in seconds. */
function firstTime(hours: Field, minutes: Field, seconds: Field, earliest: number): number | undefined {
  for (const hour of hours) {
    if (hour * 3600 + 3599 < earliest) continue;
    for (const minute of minutes) {
      const start = hour * 3600 + minute * 60;
      if (start + 59 < earliest) continue;
      const second = seconds.find((one) => start + one >= earliest);
      if (second !== undefined) return start + second;
    }
  }
  return undefined;
}
