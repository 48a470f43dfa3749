import type { AttributeSchema, ValueType } from '../schema.ts';
import type { FlowValue, Instant, Value } from '../value.ts';

/** Entra Connect's language, or that of Entra's provisioning service (Cloud Sync). Never mixed in one expression. */
export const dialects = ['connect', 'provisioning'] as const;
export type Dialect = (typeof dialects)[number];

/** Where something stands in the text of an expression. */
export interface TextPosition {
  /** UTF-16 code units from the beginning. */
  readonly offset: number;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
}

/** Why an expression cannot be compiled. One text may have several. */
export interface ExpressionProblem {
  readonly kind: 'syntax' | 'unknown-function' | 'unknown-attribute' | 'unknown-parameter' | 'arguments' | 'type';
  readonly message: string;
  /** What was probably meant, as a whole sentence. */
  readonly suggestion: string | undefined;
  readonly position: TextPosition;
}

/** Not wrong, but probably not what was meant (as a chain that Connect's documented precedence would read differently). */
export type ExpressionWarning = Pick<ExpressionProblem, 'message' | 'position'>;

export interface CompileOptions {
  readonly dialect: Dialect;
  /** Attributes of the source object that `[name]` may name. */
  readonly source: AttributeSchema;
  /** Attributes that `ImportedValue("name")` may name: those of the target. */
  readonly target: AttributeSchema;
  /** Names that `%name%` may have. `undefined`: any. */
  readonly parameters: ReadonlySet<string> | undefined;
  /** Where the contexts keep the value of an attribute, if they number them: handed back to them with its name. */
  readonly placeOf?: (attribute: string) => number;
}

export type Compilation =
  | {
      readonly ok: true;
      readonly expression: CompiledExpression;
      readonly warnings: readonly ExpressionWarning[];
    }
  | { readonly ok: false; readonly problems: readonly ExpressionProblem[] };

/** What an expression may ask while it is evaluated. Everything that is not in its text comes from here. */
export interface EvaluationContext {
  /** Value of an attribute of the source object; `place` is what {@link CompileOptions.placeOf} said of it, else -1. */
  attribute(name: string, place: number): Value;
  /** Number of values of an attribute, without reading them: a group may have 250,000 members. */
  valueCount(name: string): number;
  /** Last confirmed value of an attribute of the target. */
  imported(name: string): Value;
  /** Text for `%name%`. `undefined` raises an error on the object. */
  parameter(name: string): string | undefined;
  now(): Instant;
  /** In [0, 1). */
  random(): number;
  /** A new GUID, lower case with dashes. */
  guid(): string;
}

/** Immutable and free of state: one is compiled once and used for every object. */
export interface CompiledExpression {
  readonly dialect: Dialect;
  readonly text: string;
  /** The text in one canonical spelling: two expressions with equal ones mean the same. */
  readonly canonical: string;
  /** Names that it reads: what it depends on. */
  readonly attributes: readonly string[];
  readonly imported: readonly string[];
  readonly parameters: readonly string[];
  /** It asks for time, randomness or new GUIDs, so equal inputs need not give equal results. */
  readonly volatile: boolean;
  /**
   * With no value in any of `attributes` it is NULL, without error. The engine leaves it out for objects that have none
   * of them.
   */
  readonly nullWithoutAttributes: boolean;
  /** What it can give, as far as can be told beforehand; `undefined` for anything. */
  readonly type: { readonly type: ValueType | 'dateTime' | undefined; readonly multiValued: boolean | undefined };
  /** @throws ExpressionError and nothing else, whatever the values are; always returns within bounded time. */
  evaluate(context: EvaluationContext): FlowValue;
}

/** What went wrong while one object was evaluated. The engine adds object, rule and attribute. */
export class ExpressionError extends Error {
  /** `raised`: the rule's own `Error(…)`. `failed`: a type, a range, or a limit. */
  readonly kind: 'raised' | 'failed';
  readonly position: TextPosition;

  constructor(kind: 'raised' | 'failed', message: string, position: TextPosition) {
    super(message);
    this.name = 'ExpressionError';
    this.kind = kind;
    this.position = position;
  }
}
