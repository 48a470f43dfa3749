import { compileExpression } from '../../../../shared/rules/expressions/compile.ts';
import type {
  CompiledExpression,
  Dialect,
  EvaluationContext,
  ExpressionProblem,
} from '../../../../shared/rules/expressions/expression.ts';
import type { AttributeSchema, SchemaAttribute, ValueType } from '../../../../shared/rules/schema.ts';
import { Instant, type FlowValue, type Value } from '../../../../shared/rules/value.ts';

const single = (name: string, type: ValueType): SchemaAttribute => ({ name, type, multiValued: false });
const several = (name: string, type: ValueType): SchemaAttribute => ({ name, type, multiValued: true });

/** One attribute of every kind. */
export const schema: AttributeSchema = new Map(
  [
    single('mail', 'string'),
    single('cn', 'string'),
    single('displayName', 'string'),
    several('proxyAddresses', 'string'),
    several('otherMobile', 'string'),
    single('userAccountControl', 'number'),
    single('pwdLastSet', 'number'),
    several('otherNumbers', 'number'),
    single('accountEnabled', 'boolean'),
    single('objectGUID', 'binary'),
    several('userCertificate', 'binary'),
    single('manager', 'reference'),
    several('member', 'reference'),
  ].map((attribute) => [attribute.name, attribute]),
);

export const now: Instant = new Instant(638_396_640_000_000_000n);

export interface Given {
  readonly attributes?: Readonly<Record<string, Value>>;
  readonly imported?: Readonly<Record<string, Value>>;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly valueCounts?: Readonly<Record<string, number>>;
  readonly random?: number;
}

export function compile(text: string, dialect: Dialect = 'connect'): CompiledExpression {
  const compilation = compileExpression(text, { dialect, source: schema, target: schema, parameters: undefined });
  if (compilation.ok) return compilation.expression;
  throw new Error(`${text}: ${compilation.problems.map((problem) => problem.message).join(' ')}`);
}

export function problemsOf(text: string, dialect: Dialect = 'connect'): readonly ExpressionProblem[] {
  const compilation = compileExpression(text, {
    dialect,
    source: schema,
    target: schema,
    parameters: new Set(['Domain.FQDN', 'Forest.FQDN']),
  });
  return compilation.ok ? [] : compilation.problems;
}

export function contextOf(given: Given = {}): EvaluationContext {
  return {
    attribute: (name) => given.attributes?.[name] ?? null,
    valueCount: (name) => given.valueCounts?.[name] ?? 0,
    imported: (name) => given.imported?.[name] ?? null,
    parameter: (name) => given.parameters?.[name],
    now: () => now,
    random: () => given.random ?? 0,
    guid: () => '0f8fad5b-d9cb-469f-a165-70867728950e',
  };
}

export function valueOf(text: string, given: Given = {}, dialect: Dialect = 'connect'): FlowValue {
  return compile(text, dialect).evaluate(contextOf(given));
}

/** The value that an expression gives for one attribute. */
export function valueFor(text: string, attributes: Readonly<Record<string, Value>>): FlowValue {
  return valueOf(text, { attributes });
}
