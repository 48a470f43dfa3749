import type { DirectoryObject } from './directory-object.ts';
import type { DirectoryStore } from './directory-store.ts';
import type { Json } from './json.ts';
import type { ObjectKind } from './metadata.ts';

/** An object as plain data. Properties are in the order of their names; those that were never set are not there. */
export interface ObjectSnapshot {
  readonly id: string;
  readonly properties: Readonly<Record<string, Json>>;
}

export interface UserSnapshot extends ObjectSnapshot {
  /** Also when the manager is soft-deleted. */
  readonly managerId: string | null;
}

export interface GroupSnapshot extends ObjectSnapshot {
  /** Sorted; soft-deleted members are left out, as in any read. */
  readonly memberIds: readonly string[];
  readonly ownerIds: readonly string[];
}

/** All of the tenant at one moment, sorted by id; what replication still hides is in it. */
export interface TenantSnapshot {
  readonly users: readonly UserSnapshot[];
  readonly groups: readonly GroupSnapshot[];
  readonly deletedUsers: readonly UserSnapshot[];
  readonly deletedGroups: readonly GroupSnapshot[];
}

function plain(object: DirectoryObject): ObjectSnapshot {
  const entries = Object.entries(object.properties).sort(([a], [b]) => (a < b ? -1 : 1));
  return { id: object.id, properties: structuredClone(Object.fromEntries(entries)) };
}

/** Copies the tenant. */
export function snapshotOf(store: DirectoryStore): TenantSnapshot {
  const all = (kind: ObjectKind, deleted: boolean): DirectoryObject[] =>
    [...store.inOrder(kind)]
      .filter((object) => (object.deletedAt !== null) === deleted)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  const live = (ids: Iterable<string>): string[] => [...ids].filter((id) => store.find(id)?.deletedAt === null).sort();
  const user = (object: DirectoryObject): UserSnapshot => ({ ...plain(object), managerId: object.managerId });
  const group = (object: DirectoryObject): GroupSnapshot => ({
    ...plain(object),
    memberIds: live(store.links.members.targetsOf(object.id).keys()),
    ownerIds: live(store.links.owners.targetsOf(object.id).keys()),
  });
  return {
    users: all('user', false).map(user),
    groups: all('group', false).map(group),
    deletedUsers: all('user', true).map(user),
    deletedGroups: all('group', true).map(group),
  };
}
