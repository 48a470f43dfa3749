import type { DirectoryObject } from '../../shared/directory/object.ts';
import { noLinks, spaceObjectOf } from '../../shared/engine/directory-object.ts';
import type { Engine } from '../../shared/engine/engine.ts';
import type { EngineEnvironment } from '../../shared/engine/environment.ts';
import type { Keyed } from '../storage/join-index.ts';

/** The objects of a connector with their join keys. */
export function keyed(
  engine: Engine,
  connector: string,
  objects: readonly DirectoryObject[],
  environment: EngineEnvironment,
): readonly Keyed[] {
  return objects.map((object) => ({
    object: { connector, objectGuid: object.objectGuid },
    keys: engine.joinKeys(spaceObjectOf(connector, object, noLinks), environment),
  }));
}

/** Keys of each object that the others do not have for it. */
export function keysBeyond(entries: readonly Keyed[], others: readonly Keyed[]): readonly Keyed[] {
  const held = new Map(others.map(({ object, keys }) => [object.objectGuid, new Set(keys)]));
  return entries.flatMap(({ object, keys }) => {
    const beyond = keys.filter((key) => held.get(object.objectGuid)?.has(key) !== true);
    return beyond.length === 0 ? [] : [{ object, keys: beyond }];
  });
}
