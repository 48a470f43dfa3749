import { FunctionFailure } from './definition.ts';
import { isWordUnit, parsePattern, type Part, type UnitTest } from './pattern-syntax.ts';

/** A regular expression whose time grows with the length of the text only: it never goes back. */
export interface Pattern {
  test(text: string): boolean;
  /** The leftmost match at or behind `from`. `budget` bounds the work of several calls together. */
  match(text: string, from: number, budget?: Budget): PatternMatch | undefined;
}

/** Steps that are left. */
export interface Budget {
  steps: number;
}

export interface PatternMatch {
  readonly start: number;
  readonly end: number;
  /** The groups by number (the whole is 0) and by name; `undefined` for one that took no part. */
  group(key: string | number): string | undefined;
}

type Instruction =
  | { readonly kind: 'unit'; readonly test: UnitTest }
  | { readonly kind: 'split'; readonly first: number; readonly second: number }
  | { readonly kind: 'jump'; readonly to: number }
  | { readonly kind: 'save'; readonly slot: number }
  | { readonly kind: 'assert'; readonly what: Extract<Part, { kind: 'assert' }>['what'] }
  | { readonly kind: 'match' };

const maxInstructions = 20_000;
/** Units of the text times open ways through the pattern: a second or so at the very worst. */
const maxSteps = 20_000_000;

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
  const names = new Map<string, number>();
  const program: Instruction[] = [];
  emit({ kind: 'group', part, index: 0, name: undefined }, program, names);
  program.push({ kind: 'match' });
  const match = (text: string, from: number, budget = { steps: maxSteps }): PatternMatch | undefined => {
    const slots = run(program, text, from, { slotCount: 2 * (groups + 1), budget });
    if (slots === undefined) return undefined;
    return {
      start: slots[0] ?? 0,
      end: slots[1] ?? 0,
      group: (wanted) => {
        const index = typeof wanted === 'number' ? wanted : (names.get(wanted) ?? -1);
        const [start, end] = [slots[2 * index], slots[2 * index + 1]];
        return start === undefined || end === undefined ? undefined : text.slice(start, end);
      },
    };
  };
  return { match, test: (text) => match(text, 0) !== undefined };
}

function emit(part: Part, program: Instruction[], names: Map<string, number>): void {
  if (program.length > maxInstructions) throw new FunctionFailure('The pattern is too large.');
  switch (part.kind) {
    case 'unit':
    case 'assert':
      program.push(part);
      return;
    case 'sequence':
      for (const one of part.parts) emit(one, program, names);
      return;
    case 'group':
      if (part.name !== undefined) names.set(part.name, part.index);
      program.push({ kind: 'save', slot: 2 * part.index });
      emit(part.part, program, names);
      program.push({ kind: 'save', slot: 2 * part.index + 1 });
      return;
    case 'choice': {
      const ends: number[] = [];
      part.parts.forEach((one, i) => {
        const last = i === part.parts.length - 1;
        const at = program.length;
        if (!last) program.push({ kind: 'jump', to: 0 });
        emit(one, program, names);
        if (last) return;
        ends.push(program.length);
        program.push({ kind: 'jump', to: 0 });
        program[at] = { kind: 'split', first: at + 1, second: program.length };
      });
      for (const at of ends) program[at] = { kind: 'jump', to: program.length };
      return;
    }
    case 'repeat': {
      for (let i = 0; i < part.min; i += 1) emit(part.part, program, names);
      if (part.max === Infinity) {
        const at = program.length;
        program.push({ kind: 'jump', to: 0 });
        emit(part.part, program, names);
        program.push({ kind: 'jump', to: at });
        program[at] = fork(part.greedy, at + 1, program.length);
        return;
      }
      const forks: number[] = [];
      for (let i = part.min; i < part.max; i += 1) {
        forks.push(program.length);
        program.push({ kind: 'jump', to: 0 });
        emit(part.part, program, names);
      }
      for (const at of forks) program[at] = fork(part.greedy, at + 1, program.length);
    }
  }
}

function fork(greedy: boolean, inside: number, behind: number): Instruction {
  return { kind: 'split', first: greedy ? inside : behind, second: greedy ? behind : inside };
}

interface Thread {
  readonly at: number;
  readonly slots: readonly (number | undefined)[];
}

/** All ways through the program at once, the preferred first (Pike's method). */
function run(
  program: readonly Instruction[],
  text: string,
  from: number,
  { slotCount, budget }: { readonly slotCount: number; readonly budget: Budget },
): readonly (number | undefined)[] | undefined {
  let threads: Thread[] = [];
  let found: readonly (number | undefined)[] | undefined;
  for (let position = from; position <= text.length; position += 1) {
    const seen = new Set<number>();
    const now: Thread[] = [];
    for (const thread of threads) follow(program, thread, text, position, seen, now);
    if (found === undefined) {
      const slots = new Array<number | undefined>(slotCount).fill(undefined);
      follow(program, { at: 0, slots }, text, position, seen, now);
    }
    budget.steps -= now.length + 1;
    if (budget.steps < 0) throw new FunctionFailure('The pattern takes too long on this text.');
    threads = [];
    for (const thread of now) {
      const instruction = program[thread.at];
      if (instruction?.kind === 'match') {
        found = thread.slots;
        break;
      }
      if (instruction?.kind === 'unit' && position < text.length && instruction.test(text.charAt(position))) {
        threads.push({ at: thread.at + 1, slots: thread.slots });
      }
    }
    if (threads.length === 0 && found !== undefined) break;
  }
  return found;
}

/** Everything that the thread reaches without reading a unit, in order of preference. */
function follow(
  program: readonly Instruction[],
  start: Thread,
  text: string,
  position: number,
  seen: Set<number>,
  reached: Thread[],
): void {
  const open: Thread[] = [start];
  for (let thread = open.pop(); thread !== undefined; thread = open.pop()) {
    const { at, slots } = thread;
    if (seen.has(at)) continue;
    seen.add(at);
    const instruction = program[at];
    switch (instruction?.kind) {
      case 'jump':
        open.push({ at: instruction.to, slots });
        break;
      case 'split':
        open.push({ at: instruction.second, slots }, { at: instruction.first, slots });
        break;
      case 'save':
        open.push({ at: at + 1, slots: slots.with(instruction.slot, position) });
        break;
      case 'assert':
        if (asserts(instruction.what, text, position)) open.push({ at: at + 1, slots });
        break;
      default:
        reached.push(thread);
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
export function replaceMatches(pattern: Pattern, text: string, by: (match: PatternMatch) => string): string {
  const budget = { steps: maxSteps };
  let result = '';
  let position = 0;
  while (position <= text.length) {
    const match = pattern.match(text, position, budget);
    if (match === undefined) break;
    result += text.slice(position, match.start) + by(match);
    if (match.end > match.start) position = match.end;
    else {
      // An empty match: the next unit stays, and the search goes on behind it.
      result += text.charAt(match.end);
      position = match.end + 1;
    }
  }
  return result + text.slice(position);
}
