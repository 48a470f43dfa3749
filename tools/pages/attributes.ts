import { entraTypes, targetOf, type EntraType, type Target } from '../../shared/entra/targets.ts';
import { builtInRules } from '../../shared/rules/built-in/built-in.ts';
import type { AttributeFlow, SyncRule } from '../../shared/rules/model.ts';
import { unreadAttributes } from '../../shared/rules/schemas/active-directory.ts';

const { rules } = builtInRules();
const code = (text: string): string => `\`${text}\``;

/** Every attribute that the built-in rules give an object of Entra: where it comes from, and what becomes of it. */
export function attributesPage(): string {
  return [
    '# Attributes',
    '',
    'What the built-in rules make of the attributes of the directory. An attribute goes from the directory to the',
    'metaverse, from there to the connector space of the tenant, where it may have another name, and by Microsoft Graph to',
    'a property of the object. What Graph has no place for is worked out all the same: `lockstep explain` shows it,',
    '`lockstep preflight` and `preview` count it, with the reason.',
    '',
    'This page is generated from the built-in rules and `shared/entra/targets.ts` by `npm run docs`.',
    '',
    ...entraTypes.flatMap(typeSection),
    '## Attributes that are not read',
    '',
    'Rules may name these attributes of the directory; they never have a value.',
    '',
    ...[...Map.groupBy(unreadAttributes, ({ reason }) => reason)].map(
      ([reason, own]) => `- ${reason} ${listed(own.map(({ name }) => name))}`,
    ),
    '',
    '## An attribute with no home',
    '',
    'An attribute of users or groups that has no property in Entra can become a directory extension: a property that an',
    'app registration of the tenant defines. The rules name the attributes and the application (its client id); Lockstep',
    'defines the extensions before it writes the first object.',
    '',
    '```yaml',
    'extensionApplication: 01234567-89ab-cdef-0123-456789abcdef',
    'builtIn:',
    '  directoryExtensions:',
    '    - { objectType: user, attribute: employeeNumber }',
    '```',
    '',
    'In Entra the attribute is called `extension_`, the client id without dashes, and its own name:',
    '`extension_0123456789abcdef0123456789abcdef_employeeNumber`. True and false keep their type, everything else is text',
    'of at most 256 characters: numbers in digits, bytes in base64. Attributes that rules of your own make, named',
    '`extension_…` among the `attributes` of the connector space `entra`, go the same way. Without an application they',
    'stay behind, with the reason. An extension that the rules no longer ask for keeps its values.',
    '',
  ].join('\n');
}

function typeSection(type: EntraType): readonly string[] {
  const own = rules.filter((rule) => rule.direction === 'outbound' && rule.targetType === type);
  const names = [...new Set(own.flatMap((rule) => rule.flows.map((flow) => flow.target)))].sort((a, b) =>
    a.localeCompare(b, 'en'),
  );
  const ways = names.map((name) => ({
    name,
    sources: sourcesOf(type, name, own),
    target: targetOf(type, name, new Map()),
  }));
  const carried = ways.filter(({ target }) => !('reason' in target));
  const left = ways.filter(({ target }) => 'reason' in target);
  const [only] = left;
  const title = `## ${type.charAt(0).toUpperCase()}${type.slice(1)}s`;
  if (carried.length === 0 && only !== undefined && 'reason' in only.target) {
    return [title, '', `None of them is written: ${lowerFirst(only.target.reason)}`, ''];
  }
  return [
    title,
    '',
    '| Property of Entra | Attribute of the tenant | From the directory |',
    '| --- | --- | --- |',
    ...carried.map(
      ({ name, sources, target }) => `| ${propertyOf(target)} | ${code(name)} | ${sources.map(code).join(', ')} |`,
    ),
    '',
    'These stay behind:',
    '',
    ...[...Map.groupBy(left, ({ target }) => ('reason' in target ? target.reason : ''))].map(
      ([reason, some]) => `- ${reason} ${listed(some.map(({ name }) => name))}`,
    ),
    '',
  ];
}

function lowerFirst(text: string): string {
  return text.startsWith('Microsoft') ? text : text.charAt(0).toLowerCase() + text.slice(1);
}

function propertyOf(target: Target): string {
  if ('property' in target) return code(target.property);
  return 'carriedAs' in target ? code(target.carriedAs) : '';
}

/** Object types of the directory that become each type of the tenant. */
const sourceTypes: Readonly<Record<EntraType, readonly string[]>> = {
  user: ['user', 'inetOrgPerson'],
  group: ['group'],
  contact: ['contact'],
  device: ['computer'],
};

/** Names in lines of a width that fits a page. */
function listed(names: readonly string[]): string {
  let line = 0;
  return names
    .map((name, i) => {
      const text = code(name) + (i < names.length - 1 ? ',' : '');
      const breaks = line + text.length > 100;
      line = breaks ? text.length : line + text.length + 1;
      return (breaks ? '\n  ' : i === 0 ? '\n  ' : ' ') + text;
    })
    .join('');
}

/** Attributes of the directory that flow to an attribute of the tenant, through the metaverse. */
function sourcesOf(type: EntraType, name: string, outbound: readonly SyncRule[]): readonly string[] {
  const through = new Set(flowsTo(name, outbound).flatMap(namesIn));
  const inbound = rules.filter(
    (rule) =>
      rule.direction === 'inbound' &&
      rule.connector.kind === 'activeDirectory' &&
      sourceTypes[type].includes(rule.sourceType),
  );
  return [...new Set([...through].flatMap((attribute) => flowsTo(attribute, inbound).flatMap(namesIn)))].sort();
}

function flowsTo(target: string, from: readonly SyncRule[]): readonly AttributeFlow[] {
  return from.flatMap((rule) => rule.flows.filter((flow) => flow.target === target));
}

function namesIn(flow: AttributeFlow): readonly string[] {
  if (flow.kind === 'constant') return [];
  if (flow.kind === 'direct') return [flow.source];
  return [...flow.text.matchAll(/\[([\w-]+)\]|ValueCount\("([\w-]+)"\)/g)].map((found) => found[1] ?? found[2] ?? '');
}
