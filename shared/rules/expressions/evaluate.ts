import { authoritativeNull, ignoreThisFlow, type FlowValue, type Scalar, type Value } from '../value.ts';
import { isList, scalarsOf, textOfScalar } from '../values.ts';
import { callOf, lifted, type EvaluateValue } from './apply.ts';
import type { Node } from './ast.ts';
import { ExpressionError, type CompileOptions, type Dialect } from './expression.ts';
import { formOf } from './forms.ts';
import { maxLength, type Argument } from './functions/definition.ts';
import { functionOf } from './functions/tables.ts';
import { isPresent } from './functions/values.ts';
import { operation } from './operators.ts';
import { positionOf } from './position.ts';
import type { Fail, Run } from './run.ts';

export type Evaluate = (run: Run) => FlowValue;

/** Turns a checked expression into closures. */
export function compileNode(root: Node, text: string, options: CompileOptions): Evaluate {
  return new Compiler(text, options).flow(root);
}

const bothSides = [true, true] as const;

class Compiler {
  readonly #text: string;
  readonly #dialect: Dialect;
  readonly #placeOf: (attribute: string) => number;
  readonly #slots = new Map<string, number>();
  #slotCount = 0;

  constructor(text: string, { dialect, placeOf }: CompileOptions) {
    this.#text = text;
    this.#dialect = dialect;
    this.#placeOf = placeOf ?? ((): number => -1);
  }

  /** A part whose result may be one of the two literals. */
  flow(node: Node): Evaluate {
    switch (node.kind) {
      case 'value': {
        const { value } = node;
        return () => value;
      }
      case 'name': {
        const { name } = node;
        return () => name;
      }
      case 'word': {
        const literal = node.word === 'AuthoritativeNull' ? authoritativeNull : ignoreThisFlow;
        return () => literal;
      }
      case 'attribute': {
        const { name } = node;
        const place = this.#placeOf(name);
        return (run) => run.context.attribute(name, place);
      }
      case 'parameter': {
        const { name } = node;
        const fail = this.#fail(node);
        return (run) => {
          const value = run.context.parameter(name);
          if (value === undefined) throw fail(`The parameter %${name}% has no value here.`);
          return value;
        };
      }
      case 'variable': {
        const slot = this.#slots.get(node.name) ?? 0;
        return (run) => run.variable(slot);
      }
      case 'binary':
        return this.#binary(node);
      case 'call':
        return formOf(this.#dialect, node.name) !== undefined ? this.#form(node) : this.#function(node);
    }
  }

  /** A part whose result must be a value. */
  #value(node: Node): EvaluateValue {
    const evaluate = this.flow(node);
    const kinds = ['value', 'name', 'attribute', 'parameter', 'variable', 'binary'];
    if (kinds.includes(node.kind)) return evaluate as EvaluateValue;
    const fail = this.#fail(node);
    return (run) => {
      const value = evaluate(run);
      if (typeof value === 'symbol') throw fail('AuthoritativeNull and IgnoreThisFlow can only be the whole result.');
      return value;
    };
  }

