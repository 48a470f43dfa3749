import { guidFromBytes, guidToBytes } from '../../../directory/guid.ts';
import { sidFromBytes } from '../../../directory/sid.ts';
import { Instant, Reference, type Scalar, type Value } from '../../value.ts';
import { scalarKey } from '../../values.ts';
import { parseDate } from './date-parse.ts';
import {
  asBytes,
  asList,
  asNumber,
  asText,
  checkRange,
  define,
  FunctionFailure,
  listValue,
  ofText,
  small,
  type Argument,
  type FunctionTable,
} from './definition.ts';

const guidText = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/i;

export function isPresent(value: Argument): boolean {
  return value !== null && value !== undefined && value !== '';
}

/** The number that a text, truth value or number stands for; bytes count from the little end. `undefined` for none. */
function numberOf(value: Argument): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'string') {
    const text = value.trim();
    if (/^&H[0-9a-f]+$/i.test(text)) return BigInt(`0x${text.slice(2)}`);
    return /^[+-]?\d{1,40}$/.test(text) ? BigInt(text.replace('+', '')) : undefined;
  }
  if (value instanceof Uint8Array && value.length <= 8) {
    return value.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  }
  return undefined;
}

function toNumber(value: Argument): Value {
  if (value === null || value === undefined) return null;
  const number = numberOf(value);
  if (number === undefined) throw new FunctionFailure('The value is not a number.');
  return checkRange(number);
}

function toTruth(value: Argument): boolean {
  if (value === null || value === undefined || value === '') return false;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
  const number = numberOf(value);
  if (number === undefined) throw new FunctionFailure('The value is neither true nor false.');
  return number !== 0n;
}

function toTextValue(value: Argument): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value instanceof Reference) return value.dn ?? value.objectGuid ?? '';
  throw new FunctionFailure('The value has no text form; StringFromGuid, StringFromSid and FormatDateTime make one.');
}

function contains(values: readonly Scalar[], part: string, ignoreCase: boolean): bigint {
  const wanted = ignoreCase ? part.toLowerCase() : part;
  const found = values.findIndex((value) => {
    // References must be equal as a whole.
    if (value instanceof Reference)
      return [value.dn, value.objectGuid].some((text) => text?.toLowerCase() === part.toLowerCase());
    if (typeof value !== 'string') throw new FunctionFailure('Contains looks into texts and references.');
    return (ignoreCase ? value.toLowerCase() : value).includes(wanted);
  });
  return BigInt(found + 1);
}

function item(values: readonly Scalar[], index: bigint): Scalar | undefined {
  return index < 1n ? undefined : values[small(index) - 1];
}

export function distinct(values: readonly Scalar[]): Value {
  // Mostly a handful of texts without duplicates.
  if (values.length < 8 && values.every((value, i) => typeof value === 'string' && values.indexOf(value) === i)) {
    return listValue(values);
  }
  return listValue([...new Map(values.map((value) => [scalarKey(value, true), value])).values()]);
}

function littleEndian(number: bigint, length: bigint): Uint8Array {
  if (length < 1n || length > 8n) throw new FunctionFailure('A number has 1 to 8 bytes.');
  return Uint8Array.from({ length: small(length) }, (_, i) => Number((number >> BigInt(8 * i)) & 0xffn));
}

export const valueFunctions: FunctionTable = {
  BitAnd: define('number number', 'number', ([a, b]) => asNumber(a) & asNumber(b)),
  BitOr: define('number number', 'number', ([a, b]) => asNumber(a) | asNumber(b)),
  CBin: define('number number', 'binary', ([number, length]) => littleEndian(asNumber(number), asNumber(length))),
  CBool: define('any', 'boolean', ([value]) => toTruth(value)),
  CGuid: ofText('binary', (text) => {
    if (text === '') return null;
    const guid = guidText.exec(text.trim())?.[1];
    if (guid === undefined) throw new FunctionFailure(`"${text}" is not a GUID.`);
    return guidToBytes(guid);
  }),
  CNum: define('any', 'number', ([value]) => toNumber(value)),
  CStr: define('any', 'string', ([value]) => toTextValue(value)),
  Contains: define(
    'values text any?:CaseInsensitive|CaseSensitive',
    'number',
    ([values, part, compare]) => contains(asList(values), asText(part), compare === 'CaseInsensitive'),
    { multiValued: false },
  ),
  Count: define('values', 'number', ([values]) => BigInt(asList(values).length), { multiValued: false }),
  Guid: define('', 'string', (_, world) => world.guid(), { volatile: true, multiValued: false }),
  IsBitSet: define('number number', 'boolean', ([value, flag]) => (asNumber(value) & asNumber(flag)) !== 0n),
  IsDate: define(
    'any',
    'boolean',
    ([value]) => value instanceof Instant || (typeof value === 'string' && parseDate(value) !== undefined),
  ),
  IsEmpty: define('values', 'boolean', ([value]) => value === '', { multiValued: false }),
  IsGuid: ofText('boolean', (text) => guidText.test(text.trim())),
  IsNull: define('values', 'boolean', ([value]) => value === null, { multiValued: false }),
  IsNullOrEmpty: define('values', 'boolean', ([value]) => !isPresent(value), { multiValued: false }),
  IsNumeric: define('any', 'boolean', ([value]) => isPresent(value) && numberOf(value) !== undefined),
  IsPresent: define('values', 'boolean', ([value]) => isPresent(value), { multiValued: false }),
  IsString: define(
    'any',
    'boolean',
    ([value]) => typeof value === 'string' || typeof value === 'bigint' || typeof value === 'boolean',
  ),
  Item: define(
    'values number',
    undefined,
    ([values, index]) => {
      const list = asList(values);
      const found = item(list, asNumber(index));
      if (found === undefined) throw new FunctionFailure(`There is no value ${asNumber(index)} of ${list.length}.`);
      return found;
    },
    { multiValued: false },
  ),
  ItemOrNull: define('values number', undefined, ([values, index]) => item(asList(values), asNumber(index)) ?? null, {
    multiValued: false,
  }),
  RandomNum: define(
    'number number',
    'number',
    ([from, to], world) => {
      const [low, high] = [asNumber(from), asNumber(to)];
      if (high < low) throw new FunctionFailure('The end lies before the start.');
      return low + BigInt(Math.floor(world.random() * Number(high - low + 1n)));
    },
    { volatile: true },
  ),
  RemoveDuplicates: define('values', undefined, ([values]) => distinct(asList(values)), { multiValued: true }),
  StringFromGuid: define('bytes', 'string', ([bytes]) => orFailure(() => guidFromBytes(asBytes(bytes)))),
  StringFromSid: define('bytes', 'string', ([bytes]) => orFailure(() => sidFromBytes(asBytes(bytes)))),
};

function orFailure(convert: () => string): string {
  try {
    return convert();
  } catch (error) {
    if (error instanceof RangeError) throw new FunctionFailure(error.message);
    throw error;
  }
}
