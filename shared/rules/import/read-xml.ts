import { XMLParser } from 'fast-xml-parser';
import { SyntaxValidator } from 'fast-xml-validator';
import {
  nothingImported,
  type ImportedConfiguration,
  type ImportedConnector,
  type ImportedFlow,
  type ImportedRule,
} from './imported.ts';

/** An element: its attributes, and its children in order. */
interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  readonly text: string;
}

/** Elements that hold a schema of thousands of attributes that nobody asks for here. */
const skipped = ['schema', 'mv-data', 'import-flow', 'export-flow'];

/**
 * Reads one file of the server configuration export: a rule, a connector, or something else, which is nothing. Never
 * throws: what cannot be read is a problem.
 */
export function readXml(file: string, text: string): ImportedConfiguration {
  const at = (line: number): ImportedRule['place'] => ({ file, line, column: 1 });
  try {
    SyntaxValidator.validate(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const line = (error as { line?: unknown }).line;
    const place = at(typeof line === 'number' ? line : 1);
    return { ...nothingImported, problems: [{ place, message: `It is not XML: ${message}` }] };
  }
  const root = parse(text);
  switch (root?.name) {
    case 'synchronizationRule':
      return readRule(root, at(1));
    case 'ma-data':
      return { ...nothingImported, connectors: [readConnector(root, at(1))] };
    case 'saved-ma-configuration': {
      const data = child(root, 'ma-data');
      return data === undefined ? nothingImported : { ...nothingImported, connectors: [readConnector(data, at(1))] };
    }
    default:
      return nothingImported;
  }
}

function parse(text: string): Element | undefined {
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    // Line breaks and blanks belong to expressions, and "1" is a text.
    trimValues: false,
    parseTagValue: false,
    parseAttributeValue: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
    stopNodes: skipped.map((name) => `*.${name}`),
  });
  const nodes = parser.parse(text) as readonly Record<string, unknown>[];
  return nodes.flatMap((node) => toElement(node) ?? [])[0];
}

function toElement(node: Record<string, unknown>): Element | undefined {
  const name = Object.keys(node).find((key) => key !== ':@' && key !== '#text');
  if (name === undefined) return undefined;
  const content = Array.isArray(node[name]) ? (node[name] as readonly Record<string, unknown>[]) : [];
  return {
    name,
    attributes: (node[':@'] ?? {}) as Record<string, string>,
    children: content.flatMap((inner) => toElement(inner) ?? []),
    text: content.map((inner) => (typeof inner['#text'] === 'string' ? inner['#text'] : '')).join(''),
  };
}

function child(element: Element | undefined, name: string): Element | undefined {
  return element?.children.find((inner) => inner.name === name);
}

function children(element: Element | undefined, name: string): readonly Element[] {
  return element?.children.filter((inner) => inner.name === name) ?? [];
}

const textOf = (element: Element | undefined, name: string): string => child(element, name)?.text.trim() ?? '';
const isTrue = (text: string): boolean => /^(true|1)$/i.test(text.trim());

function readRule(root: Element, place: ImportedRule['place']): ImportedConfiguration {
  const precedence = Number(textOf(root, 'precedence'));
  const name = textOf(root, 'name');
  if (name === '' || !Number.isInteger(precedence)) {
    return { ...nothingImported, problems: [{ place, message: 'The rule has no name or no precedence.' }] };
  }
  const rule: ImportedRule = {
    place,
    identifier: guidOf(textOf(root, 'id')),
    name,
    description: textOf(root, 'description'),
    tag: textOf(root, 'immutable-tag'),
    direction: textOf(root, 'direction'),
    connector: guidOf(textOf(root, 'connector')),
    sourceType: textOf(root, 'sourceObjectType'),
    targetType: textOf(root, 'targetObjectType'),
    linkType: textOf(root, 'linkType'),
    precedence,
    disabled: isTrue(textOf(root, 'disabled')),
    passwordSync: isTrue(textOf(root, 'EnablePasswordSync')),
    softDeleteExpiry: textOf(root, 'softDeleteExpiryInterval'),
    scope: children(child(root, 'synchronizationCriteria'), 'conditions').map((group) =>
      children(group, 'scope').map((clause) => ({
        attribute: textOf(clause, 'csAttribute'),
        operator: textOf(clause, 'csOperator'),
        value: child(clause, 'csValue')?.text ?? '',
      })),
    ),
    join: children(child(root, 'relationshipCriteria'), 'conditions').map((group) =>
      children(group, 'condition').map((condition) => ({
        connectorSpace: textOf(condition, 'csAttribute'),
        metaverse: textOf(condition, 'ilmAttribute'),
        caseSensitive: isTrue(textOf(condition, 'caseSensitive')),
      })),
    ),
    flows: children(child(root, 'attribute-mappings'), 'mapping').map(readFlow),
  };
  return { ...nothingImported, rules: [rule] };
}

/** An expression has its text; a direct flow names an attribute in `src`, a constant stands there itself. */
function readFlow(mapping: Element): ImportedFlow {
  const expression = child(mapping, 'expression')?.text;
  const source = child(mapping, 'src');
  const attribute = child(source, 'attr')?.text.trim();
  const rest = {
    target: textOf(mapping, 'dest'),
    applyOnce: isTrue(mapping.attributes['execute-once'] ?? ''),
    merge: textOf(mapping, 'valueMergeType'),
  };
  if (expression !== undefined && expression.trim() !== '') return { ...rest, kind: 'expression', text: expression };
  if (attribute !== undefined) return { ...rest, kind: 'direct', text: attribute };
  return { ...rest, kind: 'constant', text: source?.text ?? '' };
}

function readConnector(root: Element, place: ImportedConnector['place']): ImportedConnector {
  const category = textOf(root, 'category');
  const isEntra = /Azure Active Directory|Entra/i.test(`${textOf(root, 'subtype')} ${textOf(root, 'ma-listname')}`);
  const partitions = children(child(root, 'ma-partition-data'), 'partition')
    .filter((partition) => textOf(partition, 'selected') === '1')
    .map((partition) => {
      const filter = child(child(partition, 'filter'), 'containers');
      const list = (name: string, item: string): readonly string[] =>
        children(child(filter, name), item).map((entry) => entry.text.trim());
      return {
        dn: textOf(partition, 'name'),
        included: list('inclusions', 'inclusion'),
        excluded: list('exclusions', 'exclusion'),
      };
    });
  return {
    place,
    id: guidOf(textOf(root, 'id')),
    name: textOf(root, 'name'),
    kind: category === 'AD' ? 'activeDirectory' : isEntra ? 'entra' : 'other',
    parameters: parametersOf(root),
    partitions,
  };
}

/** Parameters of the forest; those of a domain only where there is one, for else they follow from each object. */
function parametersOf(root: Element): Readonly<Record<string, string>> {
  const partitions = children(child(root, 'ma-partition-data'), 'partition').filter(
    (partition) => textOf(partition, 'selected') === '1',
  );
  const sources = [root, ...(partitions.length === 1 ? partitions : [])];
  const named = sources
    .flatMap((source) => children(child(source, 'parameter-values'), 'parameter'))
    .map((parameter) => [parameter.attributes['name'] ?? '', parameter.text.trim()] as const)
    .filter(([name, value]) => /^(Forest|Domain)\.(FQDN|LDAP|Netbios)$/.test(name) && value !== '');
  return Object.fromEntries(named);
}

/** Without braces, lower case. */
export function guidOf(text: string): string {
  return text.replace(/[{}]/g, '').trim().toLowerCase();
}
