import { nearest } from '../nearest.ts';
import type { AttributeSchema } from '../schema.ts';
import { precedence, type Node } from './ast.ts';
import type { CompiledExpression, CompileOptions, ExpressionProblem, ExpressionWarning } from './expression.ts';
import { formNames, formOf, refusalOf } from './forms.ts';
import { FunctionFailure, type FunctionDefinition, type Parameter } from './functions/definition.ts';
import { functionNames, functionOf } from './functions/tables.ts';
import { positionOf } from './position.ts';

/** What a part can give, as far as can be told: `undefined` for anything. */
export type StaticType = CompiledExpression['type'];

const unknown: StaticType = { type: undefined, multiValued: undefined };

export interface Checked {
  readonly problems: readonly ExpressionProblem[];
  readonly warnings: readonly ExpressionWarning[];
  readonly type: StaticType;
}

/** Names, numbers of arguments and types: every mistake that can be told without an object. */
export function check(text: string, root: Node, options: CompileOptions): Checked {
  const checker = new Checker(text, options);
  const type = checker.typeOf(root, true);
  return { problems: checker.problems, warnings: checker.warnings, type };
}

class Checker {
  readonly problems: ExpressionProblem[] = [];
  readonly warnings: ExpressionWarning[] = [];
  readonly #text: string;
  readonly #options: CompileOptions;
  readonly #variables = new Map<string, StaticType>();

  constructor(text: string, options: CompileOptions) {
    this.#text = text;
    this.#options = options;
  }

  typeOf(node: Node, top = false): StaticType {
    switch (node.kind) {
      case 'value':
        return node.value === null ? unknown : { type: literalType(node.value), multiValued: false };
      case 'word':
        return unknown;
      case 'name':
        this.#problem(node, 'syntax', `"${node.name}" means nothing here.`, this.#suggestName(node.name));
        return unknown;
      case 'attribute':
        return this.#attribute(node, node.name, this.#options.source);
      case 'parameter':
        if (this.#options.parameters?.has(node.name) === false) {
          const meant = nearest(node.name, this.#options.parameters);
          this.#problem(
            node,
            'unknown-parameter',
            `There is no parameter %${node.name}%.`,
            meant && `Did you mean %${meant}%?`,
          );
        }
        return { type: 'string', multiValued: false };
      case 'variable': {
        const type = this.#variables.get(node.name);
        if (type === undefined) this.#problem(node, 'syntax', `No function around it makes a variable $${node.name}.`);
        return type ?? unknown;
      }
      case 'binary':
        return this.#binary(node);
      case 'call':
        return this.#call(node, top);
    }
  }

