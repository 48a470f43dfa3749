import { FunctionFailure } from './definition.ts';

/** A test for one UTF-16 code unit. */
export type UnitTest = (unit: string) => boolean;

/** A part of a regular expression. */
export type Part =
  | { readonly kind: 'unit'; readonly test: UnitTest }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Part[] }
  | {
      readonly kind: 'repeat';
      readonly part: Part;
      readonly min: number;
      readonly max: number;
      readonly greedy: boolean;
    }
  | { readonly kind: 'group'; readonly part: Part; readonly index: number; readonly name: string | undefined }
  | { readonly kind: 'assert'; readonly what: 'start' | 'end' | 'endBeforeBreak' | 'boundary' | 'noBoundary' };

const maxRepeat = 1000;

/**
 * Parses the part of .NET's regular expressions that can be matched in linear time: no back references, no look-around.
 *
 * @throws FunctionFailure
 */
export function parsePattern(pattern: string, ignoreCase: boolean): { readonly part: Part; readonly groups: number } {
  const parser = new PatternParser(pattern, ignoreCase);
  return { part: parser.whole(), groups: parser.groups };
}

class PatternParser {
  readonly #text: string;
  readonly #ignoreCase: boolean;
  #at = 0;
  #depth = 0;
  groups = 0;

  constructor(text: string, ignoreCase: boolean) {
    this.#text = text;
    this.#ignoreCase = ignoreCase;
  }