  /** A part that is a condition. No value is false. */
  #condition(node: Node): (run: Run) => boolean {
    const evaluate = this.#value(node);
    const fail = this.#fail(node);
    return (run) => truth(evaluate(run), fail);
  }

  #fail(node: Node): Fail {
    return (message) => new ExpressionError('failed', message, positionOf(this.#text, node.at));
  }

  #binary(node: Extract<Node, { kind: 'binary' }>): EvaluateValue {
    const { operator } = node;
    if (operator === '&&' || operator === '||') {
      const [left, right] = [this.#condition(node.left), this.#condition(node.right)];
      return operator === '&&' ? (run) => left(run) && right(run) : (run) => left(run) || right(run);
    }
    const [left, right] = [this.#value(node.left), this.#value(node.right)];
    const fail = this.#fail(node);
    const apply = operation(operator, fail);
    return (run) => {
      const [a, b] = [left(run), right(run)];
      if (!isList(a) && !isList(b)) return apply(a, b, run);
      return lifted([a, b], bothSides, run, fail, ([x, y]) => apply(scalarOrNull(x), scalarOrNull(y), run));
    };
  }

  #form(node: Extract<Node, { kind: 'call' }>): Evaluate {
    const args = node.args.map((arg) => arg ?? ({ kind: 'value', value: null, at: node.at } satisfies Node));
    const [first, second, third] = args;
    if (first === undefined) throw new Error('A form without arguments passed the check.');
    switch (node.name) {
      case 'Error': {
        const message = this.#value(first);
        const position = positionOf(this.#text, node.at);
        return (run) => {
          const value = message(run);
          throw new ExpressionError(
            'raised',
            typeof value === 'string' ? value : 'The rule raised an error.',
            position,
          );
        };
      }
      case 'ImportedValue': {
        const name = literalText(first);
        return (run) => run.context.imported(name);
      }
      case 'ValueCount': {
        const name = literalText(first);
        return (run) => BigInt(run.context.valueCount(name));
      }
      case 'IgnoreFlowIfNullOrEmpty': {
        const value = this.#value(first);
        return (run) => {
          const result = value(run);
          return isPresent(result) ? result : ignoreThisFlow;
        };
      }
      // Uniqueness in the target is a matter of creation from HR; towards Entra the first candidate is the one.
      case 'SelectUniqueValue':
        return this.flow(first);
      case 'Switch':
        return this.#dialect === 'connect' ? this.#switchConditions(args) : this.#switchKeys(args);
      case 'With':
      case 'Select':
      case 'Where':
        return this.#binding(node, [first, second ?? first, third ?? first]);
      default:
        return this.#choose(first, second ?? first, third ?? first);
    }
  }

  /** IIF: only the branch that is chosen is evaluated; a list of conditions chooses value by value. */
  #choose(condition: Node, yes: Node, no: Node): Evaluate {
    const test = this.#value(condition);
    const [whenTrue, whenFalse] = [this.flow(yes), this.flow(no)];
    const fail = this.#fail(condition);
    return (run) => {
      const tested = test(run);
      if (!isList(tested) || tested.length === 1) return truth(tested, fail) ? whenTrue(run) : whenFalse(run);
      return this.#chooseEach(tested, [whenTrue, whenFalse], run, fail);
    };
  }

  #chooseEach(tested: readonly Scalar[], [yes, no]: readonly [Evaluate, Evaluate], run: Run, fail: Fail): Value {
    const results: Scalar[] = [];
    const branches = new Map<boolean, FlowValue>();
    tested.forEach((one, i) => {
      run.step(1, fail);
      const chosen = truth(one, fail);
      if (!branches.has(chosen)) branches.set(chosen, (chosen ? yes : no)(run));
      const value = branches.get(chosen) ?? null;
      if (typeof value === 'symbol')
        throw fail('AuthoritativeNull and IgnoreThisFlow cannot stand for one value of several.');
      if (isList(value) && value.length !== tested.length)
        throw fail('The condition and the result have different numbers of values.');
      const result = isList(value) ? value[i] : value;
      if (result !== null && result !== undefined) results.push(result);
    });
    return results.length === 0 ? null : results;
  }

  /** All conditions are evaluated, as documented; of the values only the one that is chosen. */
  #switchConditions(args: readonly Node[]): Evaluate {
    const conditions = args.filter((_, i) => i % 2 === 0).map((arg) => this.#condition(arg));
    const values = args.filter((_, i) => i % 2 === 1).map((arg) => this.flow(arg));
    return (run) => {
      const held = conditions.map((condition) => condition(run));
      const value = values[held.indexOf(true)];
      return value === undefined ? null : value(run);
    };
  }

  /** The provisioning dialect looks a value up; without one in the source, the key "" stands for it. */
  #switchKeys([source, fallback, ...pairs]: readonly Node[]): Evaluate {
    if (source === undefined || fallback === undefined) throw new Error('Switch passed the check without a source.');
    const key = this.#value(source);
    const keys = pairs.filter((_, i) => i % 2 === 0).map((arg) => this.#value(arg));
    const values = pairs.filter((_, i) => i % 2 === 1).map((arg) => this.flow(arg));
    const otherwise = this.flow(fallback);
    const textOf = (value: Value): string => scalarsOf(value).map(textOfScalar).join();
    return (run) => {
      const wanted = textOf(key(run));
      const value = values[keys.findIndex((one) => textOf(one(run)) === wanted)];
      return value === undefined ? otherwise(run) : value(run);
    };
  }

  #binding(node: Extract<Node, { kind: 'call' }>, [variable, values, body]: readonly [Node, Node, Node]): Evaluate {
    if (variable.kind !== 'variable') throw new Error('A binding passed the check without a variable.');
    const source = this.#value(values);
    const slot = this.#slotCount;
    this.#slotCount += 1;
    const outer = this.#slots.get(variable.name);
    this.#slots.set(variable.name, slot);
    const inner = node.name === 'With' ? this.flow(body) : this.#value(body);
    if (outer === undefined) this.#slots.delete(variable.name);
    else this.#slots.set(variable.name, outer);
    const fail = this.#fail(node);
    if (node.name === 'With') {
      return (run) => {
        run.bind(slot, source(run));
        return inner(run);
      };
    }
    const filters = node.name === 'Where';
    return (run) => {
      const results: Scalar[] = [];
      const list = source(run);
      for (const one of list === null ? [] : isList(list) ? list : [list]) {
        run.step(1, fail);
        run.bind(slot, one);
        const result = inner(run) as Value;
        if (filters) {
          if (truth(result, fail)) results.push(one);
        } else if (isList(result)) for (const part of result) results.push(part);
        else if (result !== null) results.push(result);
        if (results.length > maxLength) throw fail('The result has too many values.');
      }
      return results.length === 0 ? null : results;
    };
  }

  #function(node: Extract<Node, { kind: 'call' }>): EvaluateValue {
    const definition = functionOf(this.#dialect, node.name);
    if (definition === undefined) throw new Error(`The function ${node.name} passed the check.`);
    const args = node.args.map((arg) => (arg === undefined ? undefined : this.#value(arg)));
    const fail = this.#fail(node);
    const [only] = args;
    if (node.name === 'IsPresent' && only !== undefined) return (run) => isPresent(only(run));
    if (node.name === 'IsNullOrEmpty' && only !== undefined) return (run) => !isPresent(only(run));
    return callOf(definition, args, fail);
  }
}

function literalText(node: Node): string {
  return node.kind === 'value' && typeof node.value === 'string' ? node.value : '';
}

function scalarOrNull(value: Argument): Scalar | null {
  return value === undefined || isList(value) ? null : value;
}

function truth(value: Value, fail: Fail): boolean {
  if (typeof value === 'boolean') return value;
  if (value === null) return false;
  const [only, ...others] = isList(value) ? value : [value];
  if (typeof only === 'boolean' && others.length === 0) return only;
  throw fail(isList(value) ? 'A condition needs one value, not a list.' : 'The condition is neither true nor false.');
}
