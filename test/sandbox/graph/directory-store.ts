import { ChangeLog, type Change, type ChangeEvent } from './change-log.ts';
import {
  deletedUserPrincipalName,
  textOf,
  uniqueKeys,
  uniqueValuesOf,
  type DirectoryObject,
  type UniqueKey,
} from './directory-object.ts';
import type { Json } from './json.ts';
import { LinkTable } from './link-table.ts';
import type { ObjectKind } from './metadata.ts';
import type { LinkRelation, Persistence, Stored } from './persistence.ts';

/** What a replication lag may depend on. */
export interface LagSubject {
  readonly id: string;
  readonly kind: ObjectKind;
  readonly what: Change['what'];
}

export interface StoreOptions {
  readonly persistence: Persistence;
  readonly now: () => number;
  /** Milliseconds between a change and the moment others see it. */
  readonly lag: (subject: LagSubject) => number;
  /** A soft-deleted user keeps its onPremisesImmutableId taken. */
  readonly deletedHoldImmutableId: boolean;
}

/**
 * The working set of the tenant: objects, links, unique values and the change log. Every method that changes something
 * tells the persistence and the log; rules are the callers' business.
 */
export class DirectoryStore {
  readonly log: ChangeLog = new ChangeLog();
  readonly links: Readonly<Record<LinkRelation, LinkTable>> = { members: new LinkTable(), owners: new LinkTable() };
  readonly #options: StoreOptions;
  readonly #objects = new Map<string, DirectoryObject>();
  readonly #ordered: Record<ObjectKind, DirectoryObject[]> = { user: [], group: [] };
  readonly #unique = new Map<UniqueKey, Map<string, string>>(uniqueKeys.map((key) => [key, new Map()]));
  readonly #reports = new Map<string, Set<string>>();
  readonly #counts: Record<ObjectKind, number> = { user: 0, group: 0 };
  /** Soft-deleted objects in the order of their deletion. */
  readonly #deleted = new Set<string>();
  #ordinal = 0;

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  /** Takes over what a store file holds. */
  restoreFrom(stored: Stored): void {
    for (const object of stored.objects) this.#index(object);
    for (const object of [...stored.objects].sort((a, b) => (a.deletedAt ?? 0) - (b.deletedAt ?? 0)))
      if (object.deletedAt !== null) this.#deleted.add(object.id);
    for (const { relation, group, target, ordinal } of stored.links) {
      this.links[relation].add(group, target, ordinal);
      this.#ordinal = Math.max(this.#ordinal, ordinal);
    }
    for (const change of stored.changes) this.log.append(change);
  }

  /** Also finds soft-deleted and not yet visible objects. */
  find(id: string): DirectoryObject | undefined {
    return this.#objects.get(id);
  }

  /** The object that holds a unique value (folded as in `uniqueValuesOf`), whatever its state. */
  holder(key: UniqueKey, value: string): DirectoryObject | undefined {
    const id = this.#unique.get(key)?.get(value);
    return id === undefined ? undefined : this.#objects.get(id);
  }

  /** True once others see the object and while it is not soft-deleted. */
  isVisible(object: DirectoryObject): boolean {
    return object.deletedAt === null && object.visibleAt <= this.#options.now();
  }

  /** How many objects of a kind there are, soft-deleted ones not counted. */
  count(kind: ObjectKind): number {
    return this.#counts[kind];
  }