  whole(): Part {
    const part = this.#choice();
    if (this.#at < this.#text.length) throw this.#wrong('a ) has no (');
    return part;
  }

  #choice(): Part {
    this.#depth += 1;
    if (this.#depth > 50) throw this.#wrong('it nests too deep');
    const parts = [this.#sequence()];
    while (this.#takes('|')) parts.push(this.#sequence());
    this.#depth -= 1;
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'choice', parts };
  }

  #sequence(): Part {
    const parts: Part[] = [];
    while (this.#at < this.#text.length && !'|)'.includes(this.#peek())) parts.push(this.#repeated());
    return { kind: 'sequence', parts };
  }

  #repeated(): Part {
    let part = this.#atom();
    for (;;) {
      const bounds = this.#bounds();
      if (bounds === undefined) return part;
      const greedy = !this.#takes('?');
      part = { kind: 'repeat', part, ...bounds, greedy };
    }
  }

  #bounds(): { readonly min: number; readonly max: number } | undefined {
    if (this.#takes('*')) return { min: 0, max: Infinity };
    if (this.#takes('+')) return { min: 1, max: Infinity };
    if (this.#takes('?')) return { min: 0, max: 1 };
    const [all, low = '', comma, high = ''] = /^\{(\d+)(,)?(\d*)\}/.exec(this.#text.slice(this.#at)) ?? [];
    if (all === undefined) return undefined;
    this.#at += all.length;
    const min = Number(low);
    const max = comma === undefined ? min : high === '' ? Infinity : Number(high);
    if (min > maxRepeat || (max !== Infinity && max > maxRepeat) || max < min)
      throw this.#wrong('a repetition is too long');
    return { min, max };
  }

  #atom(): Part {
    const char = this.#take();
    switch (char) {
      case '(':
        return this.#group();
      case '[':
        return this.#unit(this.#set());
      case '.':
        return { kind: 'unit', test: (unit) => unit !== '\n' };
      case '^':
        return { kind: 'assert', what: 'start' };
      case '$':
        return { kind: 'assert', what: 'endBeforeBreak' };
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw this.#wrong(`a "${char}" has nothing to repeat`);
      default:
        return this.#unit((unit) => unit === char);
    }
  }

  #group(): Part {
    let name: string | undefined;
    let captures = true;
    if (this.#takes('?')) {
      const [named, own] = /^<([A-Za-z_]\w*)>/.exec(this.#text.slice(this.#at)) ?? [];
      if (this.#takes(':')) captures = false;
      else if (named !== undefined) {
        name = own;
        this.#at += named.length;
      } else throw this.#wrong('look-around and options inside a pattern are not supported');
    }
    const index = captures ? (this.groups += 1) : 0;
    const part = this.#choice();
    if (!this.#takes(')')) throw this.#wrong('a ( has no )');
    return captures ? { kind: 'group', part, index, name } : part;
  }

  #escape(): Part {
    const char = this.#take();
    switch (char) {
      case 'b':
        return { kind: 'assert', what: 'boundary' };
      case 'B':
        return { kind: 'assert', what: 'noBoundary' };
      case 'A':
        return { kind: 'assert', what: 'start' };
      case 'z':
        return { kind: 'assert', what: 'end' };
      case 'Z':
        return { kind: 'assert', what: 'endBeforeBreak' };
      default:
        if (/[1-9k]/.test(char)) throw this.#wrong('back references are not supported');
        return this.#unit(this.#escapedUnit(char));
    }
  }

  #escapedUnit(char: string): UnitTest {
    const known = classes[char];
    if (known !== undefined) return known;
    const control = controls[char];
    if (control !== undefined) return (unit) => unit === control;
    if (char === 'x' || char === 'u') {
      const digits = this.#text.slice(this.#at, this.#at + (char === 'x' ? 2 : 4));
      if (!/^[0-9a-f]+$/i.test(digits)) throw this.#wrong(`\\${char} needs hexadecimal digits`);
      this.#at += digits.length;
      const value = String.fromCharCode(parseInt(digits, 16));
      return (unit) => unit === value;
    }
    if (/[A-Za-z0-9]/.test(char)) throw this.#wrong(`\\${char} is not supported`);
    return (unit) => unit === char;
  }

  #set(): UnitTest {
    const negated = this.#takes('^');
    const tests: UnitTest[] = [];
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      const low = this.#take();
      if (low === '\\') {
        tests.push(this.#escapedUnit(this.#take()));
        continue;
      }
      const high = this.#text.charAt(this.#at + 1);
      if (this.#peek() === '-' && high !== ']' && high !== '') {
        this.#at += 2;
        if (high === '\\') throw this.#wrong('a range ends in an escape');
        if (high < low) throw this.#wrong(`the range ${low}-${high} is reversed`);
        tests.push((unit) => unit >= low && unit <= high);
      } else tests.push((unit) => unit === low);
    }
    this.#at += 1;
    return negated ? (unit) => !tests.some((test) => test(unit)) : (unit) => tests.some((test) => test(unit));
  }

  #unit(test: UnitTest): Part {
    if (!this.#ignoreCase) return { kind: 'unit', test };
    return { kind: 'unit', test: (unit) => test(unit) || test(unit.toLowerCase()) || test(unit.toUpperCase()) };
  }

  #peek(): string {
    if (this.#at >= this.#text.length) throw this.#wrong('it ends too early');
    return this.#text.charAt(this.#at);
  }

  #take(): string {
    const char = this.#peek();
    this.#at += 1;
    return char;
  }

  #takes(char: string): boolean {
    if (this.#text.charAt(this.#at) !== char) return false;
    this.#at += 1;
    return true;
  }

  #wrong(why: string): FunctionFailure {
    return new FunctionFailure(`The pattern "${this.#text}" cannot be used: ${why}.`);
  }
}

const controls: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v', e: '\u001b' };
const isDigit: UnitTest = (unit) => /\p{Nd}/u.test(unit);
export const isWordUnit: UnitTest = (unit) => /[\p{L}\p{Mn}\p{Nd}\p{Pc}]/u.test(unit);
const isSpace: UnitTest = (unit) => /\s/.test(unit);
const classes: Readonly<Record<string, UnitTest>> = {
  d: isDigit,
  D: (unit) => !isDigit(unit),
  w: isWordUnit,
  W: (unit) => !isWordUnit(unit),
  s: isSpace,
  S: (unit) => !isSpace(unit),
};
