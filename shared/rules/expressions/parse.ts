import { precedence, type Node, type Operator } from './ast.ts';
import type { Dialect } from './expression.ts';
import { SyntaxProblem } from './syntax-problem.ts';
import { tokenize, type Token } from './tokens.ts';

/** Deeper nesting, and longer texts, than any rule needs; checking and evaluating recurse as deep. */
const maxDepth = 200;
/** Every operator of a chain is a level: a condition may name several hundred departments. */
const maxLevels = 1_000;
const maxLength = 65_536;
const [smallest, largest] = [-(2n ** 63n), 2n ** 63n - 1n];

/**
 * Parses the text of an expression.
 *
 * @throws SyntaxProblem
 */
export function parse(text: string, dialect: Dialect): Node {
  if (text.length > maxLength)
    throw new SyntaxProblem(`The expression has more than ${maxLength} characters.`, maxLength);
  const node = new Parser(tokenize(text), dialect).whole();
  const tooDeep = deepest(node, maxLevels);
  if (tooDeep !== undefined)
    throw new SyntaxProblem(`More than ${maxLevels} operators and functions in one another.`, tooDeep.at);
  return node;
}

/** A part that lies deeper than `limit` levels. Long chains of operators are deep too, although they do not look so. */
function deepest(root: Node, limit: number): Node | undefined {
  let level: readonly Node[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limit) return level[0];
    level = level.flatMap((node) => {
      if (node.kind === 'binary') return [node.left, node.right];
      return node.kind === 'call' ? node.args.filter((arg) => arg !== undefined) : [];
    });
  }
  return undefined;
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #dialect: Dialect;
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], dialect: Dialect) {
    this.#tokens = tokens;
    this.#dialect = dialect;
  }

  whole(): Node {
    const node = this.#operand(0);
    const token = this.#peek();
    if (token.kind !== 'end') throw new SyntaxProblem(`${describe(token)} is too much here.`, token.at);
    return node;
  }

  /** Operators that bind tighter than `level`, from left to right. */
  #operand(level: number): Node {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw new SyntaxProblem(`More than ${maxDepth} levels of nesting.`, this.#peek().at);
    let left = this.#primary();
    for (;;) {
      const token = this.#peek();
      if (token.kind !== 'operator' || precedence[token.operator] <= level) break;
      this.#allow(token.operator, token.at);
      this.#next += 1;
      const right = this.#operand(precedence[token.operator]);
      left = { kind: 'binary', operator: token.operator, left, right, at: token.at };
    }
    this.#depth -= 1;
    return left;
  }

  /** The provisioning dialect compares, and joins text; everything else is a function there. */
  #allow(operator: Operator, at: number): void {
    if (this.#dialect === 'connect' || precedence[operator] === 3 || operator === '&') return;
    throw new SyntaxProblem(`The provisioning dialect has no operator ${operator}.`, at);
  }

  #primary(): Node {
    const token = this.#take();
    const { at } = token;
    switch (token.kind) {
      case 'text':
      case 'number':
        if (typeof token.value === 'bigint' && token.value > largest) {
          throw new SyntaxProblem('The number does not fit 64 bits.', at);
        }
        return { kind: 'value', value: token.value, at };
      case 'attribute':
      case 'parameter':
      case 'variable':
        return { kind: token.kind, name: token.name, at };
      case 'word':
        return this.#word(token.name, at);
      case '(': {
        const inner = this.#operand(0);
        this.#expect(')');
        return { ...inner, enclosed: true };
      }
      case 'operator': {
        const number = this.#peek();
        if (token.operator === '-' && number.kind === 'number' && -number.value >= smallest) {
          this.#next += 1;
          return { kind: 'value', value: -number.value, at };
        }
        throw new SyntaxProblem(`Something is missing before ${describe(token)}.`, at);
      }
      case 'end':
        throw new SyntaxProblem('The expression ends where a value is expected.', at);
      case ')':
      case ',':
        throw new SyntaxProblem(`A value is expected here, not ${describe(token)}.`, at);
    }
  }

  #word(name: string, at: number): Node {
    if (this.#peek().kind === '(') return this.#call(name, at);
    switch (name) {
      case 'True':
      case 'False':
        return { kind: 'value', value: name === 'True', at };
      case 'NULL':
        return { kind: 'value', value: null, at };
      case 'CRLF':
        return { kind: 'value', value: '\r\n', at };
      case 'AuthoritativeNull':
      case 'IgnoreThisFlow':
        return { kind: 'word', word: name, at };
      default:
        return { kind: 'name', name, at };
    }
  }

  #call(name: string, at: number): Node {
    this.#expect('(');
    const args: (Node | undefined)[] = [];
    if (this.#peek().kind === ')') {
      this.#next += 1;
      return { kind: 'call', name, args, at };
    }
    for (;;) {
      const token = this.#peek();
      const leftOut = token.kind === ',' || token.kind === ')';
      if (leftOut && this.#dialect === 'connect') throw new SyntaxProblem('An argument is missing here.', token.at);
      args.push(leftOut ? undefined : this.#operand(0));
      const end = this.#take();
      if (end.kind === ')') return { kind: 'call', name, args, at };
      if (end.kind !== ',') throw new SyntaxProblem(`A comma or a ) is expected here, not ${describe(end)}.`, end.at);
    }
  }

  #peek(): Token {
    const token = this.#tokens[this.#next];
    if (token === undefined) throw new Error('The token that ends the text was taken.');
    return token;
  }

  #take(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#next += 1;
    return token;
  }

  #expect(kind: '(' | ')'): void {
    const token = this.#take();
    if (token.kind !== kind) throw new SyntaxProblem(`A ${kind} is expected here, not ${describe(token)}.`, token.at);
  }
}

function describe(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'the end';
    case 'operator':
      return `"${token.operator}"`;
    case 'text':
      return `the text "${token.value}"`;
    case 'number':
      return `the number ${token.value}`;
    case 'attribute':
      return `[${token.name}]`;
    case 'parameter':
      return `%${token.name}%`;
    case 'variable':
      return `$${token.name}`;
    case 'word':
      return `"${token.name}"`;
    default:
      return `"${token.kind}"`;
  }
}
