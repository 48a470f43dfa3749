import { expect, it } from 'vitest';
import { ExpressionError, type Dialect } from '../../../../shared/rules/expressions/expression.ts';
import type { FlowValue } from '../../../../shared/rules/value.ts';
import { valueOf, type Given } from './world.ts';

export type Case = readonly [text: string, value: FlowValue, given?: Given];
export type Failure = readonly [text: string, message: RegExp, given?: Given];

/** One test for each row: the expression has that value. */
export function cases(rows: readonly Case[], dialect: Dialect = 'connect'): void {
  it.each(titled(rows))('$title has the value of the table', ({ row: [text, value, given] }) => {
    expect(valueOf(text, given, dialect)).toEqual(value);
  });
}

/** One test for each row: the expression compiles, and fails on the object with that message. */
export function failures(rows: readonly Failure[], dialect: Dialect = 'connect'): void {
  it.each(titled(rows))('$title fails on the object', ({ row: [text, message, given] }) => {
    expect(() => valueOf(text, given, dialect)).toThrow(ExpressionError);
    expect(() => valueOf(text, given, dialect)).toThrow(message);
  });
}

function titled<T extends Case | Failure>(rows: readonly T[]): readonly { readonly title: string; readonly row: T }[] {
  return rows.map((row) => ({ title: row[0], row }));
}
