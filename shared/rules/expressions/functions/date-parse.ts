import { Instant, unixEpochTicks } from '../../value.ts';

const ticksPerMs = 10_000n;
const unixEpochMs = Number(unixEpochTicks / ticksPerMs);

export function instantOfParts(ms: number, ticks: bigint): Instant {
  return new Instant(BigInt(ms) * ticksPerMs + unixEpochTicks + ticks);
}

/** Milliseconds since 1970 and the ticks beyond them. */
export function partsOf(instant: Instant): { readonly ms: number; readonly ticks: bigint } {
  const ms = instant.ticks / ticksPerMs;
  const ticks = instant.ticks - ms * ticksPerMs;
  const unixMs = Number(ms) - unixEpochMs;
  return ticks < 0n ? { ms: unixMs - 1, ticks: ticks + ticksPerMs } : { ms: unixMs, ticks };
}

const isoDate = /^(\d{4})-(\d{1,2})-(\d{1,2})/;
const usDate = /^(\d{1,2})\/(\d{1,2})\/(\d{4})/;
const time = /^[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?\s*([AP]M)?/i;
const bareHour = /^\s+(\d{1,2})\s*([AP]M)/i;
const zone = /^\s*(Z|GMT|UTC|([+-])(\d{1,2})(?::?(\d{2}))?)$/i;

/**
 * A date with or without time and zone, in ISO 8601 or as month/day/year: `2013-01-10 4:00 PM -8`, `2020-03-16-07:00`,
 * `3/16/2020 7:00:00 AM`. Without a zone it is UTC. `undefined` for any other text.
 */
export function parseDate(text: string): Instant | undefined {
  const trimmed = text.trim();
  const iso = isoDate.exec(trimmed);
  const us = iso === null ? usDate.exec(trimmed) : null;
  const [year, month, day] = iso === null ? [us?.[3], us?.[1], us?.[2]] : [iso[1], iso[2], iso[3]];
  if (year === undefined) return undefined;
  let rest = trimmed.slice((iso ?? us)?.[0].length ?? 0);
  const clock = time.exec(rest);
  const bare = clock === null ? bareHour.exec(rest) : null;
  rest = rest.slice((clock ?? bare)?.[0].length ?? 0);
  const hour = hourOf(clock?.[1] ?? bare?.[1] ?? '0', clock?.[5] ?? bare?.[2]);
  const [minute, second] = [Number(clock?.[2] ?? 0), Number(clock?.[3] ?? 0)];
  const offset = offsetOf(rest);
  if (hour === undefined || offset === undefined || minute > 59 || second > 59) return undefined;
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), hour, minute, second);
  const date = new Date(ms);
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day) || Number(year) < 1)
    return undefined;
  date.setUTCFullYear(Number(year));
  return instantOfParts(date.getTime() - offset * 60_000, BigInt((clock?.[4] ?? '').padEnd(7, '0')));
}

function hourOf(text: string, half: string | undefined): number | undefined {
  const hour = Number(text);
  if (half === undefined) return hour > 23 ? undefined : hour;
  if (hour < 1 || hour > 12) return undefined;
  return (hour % 12) + (half.toUpperCase() === 'PM' ? 12 : 0);
}

/** Minutes east of UTC. */
function offsetOf(text: string): number | undefined {
  if (text.trim() === '') return 0;
  const [, all, sign, hours, minutes] = zone.exec(text) ?? [];
  if (all === undefined) return undefined;
  const offset = Number(hours ?? 0) * 60 + Number(minutes ?? 0);
  return sign === '-' ? -offset : offset;
}
