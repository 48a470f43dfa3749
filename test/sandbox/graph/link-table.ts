/** Links from groups to their members (or owners), readable from both ends. Order is the order of adding. */
export class LinkTable {
  readonly #targets = new Map<string, Map<string, number>>();
  readonly #sources = new Map<string, Set<string>>();

  has(source: string, target: string): boolean {
    return this.#targets.get(source)?.has(target) ?? false;
  }

  add(source: string, target: string, ordinal: number): void {
    let targets = this.#targets.get(source);
    if (targets === undefined) this.#targets.set(source, (targets = new Map<string, number>()));
    targets.set(target, ordinal);
    let sources = this.#sources.get(target);
    if (sources === undefined) this.#sources.set(target, (sources = new Set()));
    sources.add(source);
  }

  remove(source: string, target: string): void {
    this.#targets.get(source)?.delete(target);
    this.#sources.get(target)?.delete(source);
  }

  /** Target ids with the ordinal of their link. */
  targetsOf(source: string): ReadonlyMap<string, number> {
    return this.#targets.get(source) ?? new Map<string, number>();
  }

  sourcesOf(target: string): ReadonlySet<string> {
    return this.#sources.get(target) ?? new Set<string>();
  }
}
