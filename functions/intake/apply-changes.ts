import type { StreamPosition } from '../../shared/contracts/change-batch.ts';
import { directoryAttributes } from '../../shared/directory/attributes.ts';
import type { AttributeValues, DirectoryChange, LinkChange, ObjectClass } from '../../shared/directory/change.ts';
import { inParallel } from '../storage/buckets.ts';
import type { StoredObject } from '../storage/connector-space.ts';
import { markObjects } from '../storage/pending.ts';
import { followJoinKeys } from './join-keys.ts';
import { LinkWriter } from './links.ts';
import type { IntakeStores } from './stores.ts';
import { compare } from './stream-position.ts';

export interface ApplyContext {
  readonly connector: string;
  readonly generation: number;
  /** True while the connector space was empty when this full read began: nothing can be there to compare with. */
  readonly fresh: boolean;
  readonly position: StreamPosition;
  readonly settled: StreamPosition | null;
  readonly correlationId: string;
}

/** What came of a batch. `unknown`: objects that a partial change named and that the connector space does not hold. */
export interface Applied {
  readonly pending: number;
  readonly unknown: readonly string[];
}

type Present = Extract<DirectoryChange, { kind: 'present' }>;

/**
 * Applies facts to the connector space and marks what they may have changed in Entra. Marks are set last, so nothing is
 * exported before it is stored. A repeated call after a crash at any point ends in the same state with the same marks: what a batch
 * behind the settled position changed may never have been marked, so it counts as changed.
 */
export async function applyChanges(
  changes: readonly DirectoryChange[],
  context: ApplyContext,
  stores: IntakeStores,
): Promise<Applied> {
  const { space } = stores;
  const { connector } = context;
  const needed = changes
    .filter((change) => !(context.fresh && change.kind === 'present' && change.whole))
    .map((change) => change.objectGuid);
  const known = needed.length === 0 ? new Map<string, StoredObject>() : await space.load(connector, needed);
  const updated = new Map<string, StoredObject>();
  const marks = new Map<string, ObjectClass>();
  const unknown: string[] = [];
  const gone: string[] = [];

  for (const change of changes) {
    const before = updated.get(change.objectGuid) ?? known.get(change.objectGuid);
    if (change.kind !== 'present') {
      if (before === undefined) continue;
      if (before.deleted && !isUnsettled(before, context.settled)) continue;
      marks.set(change.objectGuid, before.object.objectClass);
      if (change.kind === 'deleted') gone.push(change.objectGuid);
      updated.set(change.objectGuid, {
        ...before,
        deleted: true,
        departure: change.kind,
        generation: context.generation,
        changedAt: context.position,
      });
      continue;
    }
    const after = mergeObject(change, before, context);
    if (after === undefined) {
      unknown.push(change.objectGuid);
      continue;
    }
    if (isUnsettled(after, context.settled) || change.links.length > 0)
      marks.set(change.objectGuid, after.object.objectClass);
    updated.set(change.objectGuid, after);
  }

  await space.save(
    connector,
    [...updated.values()].filter((after) => !identical(known.get(after.object.objectGuid), after)),
  );
  await applyLinks(changes, unknown, context, stores);
  await forgetReferences(connector, gone, stores);
  const touched = [...updated.values()].filter(({ object }) => marks.has(object.objectGuid));
  await followJoinKeys(stores, {
    ...context,
    changes: touched.map((after) => ({ before: known.get(after.object.objectGuid), after })),
  });
  await mark(connector, marks, context.correlationId, stores);
  return { pending: marks.size, unknown };
}

/** `undefined` when the change says too little to know the object. */
function mergeObject(
  change: Present,
  before: StoredObject | undefined,
  { generation, position }: ApplyContext,
): StoredObject | undefined {
  if (!change.whole && (before === undefined || before.deleted)) return undefined;
  const objectClass = change.objectClass ?? before?.object.objectClass;
  const dn = change.dn ?? before?.object.dn;
  if (objectClass === undefined || dn === undefined) return undefined;
  const merged = change.whole ? change.attributes : { ...before?.object.attributes, ...change.attributes };
  const object = { objectGuid: change.objectGuid, objectClass, dn, attributes: withoutCleared(merged) };
  const after = { object, deleted: false, generation, changedAt: position };
  return before !== undefined && fingerprint(before) === fingerprint(after)
    ? { ...after, changedAt: before.changedAt }
    : after;
}

/** True when the batch that last changed the object was perhaps never finished: its marks may be missing. */
export function isUnsettled({ changedAt }: Pick<StoredObject, 'changedAt'>, settled: StreamPosition | null): boolean {
  return settled === null || compare(changedAt, settled) > 0;
}

