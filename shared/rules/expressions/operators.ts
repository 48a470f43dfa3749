import { Instant, Reference, type Scalar, type Value } from '../value.ts';
import { scalarKey } from '../values.ts';
import type { Operator } from './ast.ts';
import { FunctionFailure } from './functions/definition.ts';
import { sizeOf, type Fail, type Run } from './run.ts';

/** The failure of a function, at the place where it was called; anything else as it is. */
export function located(error: unknown, fail: Fail): Error {
  return error instanceof FunctionFailure ? fail(error.message) : (error as Error);
}

/** What a value is, as an error message names it. */
export function kindOf(value: Value): string {
  if (typeof value === 'string') return 'text';
  if (typeof value === 'bigint') return 'number';
  if (typeof value === 'boolean') return 'truth value';
  if (value instanceof Uint8Array) return 'binary value';
  if (value instanceof Instant) return 'date';
  return value instanceof Reference ? 'reference' : 'list';
}

export type Operation = (a: Value, b: Value, run: Run) => Value;

/** What an operator that needs both sides does with two single values. */
export function operation(operator: Operator, fail: Fail): Operation {
  switch (operator) {
    case '=':
      return (a, b, run) => equal(a, b, run, fail);
    case '<>':
      return (a, b, run) => !equal(a, b, run, fail);
    case '<':
      return (a, b, run) => compare(a, b, run, fail, (order) => order < 0);
    case '<=':
      return (a, b, run) => compare(a, b, run, fail, (order) => order <= 0);
    case '>':
      return (a, b, run) => compare(a, b, run, fail, (order) => order > 0);
    case '>=':
      return (a, b, run) => compare(a, b, run, fail, (order) => order >= 0);
    case '&':
      return (a, b, run) => run.made(concatenate(a, b, fail), fail);
    default:
      return (a, b) => calculate(operator, a, b, fail);
  }
}

/** NULL equals NULL and nothing else. */
function equal(a: Value, b: Value, run: Run, fail: Fail): boolean {
  if (a === null || b === null) return a === b;
  if (typeof a === 'string' && typeof b === 'string') {
    run.step(a.length, fail);
    return a === b;
  }
  if (kindOf(a) !== kindOf(b)) throw fail(`A ${kindOf(a)} is compared with a ${kindOf(b)}.`);
  if (typeof a !== 'object') return a === b;
  run.step(sizeOf(a), fail);
  return scalarKey(a as Scalar, true) === scalarKey(b as Scalar, true);
}

/** False when either side has no value. Texts by their code units. */
function compare(a: Value, b: Value, run: Run, fail: Fail, holds: (order: number) => boolean): boolean {
  if (a === null || b === null) return false;
  const [x, y] = [a instanceof Instant ? a.ticks : a, b instanceof Instant ? b.ticks : b];
  if (typeof x === 'bigint' && typeof y === 'bigint' && kindOf(a) === kindOf(b))
    return holds(x < y ? -1 : x > y ? 1 : 0);
  if (typeof x === 'string' && typeof y === 'string') {
    run.step(x.length, fail);
    return holds(x < y ? -1 : x > y ? 1 : 0);
  }
  throw fail(`A ${kindOf(a)} and a ${kindOf(b)} have no order.`);
}

/** NULL adds nothing. Bytes join bytes. */
function concatenate(a: Value, b: Value, fail: Fail): Value {
  if (typeof a === 'string' && typeof b === 'string') return a + b;
  if (a === null || b === null) return joinable(a ?? b ?? '', fail);
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    const joined = new Uint8Array(a.length + b.length);
    joined.set(a);
    joined.set(b, a.length);
    return joined;
  }
  throw fail(`"&" joins texts, not a ${kindOf(a)} and a ${kindOf(b)}; CStr makes a text of a value.`);
}

function joinable(value: Value, fail: Fail): Value {
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  throw fail(`"&" joins texts, not a ${kindOf(value)}; CStr makes a text of a value.`);
}

function calculate(operator: Operator, a: Value, b: Value, fail: Fail): Value {
  if (a === null || b === null) return null;
  if (typeof a !== 'bigint' || typeof b !== 'bigint') throw fail(`"${operator}" calculates with numbers.`);
  const result = operator === '+' ? a + b : operator === '-' ? a - b : a * b;
  if (BigInt.asIntN(64, result) !== result) throw fail(`The number ${result} does not fit 64 bits.`);
  return result;
}