  #attribute(node: Node, name: string, schema: AttributeSchema): StaticType {
    const attribute = schema.get(name);
    if (attribute !== undefined) return { type: attribute.type, multiValued: attribute.multiValued };
    const meant = nearest(name, schema.keys());
    this.#problem(node, 'unknown-attribute', `There is no attribute "${name}".`, suggestionFor(name, meant));
    return unknown;
  }

  #binary(node: Extract<Node, { kind: 'binary' }>): StaticType {
    const { operator, left, right } = node;
    const types = [this.#valueOf(left), this.#valueOf(right)];
    if (
      this.warnings.length === 0 &&
      right.kind === 'binary' &&
      right.enclosed !== true &&
      precedence[right.operator] > precedence[operator]
    ) {
      this.warnings.push({
        message: `"${right.operator}" is done before "${operator}" here. The documentation of Entra Connect has operators go from left to right; parentheses make it plain.`,
        position: positionOf(this.#text, node.at),
      });
    }
    const multiValued = types.some((type) => type.multiValued === true)
      ? true
      : types.every((type) => type.multiValued === false)
        ? false
        : undefined;
    switch (operator) {
      case '||':
      case '&&':
        [left, right].forEach((side, i) => {
          this.#expect(side, types[i], ['boolean'], `"${operator}" joins conditions`);
        });
        return { type: 'boolean', multiValued: false };
      case '+':
      case '-':
      case '*':
        [left, right].forEach((side, i) => {
          this.#expect(side, types[i], ['number'], `"${operator}" calculates`);
        });
        return { type: 'number', multiValued };
      case '&':
        [left, right].forEach((side, i) => {
          this.#expect(side, types[i], ['string', 'binary'], '"&" joins texts');
        });
        return { type: types[0]?.type ?? types[1]?.type, multiValued };
      default: {
        const [a, b] = types.map((type) => type.type);
        if (a !== undefined && b !== undefined && a !== b) {
          this.#problem(node, 'type', `A ${nameOf(a)} is compared with a ${nameOf(b)}.`);
        }
        return { type: 'boolean', multiValued };
      }
    }
  }

  #call(node: Extract<Node, { kind: 'call' }>, top: boolean): StaticType {
    const { name, args } = node;
    const form = formOf(this.#options.dialect, name);
    if (form !== undefined) {
      const wrong =
        args.length < form.minimum || (form.maximum !== undefined && args.length > form.maximum)
          ? `${name} takes ${countText(form.minimum, form.maximum)}, not ${args.length}.`
          : form.wrongCount?.(args.length);
      if (wrong !== undefined) this.#problem(node, 'arguments', wrong);
      return this.#form(node, top);
    }
    const definition = functionOf(this.#options.dialect, name);
    if (definition === undefined) {
      this.#unknownFunction(node);
      for (const arg of args) if (arg !== undefined && arg.kind !== 'name') this.typeOf(arg);
      return unknown;
    }
    return this.#function(node, definition);
  }

  #unknownFunction(node: Extract<Node, { kind: 'call' }>): void {
    const { dialect } = this.#options;
    const refused = refusalOf(dialect, node.name);
    if (refused !== undefined) {
      this.#problem(node, 'unknown-function', `${node.name} cannot be used here. ${refused}`);
      return;
    }
    const other = dialect === 'connect' ? 'provisioning' : 'connect';
    const elsewhere = functionOf(other, node.name) !== undefined || formOf(other, node.name) !== undefined;
    const meant = nearest(node.name, [...functionNames(dialect), ...formNames(dialect)]);
    this.#problem(
      node,
      'unknown-function',
      `There is no function "${node.name}"${elsewhere ? ` in this dialect; it belongs to the dialect "${other}"` : ''}.`,
      suggestionFor(node.name, meant),
    );
  }

  #function(node: Extract<Node, { kind: 'call' }>, definition: FunctionDefinition): StaticType {
    const { parameters, repeats } = definition;
    const { args, name } = node;
    const required = parameters.filter((parameter) => parameter.optional !== true).length;
    const minimum = repeats ? Math.max(0, required - 1) : required;
    if (args.length < minimum || (!repeats && args.length > parameters.length)) {
      const takes = countText(minimum, repeats ? undefined : parameters.length);
      this.#problem(node, 'arguments', `${name} takes ${takes}, not ${args.length}.`);
    }
    let lifted: boolean | undefined = false;
    const types = args.map((arg, i) => {
      const parameter = parameters[i] ?? (repeats ? parameters.at(-1) : undefined);
      if (arg === undefined) {
        if (parameter?.optional === false) this.#problem(node, 'arguments', `${name} needs its argument ${i + 1}.`);
        return unknown;
      }
      const type = this.#argument(arg, parameter, name);
      this.#verify(arg, definition.verify[i]);
      if (parameter !== undefined && parameter.type !== 'values' && type.multiValued !== false) {
        lifted = type.multiValued === true ? true : lifted === true ? true : undefined;
      }
      return type;
    });
    return {
      type: definition.result.type ?? types[0]?.type,
      multiValued: definition.result.multiValued ?? lifted,
    };
  }

  #argument(arg: Node, parameter: Parameter | undefined, name: string): StaticType {
    if (arg.kind === 'name' && parameter?.words !== undefined) {
      if (parameter.words.includes(arg.name)) return { type: 'string', multiValued: false };
      const meant = nearest(arg.name, parameter.words);
      this.#problem(
        arg,
        'arguments',
        `${name} knows no ${arg.name} here; it takes ${parameter.words.join(' or ')}.`,
        suggestionFor(arg.name, meant),
      );
      return unknown;
    }
    const type = this.#valueOf(arg);
    if (parameter !== undefined)
      this.#expect(arg, type, accepted[parameter.type], `${name} takes a ${parameter.type} here`);
    return type;
  }

  /** A pattern, format or delimiter that stands in the text can be tried before there is an object. */
  #verify(arg: Node, verify: ((text: string) => unknown) | undefined): void {
    if (verify === undefined || arg.kind !== 'value' || typeof arg.value !== 'string') return;
    try {
      verify(arg.value);
    } catch (error) {
      if (!(error instanceof FunctionFailure)) throw error;
      this.#problem(arg, 'arguments', error.message);
    }
  }

  /** A part whose result must be a value, so not one of the two words that only make sense as the whole result. */
  #valueOf(node: Node): StaticType {
    if (node.kind === 'word') this.#problem(node, 'type', `${node.word} can only be the whole result of a flow.`);
    return this.typeOf(node);
  }

  #form(node: Extract<Node, { kind: 'call' }>, top: boolean): StaticType {
    const [first, second, third] = node.args;
    switch (node.name) {
      case 'ImportedValue':
      case 'ValueCount':
        return this.#named(node, first);
      case 'Error':
        if (first !== undefined) this.#expect(first, this.#valueOf(first), ['string'], 'Error takes a text');
        return unknown;
      case 'Select':
      case 'Where':
      case 'With':
        return this.#binding(node, [first, second, third]);
      case 'SelectUniqueValue':
        if (!top) this.#problem(node, 'syntax', 'SelectUniqueValue can only be the whole expression.');
        return common(this.#all(node.args));
      case 'Switch':
        return this.#switch(node);
      case 'IIF': {
        const [condition, ...branches] = node.args;
        if (condition !== undefined)
          this.#expect(condition, this.#valueOf(condition), ['boolean'], 'IIF takes a condition first');
        return common(this.#all(branches));
      }
      default:
        return common(this.#all(node.args));
    }
  }

  #all(args: readonly (Node | undefined)[]): readonly StaticType[] {
    return args.flatMap((arg) => {
      if (arg === undefined || isNothing(arg)) return [];
      return [this.typeOf(arg)];
    });
  }

  #switch(node: Extract<Node, { kind: 'call' }>): StaticType {
    const [source, fallback, ...pairs] = node.args;
    if (this.#options.dialect === 'connect') {
      const all = [source, fallback, ...pairs];
      all.forEach((arg, i) => {
        if (arg !== undefined && i % 2 === 0)
          this.#expect(arg, this.#valueOf(arg), ['boolean'], 'Switch takes a condition here');
      });
      return common(this.#all(all.filter((_, i) => i % 2 === 1)));
    }
    this.#all([source, ...pairs.filter((_, i) => i % 2 === 0)]);
    return common(this.#all([fallback, ...pairs.filter((_, i) => i % 2 === 1)]));
  }

  /** `ImportedValue("mail")`: the name is quoted, because it is not read from the source. */
  #named(node: Extract<Node, { kind: 'call' }>, arg: Node | undefined): StaticType {
    if (arg?.kind !== 'value' || typeof arg.value !== 'string') {
      this.#problem(arg ?? node, 'arguments', `${node.name} takes the name of an attribute in quotes.`);
      return unknown;
    }
    if (node.name === 'ImportedValue') return this.#attribute(arg, arg.value, this.#options.target);
    this.#attribute(arg, arg.value, this.#options.source);
    return { type: 'number', multiValued: false };
  }

  #binding(node: Extract<Node, { kind: 'call' }>, [variable, values, body]: readonly (Node | undefined)[]): StaticType {
    const bound = values === undefined ? unknown : this.#valueOf(values);
    if (variable?.kind !== 'variable') {
      this.#problem(variable ?? node, 'arguments', `${node.name} takes a variable first, such as $item.`);
      return unknown;
    }
    const outer = this.#variables.get(variable.name);
    this.#variables.set(variable.name, node.name === 'With' ? bound : { type: bound.type, multiValued: false });
    const result = body === undefined ? unknown : this.typeOf(body);
    if (outer === undefined) this.#variables.delete(variable.name);
    else this.#variables.set(variable.name, outer);
    if (node.name === 'With') return result;
    if (node.name === 'Select') return { type: result.type, multiValued: true };
    if (body !== undefined) this.#expect(body, result, ['boolean'], 'Where takes a condition last');
    return { type: bound.type, multiValued: true };
  }

  #expect(
    node: Node,
    type: StaticType | undefined,
    allowed: readonly StaticType['type'][] | undefined,
    why: string,
  ): void {
    if (type?.type === undefined || allowed === undefined || allowed.includes(type.type)) return;
    this.#problem(node, 'type', `${why}; this is a ${nameOf(type.type)}.`);
  }

  #suggestName(name: string): string | undefined {
    const words = ['True', 'False', 'NULL', 'AuthoritativeNull', 'IgnoreThisFlow', 'CRLF'];
    const word = nearest(name, words);
    if (word !== undefined) return `Did you mean ${word}?`;
    return this.#options.source.has(name) ? `Did you mean [${name}]?` : `Did you mean "${name}", in quotes?`;
  }

  #problem(node: Node, kind: ExpressionProblem['kind'], message: string, suggestion?: string): void {
    this.problems.push({ kind, message, suggestion, position: positionOf(this.#text, node.at) });
  }
}

/** Types that each kind of parameter takes; anything where there is no entry. */
const accepted: Readonly<Partial<Record<Parameter['type'], readonly StaticType['type'][]>>> = {
  text: ['string'],
  number: ['number'],
  truth: ['boolean'],
  bytes: ['binary'],
  date: ['dateTime'],
  reference: ['reference', 'string'],
  string: ['string', 'binary'],
  moment: ['string', 'dateTime'],
};

function isNothing(node: Node): boolean {
  return (
    node.kind === 'word' ||
    (node.kind === 'value' && node.value === null) ||
    (node.kind === 'call' && node.name === 'Error')
  );
}

/** What alternatives have in common. */
function common(types: readonly StaticType[]): StaticType {
  const [first, ...others] = types;
  if (first === undefined) return unknown;
  return {
    type: others.every((type) => type.type === first.type) ? first.type : undefined,
    multiValued: others.every((type) => type.multiValued === first.multiValued) ? first.multiValued : undefined,
  };
}

function literalType(value: Exclude<Extract<Node, { kind: 'value' }>['value'], null>): StaticType['type'] {
  if (typeof value === 'string') return 'string';
  return typeof value === 'bigint' ? 'number' : 'boolean';
}

function nameOf(type: Exclude<StaticType['type'], undefined>): string {
  const names: Partial<Record<typeof type, string>> = {
    string: 'text',
    boolean: 'truth value',
    binary: 'binary value',
    dateTime: 'date',
  };
  return names[type] ?? type;
}

function countText(minimum: number, maximum: number | undefined): string {
  const noun = (count: number): string => `${count} argument${count === 1 ? '' : 's'}`;
  if (maximum === undefined) return `at least ${noun(minimum)}`;
  return minimum === maximum ? noun(minimum) : `${minimum} to ${noun(maximum)}`;
}

function suggestionFor(name: string, meant: string | undefined): string | undefined {
  if (meant === undefined) return undefined;
  return meant.toLowerCase() === name.toLowerCase()
    ? `Did you mean "${meant}"? Upper and lower case count.`
    : `Did you mean "${meant}"?`;
}