/** Sorted, so that the same attributes are the same text. */
function withoutCleared(attributes: AttributeValues): AttributeValues {
  const present = Object.entries(attributes).filter(([, values]) => values.length > 0);
  return Object.fromEntries(present.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function fingerprint({ object, deleted }: StoredObject): string {
  return JSON.stringify([deleted, object.objectClass, object.dn, object.attributes]);
}

function identical(a: StoredObject | undefined, b: StoredObject): boolean {
  return a !== undefined && fingerprint(a) === fingerprint(b) && a.generation === b.generation;
}

async function applyLinks(
  changes: readonly DirectoryChange[],
  unknown: readonly string[],
  context: ApplyContext,
  stores: IntakeStores,
): Promise<void> {
  const { space } = stores;
  const { connector } = context;
  const skipped = new Set(unknown);
  const present = changes.filter(
    (change): change is Present => change.kind === 'present' && !skipped.has(change.objectGuid),
  );
  await space.addReferrers(connector, present.flatMap(singleReferences));
  const writer = new LinkWriter(connector, stores);
  const linked = present.filter(({ links, whole }) => links.length > 0 || (whole && !context.fresh));
  await writer.begin(linked.map(({ objectGuid }) => objectGuid));
  // One run of additions at a time: a removal that follows an addition of the same link must find it there.
  let run: { source: string; attribute: string; target: string; token: string }[] = [];
  const flush = async (): Promise<void> => {
    await writer.add(run);
    run = [];
  };
  for (const change of present) {
    for (const link of change.links) {
      const { attribute } = link;
      run.push(
        ...link.added.map((target) => ({
          source: change.objectGuid,
          attribute,
          target,
          token: link.replace?.token ?? '',
        })),
      );
      if (link.removed.length > 0) {
        await flush();
        await writer.remove(link.removed.map((target) => ({ source: change.objectGuid, attribute, target })));
      }
      if (link.replace?.last === true && !context.fresh) {
        await flush();
        await dropOthers(connector, change.objectGuid, link, link.replace.token, { space, writer });
      }
    }
  }
  await flush();
  if (!context.fresh) await dropUnnamed(connector, present, { space, writer });
  await writer.finish();
}

/** A whole object has no links but those that it names. */
async function dropUnnamed(
  connector: string,
  changes: readonly Present[],
  { space, writer }: { readonly space: IntakeStores['space']; readonly writer: LinkWriter },
): Promise<void> {
  const whole = changes.filter((change) => change.whole);
  const counts = await space.countLinks(
    connector,
    whole.map(({ objectGuid }) => objectGuid),
  );
  for (const { objectGuid: source, links } of whole) {
    const named = new Set(links.map(({ attribute }) => attribute));
    for (const attribute of counts.get(source)?.keys() ?? []) {
      if (named.has(attribute)) continue;
      const others = await space.links(connector, source, attribute);
      await writer.remove(others.map(({ target }) => ({ source, attribute, target })));
    }
  }
}

/** Single-valued references travel among the attributes. */
function singleReferences(
  change: Present,
): readonly { readonly target: string; readonly attribute: string; readonly source: string }[] {
  return referenceAttributes.flatMap((attribute) =>
    (change.attributes[attribute] ?? []).map((target) => ({ target, attribute, source: change.objectGuid })),
  );
}

const referenceAttributes: readonly string[] = directoryAttributes
  .filter(({ syntax }) => syntax === 'reference')
  .map(({ name }) => name);

/** After the last part of a whole set: links that no part named are gone from the directory. */
async function dropOthers(
  connector: string,
  source: string,
  link: LinkChange,
  token: string,
  { space, writer }: { readonly space: IntakeStores['space']; readonly writer: LinkWriter },
): Promise<void> {
  const others = (await space.links(connector, source, link.attribute)).filter((stored) => stored.token !== token);
  await writer.remove(others.map(({ target }) => ({ source, attribute: link.attribute, target })));
}

/**
 * Active Directory takes a deleted object out of every reference without telling the objects that held them
 * (MS-ADTS 3.1.1.5.5.1), so this does. Entra does the same on its side; nothing has to be exported for it.
 */
async function forgetReferences(connector: string, guids: readonly string[], stores: IntakeStores): Promise<void> {
  const { space } = stores;
  const single = new Set(referenceAttributes);
  const referrers = (
    await inParallel(guids, 4, async (target) =>
      (await space.referrers(connector, target)).map((referrer) => ({ ...referrer, target })),
    )
  ).flat();
  // The reverse rows stay: when the object comes back, Entra gives it its memberships back, and these rows know where to look.
  const links = referrers.filter(({ attribute }) => !single.has(attribute));
  const writer = new LinkWriter(connector, stores);
  await writer.begin(links.map(({ source }) => source));
  await writer.remove(links, true);
  await writer.finish();
  const gone = new Set(guids);
  const named = await space.load(
    connector,
    referrers.filter(({ attribute }) => single.has(attribute)).map(({ source }) => source),
  );
  const changed = [...named.values()].flatMap((stored) => {
    const { attributes } = stored.object;
    const cleared = referenceAttributes.filter((attribute) => gone.has(attributes[attribute]?.[0] ?? ''));
    if (cleared.length === 0) return [];
    const left = Object.fromEntries(Object.entries(attributes).filter(([name]) => !cleared.includes(name)));
    return [{ ...stored, object: { ...stored.object, attributes: left } }];
  });
  await space.save(connector, changed);
}

export async function mark(
  connector: string,
  marks: ReadonlyMap<string, ObjectClass>,
  correlationId: string,
  { pending }: IntakeStores,
): Promise<void> {
  const objects = [...marks].map(([objectGuid, objectClass]) => ({ objectGuid, objectClass }));
  await markObjects(pending, connector, objects, correlationId);
}
