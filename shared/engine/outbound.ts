import { ExpressionError } from '../rules/expressions/expression.ts';
import type { Instant, Value } from '../rules/value.ts';
import type { EngineEnvironment } from './environment.ts';
import type { RuleFailure } from './failure.ts';
import { linksAreNotRead } from './frame.ts';
import type { MetaverseObject } from './metaverse-object.ts';
import type { CompiledRule, OutboundTarget, OutboundView, SourceProgram, TargetProgram } from './program.ts';
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
  readonly values: ReadonlyMap<string, Value>;
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
    rules: number,
    counterpart: SpaceObject | undefined,
    environment: EngineEnvironment,
  ) {
    this.metaverse = metaverse;
    this.counterpart = counterpart;
    this.#scopes = new Array<boolean | undefined>(rules);
    this.#environment = environment;
  }

  inScope(rule: CompiledRule): boolean {
    return (this.#scopes[rule.index] ??= rule.scope(this));
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
  const inScope = program.rules.filter((rule) => frame.inScope(rule));
  const byType = Map.groupBy(inScope, ({ rule }) => rule.targetType);
  return [...byType].flatMap(([type, rules]) => {
    const link = linkOf(rules, frame.counterpart?.type === type);
    return link === undefined ? [] : [targetObject(frame, { type, link, rules, program })];
  });
}

function linkOf(rules: readonly CompiledRule[], exists: boolean): TargetObject['link'] | undefined {
  const types = new Set(rules.map(({ rule }) => rule.linkType));
  if (types.has('JoinNoFlow')) return exists ? 'noFlow' : undefined;
  if (types.has('Provision')) return 'provision';
  return exists ? 'join' : undefined;
}

/** Targets to which something may flow, given what the metaverse object has. */
function presentTargets(frame: OutboundFrame, view: OutboundView | undefined): readonly OutboundTarget[] {
  if (view === undefined) return [];
  const found = [...view.always];
  for (const slot of frame.metaverse.present()) {
    const readers = view.bySlot[slot];
    if (readers === undefined) continue;
    for (const target of readers) if (!target.repeated || !found.includes(target)) found.push(target);
  }
  return found;
}

interface Outbound {
  readonly type: string;
  readonly link: TargetObject['link'];
  readonly rules: readonly CompiledRule[];
  readonly program: SourceProgram;
}

function targetObject(frame: OutboundFrame, outbound: Outbound): TargetObject {
  const { type, link, rules, program } = outbound;
  const values = new Map<string, Value>();
  const links = new Map<string, readonly LinkSource[]>();
  const onCreate = new Map<string, Value>();
  const failures: RuleFailure[] = [];
  const contradiction = joinContradiction(rules);
  if (contradiction !== undefined) failures.push(contradiction);
  const ignored = new Set<string>();
  const targets = link === 'noFlow' ? [] : presentTargets(frame, program.views.get(type));
  for (const { attribute, steady, creation, updates } of targets) {
    const always = resolve(steady, updates, frame);
    if (always instanceof Special) {
      if (always.failure !== undefined) failures.push(always.failure);
      if (always.ignored) ignored.add(attribute);
      if (always.links !== undefined) links.set(attribute, always.links);
      if (always.value !== null) values.set(attribute, always.value);
    } else if (always !== null) values.set(attribute, always);
    if (creation === undefined) continue;
    const atCreation = resolve(creation, updates, frame);
    if (atCreation instanceof Special && atCreation.failure !== undefined) failures.push(atCreation.failure);
    const value = valueOfResolved(atCreation);
    if (value !== null) onCreate.set(attribute, value);
  }
  return {
    type,
    link,
    rules: rules.map(({ rule }) => rule.id),
    values,
    links,
    onCreate,
    manageable: program.targetNames,
    manages: (attribute) =>
      !ignored.has(attribute) &&
      (program.targets
        .get(attribute)
        ?.flows.some(
          (flow) => flow.rule.rule.targetType === type && !flow.flow.applyOnce && frame.inScope(flow.rule),
        ) ??
        false),
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

export function joinContradiction(rules: readonly CompiledRule[]): RuleFailure | undefined {
  const joining = rules.filter(({ rule }) => rule.join.length > 0);
  // Rules of Entra Connect repeat the conditions of the one that joins.
  if (joining.length < 2 || new Set(joining.map(({ rule }) => JSON.stringify(rule.join))).size <= 1) return undefined;
  return {
    code: 'LS5103',
    object: undefined,
    rules: joining.map(({ rule }) => rule.id),
    attribute: undefined,
    position: undefined,
    message: `More than one rule would join the object in Entra: ${joining.map(({ rule }) => `"${rule.name}"`).join(', ')}.`,
  };
}
