import type { ValueType } from '../../schema.ts';
import type { Instant, Reference, Scalar, Value } from '../../value.ts';

/**
 * What a parameter takes. One-valued types lift: given several values, the function is applied to each. A missing `text`
 * is the empty text; any other missing argument makes the result NULL.
 */
export type ParameterType =
  | 'text'
  | 'number'
  | 'truth'
  | 'bytes'
  | 'date'
  /** A date, or the text of one; the empty text is none. */
  | 'moment'
  | 'reference'
  /** One value of any type, or none. */
  | 'any'
  /** Text or bytes. */
  | 'string'
  /** All values at once. */
  | 'values';

export interface Parameter {
  readonly type: ParameterType;
  readonly optional?: boolean;
  /** Names that may stand here without quotes. */
  readonly words?: readonly string[];
}

export interface ResultType {
  readonly type: ValueType | 'dateTime' | undefined;
  /** `undefined`: as many as the arguments have. */
  readonly multiValued: boolean | undefined;
}

/** What a function may ask beside its arguments. */
export interface FunctionWorld {
  now(): Instant;
  random(): number;
  guid(): string;
  /** Takes work off what the evaluation may do, beside what arguments and result cost. @throws FunctionFailure */
  spend(units: number): void;
}

export interface FunctionDefinition {
  readonly parameters: readonly Parameter[];
  /** The last parameter may be repeated. */
  readonly repeats: boolean;
  readonly result: ResultType;
  /** Equal arguments need not give equal results. */
  readonly volatile: boolean;
  /** Arguments have the types of the parameters. @throws FunctionFailure */
  run(args: readonly Argument[], world: FunctionWorld): Value;
  /** The same for one text, where that is all it takes: a quicker way. */
  readonly ofText: ((text: string) => Value) | undefined;
  /** By the number of an argument: what refuses a text that can never be right there. @throws FunctionFailure */
  readonly verify: Readonly<Record<number, (text: string) => unknown>>;
}

export type Argument = Value | undefined;
export type FunctionTable = Readonly<Record<string, FunctionDefinition>>;

/** Why a function has no result. */
export class FunctionFailure extends Error {}

/** Longest text or list that an expression makes: far beyond what a directory holds, and not enough to hurt. */
export const maxLength: number = 16 * 1024 * 1024;

type ParameterText = string;

/**
 * `text number? values…`: types by name, `?` optional, `…` repeated; words that may stand unquoted after a colon, as in
 * `any?:CaseSensitive|CaseInsensitive`.
 */
export function define(
  parameters: ParameterText,
  result: ResultType['type'],
  run: (args: readonly Argument[], world: FunctionWorld) => Value,
  options: Partial<Pick<FunctionDefinition, 'volatile' | 'verify'>> & { readonly multiValued?: boolean } = {},
): FunctionDefinition {
  const texts = parameters.split(' ').filter((text) => text !== '');
  const parsed = texts.map((text): Parameter => {
    const [, type, optional, , words] = /^([a-z]+)(\?)?(…)?(?::(.+))?$/.exec(text) ?? [];
    return {
      type: type as ParameterType,
      optional: optional !== undefined,
      ...(words === undefined ? {} : { words: words.split('|') }),
    };
  });
  return {
    parameters: parsed,
    repeats: texts.at(-1)?.endsWith('…') === true,
    result: { type: result, multiValued: options.multiValued },
    volatile: options.volatile ?? false,
    run,
    ofText: undefined,
    verify: options.verify ?? {},
  };
}

/** A function of one text. */
export function ofText(result: ResultType['type'], apply: (text: string) => Value): FunctionDefinition {
  return { ...define('text', result, ([text]) => apply(asText(text))), ofText: apply };
}

export const asText = (value: Argument): string => (typeof value === 'string' ? value : '');
export const asNumber = (value: Argument): bigint => (typeof value === 'bigint' ? value : 0n);
export const asDate = (value: Argument): Instant => value as Instant;
export const asBytes = (value: Argument): Uint8Array => value as Uint8Array;
export const asReference = (value: Argument): Reference => value as Reference;

/** Values as a list; empty for none. */
export function asList(value: Argument): readonly Scalar[] {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? (value as readonly Scalar[]) : [value as Scalar];
}

/** A list as a value: none is NULL. */
export function listValue(list: readonly Scalar[]): Value {
  return list.length === 0 ? null : list;
}

const furthest = 2 ** 52;

/** A position or a length as a JavaScript number; what lies beyond any text is cut to its end. */
export function small(value: bigint): number {
  const number = Number(value);
  return number > furthest ? furthest : number < -furthest ? -furthest : number;
}

export function checkLength(length: number): void {
  if (length > maxLength)
    throw new FunctionFailure(`The result would have ${length} characters; ${maxLength} are allowed.`);
}

export function checkRange(value: bigint): bigint {
  if (BigInt.asIntN(64, value) !== value) throw new FunctionFailure(`The number ${value} does not fit 64 bits.`);
  return value;
}
