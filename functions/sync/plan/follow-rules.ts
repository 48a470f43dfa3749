import type { DirectoryObject } from '../../../shared/directory/object.ts';
import { noLinks, spaceObjectOf } from '../../../shared/engine/directory-object.ts';
import type { Engine } from '../../../shared/engine/engine.ts';
import { affectedBy, type AffectedTest } from '../../../shared/engine/rule-change.ts';
import { isLockstepError } from '../../../shared/errors/lockstep-error.ts';
import type { RuleSet } from '../../../shared/rules/model.ts';
import { keyed, keysBeyond } from '../../rules/join-keys.ts';
import { engineOf } from '../../../shared/engine/engine-of.ts';
import { worldOf } from '../../rules/world.ts';
import { markObjects } from '../../storage/pending.ts';
import { isLiving } from './clusters.ts';
import type { SyncDependencies } from '../dependencies.ts';

/**
 * After a change of rules: marks the objects that it can affect, and gives all of them the join keys that the rules now
 * ask for. The new rules are remembered last, so that a crash in between leads here again.
 */
export async function followRules(dependencies: SyncDependencies, connectors: readonly string[]): Promise<void> {
  const { tenantStore, rules } = dependencies;
  const engine = rules.engine(connectors);
  const before = await tenantStore.ruleSet();
  const now = engine.program.ruleSet;
  if (before !== undefined && JSON.stringify(before) === JSON.stringify(now)) return;
  if (before !== undefined) {
    const old = oldEngine(before, connectors);
    const affected = old === undefined ? () => true : affectedBy(old.program, engine.program);
    if (affected !== undefined) await markAffected(dependencies, { engine, old, affected }, connectors);
  }
  await tenantStore.saveRuleSet(now);
}

/** `undefined` when this release does not understand the old rules any more: then everything may be different. */
function oldEngine(ruleSet: RuleSet, connectors: readonly string[]): Engine | undefined {
  try {
    return engineOf(ruleSet, connectors);
  } catch (error) {
    if (!isLockstepError(error)) throw error;
    return undefined;
  }
}

interface Change {
  readonly engine: Engine;
  readonly old: Engine | undefined;
  readonly affected: AffectedTest;
}

async function markAffected(
  dependencies: SyncDependencies,
  { engine, old, affected }: Change,
  connectors: readonly string[],
): Promise<void> {
  const { space, joins, pending } = dependencies;
  const world = worldOf(dependencies);
  for (const connector of connectors) {
    for await (const page of space.scan(connector)) {
      const living: readonly DirectoryObject[] = page.filter(isLiving).map(({ object }) => object);
      const keys = keyed(engine, connector, living, world);
      const oldKeys = old === undefined ? [] : keyed(old, connector, living, world);
      await joins.release(keysBeyond(oldKeys, keys));
      const mates = await joins.claim(keysBeyond(keys, oldKeys));
      const marked = living.filter((object) => affected(spaceObjectOf(connector, object, noLinks), world));
      await markObjects(pending, connector, marked, 'rules-changed');
      for (const mate of mates) await pending.mark(mate.connector, 'user', [mate.objectGuid], 'rules-changed');
    }
  }
}
