import type { EvaluationContext } from '../rules/expressions/expression.ts';
import { mergeOf } from '../rules/model.ts';
import { authoritativeNull, ignoreThisFlow, type FlowValue, type Scalar, type Value } from '../rules/value.ts';
import { failureOf, type RuleFailure } from './failure.ts';
import { isValue } from './fit.ts';
import type { CompiledFlow, CompiledRule, ScopedFlows } from './compiled-rules.ts';
import type { ScopeSource } from './scope-filter.ts';
import type { LinkSource, ObjectReference } from './space-object.ts';
import { isList, scalarKey } from '../rules/values.ts';

/** Where flows read: an object of a connector space, or the metaverse object. */
export interface FlowSource extends EvaluationContext, ScopeSource {
  inScope(rule: CompiledRule): boolean;
  /** Whether the attribute has a value or links. */
  has(attribute: string, place: number): boolean;
  /** The links behind a multi-valued reference. */
  linksOf(attribute: string): readonly LinkSource[];
  /** For failures; `undefined` for the metaverse. */
  readonly reference: ObjectReference | undefined;
}

/** One flow with the source that it reads. */
export interface Candidate {
  readonly flow: CompiledFlow;
  readonly source: FlowSource;
}

/** What became of one target attribute: mostly a value, or none. */
export type Resolved = Value | Special;

/** What is not a plain value. */
export class Special {
  readonly value: Value;
  /** Set when links flow instead of values. */
  readonly links: readonly LinkSource[] | undefined;
  /** Flows in scope said nothing but IgnoreThisFlow: what the target holds is kept. */
  readonly ignored: boolean;
  readonly failure: RuleFailure | undefined;

  constructor(what: Partial<Special>) {
    this.value = what.value ?? null;
    this.links = what.links;
    this.ignored = what.ignored ?? false;
    this.failure = what.failure;
  }
}

const kept = new Special({ ignored: true });

export function valueOfResolved(resolved: Resolved): Value {
  return resolved instanceof Special ? resolved.value : resolved;
}

/** Whether there is a value or links. */
export function isThere(resolved: Resolved): boolean {
  return resolved instanceof Special ? resolved.value !== null || resolved.links !== undefined : resolved !== null;
}

/**
 * One value from the flows to one attribute that are in scope. The first contribution wins; NULL leaves room for the
 * next, AuthoritativeNull does not, and IgnoreThisFlow is as if the flow did not exist.
 */
export function resolve({ flows, merge }: ScopedFlows, source: FlowSource): Resolved {
  if (merge !== 'Update') return resolveAmong(flows.map((flow) => ({ flow, source })));
  let [empty, ignored] = [false, false];
  for (const flow of flows) {
    const contribution = contributionOf(flow, source);
    if (contribution === null) empty = true;
    else if (contribution === ignoreThisFlow) ignored = true;
    else return contribution === authoritativeNull ? null : contribution;
  }
  return ignored && !empty ? kept : null;
}

/**
 * As {@link resolve}, for flows that read several sources, or that merge. From the highest precedence to the lowest;
 * flows out of scope count for nothing.
 */
export function resolveAmong(candidates: readonly Candidate[]): Resolved {
  const active = candidates.filter(({ flow, source }) => source.inScope(flow.rule));
  const types = new Set(active.map(({ flow }) => mergeOf(flow.flow)));
  if (types.size > 1) return new Special({ failure: mixedMerges(active.map(({ flow }) => flow)) });
  return types.has('Update') ? firstAmong(active) : merged(active, types.has('Merge'));
}

function firstAmong(active: readonly Candidate[]): Resolved {
  let [empty, ignored] = [false, false];
  for (const { flow, source } of active) {
    const contribution = contributionOf(flow, source);
    if (contribution === null) empty = true;
    else if (contribution === ignoreThisFlow) ignored = true;
    else return contribution === authoritativeNull ? null : contribution;
  }
  return ignored && !empty ? kept : null;
}

function contributionOf(flow: CompiledFlow, source: FlowSource): FlowValue | Special {
  if (flow.links !== undefined) {
    const count = source.linkCount(flow.links);
    if (count === 0) return null;
    if (count !== undefined) return new Special({ links: source.linksOf(flow.links) });
  }
  if (flow.needs !== undefined && flow.needPlaces !== undefined && !hasAny(source, flow.needs, flow.needPlaces)) {
    return null;
  }
  try {
    return flow.fit(flow.evaluate(source));
  } catch (error) {
    return new Special({ failure: flowFailure(error, flow, source) });
  }
}

/** What one flow would contribute by itself: no value when it fails or says so. */
export function contributedValue(flow: CompiledFlow, source: FlowSource): Value {
  const contribution = contributionOf(flow, source);
  return contribution instanceof Special || !isValue(contribution) ? null : contribution;
}

/** The union of all contributions, in the order of precedence, each value once. */
function merged(active: readonly Candidate[], caseSensitive: boolean): Resolved {
  const values = new Map<string, Scalar>();
  const links: LinkSource[] = [];
  for (const { flow, source } of active) {
    const contribution = contributionOf(flow, source);
    if (contribution === authoritativeNull) break;
    if (contribution instanceof Special) {
      if (contribution.failure !== undefined) return contribution;
      links.push(...(contribution.links ?? []));
    } else if (isValue(contribution)) {
      for (const one of isList(contribution) ? contribution : [contribution]) {
        const key = scalarKey(one, caseSensitive);
        if (!values.has(key)) values.set(key, one);
      }
    }
  }
  const value = values.size === 0 ? null : [...values.values()];
  return links.length === 0 ? value : new Special({ value, links });
}

function hasAny(source: FlowSource, attributes: readonly string[], places: readonly number[]): boolean {
  for (let i = 0; i < places.length; i += 1) if (source.has(attributes[i] ?? '', places[i] ?? -1)) return true;
  return false;
}

export function flowFailure(error: unknown, flow: CompiledFlow, source: FlowSource): RuleFailure {
  return failureOf(error, { object: source.reference, rule: flow.rule.rule.id, attribute: flow.flow.target });
}

export function mixedMerges(flows: readonly CompiledFlow[]): RuleFailure {
  const attribute = flows[0]?.flow.target;
  const kinds = flows.map((flow) => `"${flow.rule.rule.name}" says ${mergeOf(flow.flow)}`).join(', ');
  return {
    code: 'LS5104',
    object: undefined,
    rules: [...new Set(flows.map((flow) => flow.rule.rule.id))],
    attribute,
    position: undefined,
    message: `The rules in scope merge ${attribute ?? ''} in different ways: ${kinds}.`,
  };
}
