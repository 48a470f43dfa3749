import type { CompiledExpression, EvaluationContext } from '../rules/expressions/expression.ts';
import type { AttributeFlow, RuleSet, SyncRule } from '../rules/model.ts';
import type { FlowValue } from '../rules/value.ts';
import type { RuleFailure } from './failure.ts';
import type { ScopeTest } from './scope-filter.ts';

/** A rule set made ready to run: everything that can be decided without an object has been. */
export interface Program {
  readonly ruleSet: RuleSet;
  /** Inbound rules by connector name and object type; only those of that connector. */
  inbound(connector: string, type: string): SourceProgram | undefined;
  /** Outbound rules to the tenant by metaverse object type. */
  outbound(metaverseType: string): SourceProgram | undefined;
  /** A place for each attribute of the metaverse to which anything may flow. */
  readonly metaverseSlots: ReadonlyMap<string, number>;
  /** Position of a connector in the order of creation, which settles ties of precedence. */
  connectorOrder(connector: string): number;
  readonly parametersOf: (connector: string) => Readonly<Record<string, string>>;
  /** Metaverse attributes that join conditions name: what an object can be found by. */
  readonly joinAttributes: ReadonlySet<string>;
  /** DNs of the groups that scopes ask about, in lower case: a change of their members changes scopes. */
  readonly scopeGroups: ReadonlySet<string>;
}

/** The rules that read one kind of object, from the highest precedence to the lowest. */
export interface SourceProgram {
  readonly rules: readonly CompiledRule[];
  /** Those of them that join or create. */
  readonly linking: readonly CompiledRule[];
  readonly targets: ReadonlyMap<string, TargetProgram>;
  readonly targetNames: readonly string[];
  /** Of each distinct scope, the first rule that has it. */
  readonly scopes: readonly CompiledRule[];
  /** The places of the targets. */
  readonly slots: ReadonlyMap<string, number>;
  /** Of inbound rules: a place for each attribute that they read. Outbound rules read the places of the metaverse. */
  readonly reads: ReadonlyMap<string, number>;
  /** What is left of it for the rules in scope. */
  scoped(source: ScopeHolder): ScopedProgram;
}

export interface CompiledRule {
  readonly rule: SyncRule;
  /** Place of its scope among those of its {@link SourceProgram}; rules with equal scopes share one. */
  readonly scopeIndex: number;
  readonly scope: ScopeTest;
  readonly flows: readonly CompiledFlow[];
}

/** Everything that may flow to one attribute, from the highest precedence to the lowest. */
export interface TargetProgram {
  readonly attribute: string;
  /** Its place in the metaverse; of outbound rules among all that they write. */
  readonly slot: number;
  readonly flows: readonly CompiledFlow[];
}

export interface CompiledFlow {
  readonly rule: CompiledRule;
  readonly flow: AttributeFlow;
  /** A multi-valued reference, which is passed on as a whole where it has links: the attribute's name. */
  readonly links: string | undefined;
  /** It contributes nothing unless one of these has a value; `undefined`: it may contribute all the same. */
  readonly needs: readonly string[] | undefined;
  /** Their places, where there are several, so that looking before evaluating saves work. */
  readonly needPlaces: readonly number[] | undefined;
  readonly expression: CompiledExpression | undefined;
  /** @throws ExpressionError */
  evaluate(context: EvaluationContext): FlowValue;
  /** The value in the form of the target attribute. @throws ExpressionError */
  fit(value: FlowValue): FlowValue;
}

/** The rules that are in scope for an object, ready to be run. Objects for which the same rules are in scope share one. */
export interface ScopedProgram {
  readonly rules: readonly CompiledRule[];
  /** One of them lets passwords flow. */
  readonly passwordSync: boolean;
  /** Of inbound rules: what flows to each attribute of the metaverse, by its place there. */
  readonly bySlot: readonly (ScopedTarget | undefined)[];
  /** What may flow whatever the object has. */
  readonly always: readonly ScopedTarget[];
  /** What may flow only when the attribute of that place has a value. */
  readonly byPlace: readonly (readonly ScopedTarget[] | undefined)[];
  /** Of outbound rules: one for each object type of the tenant. */
  readonly views: readonly OutboundView[];
}

/** The flows to one attribute that are in scope, from the highest precedence to the lowest. */
export interface ScopedFlows {
  readonly flows: readonly CompiledFlow[];
  /** The one merge type of all of them; `undefined` when they differ, which is an error. */
  readonly merge: 'Update' | 'Merge' | 'MergeCaseInsensitive' | undefined;
}

export interface ScopedTarget extends ScopedFlows {
  readonly slot: number;
}

/** What outbound rules in scope make of an object in one object type of the tenant. */
export interface OutboundView {
  readonly type: string;
  /** Ids of the rules. */
  readonly rules: readonly string[];
  /** The strongest of their link types: one that forbids flows, else one that creates, else one that only joins. */
  readonly link: 'noFlow' | 'provision' | 'join';
  readonly contradiction: RuleFailure | undefined;
  readonly always: readonly OutboundTarget[];
  readonly byPlace: readonly (readonly OutboundTarget[] | undefined)[];
  /** Attributes that flows keep in step. */
  readonly managed: ReadonlySet<string>;
}

export interface OutboundTarget {
  readonly attribute: string;
  readonly slot: number;
  /** It is listed under more than one place. */
  readonly repeated: boolean;
  /** Flows that keep the attribute in step. */
  readonly steady: ScopedFlows;
  /** With those for the creation only; `undefined` when there are none. */
  readonly creation: ScopedFlows | undefined;
}

/** What knows which rules are in scope for it. */
export interface ScopeHolder {
  inScope(rule: CompiledRule): boolean;
}
