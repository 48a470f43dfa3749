/** Letters that have no base letter in Unicode's decomposition, and what Microsoft's table makes of them. */
const special: Readonly<Record<string, string>> = {
  æ: 'ae',
  ø: 'oe',
  œ: 'oe',
  ß: 'ss',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ħ: 'h',
  ı: 'i',
  ŀ: 'l',
  ŋ: 'n',
  ŧ: 't',
  ĸ: 'k',
};

/** Letters without their marks: `ä` → `a`, `Ø` → `OE`. */
export function normalizeDiacritics(text: string): string {
  return Array.from(text, (char) => {
    const lower = char.toLowerCase();
    const known = special[lower];
    if (known === undefined) return char;
    return char === lower ? known : known.toUpperCase();
  })
    .join('')
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '');
}
