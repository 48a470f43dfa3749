import type { Instant, Value } from '../value.ts';
import { isList } from '../values.ts';
import type { EvaluationContext, ExpressionError } from './expression.ts';
import { FunctionFailure, maxLength, type Argument, type FunctionWorld } from './functions/definition.ts';

/** Makes the error of a place in an expression. */
export type Fail = (message: string) => ExpressionError;

/**
 * Units of work that one evaluation may take: seconds at the very worst. A call costs 16, and what it reads (characters,
 * bytes, values); what it makes costs four times as much, for it also takes memory. Reading one attribute of a group of
 * 250,000 members takes some hundredths of it.
 */
const maxWork = 2 ** 29;
const costOfCall = 16;
const costOfMaking = 4;
const tooMuch = 'The expression takes too many steps on this object.';

/** One evaluation: what it may ask, its variables, and how much it may still do. */
export class Run implements FunctionWorld {
  readonly context: EvaluationContext;
  #variables: Value[] | undefined;
  #left = maxWork;

  constructor(context: EvaluationContext) {
    this.context = context;
  }

  variable(slot: number): Value {
    return this.#variables?.[slot] ?? null;
  }

  bind(slot: number, value: Value): void {
    this.#variables ??= [];
    this.#variables[slot] = value;
  }

  /** Takes work off what is left. Nested functions over lists multiply; nothing that makes sense comes near the limit. */
  step(units: number, fail: Fail): void {
    this.#left -= costOfCall + units;
    if (this.#left < 0) throw fail(tooMuch);
  }

  /** Holds what was made to the limits. */
  made(result: Value, fail: Fail): Value {
    const size = sizeOf(result);
    if (size > maxLength && !isList(result))
      throw fail(`The result would have ${size} characters; ${maxLength} are allowed.`);
    this.#left -= costOfMaking * size;
    if (this.#left < 0) throw fail(tooMuch);
    return result;
  }

  spend(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw new FunctionFailure(tooMuch);
  }

  now(): Instant {
    return this.context.now();
  }

  random(): number {
    return this.context.random();
  }

  guid(): string {
    return this.context.guid();
  }
}

/** How much there is to read in a value: characters, bytes, values. */
export function sizeOf(value: Argument): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 1;
  if (value instanceof Uint8Array) return value.length;
  if (!isList(value)) return 1;
  let size = value.length;
  for (const one of value) if (typeof one === 'string' || one instanceof Uint8Array) size += one.length;
  return size;
}
