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
const maxGroups = 100;
const categories = /^\{(L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfson]?)\}/;

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
  #at: number;
  #depth = 0;
  groups = 0;

  constructor(text: string, ignoreCase: boolean) {
    this.#text = text;
    const option = '(?i)';
    this.#ignoreCase = ignoreCase || text.startsWith(option);
    this.#at = text.startsWith(option) ? option.length : 0;
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
    const part = this.#atom();
    const bounds = this.#bounds();
    if (bounds === undefined) return part;
    const greedy = !this.#takes('?');
    if (this.#bounds() !== undefined) throw this.#wrong('a repetition is repeated');
    return { kind: 'repeat', part, ...bounds, greedy };
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
        return { kind: 'unit', test: this.#set() };
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
    if (index > maxGroups) throw this.#wrong(`it has more than ${maxGroups} groups`);
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
        return this.#unit(this.#escaped(char).test);
    }
  }

  #escaped(char: string): Member {
    const known = classes[char];
    if (known !== undefined) return { unit: undefined, test: known };
    const control = controls[char];
    if (control !== undefined) return memberOf(control);
    if (char === 'p' || char === 'P') return this.#category(char === 'P');
    if (char === 'x' || char === 'u') {
      const count = char === 'x' ? 2 : 4;
      const digits = this.#text.slice(this.#at, this.#at + count);
      if (digits.length < count || !/^[0-9a-f]+$/i.test(digits))
        throw this.#wrong(`\\${char} needs hexadecimal digits`);
      this.#at += count;
      return memberOf(String.fromCharCode(parseInt(digits, 16)));
    }
    if (/[A-Za-z0-9]/.test(char)) throw this.#wrong(`\\${char} is not supported`);
    return memberOf(char);
  }

  /** `\p{L}`: a general category of Unicode. */
  #category(negated: boolean): Member {
    const [all, name] = categories.exec(this.#text.slice(this.#at, this.#at + 4)) ?? [];
    if (all === undefined || name === undefined) throw this.#wrong('only general categories can stand in \\p{…}');
    const category = new RegExp(`^\\p{${name}}$`, 'u');
    this.#at += all.length;
    return { unit: undefined, test: (unit) => category.test(unit) !== negated };
  }

  #set(): UnitTest {
    const negated = this.#takes('^');
    const tests: UnitTest[] = [];
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      const low = this.#member();
      const [dash, next] = [this.#peek(), this.#text.charAt(this.#at + 1)];
      if (dash === '-' && next === '[') throw this.#wrong('sets cannot be subtracted');
      if (low.unit === undefined || dash !== '-' || next === ']' || next === '') {
        tests.push(low.test);
        continue;
      }
      this.#at += 1;
      const [from, to] = [low.unit, this.#member().unit];
      if (to === undefined) throw this.#wrong('a range ends in a class of characters');
      if (to < from) throw this.#wrong(`the range ${from}-${to} is reversed`);
      tests.push((unit) => unit >= from && unit <= to);
    }
    this.#at += 1;
    const contains = this.#anyCase((unit) => tests.some((test) => test(unit)));
    return negated ? (unit) => !contains(unit) : contains;
  }

  #member(): Member {
    const char = this.#take();
    return char === '\\' ? this.#escaped(this.#take()) : memberOf(char);
  }

  #unit(test: UnitTest): Part {
    return { kind: 'unit', test: this.#anyCase(test) };
  }

  #anyCase(test: UnitTest): UnitTest {
    return this.#ignoreCase ? (unit) => test(unit) || test(unit.toLowerCase()) || test(unit.toUpperCase()) : test;
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

/** One character, or (without `unit`) a class of them. */
interface Member {
  readonly unit: string | undefined;
  readonly test: UnitTest;
}

function memberOf(unit: string): Member {
  return { unit, test: (other) => other === unit };
}

const controls: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v', e: '\u001b' };
const isDigit: UnitTest = (unit) => /\p{Nd}/u.test(unit);
export const isWordUnit: UnitTest = (unit) => /[\p{L}\p{Mn}\p{Nd}\p{Pc}]/u.test(unit);
const isSpace: UnitTest = (unit) => /[\f\n\r\t\v\x85\p{Z}]/u.test(unit);
const classes: Readonly<Record<string, UnitTest>> = {
  d: isDigit,
  D: (unit) => !isDigit(unit),
  w: isWordUnit,
  W: (unit) => !isWordUnit(unit),
  s: isSpace,
  S: (unit) => !isSpace(unit),
};
