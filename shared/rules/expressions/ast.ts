import type { Scalar } from '../value.ts';

/** A part of an expression, with where it begins in the text (UTF-16 code units), and whether it stands in parentheses. */
export type Node = { readonly at: number; readonly enclosed?: boolean } & (
  | { readonly kind: 'value'; readonly value: Scalar | null }
  | { readonly kind: 'word'; readonly word: 'AuthoritativeNull' | 'IgnoreThisFlow' }
  /** A name that only a function can read: `CaseInsensitive`, `UTF8`. */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'attribute'; readonly name: string }
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'binary'; readonly operator: Operator; readonly left: Node; readonly right: Node }
  /** An argument that is left out between two commas is `undefined`. */
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly (Node | undefined)[] }
);

export type Operator = '||' | '&&' | '=' | '<>' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | '&';

/**
 * How tightly an operator binds. `+ - * &` are one level, from left to right, as Entra Connect documents for all
 * operators; that comparison, `&&` and `||` bind less is what the shipped rules need to make sense.
 */
export const precedence: Readonly<Record<Operator, number>> = {
  '||': 1,
  '&&': 2,
  '=': 3,
  '<>': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  '+': 4,
  '-': 4,
  '*': 4,
  '&': 4,
};

/** The text of an expression in one spelling; parsing it gives the same expression again. */
export function print(node: Node): string {
  switch (node.kind) {
    case 'value':
      return printValue(node.value);
    case 'word':
      return node.word;
    case 'name':
      return node.name;
    case 'attribute':
      return `[${node.name}]`;
    case 'parameter':
      return `%${node.name}%`;
    case 'variable':
      return `$${node.name}`;
    case 'call':
      return `${node.name}(${node.args.map((arg) => (arg === undefined ? '' : print(arg))).join(', ')})`;
    case 'binary': {
      const own = precedence[node.operator];
      const side = (child: Node, right: boolean): string => {
        const text = print(child);
        if (child.kind !== 'binary') return text;
        const inner = precedence[child.operator];
        return inner < own || (right && inner === own) ? `(${text})` : text;
      };
      return `${side(node.left, false)} ${node.operator} ${side(node.right, true)}`;
    }
  }
}

function printValue(value: Scalar | null): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') {
    // Line breaks stay as they are: a literal may span lines.
    return value === '\r\n' ? 'CRLF' : `"${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"')}"`;
  }
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') return value.toString();
  throw new TypeError('Only texts, numbers and truth values can be written in an expression.');
}

/** Every part of an expression, the whole first. */
export function* walk(node: Node): Generator<Node> {
  yield node;
  if (node.kind === 'binary') {
    yield* walk(node.left);
    yield* walk(node.right);
  } else if (node.kind === 'call') {
    for (const arg of node.args) if (arg !== undefined) yield* walk(arg);
  }
}
