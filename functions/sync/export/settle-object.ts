import type { ConflictingObject } from '../../../shared/contracts/status.ts';
import type {
  IntendedGroup,
  IntendedUser,
  Problem,
  Properties,
  PropertyValue,
} from '../../../shared/engine/intended.ts';
import { sameValue, type KnownObject, type SetAsideValue } from '../../../shared/engine/plan.ts';
import { ownerOf } from '../../../shared/entra/nested-properties.ts';
import { groupRules, ruleOf, userRules } from '../../../shared/entra/value-rules.ts';
import type { KnownMember } from '../../storage/entra-space.ts';
import { adopt, takeOverByAddress, takeOverByAnchor } from './adoption.ts';
import { fromTenant } from '../known-objects.ts';
import { findByAnchor } from '../find-by-anchor.ts';
import type { SyncDependencies } from '../dependencies.ts';
import type { Slice } from './slice.ts';
import { problemOf } from './problems.ts';
import type { EntraWrite, WriteFailure, WriteOutcome } from '../tenant.ts';

interface Settling {
  readonly guid: string;
  readonly write: EntraWrite;
  readonly outcome: WriteOutcome;
  /** Members that travelled with a group's creation. */
  readonly members: readonly KnownMember[];
  readonly lastTry: boolean;
}

/** How long Entra is given to know an extension that was just defined. */
const extensionAgainMs = 30_000;

/** How long a lost creation is given to become visible before it is looked for again. */
const lookUpAgainMs = 5_000;

/** Properties without which Entra does not create the object: a refused value of theirs cannot be set aside. */
const required: ReadonlySet<string> = new Set([
  'accountEnabled',
  'displayName',
  'mailNickname',
  'userPrincipalName',
  'onPremisesImmutableId',
  'securityEnabled',
  'mailEnabled',
]);

/** Takes the outcome of a write into what is known of the object. */
export async function settle(dependencies: SyncDependencies, slice: Slice, settling: Settling): Promise<void> {
  const { guid, write, outcome } = settling;
  const known = slice.known.get(guid);
  if (known === undefined) return;
  switch (outcome.status) {
    case 'done': {
      await settleDone(dependencies, slice, settling, known, outcome.id);
      return;
    }
    case 'later':
      slice.postpone(guid, outcome.retryAfterMs);
      return;
    case 'unknown': {
      await settleUnknown(dependencies, slice, settling, known);
      return;
    }
    case 'failed': {
      const creation = write.kind === 'create-user' || write.kind === 'upsert-group';
      await (creation ? settleRefusedCreation : settleRefusedChange)(
        dependencies,
        slice,
        settling,
        known,
        outcome.failure,
      );
      return;
    }
  }
}

async function settleDone(
  dependencies: SyncDependencies,
  slice: Slice,
  { guid, write, members }: Settling,
  known: KnownObject,
  id: string | undefined,
): Promise<void> {
  slice.sent(guid);
  switch (write.kind) {
    case 'create-user':
      if (id === undefined) {
        await lookUp(dependencies, slice, guid);
        return;
      }
      slice.count('created');
      slice.setKnown(guid, {
        ...known,
        state: 'present',
        entraId: id,
        properties: write.properties,
        signInName: signInNameOf(slice, guid),
      });
      slice.arrive(guid);
      return;
    case 'upsert-group':
      // An answer without a body is an update: the group was there already, with properties and members of its own.
      if (id === undefined) {
        await lookUp(dependencies, slice, guid);
        return;
      }
      slice.count('created');
      slice.setKnown(guid, { ...known, state: 'present', entraId: id, properties: write.properties });
      slice.count('membersAdded', members.length);
      await dependencies.entra.saveMembers(guid, members, []);
      slice.arrive(guid);
      return;
    case 'update-user':
    case 'update-group':
      slice.count('updated');
      slice.setKnown(guid, {
        ...known,
        properties: { ...known.properties, ...write.properties },
        signInName: signInNameOf(slice, guid),
      });
      return;
    case 'delete-user':
    case 'delete-group':
      slice.count('deleted');
      slice.setKnown(guid, { ...known, state: 'deleted' });
      return;
    case 'restore':
      slice.count('restored');
      await readBack(dependencies, slice, guid, known);
      slice.comeBack(guid);
      return;
    default:
      return;
  }
}

/** How the sign-in name came about that has just been written. */
function signInNameOf(slice: Slice, guid: string): KnownObject['signInName'] {
  const intended = slice.sources.get(guid)?.intended;
  return intended?.kind === 'user' ? intended.signInName : undefined;
}

