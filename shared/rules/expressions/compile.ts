import type { FlowValue, Instant, Value } from '../value.ts';
import { print, walk, type Node } from './ast.ts';
import { check } from './check.ts';
import { compileNode, type Evaluate } from './evaluate.ts';
import {
  ExpressionError,
  type Compilation,
  type CompiledExpression,
  type CompileOptions,
  type EvaluationContext,
} from './expression.ts';
import { functionOf } from './functions/tables.ts';
import { parse } from './parse.ts';
import { positionOf } from './position.ts';
import { Run } from './run.ts';
import { SyntaxProblem } from './syntax-problem.ts';

/** Parses, checks and compiles the text of an expression. Every problem that can be found at once is in the answer. */
export function compileExpression(text: string, options: CompileOptions): Compilation {
  let root: Node;
  try {
    root = parse(text, options.dialect);
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    const position = positionOf(text, error.at);
    return { ok: false, problems: [{ kind: 'syntax', message: error.message, suggestion: undefined, position }] };
  }
  const { problems, warnings, type } = check(text, root, options);
  if (problems.length > 0) return { ok: false, problems };
  const evaluate = compileNode(root, text, options);
  const names = namesIn(root);
  const volatile = isVolatile(root, options);
  const expression: CompiledExpression = {
    dialect: options.dialect,
    text,
    canonical: print(root),
    ...names,
    volatile,
    nullWithoutAttributes: !volatile && names.attributes.length > 0 && isNullWithout(evaluate),
    type,
    evaluate: (context) => evaluateSafely(evaluate, context),
  };
  return { ok: true, expression, warnings };
}

function evaluateSafely(evaluate: Evaluate, context: EvaluationContext): FlowValue {
  try {
    return evaluate(new Run(context));
  } catch (error) {
    // What else can go wrong is the size of a value: RangeErrors of the language, such as a text that is too long.
    if (error instanceof RangeError)
      throw new ExpressionError('failed', 'The values are too large for this expression.', positionOf('', 0));
    throw error;
  }
}

function namesIn(root: Node): Pick<CompiledExpression, 'attributes' | 'imported' | 'parameters'> {
  const [attributes, imported, parameters] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const node of walk(root)) {
    if (node.kind === 'attribute') attributes.add(node.name);
    else if (node.kind === 'parameter') parameters.add(node.name);
    else if (node.kind === 'call') {
      const [first] = node.args;
      if (first?.kind !== 'value' || typeof first.value !== 'string') continue;
      if (node.name === 'ImportedValue') imported.add(first.value);
      if (node.name === 'ValueCount') attributes.add(first.value);
    }
  }
  return { attributes: [...attributes], imported: [...imported], parameters: [...parameters] };
}

function isVolatile(root: Node, { dialect }: CompileOptions): boolean {
  for (const node of walk(root))
    if (node.kind === 'call' && functionOf(dialect, node.name)?.volatile === true) return true;
  return false;
}

/** Tried out: an empty text counts as no value, for it never reaches a target. */
function isNullWithout(evaluate: Evaluate): boolean {
  try {
    const value = evaluate(new Run(nothingThere));
    return value === null || value === '';
  } catch (error) {
    if (error instanceof ExpressionError || error instanceof NeedsMore) return false;
    throw error;
  }
}

/** The expression asks for something that is not an attribute, so trying it out proves nothing. */
class NeedsMore extends Error {}

function needsMore(): never {
  throw new NeedsMore();
}

const nothingThere: EvaluationContext = {
  attribute: (): Value => null,
  valueCount: () => 0,
  imported: needsMore,
  parameter: needsMore,
  now: (): Instant => needsMore(),
  random: needsMore,
  guid: needsMore,
};
