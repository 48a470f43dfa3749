import { Engine } from '../../shared/engine/engine.ts';
import { tenantConnector } from '../../shared/entra/counterpart.ts';
import type { ConnectorDefinition, RuleSet } from '../../shared/rules/model.ts';
import { builtInSchemas } from '../../shared/rules/schemas/built-in.ts';

/** The rule set that is in force, and the engine made of it. */
export class Rules {
  readonly ruleSet: RuleSet;
  #made: { readonly directories: string; readonly engine: Engine } | undefined;

  constructor(ruleSet: RuleSet) {
    this.ruleSet = ruleSet;
  }

  /** Name of the tenant's connector. */
  get tenant(): string {
    return tenantConnectorOf(this.ruleSet);
  }

  /** The engine for the directories that are connected. */
  engine(directories: readonly string[]): Engine {
    const key = JSON.stringify(directories);
    if (this.#made?.directories !== key) {
      this.#made = { directories: key, engine: engineOf(this.ruleSet, directories) };
    }
    return this.#made.engine;
  }
}

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

function tenantConnectorOf(ruleSet: RuleSet): string {
  return ruleSet.connectors.find(({ kind }) => kind === 'entra')?.name ?? tenantConnector;
}
