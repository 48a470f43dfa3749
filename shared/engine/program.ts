import { LockstepError } from '../errors/lockstep-error.ts';
import { compileExpression } from '../rules/expressions/compile.ts';
import type { AttributeFlow, ConnectorKind, RuleSet, SyncRule } from '../rules/model.ts';
import type { AttributeSchema, RuleSchemas, SchemaAttribute } from '../rules/schema.ts';
import type { CompiledFlow, CompiledRule, Program, SourceProgram, TargetProgram } from './compiled-rules.ts';
import { fitter } from './fit.ts';
import { scopedPrograms } from './scoped-program.ts';
import { compileScope, scopeAttributes } from './scope-filter.ts';

/**
 * @throws LockstepError LS5003 (an expression), LS5002 (an attribute): a rule set that has been validated has neither.
 */
export function compileProgram(ruleSet: RuleSet, builtIn: RuleSchemas): Program {
  const schemas = withCustomAttributes(builtIn, ruleSet);
  const enabled = ruleSet.rules.filter((rule) => !rule.disabled);
  const connectors = new Map(ruleSet.connectors.map((connector, order) => [connector.name, { ...connector, order }]));
  const kindOf = (name: string): ConnectorKind => connectors.get(name)?.kind ?? 'activeDirectory';
  const metaverseSlots = slotsOf(enabled.filter((rule) => rule.direction === 'inbound'));
  const compile = (rules: readonly SyncRule[]): SourceProgram | undefined =>
    sourceProgram(rules, schemas, metaverseSlots);
  const inbound = memoize((connector: string) =>
    memoize((type: string) =>
      compile(
        enabled.filter(
          (rule) =>
            rule.direction === 'inbound' &&
            rule.sourceType === type &&
            rule.connector.kind === kindOf(connector) &&
            (rule.connector.name === null || rule.connector.name === connector),
        ),
      ),
    ),
  );
  const outbound = memoize((type: string) =>
    compile(
      enabled.filter(
        (rule) => rule.direction === 'outbound' && rule.sourceType === type && rule.connector.kind === 'entra',
      ),
    ),
  );
  return {
    ruleSet,
    inbound: (connector, type) => inbound(connector)(type),
    outbound,
    metaverseSlots,
    connectorOrder: (name) => connectors.get(name)?.order ?? connectors.size,
    parametersOf: (name) => connectors.get(name)?.parameters ?? {},
    joinAttributes: new Set(
      enabled
        .filter((rule) => rule.direction === 'inbound' && rule.connector.kind === 'activeDirectory')
        .flatMap((rule) => rule.join.flat().map((clause) => clause.metaverse)),
    ),
    scopeGroups: new Set(
      enabled
        .flatMap((rule) => rule.scope.flat())
        .filter((clause) => clause.operator === 'ISMEMBEROF' || clause.operator === 'ISNOTMEMBEROF')
        .map((clause) => clause.value.toLowerCase()),
    ),
  };
}

/** Schemas with the rule set's own attributes added. */
export function withCustomAttributes(schemas: RuleSchemas, ruleSet: RuleSet): RuleSchemas {
  const add = (schema: AttributeSchema, space: ConnectorKind | 'metaverse'): AttributeSchema => {
    const own = ruleSet.attributes.filter((attribute) => attribute.space === space);
    return own.length === 0 ? schema : new Map([...schema, ...own.map((a): [string, SchemaAttribute] => [a.name, a])]);
  };
  return {
    activeDirectory: add(schemas.activeDirectory, 'activeDirectory'),
    metaverse: add(schemas.metaverse, 'metaverse'),
    entra: add(schemas.entra, 'entra'),
  };
}

/** A place for each attribute that the rules write. */
function slotsOf(rules: readonly SyncRule[]): ReadonlyMap<string, number> {
  const names = new Set(rules.flatMap((rule) => rule.flows.map((flow) => flow.target)));
  return new Map([...names].map((name, slot) => [name, slot]));
}

function attributesTested({ rule }: CompiledRule): readonly string[] {
  return [...scopeAttributes(rule.scope), ...rule.join.flat().map((clause) => clause.connectorSpace)];
}

