import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isJsonObject, type Json } from './json.ts';

/** The two object types that the simulator keeps. */
export type ObjectKind = 'user' | 'group';

/** How Graph lets applications write one property. Lengths are in UTF-16 code units. */
export interface PropertyRule {
  readonly mode: 'rw' | 'create-only' | 'read-only';
  readonly requiredOnCreate: boolean;
  readonly clearable: boolean;
  readonly maxLength?: number | undefined;
  readonly maxLengthEach?: number | undefined;
  readonly maxItems?: number | undefined;
  readonly pattern?: string | undefined;
  readonly forbiddenChars?: string | undefined;
  readonly enum?: readonly (string | null)[] | undefined;
  readonly enumItems?: readonly string[] | undefined;
  readonly appOnly: boolean;
  readonly notOnCreate: boolean;
  readonly onPremMastered: boolean;
  readonly sensitive: boolean;
  readonly writeError?: { readonly status: number; readonly code: string; readonly message: string } | undefined;
}

const ruleSchema: z.ZodType<PropertyRule> = z.object({
  mode: z.enum(['rw', 'create-only', 'read-only']),
  requiredOnCreate: z.boolean().default(false),
  clearable: z.boolean().default(true),
  maxLength: z.int().optional(),
  maxLengthEach: z.int().optional(),
  maxItems: z.int().optional(),
  pattern: z.string().optional(),
  forbiddenChars: z.string().optional(),
  enum: z.array(z.string().nullable()).optional(),
  enumItems: z.array(z.string()).optional(),
  appOnly: z.boolean().default(true),
  notOnCreate: z.boolean().default(false),
  onPremMastered: z.boolean().default(false),
  sensitive: z.boolean().default(false),
  writeError: z.object({ status: z.int(), code: z.string(), message: z.string() }).optional(),
});

export type PropertyType = 'string' | 'boolean' | 'integer' | 'object' | 'strings' | 'objects';

export interface PropertyMetadata {
  readonly name: string;
  readonly type: PropertyType;
  readonly dateTime: boolean;
  readonly rule: PropertyRule;
}

export interface ResourceMetadata {
  readonly properties: ReadonlyMap<string, PropertyMetadata>;
  readonly navigation: ReadonlySet<string>;
  /** What an answer carries without `$select`, in Graph's order. */
  readonly defaults: readonly string[];
  readonly required: readonly string[];
}

function readFixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../fixtures/graph/${name}`, import.meta.url), 'utf8'));
}

/** Where the documentation wins over the data file (group kind and secrecy are fixed at creation). */
const corrections: Readonly<Record<ObjectKind, Readonly<Record<string, Partial<PropertyRule>>>>> = {
  user: { usageLocation: { clearable: false } },
  group: {
    mailEnabled: { mode: 'create-only', clearable: false },
    groupTypes: { mode: 'create-only', clearable: false },
    securityEnabled: { clearable: false },
    mailNickname: { clearable: false },
    uniqueName: { mode: 'read-only' },
  },
};

const userDefaults = [
  'businessPhones',
  'displayName',
  'givenName',
  'jobTitle',
  'mail',
  'mobilePhone',
  'officeLocation',
  'preferredLanguage',
  'surname',
  'userPrincipalName',
  'id',
];

const groupDefaults = [
  'id',
  'deletedDateTime',
  'classification',
  'createdDateTime',
  'description',
  'displayName',
  'expirationDateTime',
  'groupTypes',
  'isAssignableToRole',
  'mail',
  'mailEnabled',
  'mailNickname',
  'membershipRule',
  'membershipRuleProcessingState',
  'onPremisesDomainName',
  'onPremisesLastSyncDateTime',
  'onPremisesNetBiosName',
  'onPremisesSamAccountName',
  'onPremisesSecurityIdentifier',
  'onPremisesSyncEnabled',
  'preferredDataLocation',
  'preferredLanguage',
  'proxyAddresses',
  'renewedDateTime',
  'resourceBehaviorOptions',
  'resourceProvisioningOptions',
  'securityEnabled',
  'securityIdentifier',
  'theme',
  'uniqueName',
  'visibility',
  'onPremisesProvisioningErrors',
];

const readOnly: PropertyRule = {
  mode: 'read-only',
  requiredOnCreate: false,
  clearable: true,
  appOnly: true,
  notOnCreate: false,
  onPremMastered: false,
  sensitive: false,
};

function typeOf(schema: unknown): PropertyType {
  if (!isJsonObject(schema)) return 'object';
  const type = schema['type'];
  if (type === 'string' || type === 'boolean' || type === 'integer') return type;
  if (type !== 'array') return 'object';
  const items = schema['items'];
  return isJsonObject(items) && items['type'] === 'string' ? 'strings' : 'objects';
}

/** The parts of an `allOf` chain, base types first. */
function schemaParts(schemas: Readonly<Record<string, Json>>, name: string): Record<string, Json>[] {
  const schema = schemas[name];
  if (!isJsonObject(schema)) throw new Error(`The OpenAPI subset has no schema ${name}.`);
  const parts = Array.isArray(schema['allOf']) ? schema['allOf'] : [schema];
  return parts.filter(isJsonObject).flatMap((part) => {
    const reference = part['$ref'];
    return typeof reference === 'string'
      ? schemaParts(schemas, reference.slice(reference.lastIndexOf('/') + 1))
      : [part];
  });
}

const openApiSchema = z.object({
  components: z.object({ schemas: z.record(z.string(), z.custom<Json>(isJsonObject)) }),
});
const writabilitySchema = z.object({
  user: z.record(z.string(), ruleSchema),
  group: z.record(z.string(), ruleSchema),
});

function load(): Readonly<Record<ObjectKind, ResourceMetadata>> {
  const { schemas } = openApiSchema.parse(readFixture('graph-openapi.json')).components;
  const writability = writabilitySchema.parse(readFixture('graph-writability.json'));
  const build = (kind: ObjectKind, defaults: readonly string[]): ResourceMetadata => {
    const properties = new Map<string, PropertyMetadata>();
    const navigation = new Set<string>();
    for (const part of schemaParts(schemas, `microsoft.graph.${kind}`)) {
      if (isJsonObject(part['x-navigation-properties']))
        for (const name of Object.keys(part['x-navigation-properties'])) navigation.add(name);
      if (!isJsonObject(part['properties'])) continue;
      for (const [name, schema] of Object.entries(part['properties'])) {
        if (name.includes('@')) continue;
        const rule = { ...(writability[kind][name] ?? readOnly), ...corrections[kind][name] };
        const dateTime = isJsonObject(schema) && schema['format'] === 'date-time';
        properties.set(name, { name, type: typeOf(schema), dateTime, rule });
      }
    }
    const required = [...properties.values()].filter(({ rule }) => rule.requiredOnCreate).map(({ name }) => name);
    return { properties, navigation, defaults, required };
  };
  return { user: build('user', userDefaults), group: build('group', groupDefaults) };
}

/** Properties of users and groups: their types from the OpenAPI subset, their rules from the writability file. */
export const metadata: Readonly<Record<ObjectKind, ResourceMetadata>> = load();

/** True for names of directory extension properties, which users and groups take as open types. */
export const isExtensionName = (name: string): boolean => /^extension_[0-9a-f]{32}_[A-Za-z0-9_]{1,120}$/.test(name);
