import { guidToBytes } from './guid.ts';

/** Words that one GUID takes. */
const width = 4;
/** Slots to begin with, and how full they may be before there are twice as many. */
const firstSlots = 1_024;
const mostFull = 0.7;

/**
 * A set of GUIDs that takes 25 to 50 bytes each, where a `Set` of their texts takes 100 and more: for what may hold every object of
 * a directory. Open addressing with linear probing; nothing can be taken out.
 */
export class GuidSet {
  #slots = firstSlots;
  #words = new Uint32Array(firstSlots * width);
  #size = 0;
  /** An empty slot is all zeros, so this one GUID is kept apart. */
  #hasZero = false;

  get size(): number {
    return this.#size;
  }

  /** @throws RangeError for what is no GUID. */
  add(guid: string): void {
    const words = wordsOf(guid);
    if (words.every((word) => word === 0)) {
      if (!this.#hasZero) this.#size += 1;
      this.#hasZero = true;
      return;
    }
    const at = this.#find(words);
    if (this.#isTaken(at)) return;
    this.#words.set(words, at);
    this.#size += 1;
    if (this.#size > this.#slots * mostFull) this.#grow();
  }

  /** @throws RangeError for what is no GUID. */
  has(guid: string): boolean {
    const words = wordsOf(guid);
    return words.every((word) => word === 0) ? this.#hasZero : this.#isTaken(this.#find(words));
  }

  /** Where it is, or would be. */
  #find(words: Uint32Array): number {
    let slot = hash(words) % this.#slots;
    for (;;) {
      const at = slot * width;
      if (!this.#isTaken(at) || words.every((word, i) => this.#words[at + i] === word)) return at;
      slot = (slot + 1) % this.#slots;
    }
  }

  #isTaken(at: number): boolean {
    for (let i = 0; i < width; i += 1) if (this.#words[at + i] !== 0) return true;
    return false;
  }

  #grow(): void {
    const old = this.#words;
    this.#slots *= 2;
    this.#words = new Uint32Array(this.#slots * width);
    for (let at = 0; at < old.length; at += width) {
      const words = old.subarray(at, at + width);
      if (words.some((word) => word !== 0)) this.#words.set(words, this.#find(words));
    }
  }
}

function wordsOf(guid: string): Uint32Array {
  return new Uint32Array(guidToBytes(guid).buffer);
}

/** Random GUIDs need none; those that are counted up do. */
function hash(words: Uint32Array): number {
  let mixed = 0;
  for (const word of words) mixed = Math.imul(mixed ^ word, 0x9e3779b1);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
