import type { Dialect } from './expressions/expression.ts';
import type { SchemaAttribute } from './schema.ts';

/** A rule set in the one form that everything compiles to: typed rules, YAML, JSON, and imported rules of Entra Connect. */
export interface RuleSet {
  readonly version: 1;
  readonly name: string;
  /** In the order of their creation, which settles ties of precedence. Empty: the rules fit whatever connectors there are. */
  readonly connectors: readonly ConnectorDefinition[];
  /** Client id of the application that holds the directory extensions of the tenant; null: extensions stay behind. */
  readonly extensionApplication: string | null;
  /** Attributes beyond the built-in schemas. */
  readonly attributes: readonly CustomAttribute[];
  readonly rules: readonly SyncRule[];
}

export const connectorKinds = ['activeDirectory', 'entra'] as const;
export type ConnectorKind = (typeof connectorKinds)[number];

/** A connected directory: a forest, or the tenant. */
export interface ConnectorDefinition {
  readonly name: string;
  readonly kind: ConnectorKind;
  /** For `%…%` in expressions, as `Forest.FQDN`. `Domain.…` follows from the object's own domain where it is not here. */
  readonly parameters: Readonly<Record<string, string>>;
}

export interface CustomAttribute extends SchemaAttribute {
  readonly space: ConnectorKind | 'metaverse';
}

export interface SyncRule {
  /** Unique in the set and stable: explanations and reports refer to it. */
  readonly id: string;
  readonly name: string;
  readonly description: string | undefined;
  /** Entra Connect's immutable tag, as `Microsoft.InfromADUserJoin.006`; tells a rule of Microsoft's from a custom one. */
  readonly tag: string | undefined;
  readonly direction: 'inbound' | 'outbound';
  readonly connector: ConnectorSelector;
  /** Inbound: object type of the connector space. Outbound: of the metaverse. */
  readonly sourceType: string;
  /** Inbound: object type of the metaverse; `*` (only with a link type that does not create) joins any. */
  readonly targetType: string;
  readonly linkType: LinkType;
  /** The lower number wins. */
  readonly precedence: number;
  readonly disabled: boolean;
  /** Passwords flow for objects that this rule has in scope. */
  readonly passwordSync: boolean;
  /** Groups are OR-ed, clauses of a group AND-ed. None: every object of the type is in scope. */
  readonly scope: readonly (readonly ScopeClause[])[];
  /** Tried in order; the first group with exactly one match joins. */
  readonly join: readonly (readonly JoinClause[])[];
  readonly flows: readonly AttributeFlow[];
}

/** `name` null: every connector of the kind, each by itself. */
export interface ConnectorSelector {
  readonly kind: ConnectorKind;
  readonly name: string | null;
}

/**
 * `Provision` creates the target when nothing joined; `Join` only joins; `StickyJoin` only joins, and then keeps the
 * metaverse object alive; `JoinNoFlow` keeps the outbound link but lets nothing flow.
 */
export const linkTypes = ['Provision', 'Join', 'StickyJoin', 'JoinNoFlow'] as const;
export type LinkType = (typeof linkTypes)[number];

/** Negative operators hold for an attribute without value; the others do not. */
export const scopeOperators = [
  'EQUAL',
  'NOTEQUAL',
  'LESSTHAN',
  'LESSTHAN_OR_EQUAL',
  'GREATERTHAN',
  'GREATERTHAN_OR_EQUAL',
  'CONTAINS',
  'NOTCONTAINS',
  'STARTSWITH',
  'NOTSTARTSWITH',
  'ENDSWITH',
  'NOTENDSWITH',
  'ISNULL',
  'ISNOTNULL',
  'ISIN',
  'ISNOTIN',
  /** The value is a mask. Real exports write ISBITNOTSET, the documentation ISNOTBITSET; the loader takes both. */
  'ISBITSET',
  'ISBITNOTSET',
  /** The value is the DN of a group of the connector space; direct members only. */
  'ISMEMBEROF',
  'ISNOTMEMBEROF',
] as const;
export type ScopeOperator = (typeof scopeOperators)[number];

export interface ScopeClause {
  /** Attribute of the source: connector space (inbound) or metaverse (outbound). */
  readonly attribute: string;
  readonly operator: ScopeOperator;
  /** Empty for ISNULL and ISNOTNULL. */
  readonly value: string;
}

export interface JoinClause {
  /** Attribute of the connector space object. */
  readonly connectorSpace: string;
  readonly metaverse: string;
  readonly caseSensitive: boolean;
}

/** How the contributions of several rules in scope become one value. `Replace` is Connect's unused synonym of `Update`. */
export const mergeTypes = ['Update', 'Merge', 'MergeCaseInsensitive', 'Replace'] as const;
export type MergeType = (typeof mergeTypes)[number];

/** The merge type without its synonym. */
export function mergeOf({ merge }: Pick<FlowTarget, 'merge'>): Exclude<MergeType, 'Replace'> {
  return merge === 'Replace' ? 'Update' : merge;
}

interface FlowTarget {
  readonly target: string;
  /** Flows only while the target object is being created. */
  readonly applyOnce: boolean;
  readonly merge: MergeType;
}

export type AttributeFlow = FlowTarget &
  (
    | { readonly kind: 'direct'; readonly source: string }
    /** In the canonical text of the target's type (`True`, `42`, `text`). */
    | { readonly kind: 'constant'; readonly value: string }
    | { readonly kind: 'expression'; readonly dialect: Dialect; readonly text: string }
  );
