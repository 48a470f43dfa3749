import type { Operator } from './ast.ts';
import { SyntaxProblem } from './syntax-problem.ts';

export type Token = { readonly at: number } & (
  | { readonly kind: '(' | ')' | ',' | 'end' }
  | { readonly kind: 'operator'; readonly operator: Operator }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'attribute' | 'parameter' | 'variable' | 'word'; readonly name: string }
);

const operators: readonly Operator[] = ['||', '&&', '<>', '<=', '>=', '<', '>', '=', '+', '-', '*', '&'];

/** @throws SyntaxProblem */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const found = tokenAt(text, at);
    if (found.token !== undefined) tokens.push(found.token);
    at = found.end;
  }
  tokens.push({ kind: 'end', at });
  return tokens;
}

function tokenAt(text: string, at: number): { readonly token: Token | undefined; readonly end: number } {
  const char = text.charAt(at);
  const rest = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  const space = rest(/\s+/y);
  if (space !== undefined) return { token: undefined, end: at + space.length };
  if (char === '(' || char === ')' || char === ',') return { token: { kind: char, at }, end: at + 1 };
  if (char === '"') return stringAt(text, at);
  if (char === '[') return delimited(text, at, ']', 'attribute');
  if (char === '%') return delimited(text, at, '%', 'parameter');
  const hex = rest(/&H[0-9A-Fa-f]+/y);
  if (hex !== undefined)
    return { token: { kind: 'number', value: BigInt(`0x${hex.slice(2)}`), at }, end: at + hex.length };
  const digits = rest(/\d+/y);
  if (digits !== undefined) return { token: { kind: 'number', value: BigInt(digits), at }, end: at + digits.length };
  const variable = rest(/\$[A-Za-z_]\w*/y);
  if (variable !== undefined) {
    return { token: { kind: 'variable', name: variable.slice(1), at }, end: at + variable.length };
  }
  const word = rest(/[A-Za-z_]\w*/y);
  if (word !== undefined) return { token: { kind: 'word', name: word, at }, end: at + word.length };
  const operator = operators.find((one) => text.startsWith(one, at));
  if (operator !== undefined) return { token: { kind: 'operator', operator, at }, end: at + operator.length };
  throw new SyntaxProblem(/[“”„]/.test(char) ? 'Quotes must be straight: ".' : `"${char}" means nothing here.`, at);
}

/** A backslash takes the special meaning from a quote and from a backslash; before anything else it is itself. */
function stringAt(text: string, at: number): { readonly token: Token; readonly end: number } {
  let value = '';
  for (let i = at + 1; i < text.length; i += 1) {
    const char = text.charAt(i);
    const next = text.charAt(i + 1);
    if (char === '"') return { token: { kind: 'text', value, at }, end: i + 1 };
    if (char === '\\' && (next === '\\' || next === '"')) {
      value += next;
      i += 1;
    } else value += char;
  }
  throw new SyntaxProblem('The text that begins here does not end.', at);
}

function delimited(
  text: string,
  at: number,
  end: string,
  kind: 'attribute' | 'parameter',
): { readonly token: Token; readonly end: number } {
  const close = text.indexOf(end, at + 1);
  const name = close < 0 ? '' : text.slice(at + 1, close).trim();
  if (close < 0) throw new SyntaxProblem(`The ${kind} that begins here has no "${end}".`, at);
  if (!/^[A-Za-z][\w.-]*$/.test(name)) throw new SyntaxProblem(`"${name}" is no name of an ${kind}.`, at);
  return { token: { kind, name, at }, end: close + 1 };
}
