import type { LinkSource } from '../../../shared/engine/space-object.ts';
import type { KnownMember, Waiting } from '../../storage/entra-space.ts';
import type { TenantFacts } from '../../storage/tenant-facts.ts';
import type { MemberDifference } from '../membership.ts';
import { learnMembers, memberDifferences } from '../membership.ts';
import { confirmGone } from './confirm-gone.ts';
import type { SyncDependencies } from '../dependencies.ts';
import type { ObjectWrite, SliceResult } from './slice.ts';
import { problemOf } from './problems.ts';
import { Slice } from './slice.ts';
import type { EntraWrite, WriteOutcome } from '../tenant.ts';

export const memberSliceSize = 100;
/** Graph adds at most 20 members in one PATCH. */
const membersPerWrite = 20;
/** Add, learn what is really there, add what is still missing one by one. */
const maxRounds = 3;

/** Adds and removes the members of the next slice of groups: after all groups, so that groups in a cycle find each other. */
export async function exportMembers(
  dependencies: SyncDependencies,
  facts: TenantFacts,
  request: { readonly connector: string; readonly after: string },
): Promise<SliceResult> {
  const slice = await Slice.open(dependencies, facts, { ...request, type: 'group', limit: memberSliceSize });
  let open = [...slice.sources]
    .filter(([guid]) => membersOf(slice, guid) !== undefined && slice.known.get(guid)?.state === 'present')
    .map(([guid]) => guid);
  for (let round = 1; round <= maxRounds && open.length > 0; round += 1) {
    const differences = await differencesOf(dependencies, slice, open);
    const writes = open.flatMap((guid) =>
      writesFor(slice, guid, differences.get(guid), round === maxRounds ? 1 : membersPerWrite),
    );
    const results = await slice.write(writes);
    const again = new Set<string>();
    for (const guid of open) {
      const own = results.filter((result) => result.guid === guid);
      if (await settleMembers(dependencies, slice, guid, own, differences.get(guid), round === maxRounds))
        again.add(guid);
    }
    open = [...again];
  }
  await slice.finish((guid) => slice.isWritten(guid));
  return slice.result();
}

/** Compares the groups; who names an object that Entra does not hold yet is looked at again when it comes. */
async function differencesOf(
  dependencies: SyncDependencies,
  slice: Slice,
  groups: readonly string[],
): Promise<Map<string, MemberDifference>> {
  const sources = new Map(groups.map((guid) => [guid, membersOf(slice, guid) ?? []]));
  const differences = await memberDifferences(dependencies, sources);
  const waiting = [...differences].flatMap(([source, { absent }]) => {
    const connector = slice.sources.get(source)?.connector ?? slice.connector;
    return absent.map((target): Waiting => ({ target, source, connector, sourceType: 'group' }));
  });
  await dependencies.entra.wait(waiting);
  return differences;
}

/** Whose members the group has; `undefined` when it has none to compare. */
function membersOf(slice: Slice, guid: string): readonly LinkSource[] | undefined {
  const intended = slice.sources.get(guid)?.intended;
  return intended?.kind === 'group' ? intended.memberSources : undefined;
}

function writesFor(slice: Slice, guid: string, difference: MemberDifference | undefined, size: number): ObjectWrite[] {
  const groupId = slice.known.get(guid)?.entraId ?? '';
  const { add = [], remove = [] } = difference ?? {};
  const writes: EntraWrite[] = [];
  for (let i = 0; i < add.length; i += size)
    writes.push({ kind: 'add-members', groupId, memberIds: add.slice(i, i + size).map((member) => member.entraId) });
  writes.push(...remove.map(({ entraId }): EntraWrite => ({ kind: 'remove-member', groupId, memberId: entraId })));
  return writes.map((write) => ({ guid, write }));
}

/** Stores what happened. True when the group should be looked at again in this slice. */
async function settleMembers(
  dependencies: SyncDependencies,
  slice: Slice,
  guid: string,
  results: readonly { readonly write: EntraWrite; readonly outcome: WriteOutcome }[],
  difference: MemberDifference | undefined,
  lastRound: boolean,
): Promise<boolean> {
  const { add = [], remove = [] } = difference ?? {};
  const added: KnownMember[] = [];
  const removed: KnownMember[] = [];
  let again = false;
  for (const { write, outcome } of results) {
    const ids = new Set(
      write.kind === 'add-members' ? write.memberIds : write.kind === 'remove-member' ? [write.memberId] : [],
    );
    const failure = outcome.status === 'failed' ? outcome.failure : undefined;
    if (write.kind === 'remove-member' && (outcome.status === 'done' || failure?.kind === 'missing')) {
      removed.push(...remove.filter((member) => ids.has(member.entraId)));
    } else if (outcome.status === 'done') added.push(...add.filter((member) => ids.has(member.entraId)));
    else if (outcome.status === 'later') slice.postpone(guid, outcome.retryAfterMs);
    else if (!lastRound) again = true;
    else if (failure?.kind === 'missing') {
      await confirmGone(
        dependencies,
        [guid, ...add.filter((member) => ids.has(member.entraId)).map((member) => member.objectGuid)],
        slice,
      );
    } else if (failure === undefined) slice.postpone(guid, 0);
    else slice.fail(guid, problemOf(failure));
  }
  if (added.length + removed.length > 0) slice.sent(guid);
  slice.count('membersAdded', added.length);
  slice.count('membersRemoved', removed.length);
  await dependencies.entra.saveMembers(guid, added, removed);
  if (!again) return false;
  // All or none of twenty were refused, or an answer was lost: what is really there decides what is still to do.
  if (await learnMembers(dependencies, guid, slice.known.get(guid)?.entraId ?? '', add)) return true;
  await confirmGone(dependencies, [guid], slice);
  return false;
}
