import {
  linkTypes,
  mergeTypes,
  scopeOperators,
  type AttributeFlow,
  type ConnectorDefinition,
  type LinkType,
  type MergeType,
  type ScopeClause,
  type ScopeOperator,
  type SyncRule,
} from '../model.ts';
import { objectTypes } from '../validation/validate.ts';
import type { ImportedConnector, ImportedFlow, ImportedRule } from './imported.ts';

/** A rule in our model, or why it has no place in it. */
export type Translation =
  | { readonly ok: true; readonly rule: SyncRule; readonly notes: readonly string[] }
  | { readonly ok: false; readonly reason: string };

/** Connectors by id and by name in lower case. */
export type Connectors = ReadonlyMap<string, ConnectorDefinition>;

export function toConnectors(imported: readonly ImportedConnector[]): Connectors {
  const connectors = new Map<string, ConnectorDefinition>();
  for (const { id, name, kind, parameters } of imported) {
    if (kind === 'other') continue;
    const definition: ConnectorDefinition = {
      name,
      kind,
      parameters:
        kind === 'activeDirectory' && name.includes('.') ? { 'Forest.FQDN': name, ...parameters } : parameters,
    };
    connectors.set(id, definition);
    connectors.set(name.toLowerCase(), definition);
  }
  return connectors;
}

/** Translates one rule; attributes and expressions are not looked at. */
export function translateRule(imported: ImportedRule, connectors: Connectors): Translation {
  const direction = imported.direction.toLowerCase();
  if (direction !== 'inbound' && direction !== 'outbound')
    return no(`The direction "${imported.direction}" is unknown.`);
  const connector = connectors.get(imported.connector) ?? byName(imported, connectors);
  if (connector === undefined)
    return no(`Its connector ${imported.connector} is not in the export, or is neither a forest nor a tenant.`);
  if (direction === 'outbound' && connector.kind === 'activeDirectory')
    return no('It writes back to the directory, which Lockstep does not do.');
  const linkType = spelled(linkTypes, imported.linkType);
  if (linkType === undefined) return no(`The link type "${imported.linkType}" is unknown.`);
  const targetType = imported.targetType === '' || /^any$/i.test(imported.targetType) ? '*' : imported.targetType;
  const sourceTypes = objectTypes[direction === 'inbound' ? connector.kind : 'metaverse'];
  if (!sourceTypes.includes(imported.sourceType))
    return no(`Objects of the type "${imported.sourceType}" are not read.`);
  const targetTypes = objectTypes[direction === 'inbound' ? 'metaverse' : connector.kind];
  if (targetType !== '*' && !targetTypes.includes(targetType))
    return no(`There are no objects of the type "${targetType}" here.`);
  const scope: ScopeClause[][] = [];
  for (const group of imported.scope) {
    const clauses: ScopeClause[] = [];
    for (const { attribute, operator, value } of group) {
      const known = operatorOf(operator);
      if (known === undefined) return no(`The operator "${operator}" of its scope is unknown.`);
      clauses.push({ attribute, operator: known, value: known === 'ISNULL' || known === 'ISNOTNULL' ? '' : value });
    }
    if (clauses.length > 0) scope.push(clauses);
  }
  const flows: AttributeFlow[] = [];
  for (const flow of imported.flows ?? []) {
    const merge = flow.merge === '' ? 'Update' : spelled(mergeTypes, flow.merge);
    if (merge === undefined) return no(`The merge type "${flow.merge}" of ${flow.target} is unknown.`);
    flows.push(toFlow(flow, merge));
  }
  const notes = [
    ...(/^(0|00:00:00|)$/.test(imported.softDeleteExpiry) ? [] : ['Its soft delete interval has no meaning here.']),
    ...(direction === 'inbound' && flows.some(({ applyOnce }) => applyOnce)
      ? ['Flows that apply once flow always here: the metaverse is worked out anew each time.']
      : []),
    ...(linkType === 'StickyJoin'
      ? ['StickyJoin is a Join here: what a rule has not in scope any more does not keep anything alive.']
      : []),
  ];
  const rule: SyncRule = {
    id: idOf(imported),
    name: imported.name,
    description: imported.description === '' ? undefined : imported.description,
    tag: imported.tag === '' ? undefined : imported.tag,
    direction,
    connector: { kind: connector.kind, name: connector.name },
    sourceType: imported.sourceType,
    targetType,
    linkType,
    precedence: imported.precedence,
    disabled: imported.disabled,
    passwordSync: imported.passwordSync && connector.kind === 'activeDirectory',
    scope,
    join: imported.join.map((group) => group.map((clause) => ({ ...clause }))).filter((group) => group.length > 0),
    flows,
  };
  return { ok: true, rule, notes };
}

/** Scripts name connectors by ids that nothing else in them explains; the rule's own name tells the kind. */
function byName(imported: ImportedRule, connectors: Connectors): ConnectorDefinition | undefined {
  if (connectors.size > 0) return undefined;
  if (/^(In from|Out to) AAD\b/i.test(imported.name)) return { name: 'Microsoft Entra', kind: 'entra', parameters: {} };
  return /^(In from|Out to) AD\b/i.test(imported.name) || imported.direction.toLowerCase() === 'inbound'
    ? { name: imported.connector, kind: 'activeDirectory', parameters: {} }
    : { name: 'Microsoft Entra', kind: 'entra', parameters: {} };
}

function no(reason: string): Translation {
  return { ok: false, reason };
}

function toFlow(flow: ImportedFlow, merge: MergeType): AttributeFlow {
  const target = { target: flow.target, applyOnce: flow.applyOnce, merge };
  switch (flow.kind) {
    case 'direct':
      return { ...target, kind: 'direct', source: flow.text };
    case 'constant':
      return { ...target, kind: 'constant', value: flow.text };
    case 'expression':
      return { ...target, kind: 'expression', dialect: 'connect', text: flow.text };
  }
}

function operatorOf(text: string): ScopeOperator | undefined {
  const upper = text.trim().toUpperCase();
  return upper === 'ISNOTBITSET' ? 'ISBITNOTSET' : spelled(scopeOperators, upper);
}

function spelled<T extends LinkType | MergeType | ScopeOperator>(known: readonly T[], text: string): T | undefined {
  return known.find((one) => one.toLowerCase() === text.trim().toLowerCase());
}

/** The name as an id, with the beginning of the rule's own id: two forests have rules of the same name. */
export function idOf({ name, identifier }: Pick<ImportedRule, 'name' | 'identifier'>): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  const suffix = /^[0-9a-f]{8}-/.exec(identifier)?.[0].slice(0, 8);
  return suffix === undefined ? slug : `${slug}-${suffix}`;
}
