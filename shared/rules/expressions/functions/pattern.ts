import { checkLength, FunctionFailure, type FunctionWorld } from './definition.ts';
import { isWordUnit, parsePattern, type Part, type UnitTest } from './pattern-syntax.ts';

/** A regular expression whose time grows with the length of the text only: it never goes back. */
export interface Pattern {
  test(text: string, budget: Budget): boolean;
  /** The leftmost match at or behind `from`. */
  match(text: string, from: number, budget: Budget): PatternMatch | undefined;
}

/** What the work is charged to. @throws FunctionFailure when nothing is left. */
export type Budget = Pick<FunctionWorld, 'spend'>;

export interface PatternMatch {
  readonly start: number;
  readonly end: number;
  /** The groups by number (the whole is 0) and by name; `undefined` for one that took no part. */
  group(key: string | number): string | undefined;
  /** Where a group stands in the text. */
  span(key: string | number): readonly [start: number, end: number] | undefined;
}

type Instruction =
  | { readonly kind: 'unit'; readonly test: UnitTest }
  | { readonly kind: 'split'; readonly first: number; readonly second: number }
  | { readonly kind: 'jump'; readonly to: number }
  | { readonly kind: 'save'; readonly slot: number }
  | { readonly kind: 'assert'; readonly what: Extract<Part, { kind: 'assert' }>['what'] }
  | { readonly kind: 'match' };

const maxInstructions = 20_000;
/** A step through the program costs as much as reading so many characters. */
const costOfStep = 24;

const compiled = new Map<string, Pattern>();

/** @throws FunctionFailure when the pattern is wrong, or uses what cannot be matched in linear time. */
export function compilePattern(pattern: string, ignoreCase: boolean): Pattern {
  const key = `${ignoreCase ? 'i' : 'c'}${pattern}`;
  const held = compiled.get(key);
  if (held !== undefined) return held;
  const made = build(pattern, ignoreCase);
  // Patterns come from rules, and now and then from attributes.
  if (compiled.size >= 256) compiled.clear();
  compiled.set(key, made);
  return made;
}

function build(pattern: string, ignoreCase: boolean): Pattern {
  const { part, groups } = parsePattern(pattern, ignoreCase);
  const writer = new Writer();
  writer.write({ kind: 'group', part, index: 0, name: undefined });
  writer.program.push({ kind: 'match' });
  const { program, names } = writer;
  return {
    test: (text, budget) => run(program, text, 0, 0, budget) !== undefined,
    match: (text, from, budget) => {
      const slots = run(program, text, from, 2 * (groups + 1), budget);
      if (slots === undefined) return undefined;
      const span: PatternMatch['span'] = (wanted) => {
        const index = typeof wanted === 'number' ? wanted : (names.get(wanted) ?? -1);
        const [start, end] = [slots[2 * index], slots[2 * index + 1]];
        return start === undefined || end === undefined ? undefined : [start, end];
      };
      const group: PatternMatch['group'] = (wanted) => {
        const found = span(wanted);
        return found && text.slice(...found);
      };
      return { start: slots[0] ?? 0, end: slots[1] ?? 0, group, span };
    },
  };
}

/** Writes the program of a pattern. */
class Writer {
  readonly program: Instruction[] = [];
  readonly names = new Map<string, number>();
  #parts = 0;

  write(part: Part): void {
    // Repetitions multiply, also of parts that need no instruction.
    this.#parts += 1;
    if (this.#parts > maxInstructions) throw new FunctionFailure('The pattern is too large.');
    const { program } = this;
    switch (part.kind) {
      case 'unit':
      case 'assert':
        program.push(part);
        return;
      case 'sequence':
        for (const one of part.parts) this.write(one);
        return;
      case 'group':
        if (part.name !== undefined) this.names.set(part.name, part.index);
        program.push({ kind: 'save', slot: 2 * part.index });
        this.write(part.part);
        program.push({ kind: 'save', slot: 2 * part.index + 1 });
        return;
      case 'choice': {
        const ends: number[] = [];
        part.parts.forEach((one, i) => {
          const last = i === part.parts.length - 1;
          const at = program.length;
          if (!last) program.push({ kind: 'jump', to: 0 });
          this.write(one);
          if (last) return;
          ends.push(program.length);
          program.push({ kind: 'jump', to: 0 });
          program[at] = { kind: 'split', first: at + 1, second: program.length };
        });
        for (const at of ends) program[at] = { kind: 'jump', to: program.length };
        return;
      }
      case 'repeat':
        this.#repeat(part);
    }
  }

  #repeat(part: Extract<Part, { kind: 'repeat' }>): void {
    const { program } = this;
    for (let i = 0; i < part.min; i += 1) this.write(part.part);
    if (part.max === Infinity) {
      const at = program.length;
      program.push({ kind: 'jump', to: 0 });
      this.write(part.part);
      program.push({ kind: 'jump', to: at });
      program[at] = fork(part.greedy, at + 1, program.length);
      return;
    }
    const forks: number[] = [];
    for (let i = part.min; i < part.max; i += 1) {
      forks.push(program.length);
      program.push({ kind: 'jump', to: 0 });
      this.write(part.part);
    }
    for (const at of forks) program[at] = fork(part.greedy, at + 1, program.length);
  }
}

