import type { Value } from '../rules/value.ts';
import type { RuleFailure } from './failure.ts';
import type { Frame } from './frame.ts';
import { isThere, resolve, resolveAmong, Special, valueOfResolved, type Candidate, type Resolved } from './resolve.ts';
import type { CompiledFlow } from './compiled-rules.ts';
import type { LinkSource } from './space-object.ts';

/** What joined objects are together. Values are worked out when they are asked for, and again when another object joins. */
export class MetaverseObject {
  /** Object type of the metaverse: `person`, `group`, `device`. Never changes. */
  readonly type: string;
  readonly #members: Frame[];
  /** Where each attribute that can have a value has its place. */
  readonly #slots: ReadonlyMap<string, number>;
  #resolved: (Resolved | undefined)[];
  /** Places of those worked out so far that have a value or links. */
  #there: number[] = [];
  #failures: RuleFailure[] = [];
  #complete = false;

  constructor(type: string, projected: Frame) {
    this.type = type;
    this.#members = [projected];
    this.#slots = projected.metaverseSlots;
    this.#resolved = new Array<Resolved | undefined>(this.#slots.size);
  }

  /** Joined objects; the first one created the metaverse object. */
  get members(): readonly Frame[] {
    return this.#members;
  }

  join(frame: Frame): void {
    this.#members.push(frame);
    this.#resolved = new Array<Resolved | undefined>(this.#slots.size);
    this.#there = [];
    this.#failures = [];
    this.#complete = false;
  }

  resolved(attribute: string): Resolved {
    return this.resolvedAt(this.#slots.get(attribute) ?? -1);
  }

  /** By the place of the attribute; -1 for one to which nothing flows. */
  resolvedAt(slot: number): Resolved {
    if (slot < 0) return null;
    const held = this.#resolved[slot];
    if (held !== undefined) return held;
    const resolved = this.#resolve(slot);
    this.#resolved[slot] = resolved;
    if (isThere(resolved)) this.#there.push(slot);
    else if (resolved instanceof Special && resolved.failure !== undefined) this.#failures.push(resolved.failure);
    return resolved;
  }

  value(attribute: string): Value {
    return valueOfResolved(this.resolved(attribute));
  }

  links(attribute: string): readonly LinkSource[] | undefined {
    const resolved = this.resolved(attribute);
    return resolved instanceof Special ? resolved.links : undefined;
  }

  /**
   * Everything that may flow to an attribute from all joined objects, in scope or not; ties of precedence by the order of
   * connectors.
   */
  candidates(attribute: string): readonly Candidate[] {
    return this.#ordered((frame) => frame.program?.targets.get(attribute)?.flows);
  }

  /** Works out every attribute to which something may flow, and returns the places of those that have a value or links. */
  present(): readonly number[] {
    if (this.#complete) return this.#there;
    this.#complete = true;
    for (const { scoped, present } of this.#members) {
      if (scoped === undefined) continue;
      for (const { slot } of scoped.always) this.resolvedAt(slot);
      for (const place of present) {
        const readers = scoped.byPlace[place];
        if (readers !== undefined) for (const { slot } of readers) this.resolvedAt(slot);
      }
    }
    return this.#there;
  }

  /** What went wrong among the attributes worked out so far. */
  failures(): readonly RuleFailure[] {
    return this.#failures;
  }

  #resolve(slot: number): Resolved {
    const [first] = this.#members;
    if (this.#members.length > 1 || first === undefined) {
      return resolveAmong(this.#ordered(({ scoped }) => scoped?.bySlot[slot]?.flows));
    }
    const target = first.scoped?.bySlot[slot];
    return target === undefined ? null : resolve(target, first);
  }

  #ordered(flowsOf: (frame: Frame) => readonly CompiledFlow[] | undefined): readonly Candidate[] {
    const candidates: { flow: CompiledFlow; source: Frame }[] = [];
    for (const source of this.#members) {
      for (const flow of flowsOf(source) ?? []) candidates.push({ flow, source });
    }
    return candidates.sort(
      (a, b) => a.flow.rule.rule.precedence - b.flow.rule.rule.precedence || a.source.order - b.source.order,
    );
  }
}
