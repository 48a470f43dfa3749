import type { ClusterResult, Engine } from '../../../shared/engine/engine.ts';
import { spaceObjectOf, type LinkFacts } from '../../../shared/engine/directory-object.ts';
import type { EngineEnvironment } from '../../../shared/engine/environment.ts';
import type { KnownObject } from '../../../shared/engine/plan.ts';
import { objectKey, type ObjectReference, type SpaceObject } from '../../../shared/engine/space-object.ts';
import { counterpartOf } from '../../../shared/entra/counterpart.ts';
import { worldOf } from '../../rules/world.ts';
import { groupBy } from '../../storage/buckets.ts';
import type { StoredObject } from '../../storage/connector-space.ts';
import type { SyncDependencies } from '../dependencies.ts';

type Stores = Pick<SyncDependencies, 'space' | 'counts' | 'joins' | 'entra' | 'rules'> &
  Pick<SyncDependencies, 'now' | 'random' | 'newId'>;

/** Objects of the directories with everything that may join them, evaluated. */
export interface EvaluatedObjects {
  /** By {@link objectKey}; deleted ones too. */
  readonly stored: ReadonlyMap<string, StoredObject>;
  /** Source object under which the counterpart of each is kept. */
  readonly holders: ReadonlyMap<string, string>;
  /** Counterparts by the source object under which they are kept. */
  readonly known: ReadonlyMap<string, KnownObject>;
  readonly results: readonly ClusterResult[];
  /** What was evaluated, as the rules see it, cluster by cluster. */
  readonly inputs: readonly (readonly SpaceObject[])[];
  readonly environment: EngineEnvironment;
}

export function isLiving(stored: StoredObject | undefined): stored is StoredObject {
  return stored !== undefined && !stored.deleted;
}

/**
 * Evaluates objects together with all that they may join, and with those that were joined to them when they were last
 * written.
 */
export async function evaluateObjects(
  stores: Stores,
  engine: Engine,
  objects: readonly ObjectReference[],
): Promise<EvaluatedObjects> {
  const { entra, joins } = stores;
  const mates = [...(await entra.loadResolved(objects.map(({ objectGuid }) => objectGuid))).values()].flatMap(
    (known) => known.members,
  );
  const wanted = new Map([...objects, ...mates].map((object) => [objectKey(object), object]));
  const clusters = await joins.clustersOf([...wanted.values()]);
  const all = clusters.flat();
  const stored = await loadStored(stores, all);
  const holders = await entra.resolve([...new Set(all.map(({ objectGuid }) => objectGuid))]);
  const known = await entra.load([...new Set(holders.values())]);
  const living = all.filter((object) => isLiving(stored.get(objectKey(object))));
  const facts = await linkFacts(stores, engine, living);
  const environment = environmentOf(stores, holders, known);
  const inputs = clusters.map((cluster) =>
    cluster.flatMap((object) => {
      const found = stored.get(objectKey(object));
      return isLiving(found) ? [spaceObjectOf(object.connector, found.object, facts(object))] : [];
    }),
  );
  const results = inputs.map((cluster) => engine.evaluate(cluster, environment));
  return { stored, holders, known, results, inputs, environment };
}

async function loadStored(
  { space }: Stores,
  objects: readonly ObjectReference[],
): Promise<ReadonlyMap<string, StoredObject>> {
  const stored = new Map<string, StoredObject>();
  for (const [connector, some] of groupBy(objects, (object) => object.connector)) {
    const found = await space.load(
      connector,
      some.map(({ objectGuid }) => objectGuid),
    );
    for (const [objectGuid, object] of found) stored.set(objectKey({ connector, objectGuid }), object);
  }
  return stored;
}

/** What rules ask about links: how many there are, and, where scopes name groups, who is in them. */
async function linkFacts(
  { space, counts }: Stores,
  engine: Engine,
  objects: readonly ObjectReference[],
): Promise<(object: ObjectReference) => LinkFacts> {
  const facts = new Map<string, LinkFacts>();
  const { scopeGroups } = engine.program;
  for (const [connector, some] of groupBy(objects, (object) => object.connector)) {
    const guids = some.map(({ objectGuid }) => objectGuid);
    const numbers = await counts.countsOf(connector, guids);
    const memberOf = scopeGroups.size === 0 ? undefined : await groupNames(space, connector, guids);
    for (const objectGuid of guids) {
      facts.set(objectKey({ connector, objectGuid }), {
        counts: numbers.get(objectGuid) ?? new Map<string, number>(),
        memberOf: memberOf?.get(objectGuid) ?? new Set(),
      });
    }
  }
  return (object) => facts.get(objectKey(object)) ?? { counts: new Map(), memberOf: new Set() };
}

/** DNs, in lower case, of the groups that each object is a direct member of. */
async function groupNames(
  space: Stores['space'],
  connector: string,
  members: readonly string[],
): Promise<Map<string, ReadonlySet<string>>> {
  const hints = await space.groupsOf(connector, members);
  const links = [...hints].flatMap(([target, groups]) =>
    groups.map((source) => ({ source, attribute: 'member', target })),
  );
  const [existing, groups] = await Promise.all([
    space.existingLinks(connector, links),
    space.load(connector, [...new Set(links.map(({ source }) => source))]),
  ]);
  const names = new Map<string, Set<string>>();
  for (const { source, target } of existing) {
    const group = groups.get(source);
    if (!isLiving(group)) continue;
    const own = names.get(target) ?? new Set<string>();
    names.set(target, own.add(group.object.dn.toLowerCase()));
  }
  return names;
}

function environmentOf(
  stores: Stores,
  holders: ReadonlyMap<string, string>,
  known: ReadonlyMap<string, KnownObject>,
): EngineEnvironment {
  return {
    ...worldOf(stores),
    counterpart: (members, sourceAnchor) => {
      const own = knownOf(members, holders, known);
      const found = own.find((one) => one.sourceAnchor === sourceAnchor) ?? own[0];
      // An object that is only intended holds nothing yet that a rule could read.
      return found?.state === 'present'
        ? { object: counterpartOf(found, stores.rules.tenant), linked: true }
        : undefined;
    },
  };
}

/** What Entra is known to hold of the objects: more than one where they were not joined before. */
export function knownOf(
  members: readonly ObjectReference[],
  holders: ReadonlyMap<string, string>,
  known: ReadonlyMap<string, KnownObject>,
): readonly KnownObject[] {
  const own = new Set(members.map(({ objectGuid }) => holders.get(objectGuid) ?? objectGuid));
  return [...own].flatMap((holder) => known.get(holder) ?? []);
}
