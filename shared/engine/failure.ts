import type { ErrorCode } from '../errors/catalogue.ts';
import type { TextPosition } from '../rules/expressions/expression.ts';
import { ExpressionError } from '../rules/expressions/expression.ts';
import type { ObjectReference } from './space-object.ts';

/** Why a rule could not be applied to one object. The others are not concerned. */
export interface RuleFailure {
  readonly code: Extract<ErrorCode, 'LS5101' | 'LS5102' | 'LS5103' | 'LS5104' | 'LS5105'>;
  /** The object of the connector space; `undefined` for a rule that reads the metaverse. */
  readonly object: ObjectReference | undefined;
  /** Ids of the rules concerned. */
  readonly rules: readonly string[];
  /** Target attribute of the flow; `undefined` when no flow is concerned. */
  readonly attribute: string | undefined;
  /** Place in the text of the expression. */
  readonly position: TextPosition | undefined;
  readonly message: string;
}

/** The failure behind an error that an expression raised; anything else is a defect and goes on. */
export function failureOf(
  error: unknown,
  where: { readonly object: ObjectReference | undefined; readonly rule: string; readonly attribute: string },
): RuleFailure {
  if (!(error instanceof ExpressionError)) throw error;
  return {
    code: error.kind === 'raised' ? 'LS5101' : 'LS5102',
    object: where.object,
    rules: [where.rule],
    attribute: where.attribute,
    position: error.position,
    message: error.message,
  };
}
