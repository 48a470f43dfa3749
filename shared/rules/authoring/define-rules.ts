import type { BuiltInOptions } from '../built-in/built-in.ts';
import type { ConnectorKind, LinkType, MergeType, ScopeOperator } from '../model.ts';
import type { ActiveDirectoryAttribute, EntraAttribute, MetaverseAttribute } from './attribute-names.ts';
import type { AuthoredAttribute, AuthoredConnector, AuthoredFile, DisabledRule } from './authored.ts';

/** Names of the rule set's own attributes in one space. */
type Own<A extends readonly AuthoredAttribute[], S extends AuthoredAttribute['space']> = Extract<
  A[number],
  { readonly space: S }
>['name'];

type Clause<Source extends string> =
  | { readonly attribute: Source; readonly operator: 'ISNULL' | 'ISNOTNULL' }
  | {
      readonly attribute: Source;
      readonly operator: Exclude<ScopeOperator, 'ISNULL' | 'ISNOTNULL'>;
      readonly value: string;
    };

interface Join<ConnectorSpace extends string, Metaverse extends string> {
  readonly connectorSpace: ConnectorSpace;
  readonly metaverse: Metaverse;
  /** Default: false. */
  readonly caseSensitive?: boolean;
}

/** Where a flow's value comes from: exactly one of the three. */
type Flow<Source extends string, Target extends string> = {
  readonly target: Target;
  /** Only when the target object is created. Default: false. */
  readonly applyOnce?: boolean;
  /** Default: Update. */
  readonly merge?: MergeType;
} & (
  | { readonly source: Source; readonly constant?: never; readonly expression?: never }
  | { readonly constant: string | number | boolean; readonly source?: never; readonly expression?: never }
  | {
      readonly expression: string;
      /** Default: connect. */
      readonly dialect?: 'connect' | 'provisioning';
      readonly source?: never;
      readonly constant?: never;
    }
);

interface RuleHead {
  /** Stable and unique. The id of a built-in rule replaces that rule. */
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly tag?: string;
  /** The lower number wins. Built-in rules begin at 100. */
  readonly precedence: number;
  readonly disabled?: boolean;
}

type Connector<K extends ConnectorKind> = K | { readonly kind: K; readonly name?: string };

/** From a forest to the metaverse. */
interface InboundRule<AD extends string, MV extends string> extends RuleHead {
  readonly direction: 'inbound';
  readonly connector: Connector<'activeDirectory'>;
  readonly sourceType: 'user' | 'inetOrgPerson' | 'group' | 'contact' | 'computer' | 'foreignSecurityPrincipal';
  readonly targetType: 'person' | 'group' | 'device' | '*';
  readonly linkType: Exclude<LinkType, 'JoinNoFlow'>;
  readonly passwordSync?: boolean;
  readonly scope?: readonly (readonly Clause<AD>[])[];
  readonly join?: readonly (readonly Join<AD, MV>[])[];
  readonly flows?: readonly Flow<AD, MV>[];
}

/** From the tenant to the metaverse. */
interface InboundFromEntraRule<EN extends string, MV extends string> extends RuleHead {
  readonly direction: 'inbound';
  readonly connector: Connector<'entra'>;
  readonly sourceType: 'user' | 'group' | 'contact' | 'device';
  readonly targetType: 'person' | 'group' | 'device' | '*';
  readonly linkType: Exclude<LinkType, 'JoinNoFlow'>;
  readonly scope?: readonly (readonly Clause<EN>[])[];
  readonly join?: readonly (readonly Join<EN, MV>[])[];
  readonly flows?: readonly Flow<EN, MV>[];
}

/** From the metaverse to the tenant. */
interface OutboundRule<MV extends string, EN extends string> extends RuleHead {
  readonly direction: 'outbound';
  readonly connector: Connector<'entra'>;
  readonly sourceType: 'person' | 'group' | 'device';
  readonly targetType: 'user' | 'group' | 'contact' | 'device';
  readonly linkType: LinkType;
  readonly scope?: readonly (readonly Clause<MV>[])[];
  readonly join?: readonly (readonly Join<EN, MV>[])[];
  readonly flows?: readonly Flow<MV, EN>[];
}

/** A rule whose attribute names an editor completes and the compiler checks; `A` are the rule set's own attributes. */
export type DefinedRule<A extends readonly AuthoredAttribute[] = readonly []> =
  | InboundRule<ActiveDirectoryAttribute | Own<A, 'activeDirectory'>, MetaverseAttribute | Own<A, 'metaverse'>>
  | InboundFromEntraRule<EntraAttribute | Own<A, 'entra'>, MetaverseAttribute | Own<A, 'metaverse'>>
  | OutboundRule<MetaverseAttribute | Own<A, 'metaverse'>, EntraAttribute | Own<A, 'entra'>>;

export interface DefinedRules<A extends readonly AuthoredAttribute[]> {
  readonly name?: string;
  /** What the rules are added to. Default: builtIn. */
  readonly base?: 'builtIn' | 'none';
  readonly builtIn?: BuiltInOptions;
  /** Client id of the application that holds directory extensions. Without one they stay behind. */
  readonly extensionApplication?: string;
  readonly connectors?: readonly AuthoredConnector[];
  readonly attributes?: A;
  readonly rules?: readonly (DefinedRule<A> | DisabledRule)[];
}

/** Rules in TypeScript: the default export of a file of rules. The same as YAML would say, checked as it is written. */
export function defineRules<const A extends readonly AuthoredAttribute[] = readonly []>(
  rules: DefinedRules<A>,
): AuthoredFile {
  return rules;
}
