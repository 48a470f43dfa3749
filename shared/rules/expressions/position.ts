import type { TextPosition } from './expression.ts';

/** Line and column of a place in a text. */
export function positionOf(text: string, offset: number): TextPosition {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { offset, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
