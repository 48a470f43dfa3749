import type { AttributeFlow, ConnectorKind, JoinClause, ScopeClause, ScopeOperator, SyncRule } from '../model.ts';

/** A built-in rule before its place in the order is known. */
export type RuleDraft = Omit<SyncRule, 'precedence'>;

/** What has to be said of a built-in rule; the rest is as it mostly is. */
export interface RuleText {
  readonly name: string;
  readonly description: string;
  /** Entra Connect's tag where the rule does what Connect's rule of that name does; the version is the one followed. */
  readonly tag?: string;
  readonly sourceType: string;
  readonly targetType: string;
  readonly linkType?: SyncRule['linkType'];
  readonly passwordSync?: boolean;
  readonly scope?: SyncRule['scope'];
  readonly join?: SyncRule['join'];
  readonly flows: readonly AttributeFlow[];
}

export function inbound(kind: ConnectorKind, text: RuleText): RuleDraft {
  return draft('inbound', kind, text);
}

export function outbound(text: RuleText): RuleDraft {
  return draft('outbound', 'entra', text);
}

function draft(direction: SyncRule['direction'], kind: ConnectorKind, text: RuleText): RuleDraft {
  return {
    id: text.name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, ''),
    tag: undefined,
    direction,
    connector: { kind, name: null },
    linkType: 'Join',
    disabled: false,
    passwordSync: false,
    scope: [],
    join: [],
    ...text,
  };
}

export function clause(attribute: string, operator: ScopeOperator, value = ''): ScopeClause {
  return { attribute, operator, value };
}

export function equal(connectorSpace: string, metaverse: string, caseSensitive = false): JoinClause {
  return { connectorSpace, metaverse, caseSensitive };
}
