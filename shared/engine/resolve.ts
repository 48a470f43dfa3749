import type { EvaluationContext } from '../rules/expressions/expression.ts';
import { authoritativeNull, ignoreThisFlow, type FlowValue, type Scalar, type Value } from '../rules/value.ts';
import { failureOf, type RuleFailure } from './failure.ts';
import { isValue } from './fit.ts';
import type { CompiledFlow, CompiledRule } from './program.ts';
import type { LinkSource, ObjectReference } from './space-object.ts';
import { isList, scalarKey } from '../rules/values.ts';

/** Where flows read: an object of a connector space, or the metaverse object. */
export interface FlowSource extends EvaluationContext {
  inScope(rule: CompiledRule): boolean;
  /** Whether the attribute has a value or links. */
  has(attribute: string): boolean;
  /** Number of values of a multi-valued reference; `undefined` when the attribute is not one. */
  linkCount(attribute: string): number | undefined;
  /** The links behind a multi-valued reference. */
  linksOf(attribute: string): readonly LinkSource[];
  /** For failures; `undefined` for the metaverse. */
  readonly reference: ObjectReference | undefined;
}

/** Flows to one attribute, from the highest precedence to the lowest, and the source of each: one for all, or one each. */
export interface Candidates {
  readonly flows: readonly CompiledFlow[];
  readonly source: FlowSource | readonly FlowSource[];
  /** They all just update, so that the first contribution decides. */
  readonly updates: boolean;
}

/** What became of one target attribute. */
export interface Resolution {
  readonly value: Value;
  /** Set when links flow instead of values. */
  readonly links: readonly LinkSource[] | undefined;
  /** Flows in scope said nothing but IgnoreThisFlow: what the target holds is kept. */
  readonly ignored: boolean;
  readonly failure: RuleFailure | undefined;
}

export const nothing: Resolution = { value: null, links: undefined, ignored: false, failure: undefined };
const kept: Resolution = { ...nothing, ignored: true };

/**
 * One value from the flows to one attribute. Flows out of scope count for nothing. The first contribution wins; NULL
 * leaves room for the next, AuthoritativeNull does not, and IgnoreThisFlow is as if the flow did not exist.
 */
export function resolve(candidates: Candidates): Resolution {
  if (!candidates.updates) return merge(candidates);
  const { flows } = candidates;
  let empty = false;
  let ignored = false;
  for (let i = 0; i < flows.length; i++) {
    const flow = flows[i];
    if (flow === undefined) break;
    const source = sourceOf(candidates, i);
    if (!source.inScope(flow.rule)) continue;
    const contribution = contributionOf(flow, source);
    if (contribution === ignoreThisFlow) ignored = true;
    else if (contribution === null) empty = true;
    else if (contribution === authoritativeNull) return nothing;
    else if (contribution instanceof Contributed) return contribution.resolution;
    else return { value: contribution, links: undefined, ignored: false, failure: undefined };
  }
  return ignored && !empty ? kept : nothing;
}

/** What is not a plain value: links, or a failure. */
class Contributed {
  readonly resolution: Resolution;
  constructor(resolution: Partial<Resolution>) {
    this.resolution = { ...nothing, ...resolution };
  }
}

function contributionOf(flow: CompiledFlow, source: FlowSource): FlowValue | Contributed {
  if (flow.needs !== undefined && !hasAny(source, flow.needs)) return null;
  if (flow.links !== undefined && source.linkCount(flow.links) !== undefined) {
    return new Contributed({ links: source.linksOf(flow.links) });
  }
  try {
    return flow.fit(flow.evaluate(source));
  } catch (error) {
    return new Contributed({ failure: flowFailure(error, flow, source) });
  }
}

/** What one flow would contribute by itself: no value when it fails or says so. */
export function contributedValue(flow: CompiledFlow, source: FlowSource): Value {
  const contribution = contributionOf(flow, source);
  return contribution instanceof Contributed || !isValue(contribution) ? null : contribution;
}

/** The union of all contributions, in the order of precedence, each value once. */
function merge(candidates: Candidates): Resolution {
  const active = candidates.flows
    .map((flow, i) => ({ flow, source: sourceOf(candidates, i) }))
    .filter(({ flow, source }) => source.inScope(flow.rule));
  const types = new Set(active.map(({ flow }) => mergeOf(flow)));
  if (types.size > 1) return { ...nothing, failure: mixedMerges(active.map(({ flow }) => flow)) };
  if (types.has('Update')) {
    const source = active.map((one) => one.source);
    return resolve({ flows: active.map(({ flow }) => flow), source, updates: true });
  }
  const values = new Map<string, Scalar>();
  const links: LinkSource[] = [];
  for (const { flow, source } of active) {
    const contribution = contributionOf(flow, source);
    if (contribution === authoritativeNull) break;
    if (contribution instanceof Contributed) {
      if (contribution.resolution.failure !== undefined) return contribution.resolution;
      links.push(...(contribution.resolution.links ?? []));
    } else if (isValue(contribution)) {
      for (const one of isList(contribution) ? contribution : [contribution]) {
        const key = scalarKey(one, types.has('Merge'));
        if (!values.has(key)) values.set(key, one);
      }
    }
  }
  return {
    ...nothing,
    value: values.size === 0 ? null : [...values.values()],
    links: links.length === 0 ? undefined : links,
  };
}

export function mergeOf(flow: CompiledFlow): 'Update' | 'Merge' | 'MergeCaseInsensitive' {
  return flow.flow.merge === 'Replace' ? 'Update' : flow.flow.merge;
}

export function sourceOf({ source }: Candidates, i: number): FlowSource {
  const found = isMany(source) ? source[i] : source;
  if (found === undefined) throw new Error('A flow without a source.');
  return found;
}

function isMany(source: FlowSource | readonly FlowSource[]): source is readonly FlowSource[] {
  return Array.isArray(source);
}

function hasAny(source: FlowSource, attributes: readonly string[]): boolean {
  for (const name of attributes) if (source.has(name)) return true;
  return false;
}

export function flowFailure(error: unknown, flow: CompiledFlow, source: FlowSource): RuleFailure {
  return failureOf(error, { object: source.reference, rule: flow.rule.rule.id, attribute: flow.flow.target });
}

export function mixedMerges(flows: readonly CompiledFlow[]): RuleFailure {
  const attribute = flows[0]?.flow.target;
  const kinds = flows.map((flow) => `"${flow.rule.rule.name}" says ${mergeOf(flow)}`).join(', ');
  return {
    code: 'LS5104',
    object: undefined,
    rules: [...new Set(flows.map((flow) => flow.rule.rule.id))],
    attribute,
    position: undefined,
    message: `The rules in scope merge ${attribute ?? ''} in different ways: ${kinds}.`,
  };
}
