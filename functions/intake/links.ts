import type { ConnectorSpace } from '../storage/connector-space.ts';
import type { LinkCounts } from '../storage/link-counts.ts';

export interface LinkValue {
  readonly source: string;
  readonly attribute: string;
  readonly target: string;
}

/** Writes links of one connector and keeps the numbers of values up. */
export class LinkWriter {
  readonly #connector: string;
  readonly #space: ConnectorSpace;
  readonly #counts: LinkCounts;
  readonly #open = new Map<string, Map<string, number>>();

  constructor(connector: string, stores: { readonly space: ConnectorSpace; readonly counts: LinkCounts }) {
    this.#connector = connector;
    this.#space = stores.space;
    this.#counts = stores.counts;
  }

  /** Objects whose links will be written. A crash before {@link finish} has them counted anew. */
  async begin(sources: Iterable<string>): Promise<void> {
    const opened = await this.#counts.open(this.#connector, [...new Set(sources)]);
    for (const [source, counts] of opened) this.#open.set(source, new Map(counts));
  }

  async add(links: readonly (LinkValue & { readonly token: string })[]): Promise<void> {
    const counted = this.#counted(links);
    const before = new Set((await this.#space.existingLinks(this.#connector, counted)).map(textOf));
    await this.#space.addLinks(this.#connector, links);
    for (const link of distinct(counted)) if (!before.has(textOf(link))) this.#adjust(link, 1);
  }

  /** With `keepReverse` the target still knows who named it. */
  async remove(links: readonly LinkValue[], keepReverse = false): Promise<void> {
    const before = await this.#space.existingLinks(this.#connector, this.#counted(links));
    await this.#space.removeLinks(this.#connector, links, keepReverse);
    for (const link of distinct(before)) this.#adjust(link, -1);
  }

  async finish(): Promise<void> {
    await this.#counts.close(this.#connector, this.#open);
    this.#open.clear();
  }

  #counted<T extends LinkValue>(links: readonly T[]): readonly T[] {
    return links.filter((link) => this.#open.has(link.source));
  }

  #adjust({ source, attribute }: LinkValue, by: number): void {
    const counts = this.#open.get(source);
    counts?.set(attribute, (counts.get(attribute) ?? 0) + by);
  }
}

function distinct<T extends LinkValue>(links: readonly T[]): readonly T[] {
  return [...new Map(links.map((link) => [textOf(link), link])).values()];
}

function textOf({ source, attribute, target }: LinkValue): string {
  return `${source}|${attribute}|${target}`;
}
