import type { GraphUsage } from '../../shared/contracts/status.ts';
import type { ExtensionDefinition } from '../../shared/entra/directory-extensions.ts';
import type { Properties } from '../../shared/engine/intended.ts';

/** An object as the tenant shows it; only the properties that Lockstep manages. */
export interface TenantObject {
  readonly id: string;
  readonly type: 'user' | 'group';
  /** `onPremisesImmutableId` of a user, `uniqueName` of a group. */
  readonly anchor: string | null;
  readonly properties: Properties;
}

/** What a delta page says of one object. A page may repeat objects, and say what was known long ago. */
export interface ObjectDelta {
  readonly id: string;
  /** `deleted`: it can be restored, `gone`: it cannot. Then nothing else is said. */
  readonly state: 'present' | 'deleted' | 'gone';
  /** The managed properties that the page shows; one that is not in it never had a value, or was not looked at. */
  readonly properties: Properties;
  readonly membersAdded: readonly string[];
  readonly membersRemoved: readonly string[];
  /** Object id of the manager, `null` for none; `undefined` when the page says nothing. */
  readonly manager: string | null | undefined;
}

export interface DeltaPage {
  readonly objects: readonly ObjectDelta[];
  /** Where to go on: at once when {@link more}, else the next time. */
  readonly link: string;
  readonly more: boolean;
}

/** A write, as the cycle wants it. Ids are object ids in Entra. */
export type EntraWrite =
  | { readonly kind: 'create-user'; readonly properties: Properties; readonly password: string }
  | { readonly kind: 'update-user' | 'update-group'; readonly id: string; readonly properties: Properties }
  | { readonly kind: 'delete-user' | 'delete-group'; readonly id: string }
  | { readonly kind: 'restore'; readonly id: string }
  | { readonly kind: 'set-manager'; readonly id: string; readonly managerId: string }
  | { readonly kind: 'clear-manager'; readonly id: string }
  /** Creates the group, or updates the one that carries the unique name. At most 20 members. */
  | {
      readonly kind: 'upsert-group';
      readonly uniqueName: string;
      readonly properties: Properties;
      readonly memberIds: readonly string[];
    }
  /** At most 20; all of them or none. */
  | { readonly kind: 'add-members'; readonly groupId: string; readonly memberIds: readonly string[] }
  | { readonly kind: 'remove-member'; readonly groupId: string; readonly memberId: string };

/** A write, and what it answers to. */
export interface CausedWrite {
  readonly write: EntraWrite;
  /** GUID of the read that brought the change, which Graph's activity log then has (`client-request-id`); another word is not sent. */
  readonly correlationId: string;
}

/** Why Graph said no, reduced to what the cycle decides by. */
export type FailureKind =
  | 'conflict'
  | 'missing'
  | 'denied'
  | 'quota'
  | 'already-member'
  | 'mastered-elsewhere'
  | 'extension-unknown'
  | 'invalid';

export interface WriteFailure {
  readonly kind: FailureKind;
  /** Property that the failure names, where it names one. */
  readonly property: string | undefined;
  /** Entra's own code and text, for the operator. */
  readonly message: string;
}

export type WriteOutcome =
  /** `id` where the write created or upserted an object and Graph returned it. */
  | { readonly status: 'done'; readonly id: string | undefined }
  | { readonly status: 'failed'; readonly failure: WriteFailure }
  /** The answer was lost; the write may or may not have happened. */
  | { readonly status: 'unknown' }
  /** Throttled or unavailable, after every retry that this call was allowed. */
  | { readonly status: 'later'; readonly retryAfterMs: number };

/**
 * The port to the tenant. Reads and writes throw LS3001, LS3002, LS3004 or LS3005, which stop the whole cycle;
 * what concerns one object is an outcome.
 */
export interface EntraTenant {
  /** Verified domains, sorted, those of them that are federated, and the one that the tenant began with; lower case. */
  domains(): Promise<{
    readonly verified: readonly string[];
    readonly federated: readonly string[];
    readonly initial: string;
  }>;
  /**
   * Sees to it that the directory extensions exist. Throws LS3009 when the application is not there, LS3010 when one of
   * them exists with another type, which cannot be changed, LS3011 when one is missing and `create` is false.
   */
  defineExtensions(application: string, definitions: readonly ExtensionDefinition[], create: boolean): Promise<void>;
  /** Every user and security group, page by page. */
  objects(type: 'user' | 'group'): AsyncIterable<readonly TenantObject[]>;
  /** What can still be restored. */
  deletedObjects(type: 'user' | 'group'): AsyncIterable<readonly TenantObject[]>;
  userByAnchor(immutableId: string): Promise<TenantObject | undefined>;
  userBySignInName(name: string): Promise<TenantObject | undefined>;
  /** The one user with that primary mail address; `undefined` when there is none, or several. */
  userByMail(address: string): Promise<TenantObject | undefined>;
  /** Object ids of everything that is assigned a directory role, by itself or as a member of a group. */
  roleHolders(): Promise<ReadonlySet<string>>;
  groupByUniqueName(uniqueName: string): Promise<TenantObject | undefined>;
  byId(type: 'user' | 'group', id: string): Promise<TenantObject | undefined>;
  /** Object id of the manager, `undefined` for none. */
  managerOf(id: string): Promise<string | undefined>;
  /** Object ids of the direct members; `undefined` when the group is not there. */
  memberIds(groupId: string): Promise<readonly string[] | undefined>;
  /** A link from which {@link changesSince} shows what changes after this moment. */
  deltaLink(type: 'user' | 'group'): Promise<string>;
  /** What has changed since the link was given; `undefined` when Graph does not know any more. */
  changesSince(link: string, type: 'user' | 'group'): Promise<DeltaPage | undefined>;
  /** Sends the writes, in any order but never two of one object at a time. Outcomes in the order of the writes. */
  write(writes: readonly CausedWrite[]): Promise<readonly WriteOutcome[]>;
  /** What was sent since the last call of this. */
  takeUsage(): GraphUsage;
}
