import type { Value } from '../rules/value.ts';
import type { RuleFailure } from './failure.ts';
import type { Frame } from './frame.ts';
import type { TargetProgram } from './program.ts';
import { isThere, resolve, resolveAmong, Special, valueOfResolved, type Candidate, type Resolved } from './resolve.ts';
import type { LinkSource } from './space-object.ts';

/** What joined objects are together. Values are worked out when they are asked for, and again when another object joins. */
export class MetaverseObject {
  /** Object type of the metaverse: `person`, `group`, `device`. Never changes. */
  readonly type: string;
  readonly #members: Frame[];
  /** Where each attribute that can have a value has its place. */
  readonly #slots: ReadonlyMap<string, number>;
  #resolved: (Resolved | undefined)[];
  #present: readonly number[] | undefined;

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
    this.#present = undefined;
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
    return resolved;
  }

  value(attribute: string): Value {
    return valueOfResolved(this.resolved(attribute));
  }

  links(attribute: string): readonly LinkSource[] | undefined {
    const resolved = this.resolved(attribute);
    return resolved instanceof Special ? resolved.links : undefined;
  }

  /** Everything that may flow to an attribute from all joined objects; ties of precedence by the order of connectors. */
  candidates(attribute: string): readonly Candidate[] {
    const slot = this.#slots.get(attribute);
    return slot === undefined ? [] : this.#candidatesAt(slot);
  }

  /** Works out every attribute to which something may flow, and returns the places of those that have a value or links. */
  present(): readonly number[] {
    if (this.#present !== undefined) return this.#present;
    const present: number[] = [];
    const note = ({ slot }: TargetProgram): void => {
      if (this.#resolved[slot] === undefined && isThere(this.resolvedAt(slot))) present.push(slot);
    };
    // What was asked for before is worked out already.
    for (let slot = 0; slot < this.#resolved.length; slot += 1) {
      const resolved = this.#resolved[slot];
      if (resolved !== undefined && isThere(resolved)) present.push(slot);
    }
    for (const { program, present: places } of this.#members) {
      if (program === undefined) continue;
      for (const target of program.always) note(target);
      for (const place of places) {
        const readers = program.byPlace[place];
        if (readers !== undefined) for (const target of readers) note(target);
      }
    }
    this.#present = present;
    return present;
  }

  /** What went wrong among the attributes worked out so far. */
  failures(): readonly RuleFailure[] {
    const failures: RuleFailure[] = [];
    for (const resolved of this.#resolved) {
      if (resolved instanceof Special && resolved.failure !== undefined) failures.push(resolved.failure);
    }
    return failures;
  }

  #resolve(slot: number): Resolved {
    const [first] = this.#members;
    if (this.#members.length > 1 || first === undefined) return resolveAmong(this.#candidatesAt(slot));
    const target = first.program?.bySlot[slot];
    return target === undefined ? null : resolve(target.flows, target.merge === 'Update', first);
  }

  #candidatesAt(slot: number): readonly Candidate[] {
    const candidates: { flow: Candidate['flow']; source: Frame }[] = [];
    for (const source of this.#members) {
      for (const flow of source.program?.bySlot[slot]?.flows ?? []) candidates.push({ flow, source });
    }
    return candidates.sort(
      (a, b) => a.flow.rule.rule.precedence - b.flow.rule.rule.precedence || a.source.order - b.source.order,
    );
  }
}
