import { objectKey, type ObjectReference } from '../../shared/engine/space-object.ts';
import { keyed, keysBeyond } from '../rules/join-keys.ts';
import { worldOf } from '../rules/world.ts';
import { groupBy } from '../storage/buckets.ts';
import type { StoredObject } from '../storage/connector-space.ts';
import { markObjects } from '../storage/pending.ts';
import type { IntakeStores } from './stores.ts';

interface KeyChange {
  readonly before: StoredObject | undefined;
  readonly after: StoredObject;
}

/**
 * Gives changed objects their join keys, takes from them those that they lost, and marks everything that they join, may
 * join, or have parted from: a change of one may change what the others become.
 */
export async function followJoinKeys(
  stores: IntakeStores,
  {
    connector,
    changes,
    correlationId,
  }: { readonly connector: string; readonly changes: readonly KeyChange[]; readonly correlationId: string },
): Promise<void> {
  const { rules, joins, entra, streams } = stores;
  if (changes.length === 0) return;
  const world = worldOf(stores);
  const connectors = (await streams.all()).map((stream) => stream.connector);
  const engine = rules.engine([...connectors, connector]);
  const livingOf = (stored: readonly (StoredObject | undefined)[]): ReturnType<typeof keyed> =>
    keyed(
      engine,
      connector,
      stored.flatMap((one) => (one === undefined || one.deleted ? [] : [one.object])),
      world,
    );
  const now = livingOf(changes.map(({ after }) => after));
  const before = livingOf(changes.map((change) => change.before));
  const objects = changes.map(({ after }) => ({ connector, objectGuid: after.object.objectGuid }));
  // The mates of before, while their keys still lead to them.
  const mates = (await joins.clustersOf(objects)).flat();
  await joins.release(keysBeyond(before, now));
  // Also keys that it should have already: the batch may have died before it gave them.
  mates.push(...(await joins.claim(now)));
  const counterparts = await entra.loadResolved(objects.map(({ objectGuid }) => objectGuid));
  mates.push(...[...counterparts.values()].flatMap(({ members }) => members));
  const own = new Set(objects.map(objectKey));
  await markMates(
    stores,
    mates.filter((mate) => !own.has(objectKey(mate))),
    correlationId,
  );
}

async function markMates(
  { space, pending }: IntakeStores,
  mates: readonly ObjectReference[],
  correlationId: string,
): Promise<void> {
  for (const [connector, some] of groupBy(mates, (mate) => mate.connector)) {
    const stored = await space.load(
      connector,
      some.map(({ objectGuid }) => objectGuid),
    );
    await markObjects(
      pending,
      connector,
      [...stored.values()].map(({ object }) => object),
      correlationId,
    );
  }
}