/** A restored object may have been changed before it was deleted, or by its restoration: what it holds now is read, not assumed. */
async function readBack(dependencies: SyncDependencies, slice: Slice, guid: string, known: KnownObject): Promise<void> {
  const found = await dependencies.tenant.byId(known.type, known.entraId ?? '');
  if (found !== undefined) await adopt(dependencies, slice, guid, fromTenant(found, known));
  else slice.setKnown(guid, { ...known, state: 'present', manager: undefined });
}

async function settleUnknown(
  dependencies: SyncDependencies,
  slice: Slice,
  settling: Settling,
  known: KnownObject,
): Promise<void> {
  const { guid, write } = settling;
  if (write.kind !== 'restore') {
    await lookUp(dependencies, slice, guid);
    return;
  }
  const found = await dependencies.tenant.byId(known.type, write.id);
  if (found === undefined) {
    slice.postpone(guid, lookUpAgainMs);
    return;
  }
  await settleDone(dependencies, slice, settling, known, undefined);
}

/** Looks for the object by its anchor; until it shows, its creation stays in doubt and is not repeated. */
async function lookUp(dependencies: SyncDependencies, slice: Slice, guid: string): Promise<void> {
  const intended = slice.sources.get(guid)?.intended;
  if (intended?.kind !== 'user' && intended?.kind !== 'group') return;
  const found = await findByAnchor(intended.kind, intended.sourceAnchor, dependencies.tenant);
  const intent = slice.known.get(guid);
  if (found === undefined || intent === undefined) {
    slice.doubt(guid);
    slice.postpone(guid, lookUpAgainMs);
    return;
  }
  if (!(await takeOverByAnchor(dependencies, slice, guid, found, intent))) slice.postpone(guid, lookUpAgainMs);
}

async function settleRefusedCreation(
  dependencies: SyncDependencies,
  slice: Slice,
  settling: Settling,
  known: KnownObject,
  failure: WriteFailure,
): Promise<void> {
  const { guid, lastTry } = settling;
  const intended = slice.sources.get(guid)?.intended;
  if (intended?.kind !== 'user' && intended?.kind !== 'group') return;
  if (failure.kind === 'conflict' || failure.kind === 'already-member') {
    if (!isMailConflict(failure)) {
      const own = await findByAnchor(intended.kind, intended.sourceAnchor, dependencies.tenant);
      if (own !== undefined && (await takeOverByAnchor(dependencies, slice, guid, own, known))) return;
    }
    if (await takeOverByAddress(dependencies, slice, guid, intended, known)) return;
  }
  if (failure.kind === 'extension-unknown') {
    slice.fail(guid, problemOf(failure));
    slice.setKnown(guid, undefined);
    slice.postpone(guid, extensionAgainMs);
    return;
  }
  if (await setAside(dependencies, slice, guid, known, intended.properties, failure)) return;
  if (failure.kind === 'conflict' && !lastTry) {
    slice.conflicts += 1;
    slice.postpone(guid, null);
    return;
  }
  slice.fail(guid, await describe(dependencies, intended, failure));
  // What has the value may be the object itself, of an attempt whose answer was lost, that Graph does not show yet. Else
  // nothing was created, and nothing is in doubt.
  if (failure.kind === 'conflict' && slice.isInDoubt(guid)) slice.doubt(guid);
  else slice.setKnown(guid, undefined);
  return;
}

async function settleRefusedChange(
  dependencies: SyncDependencies,
  slice: Slice,
  settling: Settling,
  known: KnownObject,
  failure: WriteFailure,
): Promise<void> {
  const { guid, write, lastTry } = settling;
  if (failure.kind === 'missing') {
    // Deleting what is gone is done. An update of what is gone: someone deleted it; the next round brings it back.
    if (write.kind === 'restore') await settleLostItem(dependencies, slice, guid, known);
    else slice.setKnown(guid, { ...known, state: 'deleted' });
    return;
  }
  if (failure.kind === 'extension-unknown') {
    slice.fail(guid, problemOf(failure));
    slice.postpone(guid, extensionAgainMs);
    return;
  }
  if (
    (write.kind === 'update-user' || write.kind === 'update-group') &&
    (await setAside(dependencies, slice, guid, known, write.properties, failure))
  )
    return;
  if (write.kind === 'update-user' && setFrozenAside(slice, guid, known, write.properties, failure)) return;
  if (failure.kind === 'conflict' && !lastTry) {
    slice.conflicts += 1;
    slice.postpone(guid, null);
    return;
  }
  slice.fail(guid, problemOf(failure));
  return;
}

