import { mergeOf } from '../rules/model.ts';
import type { EngineEnvironment } from './environment.ts';
import { Frame } from './frame.ts';
import type { CompiledFlow, CompiledRule, Program } from './compiled-rules.ts';
import type { SpaceObject } from './space-object.ts';

/** Whether an object may become something else under other rules, so that it has to be evaluated again. */
export type AffectedTest = (object: SpaceObject, environment: EngineEnvironment) => boolean;

/**
 * What a change of rules can affect; `undefined` when nothing. An object is affected by a changed inbound rule that has
 * it in scope, before or after, and reads something that it has; and by a changed outbound rule when it may become a
 * metaverse object of that rule's type. A change of a connector, of the schema, or of the application that holds the
 * directory extensions affects everything.
 * Links of the objects need not be known.
 */
export function affectedBy(before: Program, after: Program): AffectedTest | undefined {
  const common = commonConnectors(before, after);
  if (headOf(before, common) !== headOf(after, common)) return () => true;
  const outboundTypes = changedOutboundTypes(before, after);
  const changes = memoizeByType((connector, type) => changedRules(before, after, connector, type));
  if (!anyChange(before, after)) return undefined;
  const mixed = new Set([before, after].flatMap(mixedTargets));
  return (object, environment) => {
    const sides = [before, after].map((program) => new Frame(object, program, environment));
    if (outboundTypes.size > 0 && sides.some((frame) => mayBecome(frame, outboundTypes))) return true;
    const changed = changes(object.connector, object.type);
    return sides.some((frame, side) =>
      changed.some((change) => {
        const rule = side === 0 ? change.before : change.after;
        if (rule === undefined || !mayBeInScope(rule, frame)) return false;
        return change.flows?.some((flow) => mixed.has(flow.flow.target) || reads(flow, frame)) ?? true;
      }),
    );
  };
}

interface Change {
  readonly before: CompiledRule | undefined;
  readonly after: CompiledRule | undefined;
  /** The flows that differ when only flows do; `undefined` when the whole rule may act differently. */
  readonly flows: readonly CompiledFlow[] | undefined;
}

function changedRules(before: Program, after: Program, connector: string, type: string): readonly Change[] {
  const rulesOf = (program: Program): Map<string, CompiledRule> =>
    new Map((program.inbound(connector, type)?.rules ?? []).map((rule) => [rule.rule.id, rule]));
  const old = rulesOf(before);
  const now = rulesOf(after);
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((id) => {
    const change = { before: old.get(id), after: now.get(id) };
    if (change.before === undefined || change.after === undefined) return [{ ...change, flows: undefined }];
    if (textOf(change.before) === textOf(change.after)) return [];
    const flowsOnly = frameOf(change.before) === frameOf(change.after);
    return [{ ...change, flows: flowsOnly ? differingFlows(change.before, change.after) : undefined }];
  });
}

function differingFlows(before: CompiledRule, after: CompiledRule): readonly CompiledFlow[] {
  const texts = (rule: CompiledRule): Set<string> => new Set(rule.flows.map(flowText));
  const [old, now] = [texts(before), texts(after)];
  return [
    ...before.flows.filter((flow) => !now.has(flowText(flow))),
    ...after.flows.filter((flow) => !old.has(flowText(flow))),
  ];
}

/** Links are not looked at: what depends on them may hold. */
function mayBeInScope(rule: CompiledRule, frame: Frame): boolean {
  const asksLinks = rule.rule.scope
    .flat()
    .some(({ operator, attribute }) => operator.endsWith('MEMBEROF') || frame.linkCount(attribute) !== undefined);
  return asksLinks || frame.inScope(rule);
}

function reads(flow: CompiledFlow, frame: Frame): boolean {
  return (
    flow.needs === undefined ||
    flow.needs.some((name) => frame.linkCount(name) !== undefined || frame.value(name) !== null)
  );
}

/** Attributes of the metaverse whose flows merge in different ways: for which objects is an error, values or not. */
function mixedTargets({ ruleSet }: Program): readonly string[] {
  const flows = ruleSet.rules
    .filter(({ direction, disabled }) => direction === 'inbound' && !disabled)
    .flatMap((rule) => rule.flows);
  return [...Map.groupBy(flows, ({ target }) => target)]
    .filter(([, some]) => new Set(some.map(mergeOf)).size > 1)
    .map(([target]) => target);
}

/** Metaverse types whose way to the tenant and back changed. */
function changedOutboundTypes(before: Program, after: Program): ReadonlySet<string> {
  const texts = (program: Program): Map<string, string> =>
    new Map(
      program.ruleSet.rules
        .filter((rule) => rule.direction === 'outbound' || rule.connector.kind === 'entra')
        .filter((rule) => !rule.disabled)
        .map((rule) => [rule.id, JSON.stringify(rule)]),
    );
  const [old, now] = [texts(before), texts(after)];
  const types = new Set<string>();
  for (const program of [before, after]) {
    for (const rule of program.ruleSet.rules) {
      if (old.get(rule.id) === now.get(rule.id)) continue;
      if (rule.direction === 'outbound') types.add(rule.sourceType);
      else if (rule.connector.kind === 'entra') types.add(rule.targetType);
    }
  }
  return types;
}

function mayBecome(frame: Frame, types: ReadonlySet<string>): boolean {
  return (
    frame.program?.rules.some(
      ({ rule }) =>
        (rule.linkType === 'Provision' || rule.join.length > 0) &&
        (rule.targetType === '*' || types.has(rule.targetType)),
    ) === true
  );
}

function anyChange(before: Program, after: Program): boolean {
  const text = (program: Program): string =>
    JSON.stringify(program.ruleSet.rules.filter((rule) => !rule.disabled).sort((a, b) => (a.id < b.id ? -1 : 1)));
  return text(before) !== text(after);
}

/** A connector that comes or goes changes nothing for the objects of the others, except for those that join. */
function commonConnectors(before: Program, after: Program): ReadonlySet<string> {
  const now = new Set(after.ruleSet.connectors.map(({ name }) => name));
  return new Set(before.ruleSet.connectors.map(({ name }) => name).filter((name) => now.has(name)));
}

function headOf({ ruleSet }: Program, connectors: ReadonlySet<string>): string {
  return JSON.stringify([
    ruleSet.connectors.filter(({ name }) => connectors.has(name)),
    ruleSet.attributes,
    ruleSet.extensionApplication,
  ]);
}

function textOf({ rule }: CompiledRule): string {
  return JSON.stringify(rule);
}

/** Everything of a rule but its flows. */
function frameOf({ rule }: CompiledRule): string {
  return JSON.stringify({ ...rule, flows: [], description: undefined });
}

function flowText({ flow, expression }: CompiledFlow): string {
  return JSON.stringify(expression === undefined ? flow : { ...flow, text: expression.canonical });
}

function memoizeByType<T>(make: (connector: string, type: string) => T): (connector: string, type: string) => T {
  const made = new Map<string, T>();
  return (connector, type) => {
    const key = JSON.stringify([connector, type]);
    const value = made.get(key) ?? make(connector, type);
    made.set(key, value);
    return value;
  };
}
