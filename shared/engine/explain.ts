import { mergeOf } from '../rules/model.ts';
import { authoritativeNull, ignoreThisFlow, type FlowValue } from '../rules/value.ts';
import { joinCounterpart, type Engine } from './engine.ts';
import type { EngineEnvironment } from './environment.ts';
import type {
  AttributeExplanation,
  ClauseExplanation,
  Explanation,
  FlowExplanation,
  MetaverseExplanation,
  NamedRule,
  ObjectExplanation,
  ScopeExplanation,
} from './explanation.ts';
import { Frame } from './frame.ts';
import { joinObjects, type Linking } from './join.ts';
import type { MetaverseObject } from './metaverse-object.ts';
import { candidatesOf, evaluateOutbound, OutboundFrame } from './outbound.ts';
import type { CompiledFlow, CompiledRule, Program, SourceProgram } from './compiled-rules.ts';
import {
  flowFailure,
  resolveAmong,
  Special,
  valueOfResolved,
  type Candidate,
  type FlowSource,
  type Resolved,
} from './resolve.ts';
import { compileClause, shownValues, type ScopeSource } from './scope-filter.ts';
import type { LinkSource, SpaceObject } from './space-object.ts';

/** {@link Engine.evaluate} once more, keeping what it throws away: every clause, every condition, every flow. */
export function explain(engine: Engine, objects: readonly SpaceObject[], environment: EngineEnvironment): Explanation {
  const { program } = engine;
  const explained: ObjectExplanation[] = [];
  const { metaverse } = joinObjects(
    objects.map((object) => new Frame(object, program, environment)),
    (linking) => explained.push(explainLinking(linking)),
  );
  return { objects: explained, metaverse: metaverse.map((one) => explainMetaverse(one, program, environment)) };
}

function explainLinking(linking: Linking): ObjectExplanation {
  const { frame, rules, attempts } = linking;
  const { connector, objectGuid, type, dn } = frame.object;
  const linked = linking.outcome === 'joined' || linking.outcome === 'projected';
  const by = linking.outcome === 'joined' ? rules.joining : rules.provisioning;
  return {
    object: { connector, objectGuid, type, dn },
    scopes: (frame.program?.rules ?? []).map((rule) => explainScope(rule, frame)),
    outcome: linking.outcome,
    by: linked && by !== undefined ? named(by) : undefined,
    reason: linking.outcome === 'unjoined' ? linking.reason : undefined,
    failure: linking.outcome === 'refused' ? linking.failure : undefined,
    joins: attempts.map(({ group, matches }) => ({
      conditions: group.map((clause) => ({ ...clause, values: shownValues(frame.value(clause.connectorSpace)) })),
      // The object itself is a member by now where it joined.
      matches: matches.map((match) =>
        match.members.filter((member) => member !== frame).map((member) => member.reference),
      ),
    })),
  };
}

function explainMetaverse(
  metaverse: MetaverseObject,
  program: Program,
  environment: EngineEnvironment,
): MetaverseExplanation {
  const members = metaverse.members.map((frame) => frame.reference);
  const { counterpart } = joinCounterpart(metaverse, program, environment);
  const inbound = new Set(metaverse.members.flatMap((frame) => [...(frame.program?.targets.keys() ?? [])]));
  const attributes = [...inbound].sort().map((attribute) => {
    const candidates = metaverse.candidates(attribute);
    return explainAttribute(attribute, candidates, metaverse.resolved(attribute), metaverse);
  });
  const outbound = program.outbound(metaverse.type);
  if (outbound === undefined) return { type: metaverse.type, members, attributes, outboundScopes: [], targets: [] };
  const frame = new OutboundFrame(metaverse, outbound, counterpart, environment);
  return {
    type: metaverse.type,
    members,
    attributes,
    outboundScopes: outbound.rules.map((rule) => explainScope(rule, frame)),
    targets: evaluateOutbound(frame, outbound).map(({ type, link }) => ({
      type,
      link,
      attributes: link === 'noFlow' ? [] : targetAttributes(outbound, frame, type, counterpart === undefined),
    })),
  };
}

function targetAttributes(
  program: SourceProgram,
  frame: OutboundFrame,
  type: string,
  creating: boolean,
): readonly AttributeExplanation[] {
  return [...program.targets.values()]
    .map((target) => ({ target, candidates: candidatesOf(frame, target, type, creating) }))
    .filter(({ candidates }) => candidates.length > 0)
    .sort((a, b) => (a.target.attribute < b.target.attribute ? -1 : 1))
    .map(({ target, candidates }) =>
      explainAttribute(target.attribute, candidates, resolveAmong(candidates), frame.metaverse),
    );
}

