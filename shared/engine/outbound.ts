import { ExpressionError } from '../rules/expressions/expression.ts';
import type { Instant, Value } from '../rules/value.ts';
import { PlacedValues, type AttributeValues } from './attribute-values.ts';
import type { EngineEnvironment } from './environment.ts';
import type { RuleFailure } from './failure.ts';
import { linksAreNotRead } from './frame.ts';
import type { MetaverseObject } from './metaverse-object.ts';
import type { CompiledRule, OutboundTarget, OutboundView, SourceProgram, TargetProgram } from './compiled-rules.ts';
import { isThere, resolve, Special, valueOfResolved, type Candidate, type FlowSource } from './resolve.ts';
import type { LinkSource, SpaceObject } from './space-object.ts';
import { scalarsOf } from '../rules/values.ts';

/** What rules want one object of the tenant to be. */
export interface TargetObject {
  /** Object type of the tenant's connector space: `user`, `group`, `contact`, `device`. */
  readonly type: string;
  /** `noFlow`: the object stays as it is, and nothing is written to it. */
  readonly link: 'provision' | 'join' | 'noFlow';
  /** Rules in scope, from the highest precedence to the lowest. */
  readonly rules: readonly string[];
  /** Attributes with a value. */
  readonly values: AttributeValues;
  readonly links: ReadonlyMap<string, readonly LinkSource[]>;
  /** Values for the creation only, where they differ from `values`: those of flows that apply once. */
  readonly onCreate: ReadonlyMap<string, Value>;
  /** Attributes to which some rule may flow, in scope or not. */
  readonly manageable: readonly string[];
  /** Whether a rule in scope decides about the attribute: one without value is then to be cleared, else left as it is. */
  manages(attribute: string): boolean;
  readonly failures: readonly RuleFailure[];
}

/** The metaverse object as outbound rules read it. */
export class OutboundFrame implements FlowSource {
  readonly metaverse: MetaverseObject;
  readonly counterpart: SpaceObject | undefined;
  readonly reference: undefined;
  readonly #scopes: (boolean | undefined)[];
  readonly #environment: EngineEnvironment;

  constructor(
    metaverse: MetaverseObject,
    program: SourceProgram,
    counterpart: SpaceObject | undefined,
    environment: EngineEnvironment,
  ) {
    this.metaverse = metaverse;
    this.counterpart = counterpart;
    this.#scopes = new Array<boolean | undefined>(program.scopes.length);
    this.#environment = environment;
  }

  inScope(rule: CompiledRule): boolean {
    return (this.#scopes[rule.scopeIndex] ??= rule.scope(this));
  }

  has(_: string, place: number): boolean {
    return isThere(this.metaverse.resolvedAt(place));
  }

  value(attribute: string): Value {
    return this.metaverse.value(attribute);
  }

  linkCount(attribute: string): number | undefined {
    const links = this.metaverse.links(attribute);
    if (links === undefined) return undefined;
    let count = 0;
    for (const { connector, objectGuid, attribute: name } of links) {
      const member = this.metaverse.members.find(
        ({ object }) => object.connector === connector && object.objectGuid === objectGuid,
      );
      count += member?.object.linkCount(name) ?? 0;
    }
    return count;
  }

  isMemberOf(groupDn: string): boolean {
    return this.metaverse.members.some(({ object }) => object.isMemberOf(groupDn));
  }

  linksOf(attribute: string): readonly LinkSource[] {
    return this.metaverse.links(attribute) ?? [];
  }

  attribute(name: string, place: number): Value {
    const resolved = this.metaverse.resolvedAt(place);
    if (!(resolved instanceof Special)) return resolved;
    if (resolved.links !== undefined) throw linksAreNotRead(name);
    return resolved.value;
  }

  valueCount(name: string): number {
    return this.linkCount(name) ?? scalarsOf(this.value(name)).length;
  }

  imported(name: string): Value {
    return this.counterpart?.value(name) ?? null;
  }

  /** Parameters belong to a directory; a metaverse object may come from several. */
  parameter(name: string): string | undefined {
    throw new ExpressionError('failed', `An outbound rule has no parameter %${name}%: let it flow inbound.`, {
      offset: 0,
      line: 1,
      column: 1,
    });
  }

  now(): Instant {
    return this.#environment.now();
  }

  random(): number {
    return this.#environment.random();
  }

  guid(): string {
    return this.#environment.guid();
  }
}

/** What the outbound rules make of a metaverse object: one result for each object type of the tenant that is in scope. */
export function evaluateOutbound(frame: OutboundFrame, program: SourceProgram): readonly TargetObject[] {
  const targets: TargetObject[] = [];
  for (const view of program.scoped(frame).views) {
    // Only a rule that provisions makes something of an object that the tenant does not have.
    if (view.link !== 'provision' && frame.counterpart?.type !== view.type) continue;
    targets.push(targetObject(frame, view, program));
  }
  return targets;
}

/** Visits the targets to which something may flow, given what the metaverse object has. */
function eachTarget(frame: OutboundFrame, view: OutboundView, visit: (target: OutboundTarget) => void): void {
  for (const target of view.always) visit(target);
  let repeated: Set<OutboundTarget> | undefined;
  for (const slot of frame.metaverse.present()) {
    const readers = view.byPlace[slot];
    if (readers === undefined) continue;
    for (const target of readers) {
      if (target.repeated) {
        repeated ??= new Set();
        if (repeated.has(target)) continue;
        repeated.add(target);
      }
      visit(target);
    }
  }
}

function targetObject(frame: OutboundFrame, view: OutboundView, program: SourceProgram): TargetObject {
  const values = new PlacedValues(program.slots);
  const links = new Map<string, readonly LinkSource[]>();
  const onCreate = new Map<string, Value>();
  const failures: RuleFailure[] = [];
  if (view.contradiction !== undefined) failures.push(view.contradiction);
  const ignored = new Set<string>();
  const visit = ({ attribute, slot, steady, creation }: OutboundTarget): void => {
    const always = resolve(steady, frame);
    if (always instanceof Special) {
      if (always.failure !== undefined) failures.push(always.failure);
      if (always.ignored) ignored.add(attribute);
      if (always.links !== undefined) links.set(attribute, always.links);
      if (always.value !== null) values.add(attribute, slot, always.value);
    } else if (always !== null) values.add(attribute, slot, always);
    if (creation === undefined) return;
    const atCreation = resolve(creation, frame);
    if (atCreation instanceof Special && atCreation.failure !== undefined) failures.push(atCreation.failure);
    const value = valueOfResolved(atCreation);
    if (value !== null) onCreate.set(attribute, value);
  };
  if (view.link !== 'noFlow') eachTarget(frame, view, visit);
  return {
    type: view.type,
    link: view.link,
    rules: view.rules,
    values,
    links,
    onCreate,
    manageable: program.targetNames,
    manages: (attribute) => view.managed.has(attribute) && !ignored.has(attribute),
    failures,
  };
}

/** Everything that may flow to an attribute of one type of object, with the flows for the creation when it is created. */
export function candidatesOf(
  frame: OutboundFrame,
  { flows }: TargetProgram,
  type: string,
  creating: boolean,
): readonly Candidate[] {
  return flows
    .filter((flow) => flow.rule.rule.targetType === type && (creating || !flow.flow.applyOnce))
    .map((flow) => ({ flow, source: frame }));
}
