/**
 * Upper and lower case as .NET's invariant culture has them: one character for one, so `ß` has no capital here, and
 * positions in a text stay what they are.
 */
export function lowerCase(text: string): string {
  const lower = text.toLowerCase();
  // JavaScript writes a capital sigma differently at the end of a word.
  return lower.length === text.length && !text.includes('Σ') ? lower : each(text, (char) => char.toLowerCase());
}

export function upperCase(text: string): string {
  const upper = text.toUpperCase();
  return upper.length === text.length ? upper : each(text, (char) => char.toUpperCase());
}

function each(text: string, change: (char: string) => string): string {
  let result = '';
  for (const char of text) {
    const changed = change(char);
    result += changed.length === char.length ? changed : char;
  }
  return result;
}

/** White space as .NET has it: unlike JavaScript's with NEL (U+0085), and without the byte order mark. */
const isSpace = (unit: number): boolean => {
  if (unit < 128) return unit === 32 || (unit >= 9 && unit <= 13);
  return unit === 0x85 || (unit !== 0xfeff && /\s/.test(String.fromCharCode(unit)));
};

export function trimStart(text: string): string {
  let start = 0;
  while (start < text.length && isSpace(text.charCodeAt(start))) start += 1;
  return text.slice(start);
}

export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

export function trim(text: string): string {
  return trimStart(trimEnd(text));
}
