import { ExpressionError } from '../rules/expressions/expression.ts';
import type { SchemaAttribute } from '../rules/schema.ts';
import {
  authoritativeNull,
  ignoreThisFlow,
  Instant,
  Reference,
  type FlowValue,
  type Scalar,
  type Value,
} from '../rules/value.ts';
import { isList } from '../rules/values.ts';

const start = { offset: 0, line: 1, column: 1 } as const;

/**
 * Brings what a flow gives into the form of its target: a list where the target is multi-valued, no blank values, and an
 * error where the types differ (rules are strongly typed, as in Entra Connect).
 */
export function fitter(target: SchemaAttribute): (value: FlowValue) => FlowValue {
  const isRight = typeTests[target.type];
  const check = (value: Scalar): void => {
    if (!isRight(value)) throw mismatch(target, value);
  };
  if (!target.multiValued) {
    return (value) => {
      if (value === null || typeof value === 'symbol') return value;
      if (isList(value)) {
        const filled = value.filter((one) => one !== '');
        if (filled.length > 1) {
          throw new ExpressionError(
            'failed',
            `${filled.length} values for ${target.name}, which can have only one.`,
            start,
          );
        }
        const only = filled[0] ?? null;
        if (only !== null) check(only);
        return only;
      }
      if (value === '') return null;
      check(value);
      return value;
    };
  }
  return (value) => {
    if (value === null || typeof value === 'symbol') return value;
    if (!isList(value)) {
      if (value === '') return null;
      check(value);
      return [value];
    }
    value.forEach(check);
    const filled = value.includes('') ? value.filter((one) => one !== '') : value;
    return filled.length === 0 ? null : filled;
  };
}

const typeTests: Readonly<Record<SchemaAttribute['type'], (value: Scalar) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'bigint',
  boolean: (value) => typeof value === 'boolean',
  binary: (value) => value instanceof Uint8Array,
  reference: (value) => value instanceof Reference,
};

function mismatch(target: SchemaAttribute, value: Scalar): ExpressionError {
  return new ExpressionError('failed', `${target.name} takes a ${target.type}, not a ${typeName(value)}.`, start);
}

function typeName(value: Scalar): string {
  if (typeof value === 'bigint') return 'number';
  if (value instanceof Uint8Array) return 'binary value';
  if (value instanceof Reference) return 'reference';
  return value instanceof Instant ? 'date' : typeof value;
}

/** Whether a flow's result is a value that counts: neither none, nor one of the two literals. */
export function isValue(value: FlowValue): value is Exclude<Value, null> {
  return value !== null && value !== authoritativeNull && value !== ignoreThisFlow;
}
