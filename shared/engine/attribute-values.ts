import type { Value } from '../rules/value.ts';

/** Values by attribute; attributes without value are not in it. */
export interface AttributeValues extends Iterable<readonly [attribute: string, value: Value]> {
  readonly size: number;
  get(attribute: string): Value | undefined;
  has(attribute: string): boolean;
  keys(): Iterable<string>;
}

/** Values at numbered places: filled once for each object, which a map would take several times as long for. */
export class PlacedValues implements AttributeValues {
  readonly #places: ReadonlyMap<string, number>;
  readonly #values: (Value | undefined)[];
  readonly #names: string[] = [];

  constructor(places: ReadonlyMap<string, number>) {
    this.#places = places;
    this.#values = new Array<Value | undefined>(places.size);
  }

  /** The attribute must not have a value yet. */
  add(attribute: string, place: number, value: Value): void {
    this.#values[place] = value;
    this.#names.push(attribute);
  }

  get size(): number {
    return this.#names.length;
  }

  get(attribute: string): Value | undefined {
    const place = this.#places.get(attribute);
    return place === undefined ? undefined : this.#values[place];
  }

  has(attribute: string): boolean {
    return this.get(attribute) !== undefined;
  }

  keys(): readonly string[] {
    return this.#names;
  }

  *[Symbol.iterator](): Iterator<readonly [string, Value]> {
    for (const name of this.#names) yield [name, this.get(name) ?? null];
  }
}