function sourceProgram(
  rules: readonly SyncRule[],
  schemas: RuleSchemas,
  metaverseSlots: ReadonlyMap<string, number>,
): SourceProgram | undefined {
  if (rules.length === 0) return undefined;
  const outbound = rules.some(({ direction }) => direction === 'outbound');
  const reads = new Map<string, number>();
  const placeOf = outbound
    ? (name: string): number => metaverseSlots.get(name) ?? -1
    : (name: string): number => {
        const place = reads.get(name) ?? reads.size;
        reads.set(name, place);
        return place;
      };
  const ordered = [...rules].sort((a, b) => a.precedence - b.precedence || (a.id < b.id ? -1 : 1));
  const scopeTexts = [...new Set(ordered.map((rule) => JSON.stringify(rule.scope)))];
  const compiled = ordered.map((rule) =>
    compileRule(rule, scopeTexts.indexOf(JSON.stringify(rule.scope)), schemas, placeOf),
  );
  if (!outbound) for (const name of compiled.flatMap(attributesTested)) placeOf(name);
  const slots = outbound ? slotsOf(rules) : metaverseSlots;
  const targets = new Map<string, TargetProgram>();
  for (const [attribute, flows] of Map.groupBy(
    compiled.flatMap((rule) => rule.flows),
    ({ flow }) => flow.target,
  )) {
    targets.set(attribute, { attribute, slot: slots.get(attribute) ?? 0, flows });
  }
  const places = outbound ? metaverseSlots : reads;
  const scopes = scopeTexts.flatMap((_, i) => compiled.find((rule) => rule.scopeIndex === i) ?? []);
  return {
    rules: compiled,
    linking: compiled.filter(({ rule }) => rule.join.length > 0 || rule.linkType === 'Provision'),
    targets,
    targetNames: [...targets.keys()],
    scopes,
    slots,
    reads,
    scoped: scopedPrograms({ rules: compiled, scopes, targets, places, slots: slots.size }),
  };
}

function compileRule(
  rule: SyncRule,
  scopeIndex: number,
  schemas: RuleSchemas,
  placeOf: (attribute: string) => number,
): CompiledRule {
  const space = rule.connector.kind === 'entra' ? schemas.entra : schemas.activeDirectory;
  const inbound = rule.direction === 'inbound';
  const source = inbound ? space : schemas.metaverse;
  const target = inbound ? schemas.metaverse : space;
  const flows: CompiledFlow[] = [];
  const compiled: CompiledRule = { rule, scopeIndex, scope: compileScope(rule.scope), flows };
  for (const flow of rule.flows) {
    const attribute = target.get(flow.target);
    if (attribute === undefined) throw unknownAttribute(rule, flow.target);
    // What an inbound rule imports is what its own connector space holds.
    const imported = inbound ? source : target;
    flows.push(compileFlow(compiled, flow, { source, target: attribute, imported, placeOf }));
  }
  return compiled;
}

interface FlowSchemas {
  readonly source: AttributeSchema;
  readonly target: SchemaAttribute;
  readonly imported: AttributeSchema;
  readonly placeOf: (attribute: string) => number;
}

function compileFlow(rule: CompiledRule, flow: AttributeFlow, schemas: FlowSchemas): CompiledFlow {
  const fit = fitter(schemas.target);
  switch (flow.kind) {
    case 'direct': {
      const { source } = flow;
      const attribute = schemas.source.get(source);
      if (attribute === undefined) throw unknownAttribute(rule.rule, source);
      const place = schemas.placeOf(source);
      return {
        rule,
        flow,
        links: attribute.type === 'reference' && attribute.multiValued ? source : undefined,
        needs: [source],
        needPlaces: undefined,
        expression: undefined,
        evaluate: (context) => context.attribute(source, place),
        fit,
      };
    }
    case 'constant': {
      const value = constantOf(rule.rule, flow.value, schemas.target);
      return {
        rule,
        flow,
        links: undefined,
        needs: undefined,
        needPlaces: undefined,
        expression: undefined,
        evaluate: () => value,
        fit,
      };
    }
    case 'expression': {
      const compilation = compileExpression(flow.text, {
        dialect: flow.dialect,
        source: schemas.source,
        target: schemas.imported,
        parameters: undefined,
        placeOf: schemas.placeOf,
      });
      if (!compilation.ok) {
        throw new LockstepError('LS5003', compilation.problems.map((p) => p.message).join(' '), {
          object: `${rule.rule.name}, ${flow.target}`,
        });
      }
      const { expression } = compilation;
      const needs = expression.nullWithoutAttributes ? expression.attributes : undefined;
      return {
        rule,
        flow,
        links: undefined,
        needs,
        needPlaces: needs === undefined || needs.length === 1 ? undefined : needs.map(schemas.placeOf),
        expression,
        evaluate: (context) => expression.evaluate(context),
        fit,
      };
    }
  }
}

/**
 * A constant in the type of its target.
 *
 * @throws LockstepError LS5003 when the text is none of that type.
 */
export function constantOf(rule: SyncRule, text: string, target: SchemaAttribute): string | bigint | boolean {
  if (target.type === 'string') return text;
  if (target.type === 'boolean' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  if (target.type === 'number' && /^-?\d{1,19}$/.test(text)) return BigInt(text);
  throw new LockstepError('LS5003', `The constant "${text}" is not a ${target.type}.`, {
    object: `${rule.name}, ${target.name}`,
  });
}

function unknownAttribute(rule: SyncRule, name: string): LockstepError {
  return new LockstepError('LS5002', `The rule names the attribute "${name}", which no schema knows.`, {
    object: rule.name,
  });
}

function memoize<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>();
  return (key) => {
    const held = made.get(key);
    if (held !== undefined || made.has(key)) return held as T;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}
