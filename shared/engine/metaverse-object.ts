import type { Value } from '../rules/value.ts';
import type { RuleFailure } from './failure.ts';
import type { Frame } from './frame.ts';
import type { CompiledFlow, TargetProgram } from './program.ts';
import { nothing, resolve, type Candidates, type FlowSource, type Resolution } from './resolve.ts';
import type { LinkSource } from './space-object.ts';

/** What joined objects are together. Values are worked out when they are asked for, and again when another object joins. */
export class MetaverseObject {
  /** Object type of the metaverse: `person`, `group`, `device`. Never changes. */
  readonly type: string;
  readonly #members: Frame[];
  readonly #resolutions = new Map<string, Resolution>();
  #present: readonly string[] | undefined;

  constructor(type: string, projected: Frame) {
    this.type = type;
    this.#members = [projected];
  }

  /** Joined objects; the first one created the metaverse object. */
  get members(): readonly Frame[] {
    return this.#members;
  }

  join(frame: Frame): void {
    this.#members.push(frame);
    this.#resolutions.clear();
    this.#present = undefined;
  }

  resolution(attribute: string): Resolution {
    const held = this.#resolutions.get(attribute);
    if (held !== undefined) return held;
    const candidates = this.candidates(attribute);
    const resolution = candidates === undefined ? nothing : resolve(candidates);
    this.#resolutions.set(attribute, resolution);
    return resolution;
  }

  value(attribute: string): Value {
    return this.resolution(attribute).value;
  }

  links(attribute: string): readonly LinkSource[] | undefined {
    return this.resolution(attribute).links;
  }

  /** Everything that may flow to an attribute from all joined objects; ties of precedence by the order of connectors. */
  candidates(attribute: string): Candidates | undefined {
    const [first] = this.#members;
    if (this.#members.length === 1 && first !== undefined) {
      const target = first.program?.targets.get(attribute);
      return target && { flows: target.flows, source: first, updates: target.merge === 'Update' };
    }
    const pairs: { flow: CompiledFlow; source: Frame }[] = [];
    for (const source of this.#members) {
      for (const flow of source.program?.targets.get(attribute)?.flows ?? []) pairs.push({ flow, source });
    }
    if (pairs.length === 0) return undefined;
    pairs.sort((a, b) => a.flow.rule.rule.precedence - b.flow.rule.rule.precedence || a.source.order - b.source.order);
    const source: readonly FlowSource[] = pairs.map((pair) => pair.source);
    return {
      flows: pairs.map(({ flow }) => flow),
      source,
      updates: pairs.every(({ flow }) => flow.flow.merge === 'Update' || flow.flow.merge === 'Replace'),
    };
  }

  /** Works out every attribute to which something may flow, and returns those that have a value or links. */
  present(): readonly string[] {
    if (this.#present !== undefined) return this.#present;
    for (const { program, object } of this.#members) {
      if (program === undefined) continue;
      for (const target of program.always) this.#workOut(target);
      for (const name of object.present) {
        const readers = program.byAttribute.get(name);
        if (readers !== undefined) for (const target of readers) this.#workOut(target);
      }
    }
    const names: string[] = [];
    for (const [attribute, { value, links }] of this.#resolutions) {
      if (value !== null || links !== undefined) names.push(attribute);
    }
    this.#present = names;
    return names;
  }

  #workOut({ attribute }: TargetProgram): void {
    if (!this.#resolutions.has(attribute)) this.resolution(attribute);
  }

  /** What went wrong among the attributes worked out so far. */
  failures(): readonly RuleFailure[] {
    const failures: RuleFailure[] = [];
    for (const { failure } of this.#resolutions.values()) if (failure !== undefined) failures.push(failure);
    return failures;
  }
}