function explainScope(rule: CompiledRule, source: ScopeSource): ScopeExplanation {
  const clauseOf = (clause: (typeof rule.rule.scope)[number][number]): ClauseExplanation => ({
    attribute: clause.attribute,
    operator: clause.operator,
    wanted: clause.value,
    values: shownValues(source.value(clause.attribute)),
    holds: compileClause(clause)(source),
  });
  return {
    rule: named(rule),
    inScope: rule.scope(source),
    groups: rule.rule.scope.map((group) => group.map(clauseOf)),
  };
}

function explainAttribute(
  attribute: string,
  candidates: readonly Candidate[],
  resolved: Resolved,
  metaverse: MetaverseObject,
): AttributeExplanation {
  return {
    attribute,
    outcome: outcomeOf(resolved),
    values: shownValues(valueOfResolved(resolved)),
    links: linksOf(resolved).map((link) => ({ ...link, count: countOf(link, metaverse) })),
    flows: explainFlows(candidates),
  };
}

function outcomeOf(resolved: Resolved): AttributeExplanation['outcome'] {
  if (!(resolved instanceof Special)) return resolved === null ? 'none' : 'value';
  if (resolved.failure !== undefined) return 'failed';
  if (resolved.links !== undefined) return 'links';
  return resolved.ignored ? 'kept' : 'none';
}

function linksOf(resolved: Resolved): readonly LinkSource[] {
  return (resolved instanceof Special ? resolved.links : undefined) ?? [];
}

function countOf(link: LinkSource, metaverse: MetaverseObject): number {
  const member = metaverse.members.find(
    ({ object }) => object.connector === link.connector && object.objectGuid === link.objectGuid,
  );
  return member?.object.linkCount(link.attribute) ?? 0;
}

function explainFlows(candidates: readonly Candidate[]): readonly FlowExplanation[] {
  const merges = candidates.some(({ flow }) => mergeOf(flow.flow) !== 'Update');
  let decided = false;
  return candidates.map(({ flow, source }) => {
    const said = whatFlowSays(flow, source);
    const contributes = said.outcome === 'won';
    const outcome = contributes ? (decided ? 'lost' : merges ? 'merged' : 'won') : said.outcome;
    const ends = said.outcome === 'authoritativeNull' || said.outcome === 'failed' || (contributes && !merges);
    if (ends) decided = true;
    return { ...flowFacts(flow, source), ...said, outcome };
  });
}

/** What a flow contributes by itself: `won` when it has a value. */
function whatFlowSays(flow: CompiledFlow, source: FlowSource): Pick<FlowExplanation, 'outcome' | 'values' | 'failure'> {
  const empty = { values: [], failure: undefined };
  if (!source.inScope(flow.rule)) return { ...empty, outcome: 'outOfScope' };
  if (flow.links !== undefined) {
    const count = source.linkCount(flow.links);
    if (count !== undefined) return { ...empty, outcome: count === 0 ? 'null' : 'won' };
  }
  let value: FlowValue;
  try {
    value = flow.fit(flow.evaluate(source));
  } catch (error) {
    return { ...empty, outcome: 'failed', failure: flowFailure(error, flow, source) };
  }
  if (value === authoritativeNull) return { ...empty, outcome: 'authoritativeNull' };
  if (value === ignoreThisFlow) return { ...empty, outcome: 'ignored' };
  return value === null ? { ...empty, outcome: 'null' } : { ...empty, outcome: 'won', values: shownValues(value) };
}

function flowFacts(
  compiled: CompiledFlow,
  source: FlowSource,
): Pick<FlowExplanation, 'rule' | 'object' | 'kind' | 'text' | 'inputs'> {
  const { flow } = compiled;
  const reads = compiled.expression?.attributes ?? (flow.kind === 'direct' ? [flow.source] : []);
  return {
    rule: named(compiled.rule),
    object: source.reference,
    kind: flow.kind,
    text: flow.kind === 'direct' ? flow.source : flow.kind === 'constant' ? flow.value : flow.text,
    inputs: source.inScope(compiled.rule)
      ? reads.map((attribute) => ({ attribute, values: inputValues(source, attribute) }))
      : [],
  };
}

function inputValues(source: FlowSource, attribute: string): readonly string[] {
  const links = source.linkCount(attribute);
  return links === undefined ? shownValues(source.value(attribute)) : [`${links} values`];
}

function named({ rule }: CompiledRule): NamedRule {
  return { id: rule.id, name: rule.name, precedence: rule.precedence, linkType: rule.linkType };
}