/**
 * A user who was once synchronised by Entra's own service keeps the extension attributes of that time: Graph refuses
 * to write them. Leaves them out, so that the rest of the user is in step.
 */
function setFrozenAside(
  slice: Slice,
  guid: string,
  known: KnownObject,
  sent: Properties,
  failure: WriteFailure,
): boolean {
  if (failure.kind !== 'mastered-elsewhere') return false;
  const frozen = Object.entries(sent).filter(
    ([property, value]) =>
      ownerOf(property) === 'onPremisesExtensionAttributes' && !sameValue(value, known.properties[property] ?? null),
  );
  if (frozen.length === 0) return false;
  const message = `The extension attributes were left out: Entra keeps those of a user who was synchronised by another tool. Entra says ${failure.message}`;
  const aside = frozen.map(([property, value]) => [property, { value, code: 'LS3103', message }] as const);
  slice.setKnown(guid, { ...known, setAside: { ...known.setAside, ...Object.fromEntries(aside) } });
  return true;
}

/** It is not among the deleted items: it was restored before (and the answer was lost), or purged and is created anew. */
async function settleLostItem(
  dependencies: SyncDependencies,
  slice: Slice,
  guid: string,
  known: KnownObject,
): Promise<void> {
  const found = await dependencies.tenant.byId(known.type, known.entraId ?? '');
  if (found === undefined) {
    slice.setKnown(guid, undefined);
    // What is created in its place has none of its memberships.
    slice.comeBack(guid);
    return;
  }
  await adopt(dependencies, slice, guid, fromTenant(found, known));
  slice.comeBack(guid);
}

/** Entra names the list that it derives from `mail`. */
function isMailConflict(failure: WriteFailure): boolean {
  return failure.property === 'proxyAddresses' || failure.property === 'mail';
}

/** Leaves out the one value that Entra refuses, so that the rest of the object is in step. False when there is no such value. */
async function setAside(
  dependencies: SyncDependencies,
  slice: Slice,
  guid: string,
  known: KnownObject,
  sent: Properties,
  failure: WriteFailure,
): Promise<boolean> {
  const property = isMailConflict(failure) ? 'mail' : failure.property;
  const rules = known.type === 'user' ? userRules : groupRules;
  if ((failure.kind !== 'conflict' && failure.kind !== 'invalid') || property === undefined) return false;
  if (ruleOf(rules, property) === undefined) return false;
  const value = sent[property];
  if (required.has(property) || value === undefined || value === null || known.setAside[property] !== undefined)
    return false;
  const conflict = failure.kind === 'conflict';
  const other = conflict ? await holderOf(dependencies, property, value) : undefined;
  const why = conflict ? `${other?.name ?? 'another object'} of the tenant has it` : 'Entra refuses it';
  const message = `${property} "${String(value)}" was left out: ${why}. Entra says ${failure.message}`;
  const refused: SetAsideValue = {
    value,
    code: conflict ? 'LS3102' : 'LS3103',
    message,
    entra: failure.message,
    other,
  };
  slice.setKnown(guid, { ...known, setAside: { ...known.setAside, [property]: refused } });
  return true;
}

/** Who has the value, as far as Graph can be asked for it. */
async function holderOf(
  { tenant }: SyncDependencies,
  property: string,
  value: PropertyValue,
): Promise<ConflictingObject | undefined> {
  if (typeof value !== 'string') return undefined;
  const found =
    property === 'mail'
      ? await tenant.userByMail(value)
      : property === 'userPrincipalName'
        ? await tenant.userBySignInName(value)
        : undefined;
  if (found === undefined) return undefined;
  const name = found.properties['userPrincipalName'] ?? found.properties['displayName'];
  return { id: found.id, name: typeof name === 'string' ? name : found.id, anchor: found.anchor };
}

/** Names both objects of a conflict. */
async function describe(
  dependencies: SyncDependencies,
  intended: IntendedUser | IntendedGroup,
  failure: WriteFailure,
): Promise<Problem> {
  const name = intended.properties['userPrincipalName'];
  if (failure.kind !== 'conflict' || typeof name !== 'string') return problemOf(failure);
  const other = await holderOf(dependencies, 'userPrincipalName', name);
  if (other === undefined) return problemOf(failure);
  const free = other.anchor === null;
  return {
    code: free ? 'LS3102' : 'LS3107',
    message: `The user ${other.id} of the tenant already has the sign-in name "${name}" and ${free ? 'no anchor' : 'the anchor of another object'}.`,
    entra: failure.message,
    other,
  };
}
