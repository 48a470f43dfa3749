import { uniqueNameOf } from '../../../shared/engine/anchor.ts';
import type { Properties } from '../../../shared/engine/intended.ts';
import { withParts } from '../../../shared/entra/nested-properties.ts';
import type { KnownObject } from '../../../shared/engine/plan.ts';
import type { KnownMember } from '../../storage/entra-space.ts';
import type { PendingType } from '../../storage/pending.ts';
import type { TenantFacts } from '../../storage/tenant-facts.ts';
import { adoptExisting } from './adoption.ts';
import type { SyncDependencies } from '../dependencies.ts';
import { memberGuids, presentMembers } from '../membership.ts';
import { settle } from './settle-object.ts';
import type { ObjectWrite, SliceResult } from './slice.ts';
import { Slice } from './slice.ts';

/** Objects that one slice handles: large enough for full batches, small enough to lose little to a crash. */
export const objectSliceSize = 200;
/** Restore, then update; create, then create without a refused value: no object needs more turns. */
const maxRounds = 4;
/** Members that can travel with a group's creation (Graph: at most 20 relationships). */
const membersOnCreate = 20;

/**
 * Creates, updates, deletes and restores the next slice of users or groups. With `lastTry` a conflict is reported;
 * before, it is kept for the second turn of the same pass.
 */
export async function exportObjects(
  dependencies: SyncDependencies,
  facts: TenantFacts,
  request: {
    readonly connector: string;
    readonly type: PendingType;
    readonly after: string;
    readonly lastTry: boolean;
  },
): Promise<SliceResult> {
  const { type } = request;
  const slice = await Slice.open(dependencies, facts, { ...request, limit: objectSliceSize });
  await adoptExisting(dependencies, slice, facts);
  const first = type === 'group' ? await firstMembers(dependencies, slice) : new Map<string, readonly KnownMember[]>();

  for (let round = 1; round <= maxRounds; round += 1) {
    const writes: ObjectWrite[] = [];
    for (const guid of slice.sources.keys()) {
      if (slice.hasFailed(guid) || slice.isPostponed(guid)) continue;
      const write = writeFor(dependencies, slice, guid, first.get(guid) ?? []);
      if (write !== undefined) writes.push(write);
    }
    if (writes.length === 0) break;
    // Intents with it: should the answers be lost, these objects are looked up before anything is created again.
    await slice.save();
    for (const { guid, write, outcome } of await slice.write(writes)) {
      await settle(dependencies, slice, {
        guid,
        write,
        outcome,
        members: first.get(guid) ?? [],
        lastTry: request.lastTry,
      });
    }
  }
  const settled = (guid: string): boolean =>
    type === 'user' && (slice.hasFailed(guid) || slice.remaining(guid).length === 0);
  const gone = (guid: string): boolean => slice.hasFailed(guid) || slice.known.get(guid)?.state !== 'present';
  await slice.finish(type === 'user' ? settled : gone);
  return slice.result();
}

/** The next write that the object needs; managers and members come in phases of their own. */
function writeFor(
  dependencies: SyncDependencies,
  slice: Slice,
  guid: string,
  members: readonly KnownMember[],
): ObjectWrite | undefined {
  const source = slice.sources.get(guid);
  const known = slice.known.get(guid);
  const change = slice.remaining(guid).find((planned) => planned.kind !== 'manager');
  if (source === undefined || change === undefined) return undefined;
  const id = known?.entraId ?? '';
  const type = known?.type ?? slice.type;
  switch (change.kind) {
    case 'create':
      return create(dependencies, slice, guid, change.properties, members);
    case 'update':
      return {
        guid,
        write: {
          kind: type === 'user' ? 'update-user' : 'update-group',
          id,
          properties: withParts(
            Object.fromEntries(change.changes.map((c) => [c.property, c.to])),
            known?.properties ?? {},
          ),
        },
      };
    case 'delete':
      return { guid, write: { kind: type === 'user' ? 'delete-user' : 'delete-group', id } };
    case 'restore':
      return { guid, write: { kind: 'restore', id } };
  }
}

function create(
  { newPassword }: SyncDependencies,
  slice: Slice,
  guid: string,
  properties: Properties,
  members: readonly KnownMember[],
): ObjectWrite {
  const intended = slice.sources.get(guid)?.intended;
  if (intended?.kind !== 'user' && intended?.kind !== 'group') throw new Error('Only what is intended is created.');
  const intent: KnownObject = {
    type: slice.type,
    state: 'creating',
    sourceAnchor: intended.sourceAnchor,
    members: intended.members,
    properties: {},
    manager: null,
    setAside: slice.known.get(guid)?.setAside ?? {},
    signInName: undefined,
  };
  slice.setKnown(guid, intent);
  if (intended.kind === 'group') {
    return {
      guid,
      write: {
        kind: 'upsert-group',
        uniqueName: uniqueNameOf(intended.sourceAnchor),
        properties,
        memberIds: members.map((m) => m.entraId),
      },
    };
  }
  return { guid, write: { kind: 'create-user', properties, password: newPassword() } };
}

/** For groups that are to be created: the members that Entra holds already, as many as may travel with the creation. */
async function firstMembers(
  { space, entra }: SyncDependencies,
  slice: Slice,
): Promise<Map<string, readonly KnownMember[]>> {
  const created = [...slice.sources].flatMap(([guid, { intended }]) =>
    intended.kind === 'group' && !slice.known.has(guid) ? [[guid, intended.memberSources ?? []] as const] : [],
  );
  const links = await memberGuids(space, new Map(created));
  const present = new Map(
    (await presentMembers(entra, [...new Set([...links.values()].flat())])).map((m) => [m.objectGuid, m]),
  );
  const members = new Map<string, readonly KnownMember[]>();
  for (const [guid, targets] of links) {
    const some = targets.flatMap((target) => present.get(target) ?? []);
    members.set(guid, [...new Map(some.map((member) => [member.entraId, member])).values()].slice(0, membersOnCreate));
  }
  return members;
}
