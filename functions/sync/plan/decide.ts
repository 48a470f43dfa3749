import type { DirectoryObject } from '../../../shared/directory/object.ts';
import { labelOf } from '../../../shared/directory/object.ts';
import { guidOfSourceAnchor } from '../../../shared/engine/anchor.ts';
import type { MetaverseResult } from '../../../shared/engine/engine.ts';
import type { UnjoinedReason } from '../../../shared/engine/join.ts';
import type { Intended } from '../../../shared/engine/intended.ts';
import { objectKey, type ObjectReference } from '../../../shared/engine/space-object.ts';
import { carry, problemOfFailure, type TenantContext } from '../../../shared/entra/carry.ts';
import { isLiving, knownOf, type EvaluatedObjects } from './clusters.ts';

/** What is to become of one object, or of several that are joined. */
export interface Decision {
  /** The source object under which the counterpart is kept. */
  readonly holder: ObjectReference;
  /** The object to name it by; `undefined` when the connector space has forgotten it. */
  readonly object: DirectoryObject | undefined;
  readonly intended: Intended;
}

/** Decides about the objects; each of them finds its decision in the answer by {@link objectKey}. */
export function decide(
  objects: readonly ObjectReference[],
  evaluated: EvaluatedObjects,
  tenant: TenantContext,
): ReadonlyMap<string, Decision> {
  const decisions = new Map<string, Decision>();
  const claimed = new Map<string, Decision>();
  for (const result of byClaim(evaluated)) {
    const decision = decideMetaverse(result, evaluated, tenant, claimed);
    if (!claimed.has(decision.holder.objectGuid)) claimed.set(decision.holder.objectGuid, decision);
    for (const member of result.members) decisions.set(objectKey(member), decision);
  }
  for (const { refused } of evaluated.results) {
    for (const failure of refused) {
      if (failure.object === undefined) continue;
      const intended: Intended = { kind: 'kept', problems: [problemOfFailure(failure)] };
      decisions.set(objectKey(failure.object), alone(failure.object, evaluated, intended, claimed));
    }
  }
  for (const object of objects) {
    if (decisions.has(objectKey(object))) continue;
    const intended: Intended = { kind: 'none', reason: reasonOf(object, evaluated) };
    decisions.set(objectKey(object), alone(object, evaluated, intended, claimed));
  }
  return decisions;
}

/** Those that keep an anchor that Entra holds come first: where joined objects part, it stays with them. */
function byClaim({ results, holders, known }: EvaluatedObjects): readonly MetaverseResult[] {
  const keeps = (result: MetaverseResult): boolean =>
    knownOf(result.members, holders, known).some((one) => one.sourceAnchor === result.sourceAnchor);
  const all = results.flatMap((result) => result.metaverse);
  return all.length < 2 ? all : [...all.filter(keeps), ...all.filter((result) => !keeps(result))];
}

function decideMetaverse(
  result: MetaverseResult,
  evaluated: EvaluatedObjects,
  tenant: TenantContext,
  claimed: ReadonlyMap<string, Decision>,
): Decision {
  const { holders, known } = evaluated;
  const held = [...new Set(result.members.map(({ objectGuid }) => holders.get(objectGuid) ?? objectGuid))].filter(
    (guid) => known.has(guid) && !claimed.has(guid),
  );
  const present = held.filter((guid) => known.get(guid)?.state !== 'deleted');
  const holder = holderOf(result, evaluated, present[0] ?? held[0], claimed);
  const object = objectOf(holder, evaluated) ?? objectOf(result.members[0], evaluated);
  if (present.length > 1) {
    const others = present.map((guid) => known.get(guid)?.entraId ?? guid).join(' and ');
    const message = `The objects ${others} of the tenant belong together now; none of them is changed.`;
    return { holder, object, intended: { kind: 'kept', problems: [{ code: 'LS5106', message }] } };
  }
  const before = known.get(holder.objectGuid);
  const nickname = before?.properties['mailNickname'];
  const intended = carry(result, {
    ...tenant,
    signInName: before?.signInName,
    heldNickname: typeof nickname === 'string' ? nickname : undefined,
  });
  return { holder, object, intended };
}

/** An object that keeps its place, else the one whose GUID the anchor is, so that objects that part do so cleanly. */
function holderOf(
  { members, sourceAnchor }: MetaverseResult,
  { stored, known }: EvaluatedObjects,
  held: string | undefined,
  claimed: ReadonlyMap<string, Decision>,
): ObjectReference {
  if (held !== undefined) {
    const before = known.get(held)?.members.find(({ objectGuid }) => objectGuid === held);
    const now = members.find(({ objectGuid }) => objectGuid === held);
    return now ?? before ?? { connector: members[0]?.connector ?? '', objectGuid: held };
  }
  const anchor = guidOfSourceAnchor(sourceAnchor ?? '');
  const free = members.filter(({ objectGuid }) => !claimed.has(objectGuid));
  const contributor = free.find(
    (member) =>
      member.objectGuid === anchor ||
      stored.get(objectKey(member))?.object.attributes['mS-DS-ConsistencyGuid']?.[0] === anchor,
  );
  const holder = contributor ?? free[0] ?? members[0];
  if (holder === undefined) throw new Error('An object of the metaverse without members.');
  return holder;
}

/** An object that no other is joined to. What it was joined to before is another's now, if that one still lives. */
function alone(
  object: ObjectReference,
  evaluated: EvaluatedObjects,
  intended: Intended,
  claimed: ReadonlyMap<string, Decision>,
): Decision {
  const holder = evaluated.holders.get(object.objectGuid) ?? object.objectGuid;
  const theirs = claimed.get(holder);
  if (theirs !== undefined) return theirs;
  return { holder: { connector: object.connector, objectGuid: holder }, object: objectOf(object, evaluated), intended };
}

function objectOf(reference: ObjectReference | undefined, { stored }: EvaluatedObjects): DirectoryObject | undefined {
  return reference === undefined ? undefined : stored.get(objectKey(reference))?.object;
}

function reasonOf(object: ObjectReference, { stored, results }: EvaluatedObjects): string {
  if (!isLiving(stored.get(objectKey(object)))) return 'It is not in the directory.';
  const reason = results
    .flatMap((result) => result.unjoined)
    .find((one) => objectKey(one.object) === objectKey(object))?.reason;
  return reason === undefined ? 'No rule has it in scope.' : reasons[reason];
}

const reasons: Readonly<Record<UnjoinedReason, string>> = {
  'no rule that joins or creates has it in scope': 'No rule that creates or joins objects has it in scope.',
  'no match': 'It has nothing to join, and its rule creates nothing.',
  'no join value': 'It has no value in any attribute by which its rule joins.',
};

/** The name that an operator knows the object by. */
export function labelOfDecision({ object, holder }: Decision): string {
  return object === undefined ? holder.objectGuid : labelOf(object);
}
