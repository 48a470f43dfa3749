import type { JoinClause, LinkType, ScopeOperator } from '../rules/model.ts';
import type { RuleFailure } from './failure.ts';
import type { UnjoinedReason } from './join.ts';
import type { LinkSource, ObjectReference } from './space-object.ts';

/** Why an object became what it became, as data. Values are text, as an explanation shows them. */
export interface Explanation {
  readonly objects: readonly ObjectExplanation[];
  readonly metaverse: readonly MetaverseExplanation[];
}

export interface NamedRule {
  readonly id: string;
  readonly name: string;
  readonly precedence: number;
  readonly linkType: LinkType;
}

/** One object of a connector space: which rules have it in scope, and how it was linked. */
export interface ObjectExplanation {
  readonly object: ObjectReference & { readonly type: string; readonly dn: string };
  readonly scopes: readonly ScopeExplanation[];
  readonly outcome: 'joined' | 'projected' | 'unjoined' | 'refused';
  /** The rule that joined or created. */
  readonly by: NamedRule | undefined;
  readonly reason: UnjoinedReason | undefined;
  readonly failure: RuleFailure | undefined;
  readonly joins: readonly JoinExplanation[];
}

export interface ScopeExplanation {
  readonly rule: NamedRule;
  readonly inScope: boolean;
  /** Groups are OR-ed, clauses AND-ed; empty for a rule without a scope. */
  readonly groups: readonly (readonly ClauseExplanation[])[];
}

export interface ClauseExplanation {
  readonly attribute: string;
  readonly operator: ScopeOperator;
  readonly wanted: string;
  readonly values: readonly string[];
  readonly holds: boolean;
}

export interface JoinExplanation {
  readonly conditions: readonly (JoinClause & { readonly values: readonly string[] })[];
  /** The metaverse objects that matched, each by the objects it is made of; one is needed. */
  readonly matches: readonly (readonly ObjectReference[])[];
}

export interface MetaverseExplanation {
  readonly type: string;
  readonly members: readonly ObjectReference[];
  readonly attributes: readonly AttributeExplanation[];
  readonly outboundScopes: readonly ScopeExplanation[];
  readonly targets: readonly TargetExplanation[];
}

export interface TargetExplanation {
  readonly type: string;
  readonly link: 'provision' | 'join' | 'noFlow';
  readonly attributes: readonly AttributeExplanation[];
}

/** One target attribute: its value and what every flow to it said. */
export interface AttributeExplanation {
  readonly attribute: string;
  /** `kept`: all flows say IgnoreThisFlow, what the target has stays. */
  readonly outcome: 'value' | 'links' | 'none' | 'kept' | 'failed';
  readonly values: readonly string[];
  readonly links: readonly (LinkSource & { readonly count: number })[];
  /** From the highest precedence to the lowest. */
  readonly flows: readonly FlowExplanation[];
}

export interface FlowExplanation {
  readonly rule: NamedRule;
  /** The object that the flow reads; `undefined` for the metaverse. */
  readonly object: ObjectReference | undefined;
  readonly kind: 'direct' | 'constant' | 'expression';
  /** Source attribute, constant, or the text of the expression. */
  readonly text: string;
  /** Attributes that it reads, with their values. */
  readonly inputs: readonly { readonly attribute: string; readonly values: readonly string[] }[];
  /** `won` and `merged` made the value; `lost` had one too, at a lower precedence, or behind an AuthoritativeNull. */
  readonly outcome: 'won' | 'merged' | 'lost' | 'null' | 'authoritativeNull' | 'ignored' | 'outOfScope' | 'failed';
  readonly values: readonly string[];
  readonly failure: RuleFailure | undefined;
}
