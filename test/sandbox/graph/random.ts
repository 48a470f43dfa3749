/** A reproducible stream of pseudo-random values. */
export interface RandomStream {
  /** An unsigned 32-bit integer. */
  next(): number;
  /** In [0, 1). */
  fraction(): number;
  /** A version 4 GUID in lower case with dashes. */
  guid(): string;
  /** A shuffled copy. */
  shuffle<T>(items: readonly T[]): T[];
}

/** splitmix32: spreads a seed over the state of the generator. */
function* spread(seed: number): Generator<number, never> {
  let state = seed >>> 0;
  for (;;) {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    yield (mixed ^ (mixed >>> 15)) >>> 0;
  }
}

const rotate = (value: number, by: number): number => ((value << by) | (value >>> (32 - by))) >>> 0;
const hex8 = (value: number): string => value.toString(16).padStart(8, '0');

/** xoshiro128**: 128 bits of state, so that the GUIDs of two streams with different salts do not meet. */
export function randomStream(seed: number, ...salts: readonly number[]): RandomStream {
  const words = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];
  for (const value of [seed, ...salts]) {
    const source = spread(value);
    for (let i = 0; i < words.length; i++) words[i] = (rotate(words[i] ?? 0, 7) ^ source.next().value) >>> 0;
  }
  let [a = 0, b = 0, c = 0, d = 0] = words;
  const next = (): number => {
    const result = Math.imul(rotate(Math.imul(b, 5) >>> 0, 7), 9) >>> 0;
    const shifted = (b << 9) >>> 0;
    c = (c ^ a) >>> 0;
    d = (d ^ b) >>> 0;
    b = (b ^ c) >>> 0;
    a = (a ^ d) >>> 0;
    c = (c ^ shifted) >>> 0;
    d = rotate(d, 11);
    return result;
  };
  const fraction = (): number => next() / 0x1_0000_0000;
  return {
    next,
    fraction,
    guid() {
      const [first, second, third, fourth] = [hex8(next()), hex8(next()), hex8(next()), hex8(next())];
      const variant = ((parseInt(third.charAt(0), 16) & 0x3) | 0x8).toString(16);
      return `${first}-${second.slice(0, 4)}-4${second.slice(5)}-${variant}${third.slice(1, 4)}-${third.slice(4)}${fourth}`;
    },
    shuffle(items) {
      return items
        .map((item) => ({ item, rank: next() }))
        .sort((left, right) => left.rank - right.rank)
        .map(({ item }) => item);
    },
  };
}
