import type { Engine } from '../../shared/engine/engine.ts';
import { engineOf, tenantConnectorOf } from '../../shared/engine/engine-of.ts';
import { extensionTargets, type ExtensionTargets } from '../../shared/entra/directory-extensions.ts';
import type { RuleSet } from '../../shared/rules/model.ts';

/** The rule set that is in force, and the engine made of it. */
export class Rules {
  readonly ruleSet: RuleSet;
  readonly extensions: ExtensionTargets;
  #made: { readonly directories: string; readonly engine: Engine } | undefined;

  constructor(ruleSet: RuleSet) {
    this.ruleSet = ruleSet;
    this.extensions = extensionTargets(ruleSet);
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