function fork(greedy: boolean, inside: number, behind: number): Instruction {
  return { kind: 'split', first: greedy ? inside : behind, second: greedy ? behind : inside };
}

type Slots = readonly (number | undefined)[];

/** Ways through the program that are open at a place of the text, the preferred one first. */
class Threads {
  readonly at: number[] = [];
  readonly slots: Slots[] = [];

  push(at: number, slots: Slots): void {
    this.at.push(at);
    this.slots.push(slots);
  }

  clear(): void {
    this.at.length = 0;
    this.slots.length = 0;
  }
}

/**
 * Follows all ways at once, so that none has to be taken back: the places of the groups of the leftmost match, the
 * preferred one as a backtracking matcher would find it. `slotCount` 0: any match will do, and only that there is one.
 */
function run(
  program: readonly Instruction[],
  text: string,
  from: number,
  slotCount: number,
  budget: Budget,
): Slots | undefined {
  budget.spend(program.length);
  const walker = new Walker(program, text);
  const { reached } = walker;
  const none: Slots = new Array<number | undefined>(slotCount).fill(undefined);
  const open = new Threads();
  let found: Slots | undefined;
  for (let position = from; position <= text.length; position += 1) {
    reached.clear();
    walker.visited = 0;
    for (let i = 0; i < open.at.length; i += 1) walker.follow(open.at[i] ?? 0, open.slots[i] ?? none, position);
    if (found === undefined) walker.follow(0, none, position);
    budget.spend(costOfStep * walker.visited);
    open.clear();
    const unit = text.charAt(position);
    for (let i = 0; i < reached.at.length; i += 1) {
      const at = reached.at[i] ?? 0;
      const instruction = program[at];
      if (instruction?.kind === 'match') {
        found = reached.slots[i];
        if (slotCount === 0) return found;
        break;
      }
      if (instruction?.kind === 'unit' && unit !== '' && instruction.test(unit))
        open.push(at + 1, reached.slots[i] ?? none);
    }
    if (found !== undefined && open.at.length === 0) break;
  }
  return found;
}

class Walker {
  readonly reached = new Threads();
  /** Instructions that were looked at. */
  visited = 0;
  readonly #program: readonly Instruction[];
  readonly #text: string;
  readonly #pending = new Threads();
  /** Where each instruction was last looked at: a second way to it is never the preferred one. */
  readonly #seen: Int32Array;

  constructor(program: readonly Instruction[], text: string) {
    this.#program = program;
    this.#text = text;
    this.#seen = new Int32Array(program.length).fill(-1);
  }

  /** Everything that can be reached without reading a unit, in order of preference. */
  follow(start: number, slots: Slots, position: number): void {
    const pending = this.#pending;
    pending.push(start, slots);
    for (let at = pending.at.pop(); at !== undefined; at = pending.at.pop()) {
      const held = pending.slots.pop() ?? slots;
      this.visited += 1;
      if (this.#seen[at] === position) continue;
      this.#seen[at] = position;
      const instruction = this.#program[at];
      switch (instruction?.kind) {
        case 'jump':
          pending.push(instruction.to, held);
          break;
        case 'split':
          pending.push(instruction.second, held);
          pending.push(instruction.first, held);
          break;
        case 'save':
          pending.push(at + 1, held.length === 0 ? held : held.with(instruction.slot, position));
          break;
        case 'assert':
          if (asserts(instruction.what, this.#text, position)) pending.push(at + 1, held);
          break;
        default:
          this.reached.push(at, held);
      }
    }
  }
}

function asserts(what: Extract<Part, { kind: 'assert' }>['what'], text: string, position: number): boolean {
  const isWord = (at: number): boolean => at >= 0 && at < text.length && isWordUnit(text.charAt(at));
  switch (what) {
    case 'start':
      return position === 0;
    case 'end':
      return position === text.length;
    case 'endBeforeBreak':
      return position === text.length || (position === text.length - 1 && text.endsWith('\n'));
    case 'boundary':
      return isWord(position - 1) !== isWord(position);
    case 'noBoundary':
      return isWord(position - 1) === isWord(position);
  }
}

/** All matches replaced, from left to right. */
export function replaceMatches(
  pattern: Pattern,
  text: string,
  by: (match: PatternMatch) => string,
  budget: Budget,
): string {
  let result = '';
  let position = 0;
  while (position <= text.length) {
    const match = pattern.match(text, position, budget);
    if (match === undefined) break;
    const part = by(match);
    budget.spend(part.length);
    result += text.slice(position, match.start) + part;
    checkLength(result.length);
    if (match.end > match.start) position = match.end;
    else {
      // An empty match: the next unit stays, and the search goes on behind it.
      result += text.charAt(match.end);
      position = match.end + 1;
    }
  }
  return result + text.slice(position);
}
