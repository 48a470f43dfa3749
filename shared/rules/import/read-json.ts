import { LineCounter, parseDocument } from 'yaml';
import {
  nothingImported,
  type ImportedConfiguration,
  type ImportedConnector,
  type ImportedFlow,
  type ImportedRule,
  type ImportProblem,
} from './imported.ts';
import { guidOf } from './read-xml.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads the settings file of the wizard (`…-SynchronizationPolicy-….json`): policies of the directories and of the tenant,
 * each with the operator's own rules in full and Microsoft's by name and tag.
 */
export function readJson(file: string, text: string): ImportedConfiguration {
  const json = text.replace(/^\uFEFF/, '');
  const lines = new LineCounter();
  // JSON is YAML, and this parser says where things stand.
  const document = parseDocument(json, { lineCounter: lines, prettyErrors: false, schema: 'json' });
  const placeAt = (offset: number): ImportedRule['place'] => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  let content: unknown;
  try {
    content = JSON.parse(json);
  } catch (error) {
    const [wrong] = document.errors;
    const message = `It is not JSON: ${wrong?.message ?? (error as SyntaxError).message}`;
    return { ...nothingImported, problems: [{ place: placeAt(wrong?.pos[0] ?? 0), message }] };
  }
  const reader = new PolicyReader((path) => {
    const node: unknown = document.getIn(path, true);
    return placeAt((node as { range?: readonly number[] } | undefined)?.range?.[0] ?? 0);
  });
  reader.read(content);
  return reader.result();
}

class PolicyReader {
  readonly #rules: ImportedRule[] = [];
  readonly #connectors: ImportedConnector[] = [];
  readonly #problems: ImportProblem[] = [];
  readonly #place: (path: readonly (string | number)[]) => ImportedRule['place'];

  constructor(place: (path: readonly (string | number)[]) => ImportedRule['place']) {
    this.#place = place;
  }

  result(): ImportedConfiguration {
    return { rules: this.#rules, connectors: this.#connectors, problems: this.#problems };
  }

  read(content: unknown): void {
    const directories = keyOf(content, 'onpremisesDirectoryPolicy');
    const tenant = keyOf(content, 'azureDirectoryPolicy');
    if (directories === undefined && tenant === undefined) {
      this.#problems.push({
        place: this.#place([]),
        message: 'It is not a settings file of the wizard: it has no policy of a directory.',
      });
      return;
    }
    if (directories !== undefined) {
      const policies = valueAt(content, directories);
      const list = Array.isArray(policies) ? (policies as readonly unknown[]) : [policies];
      list.forEach((policy, i) => {
        this.#policy(policy, Array.isArray(policies) ? [directories, i] : [directories], 'activeDirectory');
      });
    }
    if (tenant !== undefined) this.#policy(valueAt(content, tenant), [tenant], 'entra');
  }

  #policy(policy: unknown, path: readonly (string | number)[], kind: 'activeDirectory' | 'entra'): void {
    const name = text(policy, 'fullyQualifiedDomainName', 'name') || (kind === 'entra' ? 'Microsoft Entra' : '');
    const id = guidOf(text(policy, 'connectorIdentifier', 'identifier')) || name.toLowerCase();
    this.#connectors.push({
      place: this.#place(path),
      id,
      name: name || id,
      kind,
      parameters: {},
      partitions: partitionsOf(policy),
    });
    for (const list of ['customSynchronizationRules', 'standardSynchronizationRules']) {
      const key = keyOf(policy, list);
      const rules = key === undefined ? undefined : valueAt(policy, key);
      if (key === undefined || !Array.isArray(rules)) continue;
      (rules as readonly unknown[]).forEach((rule, i) => {
        this.#rule(rule, [...path, key, i], id, list === 'customSynchronizationRules');
      });
    }
  }

  #rule(rule: unknown, path: readonly (string | number)[], connector: string, custom: boolean): void {
    const place = this.#place(path);
    const name = text(rule, 'name');
    const precedence = Number(text(rule, 'precedence') || NaN);
    if (name === '' || !Number.isInteger(precedence)) {
      this.#problems.push({ place, message: 'The rule has no name or no precedence.' });
      return;
    }
    this.#rules.push({
      place,
      identifier: guidOf(text(rule, 'uniqueIdentifier', 'identifier', 'internalIdentifier')) || name,
      name,
      description: text(rule, 'description'),
      tag: text(rule, 'immutableTag'),
      direction: text(rule, 'direction') || (/^Out to/i.test(name) ? 'Outbound' : 'Inbound'),
      connector,
      sourceType: text(rule, 'sourceObjectType', 'source'),
      targetType: text(rule, 'targetObjectType', 'target'),
      linkType: text(rule, 'linkType'),
      precedence,
      disabled: isTrue(rule, 'disabled'),
      passwordSync: isTrue(rule, 'enablePasswordSync'),
      softDeleteExpiry: text(rule, 'softDeleteExpiryInterval'),
      scope: groups(rule, ['scopeFilters', 'scopeFilter'], ['scopeConditionList', 'conditions', 'scopeConditions']).map(
        (group) =>
          group.map((clause) => ({
            attribute: text(clause, 'attribute'),
            operator: text(clause, 'condition', 'comparisonOperator', 'operator'),
            value: text(clause, 'value', 'comparisonValue'),
          })),
      ),
      join: groups(rule, ['joinFilters', 'joinFilter'], ['joinConditionList', 'conditions', 'joinConditions']).map(
        (group) =>
          group.map((clause) => ({
            connectorSpace: text(clause, 'csAttribute', 'source', 'sourceAttribute'),
            metaverse: text(clause, 'mvAttribute', 'target', 'targetAttribute'),
            caseSensitive: isTrue(clause, 'caseSensitive'),
          })),
      ),
      flows: custom ? listAt(rule, 'attributeMappings', 'attributeFlowMappings').map(readFlow) : undefined,
    });
  }
}

