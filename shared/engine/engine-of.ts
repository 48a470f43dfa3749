import type { ConnectorDefinition, RuleSet } from '../rules/model.ts';
import { builtInSchemas } from '../rules/schemas/built-in.ts';
import { Engine } from './engine.ts';

/** Name of the tenant's connector in rules that declare none. */
const tenantConnector = 'Microsoft Entra';

/**
 * The engine of a rule set. Directories that the rule set does not declare follow those that it does, by name: their
 * order settles ties of precedence and must not depend on which relay was quicker.
 */
export function engineOf(ruleSet: RuleSet, directories: readonly string[]): Engine {
  return new Engine({ ...ruleSet, connectors: connectorsOf(ruleSet, directories) }, builtInSchemas);
}

function connectorsOf(ruleSet: RuleSet, directories: readonly string[]): readonly ConnectorDefinition[] {
  const declared = new Set(ruleSet.connectors.map(({ name }) => name));
  const others = [...new Set(directories)].filter((name) => !declared.has(name)).sort();
  const tenant = tenantConnectorOf(ruleSet);
  return [
    ...ruleSet.connectors,
    ...others.map((name): ConnectorDefinition => ({ name, kind: 'activeDirectory', parameters: {} })),
    ...(declared.has(tenant) ? [] : [{ name: tenant, kind: 'entra', parameters: {} } as const]),
  ];
}

/** Name of the connector of the tenant. */
export function tenantConnectorOf(ruleSet: RuleSet): string {
  return ruleSet.connectors.find(({ kind }) => kind === 'entra')?.name ?? tenantConnector;
}
