import { z } from 'zod';
import { dialects, type Dialect } from '../expressions/expression.ts';
import type { BuiltInOptions } from '../built-in/built-in.ts';
import {
  connectorKinds,
  linkTypes,
  mergeTypes,
  scopeOperators,
  type ConnectorKind,
  type LinkType,
  type MergeType,
  type ScopeOperator,
} from '../model.ts';
import { valueTypes, type ValueType } from '../schema.ts';

/** Rules as people write them, in YAML, JSON or TypeScript: what has a default may be left out. */
export interface AuthoredFile {
  readonly name?: string | undefined;
  readonly base?: 'builtIn' | 'none' | undefined;
  readonly builtIn?: Optional<BuiltInOptions> | undefined;
  readonly extensionApplication?: string | undefined;
  readonly connectors?: readonly AuthoredConnector[] | undefined;
  readonly attributes?: readonly AuthoredAttribute[] | undefined;
  readonly rules?: readonly (AuthoredRule | DisabledRule)[] | undefined;
}

type Optional<T> = { readonly [K in keyof T]: T[K] | undefined };

export interface AuthoredConnector {
  readonly name: string;
  readonly kind: ConnectorKind;
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

export interface AuthoredAttribute {
  readonly space: ConnectorKind | 'metaverse';
  readonly name: string;
  readonly type: ValueType;
  readonly multiValued?: boolean | undefined;
}

/** Switches a built-in rule off. */
export interface DisabledRule {
  readonly id: string;
  readonly disabled: true;
}

export interface AuthoredRule {
  readonly id: string;
  readonly name: string;
  readonly description?: string | undefined;
  readonly tag?: string | undefined;
  readonly direction: 'inbound' | 'outbound';
  readonly connector: ConnectorKind | { readonly kind: ConnectorKind; readonly name?: string | undefined };
  readonly sourceType: string;
  readonly targetType: string;
  readonly linkType: LinkType;
  readonly precedence: number;
  readonly disabled?: boolean | undefined;
  readonly passwordSync?: boolean | undefined;
  readonly scope?: readonly (readonly AuthoredClause[])[] | undefined;
  readonly join?: readonly (readonly AuthoredJoin[])[] | undefined;
  readonly flows?: readonly AuthoredFlow[] | undefined;
}

export interface AuthoredClause {
  readonly attribute: string;
  readonly operator: ScopeOperator | 'ISNOTBITSET';
  readonly value?: string | undefined;
}

export interface AuthoredJoin {
  readonly connectorSpace: string;
  readonly metaverse: string;
  readonly caseSensitive?: boolean | undefined;
}

export interface AuthoredFlow {
  readonly target: string;
  readonly source?: string | undefined;
  readonly constant?: string | number | boolean | undefined;
  readonly expression?: string | undefined;
  readonly dialect?: Dialect | undefined;
  readonly applyOnce?: boolean | undefined;
  readonly merge?: MergeType | undefined;
}

export const authoredClause: z.ZodType<AuthoredClause> = z
  .strictObject({
    attribute: z.string().min(1),
    operator: z.enum([...scopeOperators, 'ISNOTBITSET']).describe('ISNOTBITSET is another spelling of ISBITNOTSET.'),
    value: z.string().optional().describe('Not with ISNULL and ISNOTNULL; with all others.'),
  })
  .describe('One condition on an attribute of the source.');

export const authoredJoin: z.ZodType<AuthoredJoin> = z
  .strictObject({
    connectorSpace: z.string().min(1),
    metaverse: z.string().min(1),
    caseSensitive: z.boolean().optional().describe('Default: false.'),
  })
  .describe('The attribute of the connector space equals that of the metaverse.');

export const authoredFlow: z.ZodType<AuthoredFlow> = z
  .strictObject({
    target: z.string().min(1),
    source: z.string().min(1).optional().describe('Direct: the attribute of the source.'),
    constant: z
      .union([z.string(), z.number().int(), z.boolean()])
      .optional()
      .describe('The same value for every object.'),
    expression: z.string().min(1).optional().describe('Worked out for each object.'),
    dialect: z.enum(dialects).optional().describe('Of the expression. Default: connect.'),
    applyOnce: z.boolean().optional().describe('Only when the target object is created. Default: false.'),
    merge: z.enum(mergeTypes).optional().describe('Default: Update.'),
  })
  .describe('Exactly one of source, constant and expression.');

const connector = z
  .union([z.enum(connectorKinds), z.strictObject({ kind: z.enum(connectorKinds), name: z.string().min(1).optional() })])
  .describe('A kind alone means every connector of that kind.');

const ruleShape = {
  id: z.string().min(1).describe('Stable and unique. The id of a built-in rule replaces that rule.'),
  name: z.string().min(1),
  description: z.string().optional(),
  tag: z.string().optional().describe("Entra Connect's immutable tag."),
  direction: z.enum(['inbound', 'outbound']),
  connector,
  sourceType: z.string().min(1),
  targetType: z.string().min(1),
  linkType: z.enum(linkTypes),
  precedence: z.number().int().min(0).describe('The lower number wins. Built-in rules begin at 100.'),
  disabled: z.boolean().optional().describe('Default: false.'),
  passwordSync: z.boolean().optional().describe('Default: false.'),
  scope: z
    .array(z.array(authoredClause).min(1))
    .optional()
    .describe('Groups are OR-ed, the conditions of a group AND-ed.'),
  join: z.array(z.array(authoredJoin).min(1)).optional().describe('Tried in order; exactly one match joins.'),
  flows: z.array(authoredFlow).optional(),
};

/** A rule as it is written. */
export const authoredRule: z.ZodType<AuthoredRule> = z.strictObject(ruleShape).describe('A synchronisation rule.');
export const ruleKeys: readonly string[] = Object.keys(ruleShape);

/** Whether a value can stand under that key of a rule. */
export function isRuleValue(key: string, value: unknown): boolean {
  return Object.entries(ruleShape).some(([name, schema]) => name === key && schema.safeParse(value).success);
}

/** Switches a built-in rule off. */
export const disabledRule: z.ZodType<DisabledRule> = z
  .strictObject({ id: z.string().min(1), disabled: z.literal(true) })
  .describe('Switches a built-in rule off.');

const userMatching = z
  .union([
    z.enum(['representedOnce', 'mail', 'objectSid', 'samAccountNameAndMailNickname']),
    z.strictObject({ attribute: z.string().min(1) }),
  ])
  .describe('How accounts of one person in several forests find each other. Default: representedOnce.');

/** Graph "extensionProperty": `extension_`, and a name. */
const extensionName = /^extension_[A-Za-z][A-Za-z0-9_]{0,119}$/;

const fileShape = {
  name: z.string().min(1).optional().describe('Of the rule set.'),
  base: z.enum(['builtIn', 'none']).optional().describe('What the rules are added to. Default: builtIn.'),
  builtIn: z
    .strictObject({
      userMatching: userMatching.optional(),
      groupMemberLimit: z.number().int().min(1).optional(),
      directoryExtensions: z
        .array(z.strictObject({ objectType: z.enum(['user', 'group']), attribute: z.string().min(1) }))
        .optional(),
    })
    .optional()
    .describe('Options of the built-in rules.'),
  extensionApplication: z
    .guid()
    .optional()
    .describe('Client id of the application that holds directory extensions. Without one they stay behind.'),
  connectors: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        kind: z.enum(connectorKinds),
        parameters: z.record(z.string(), z.string()).optional().describe('For %…% in expressions.'),
      }),
    )
    .optional()
    .describe('In the order of their creation, which settles ties of precedence.'),
  attributes: z
    .array(
      z
        .strictObject({
          space: z.enum([...connectorKinds, 'metaverse']),
          name: z.string().min(1),
          type: z.enum(valueTypes),
          multiValued: z.boolean().optional().describe('Default: false.'),
        })
        .refine(({ space, name }) => space !== 'entra' || !name.startsWith('extension_') || extensionName.test(name), {
          message: 'The name of a directory extension has letters, digits and underscores only, 120 at most.',
          path: ['name'],
        }),
    )
    .optional()
    .describe('Attributes beyond those that are known.'),
  rules: z.array(z.union([authoredRule, disabledRule])).optional(),
};

/** A file of rules as it is written. */
export const authoredFile: z.ZodType<AuthoredFile> = z
  .strictObject(fileShape)
  .describe('A file of synchronisation rules of Lockstep.');
export const fileKeys: readonly string[] = Object.keys(fileShape);
