import { Instant, Reference, type Scalar, type Value } from '../value.ts';
import { scalarKey } from '../values.ts';
import type { Operator } from './ast.ts';
import type { ExpressionError } from './expression.ts';
import { checkLength, checkRange, FunctionFailure } from './functions/definition.ts';

/** Makes the error of a place in an expression. */
export type Fail = (message: string) => ExpressionError;

/** Runs a function, and gives its failure the place where it was called. */
export function guarded(call: () => Value, fail: Fail): Value {
  try {
    return call();
  } catch (error) {
    if (error instanceof FunctionFailure) throw fail(error.message);
    throw error;
  }
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

/** What an operator that needs both sides does with two single values. */
export function operation(operator: Operator, fail: Fail): (a: Value, b: Value) => Value {
  switch (operator) {
    case '=':
      return (a, b) => equal(a, b, fail);
    case '<>':
      return (a, b) => !equal(a, b, fail);
    case '<':
      return (a, b) => compare(a, b, fail, (order) => order < 0);
    case '<=':
      return (a, b) => compare(a, b, fail, (order) => order <= 0);
    case '>':
      return (a, b) => compare(a, b, fail, (order) => order > 0);
    case '>=':
      return (a, b) => compare(a, b, fail, (order) => order >= 0);
    case '&':
      return (a, b) => concatenate(a, b, fail);
    default:
      return (a, b) => calculate(operator, a, b, fail);
  }
}

/** NULL equals NULL and nothing else. */
function equal(a: Value, b: Value, fail: Fail): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  if (kindOf(a) !== kindOf(b)) throw fail(`A ${kindOf(a)} is compared with a ${kindOf(b)}.`);
  return scalarKey(a as Scalar, true) === scalarKey(b as Scalar, true);
}

/** False when either side has no value. Texts by their code units. */
function compare(a: Value, b: Value, fail: Fail, holds: (order: number) => boolean): boolean {
  if (a === null || b === null) return false;
  const [x, y] = [a instanceof Instant ? a.ticks : a, b instanceof Instant ? b.ticks : b];
  if (typeof x === 'bigint' && typeof y === 'bigint') return holds(x < y ? -1 : x > y ? 1 : 0);
  if (typeof x === 'string' && typeof y === 'string') return holds(x < y ? -1 : x > y ? 1 : 0);
  throw fail(`A ${kindOf(a)} and a ${kindOf(b)} have no order.`);
}

/** NULL adds nothing. Bytes join bytes. */
function concatenate(a: Value, b: Value, fail: Fail): Value {
  if (a === null || b === null) return a ?? b ?? '';
  if (typeof a === 'string' && typeof b === 'string') {
    guarded(() => {
      checkLength(a.length + b.length);
      return null;
    }, fail);
    return a + b;
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Uint8Array.of(...a, ...b);
  throw fail(`"&" joins texts, not a ${kindOf(a)} and a ${kindOf(b)}; CStr makes a text of a value.`);
}

function calculate(operator: Operator, a: Value, b: Value, fail: Fail): Value {
  if (a === null || b === null) return null;
  if (typeof a !== 'bigint' || typeof b !== 'bigint') throw fail(`"${operator}" calculates with numbers.`);
  const result = operator === '+' ? a + b : operator === '-' ? a - b : a * b;
  return guarded(() => checkRange(result), fail);
}
