/** A piece of a PowerShell script, as far as the export of the rules editor uses the language. */
export type PowerShellToken = { readonly line: number } & (
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'sign'; readonly sign: string }
  | { readonly kind: 'end' }
);

export class PowerShellProblem extends Error {
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '0': '\0',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
};

/**
 * The tokens of a script; `end` ends a statement. Nothing is ever run: a variable inside a text is a problem.
 *
 * @throws PowerShellProblem
 */
export function tokenizePowerShell(script: string): readonly PowerShellToken[] {
  const text = script.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  const tokens: PowerShellToken[] = [];
  let at = 0;
  let line = 1;
  let depth = 0;
  const advance = (length: number): void => {
    line += text.slice(at, at + length).split('\n').length - 1;
    at += length;
  };
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  while (at < text.length) {
    // A backtick at the end of a line continues it; published scripts have blanks behind it.
    const skip = match(/[ \t]+|`[ \t]*\n|<#[\s\S]*?#>|#[^\n]*/y);
    if (skip !== null) {
      advance(skip[0].length);
      continue;
    }
    const char = text.charAt(at);
    if (char === '\n' || char === ';') {
      if (depth === 0) tokens.push({ kind: 'end', line });
      advance(1);
      continue;
    }
    const here = match(/@(['"])[ \t]*\n([\s\S]*?)\n\1@/y);
    if (here !== null) {
      const value = here[2] ?? '';
      if (here[1] === '"' && /(?<!`)\$/.test(value))
        throw new PowerShellProblem('The text has a variable in it.', line);
      tokens.push({ kind: 'text', value, line });
      advance(here[0].length);
      continue;
    }
    const single = match(/['‘’]((?:[^'‘’]|''|‘‘|’’)*)['‘’]/y);
    if (single !== null) {
      tokens.push({ kind: 'text', value: (single[1] ?? '').replace(/''|‘‘|’’/g, "'"), line });
      advance(single[0].length);
      continue;
    }
    if (char === '"') {
      const double = match(/"((?:[^"`]|""|`[\s\S])*)"/y);
      if (double === null) throw new PowerShellProblem('The text that begins here does not end.', line);
      const raw = double[1] ?? '';
      if (/(?:^|[^`])\$[A-Za-z({_]/.test(raw)) throw new PowerShellProblem('The text has a variable in it.', line);
      const value = raw.replace(/""/g, '"').replace(/`([\s\S])/g, (_, escaped: string) => escapes[escaped] ?? escaped);
      tokens.push({ kind: 'text', value, line });
      advance(double[0].length);
      continue;
    }
    if (char === "'") throw new PowerShellProblem('The text that begins here does not end.', line);
    const variable = match(/\$([A-Za-z_]\w*)(?:\[\d+\])?(?:\.\w+)*/y);
    if (variable !== null) {
      tokens.push({ kind: 'variable', name: variable[1] ?? '', line });
      advance(variable[0].length);
      continue;
    }
    const parameter = match(/-([A-Za-z]\w*):?/y);
    if (parameter !== null) {
      tokens.push({ kind: 'parameter', name: parameter[1] ?? '', line });
      advance(parameter[0].length);
      continue;
    }
    const sign = match(/@\(|[(),|={}]|\[[\w.]+\]/y);
    if (sign !== null) {
      if (sign[0].endsWith('(')) depth += 1;
      if (sign[0] === ')') depth = Math.max(0, depth - 1);
      tokens.push({ kind: 'sign', sign: sign[0], line });
      advance(sign[0].length);
      continue;
    }
    const word = match(/[^\s`'"(),;|={}]+/y);
    if (word === null) throw new PowerShellProblem(`"${char}" is not understood.`, line);
    tokens.push({ kind: 'word', text: word[0], line });
    advance(word[0].length);
  }
  tokens.push({ kind: 'end', line });
  return tokens;
}