function readFlow(mapping: unknown): ImportedFlow {
  const expression = text(mapping, 'expression');
  const source = listAt(mapping, 'source').map(String);
  const single = text(mapping, 'source', 'constantValue');
  const type = text(mapping, 'flowType', 'type').toLowerCase();
  const kind =
    type === 'direct' || type === 'constant' || type === 'expression'
      ? type
      : expression === ''
        ? 'direct'
        : 'expression';
  return {
    target: text(mapping, 'destination', 'target'),
    kind,
    text: kind === 'expression' ? expression : (source[0] ?? single),
    applyOnce: isTrue(mapping, 'executeOnce'),
    merge: text(mapping, 'valueMergeType', 'mergeType'),
  };
}

function partitionsOf(policy: unknown): ImportedConnector['partitions'] {
  return listAt(policy, 'partitionFilters').map((partition) => ({
    dn: text(partition, 'distinguishedName'),
    included: listAt(partition, 'containerInclusions').map(String),
    excluded: listAt(partition, 'containerExclusions').map(String),
  }));
}

/** Groups of conditions: a list of lists, a list of objects with a list, or one list that is a single group. */
function groups(rule: unknown, names: readonly string[], inner: readonly string[]): readonly (readonly unknown[])[] {
  const list = listAt(rule, ...names);
  if (list.length === 0) return [];
  if (list.every(Array.isArray)) return list as readonly (readonly unknown[])[];
  const nested = list.map((group) => listAt(group, ...inner));
  return nested.some((group) => group.length > 0) ? nested : [list];
}

/** The spelling of names differs between versions in upper and lower case. */
function keyOf(value: unknown, ...names: readonly string[]): string | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  const wanted = names.map((name) => name.toLowerCase());
  return Object.keys(value).find((key) => wanted.includes(key.toLowerCase()));
}

function valueAt(value: unknown, key: string): unknown {
  return (value as Json)[key];
}

function text(value: unknown, ...names: readonly string[]): string {
  for (const name of names) {
    const key = keyOf(value, name);
    const found = key === undefined ? undefined : valueAt(value, key);
    if (typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean') return String(found);
  }
  return '';
}

function isTrue(value: unknown, name: string): boolean {
  return text(value, name).toLowerCase() === 'true';
}

function listAt(value: unknown, ...names: readonly string[]): readonly unknown[] {
  const key = keyOf(value, ...names);
  const found = key === undefined ? undefined : valueAt(value, key);
  return Array.isArray(found) ? (found as readonly unknown[]) : [];
}