  /** Objects of a kind in the order of creation, from the one after `ordinal` on; soft-deleted ones included. */
  *inOrder(kind: ObjectKind, after = 0): Generator<DirectoryObject> {
    const ordered = this.#ordered[kind];
    let low = 0;
    let high = ordered.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ordered[middle]?.ordinal ?? 0) > after) high = middle;
      else low = middle + 1;
    }
    for (let at = low; at < ordered.length; at++) {
      const object = ordered[at];
      if (object !== undefined && this.#objects.get(object.id) === object) yield object;
    }
  }

  /** Soft-deleted objects, oldest deletion first. */
  *deletedObjects(): Generator<DirectoryObject> {
    for (const id of this.#deleted) {
      const object = this.#objects.get(id);
      if (object !== undefined) yield object;
    }
  }

  /** Ids of the users whose manager this is. */
  reportsOf(managerId: string): ReadonlySet<string> {
    return this.#reports.get(managerId) ?? new Set<string>();
  }

  /** `seed`: the object is there for everybody at once, and may hold directory roles. */
  create(
    id: string,
    kind: ObjectKind,
    properties: Record<string, Json>,
    seed?: { readonly directoryRoles: readonly string[] },
  ): DirectoryObject {
    const lag = seed === undefined ? this.#options.lag({ id, kind, what: 'created' }) : 0;
    const object: DirectoryObject = {
      id,
      kind,
      ordinal: ++this.#ordinal,
      properties,
      visibleAt: this.#options.now() + lag,
      managerId: null,
      deletedAt: null,
      originalUserPrincipalName: null,
      directoryRoles: seed?.directoryRoles ?? [],
    };
    this.#index(object);
    // One lag for both: delta must not announce an object that a read does not find yet.
    this.#save(object, { what: 'created' }, object.visibleAt);
    return object;
  }

  /** Sets properties; null is kept as an explicit "cleared". Values that are the same are the caller's to leave out. */
  update(object: DirectoryObject, changes: Readonly<Record<string, Json>>): void {
    const names = Object.keys(changes);
    if (names.length === 0) return;
    this.#reindex(object, () => {
      Object.assign(object.properties, changes);
    });
    this.#save(object, { what: 'updated', properties: names });
  }

  setManager(user: DirectoryObject, managerId: string | null): void {
    const before = user.managerId;
    if (before === managerId) return;
    this.#dropReport(user);
    user.managerId = managerId;
    this.#addReport(user);
    this.#options.persistence.saveObject(user);
    if (before !== null) this.#append(user, { what: 'unlinked', relation: 'manager', target: before });
    if (managerId !== null) this.#append(user, { what: 'linked', relation: 'manager', target: managerId });
  }

  link(relation: LinkRelation, group: DirectoryObject, target: string): void {
    const ordinal = ++this.#ordinal;
    this.links[relation].add(group.id, target, ordinal);
    this.#options.persistence.saveLink({ relation, group: group.id, target, ordinal });
    this.#append(group, { what: 'linked', relation, target });
  }

  unlink(relation: LinkRelation, group: DirectoryObject, target: string): void {
    this.links[relation].remove(group.id, target);
    this.#options.persistence.removeLink(relation, group.id, target);
    this.#append(group, { what: 'unlinked', relation, target });
  }

  /** Soft deletion. Links stay, and come back with the object; until then nobody sees them. */
  softDelete(object: DirectoryObject): void {
    this.#reindex(object, () => {
      object.deletedAt = this.#options.now();
      const name = textOf(object, 'userPrincipalName');
      if (name === undefined) return;
      object.originalUserPrincipalName = name;
      object.properties['userPrincipalName'] = deletedUserPrincipalName(object.id, name);
    });
    this.#counts[object.kind]--;
    this.#deleted.add(object.id);
    this.#save(object, { what: 'deleted' });
    this.#echoLinks(object, 'unlinked');
  }

  restore(object: DirectoryObject): void {
    this.#reindex(object, () => {
      object.deletedAt = null;
      if (object.originalUserPrincipalName !== null)
        object.properties['userPrincipalName'] = object.originalUserPrincipalName;
      object.originalUserPrincipalName = null;
    });
    this.#counts[object.kind]++;
    this.#deleted.delete(object.id);
    this.#save(object, { what: 'restored' });
    this.#echoLinks(object, 'linked');
  }

  /** Removes a soft-deleted object and its links for good. */
  purge(object: DirectoryObject): void {
    for (const relation of ['members', 'owners'] as const) {
      const table = this.links[relation];
      const pairs = [
        ...[...table.targetsOf(object.id).keys()].map((target) => [object.id, target] as const),
        ...[...table.sourcesOf(object.id)].map((source) => [source, object.id] as const),
      ];
      for (const [source, target] of pairs) {
        table.remove(source, target);
        this.#options.persistence.removeLink(relation, source, target);
      }
    }
    for (const id of [...this.reportsOf(object.id)]) {
      const report = this.#objects.get(id);
      if (report === undefined) continue;
      this.#dropReport(report);
      report.managerId = null;
      this.#options.persistence.saveObject(report);
    }
    this.#dropReport(object);
    this.#holdValues(object, false);
    this.#objects.delete(object.id);
    this.#deleted.delete(object.id);
    this.#options.persistence.removeObject(object.id);
    this.#append(object, { what: 'purged' });
  }

  /** The links of others to an object vanish and come back with it; delta shows that on the groups. */
  #echoLinks(object: DirectoryObject, what: 'linked' | 'unlinked'): void {
    for (const relation of ['members', 'owners'] as const)
      for (const source of this.links[relation].sourcesOf(object.id)) {
        const group = this.#objects.get(source);
        if (group?.deletedAt === null) this.#append(group, { what, relation, target: object.id });
      }
    for (const id of this.reportsOf(object.id)) {
      const report = this.#objects.get(id);
      if (report?.deletedAt === null) this.#append(report, { what, relation: 'manager', target: object.id });
    }
  }

  #index(object: DirectoryObject): void {
    this.#objects.set(object.id, object);
    this.#ordered[object.kind].push(object);
    this.#ordinal = Math.max(this.#ordinal, object.ordinal);
    if (object.deletedAt === null) this.#counts[object.kind]++;
    this.#holdValues(object, true);
    this.#addReport(object);
  }

  #reindex(object: DirectoryObject, change: () => void): void {
    this.#holdValues(object, false);
    change();
    this.#holdValues(object, true);
  }

  #holdValues(object: DirectoryObject, hold: boolean): void {
    const values = uniqueValuesOf(object, this.#options.deletedHoldImmutableId);
    for (const key of uniqueKeys) {
      const index = this.#unique.get(key);
      for (const value of values[key]) {
        if (hold) index?.set(value, object.id);
        else if (index?.get(value) === object.id) index.delete(value);
      }
    }
  }

  #addReport(user: DirectoryObject): void {
    if (user.managerId === null) return;
    let reports = this.#reports.get(user.managerId);
    if (reports === undefined) this.#reports.set(user.managerId, (reports = new Set()));
    reports.add(user.id);
  }

  #dropReport(user: DirectoryObject): void {
    if (user.managerId !== null) this.#reports.get(user.managerId)?.delete(user.id);
  }

  #save(object: DirectoryObject, event: ChangeEvent, visibleAt?: number): void {
    this.#options.persistence.saveObject(object);
    this.#append(object, event, visibleAt);
  }

  #append(object: DirectoryObject, event: ChangeEvent, at?: number): void {
    const { id, kind } = object;
    const visibleAt = at ?? this.#options.now() + this.#options.lag({ id, kind, what: event.what });
    const change: Change = { ...event, id, kind, visibleAt };
    this.log.append(change);
    this.#options.persistence.appendChange(change);
  }
}
