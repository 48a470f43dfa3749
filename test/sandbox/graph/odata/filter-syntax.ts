import { badRequest } from '../failure.ts';

export type Literal = string | number | boolean | null;
export type Comparison = 'eq' | 'ne' | 'ge' | 'le' | 'gt' | 'lt';
export type TextFunction = 'startswith' | 'endswith' | 'contains';

/** A parsed `$filter` (the part of OData's grammar that the directory knows). */
export type Filter =
  | { readonly op: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly op: 'not'; readonly of: Filter }
  | { readonly op: 'compare'; readonly property: string; readonly operator: Comparison; readonly value: Literal }
  | { readonly op: 'in'; readonly property: string; readonly values: readonly Literal[] }
  | { readonly op: 'text'; readonly property: string; readonly name: TextFunction; readonly value: string }
  | { readonly op: 'any'; readonly property: string; readonly where: Filter };

const tokenPattern =
  /\s*(?:('(?:[^']|'')*')|(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))|(-?\d+(?:\.\d+)?)(?![\w-])|([A-Za-z_@$][\w.$@-]*(?:\/[A-Za-z_$][\w.$-]*)*)|([(),:]))/y;

interface Token {
  readonly kind: 'text' | 'number' | 'word' | 'mark';
  readonly text: string;
}

const broken = (): Error => badRequest('Invalid filter clause');

function tokens(text: string): Token[] {
  const found: Token[] = [];
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < text.trimEnd().length) {
    const match = tokenPattern.exec(text);
    if (match === null) throw broken();
    const [, quoted, time, number, word, mark] = match;
    if (quoted !== undefined) found.push({ kind: 'text', text: quoted.slice(1, -1).replaceAll("''", "'") });
    else if (time !== undefined) found.push({ kind: 'text', text: time });
    else if (number !== undefined) found.push({ kind: 'number', text: number });
    else if (word !== undefined) found.push({ kind: 'word', text: word });
    else found.push({ kind: 'mark', text: mark ?? '' });
  }
  return found;
}

const comparisons = new Set<string>(['eq', 'ne', 'ge', 'le', 'gt', 'lt']);
const functions = new Set<string>(['startswith', 'endswith', 'contains']);

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokens(text);
  }

  parse(): Filter {
    const filter = this.#or();
    if (this.#at < this.#tokens.length) throw broken();
    return filter;
  }

  #or(): Filter {
    let left = this.#and();
    while (this.#acceptWord('or')) left = { op: 'or', left, right: this.#and() };
    return left;
  }

  #and(): Filter {
    let left = this.#unary();
    while (this.#acceptWord('and')) left = { op: 'and', left, right: this.#unary() };
    return left;
  }

  #unary(): Filter {
    if (this.#acceptWord('not')) return { op: 'not', of: this.#unary() };
    if (this.#acceptMark('(')) {
      const inner = this.#or();
      this.#expectMark(')');
      return inner;
    }
    return this.#clause();
  }

  #clause(): Filter {
    const word = this.#word();
    if (functions.has(word.toLowerCase()) && this.#acceptMark('(')) return this.#function(word.toLowerCase());
    if (/\/any$/i.test(word) && this.#acceptMark('(')) return this.#any(word.replace(/\/any$/i, ''));
    const operator = this.#word().toLowerCase();
    if (operator === 'in') return { op: 'in', property: word, values: this.#list() };
    if (!comparisons.has(operator)) throw broken();
    return { op: 'compare', property: word, operator: operator as Comparison, value: this.#literal() };
  }

  #function(name: string): Filter {
    const property = this.#word();
    this.#expectMark(',');
    const value = this.#literal();
    this.#expectMark(')');
    if (typeof value !== 'string') throw broken();
    return { op: 'text', property, name: name as TextFunction, value };
  }

  /** `proxyAddresses/any(p:p eq 'x')`: the variable stands for one item, written as the property `$it`. */
  #any(property: string): Filter {
    const variable = this.#word();
    this.#expectMark(':');
    const where = this.#or();
    this.#expectMark(')');
    return { op: 'any', property, where: renamed(where, variable) };
  }

  #list(): Literal[] {
    this.#expectMark('(');
    const values = [this.#literal()];
    while (this.#acceptMark(',')) values.push(this.#literal());
    this.#expectMark(')');
    return values;
  }

  #literal(): Literal {
    const token = this.#next();
    if (token.kind === 'text') return token.text;
    if (token.kind === 'number') return Number(token.text);
    if (token.kind === 'word' && token.text === 'true') return true;
    if (token.kind === 'word' && token.text === 'false') return false;
    if (token.kind === 'word' && token.text === 'null') return null;
    throw broken();
  }

  #word(): string {
    const token = this.#next();
    if (token.kind !== 'word') throw broken();
    return token.text;
  }

  #next(): Token {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw broken();
    return token;
  }

  #acceptWord(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'word' || token.text.toLowerCase() !== text) return false;
    this.#at++;
    return true;
  }

  #acceptMark(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'mark' || token.text !== text) return false;
    this.#at++;
    return true;
  }

  #expectMark(text: string): void {
    if (!this.#acceptMark(text)) throw broken();
  }
}

function renamed(filter: Filter, variable: string): Filter {
  switch (filter.op) {
    case 'and':
    case 'or':
      return { ...filter, left: renamed(filter.left, variable), right: renamed(filter.right, variable) };
    case 'not':
      return { op: 'not', of: renamed(filter.of, variable) };
    case 'any':
      throw broken();
    case 'compare':
    case 'in':
    case 'text':
      if (filter.property !== variable) throw broken();
      return { ...filter, property: '$it' };
  }
}

/** Parses a `$filter`; `400 Request_BadRequest` when it is not one. */
export function parseFilter(text: string): Filter {
  return new Parser(text).parse();
}
