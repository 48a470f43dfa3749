import { cloudSecurityIdentifier, uniqueKeys, uniqueValuesOf, type DirectoryObject } from './directory-object.ts';
import type { Json } from './json.ts';
import type { ObjectKind } from './metadata.ts';
import { newId, timestamp } from './operations/user-writes.ts';
import type { Tenant } from './tenant.ts';

interface Seed {
  /** Default: the next of the generator. */
  readonly id?: string;
  /** Any property, read-only ones too: `onPremisesSyncEnabled: true` makes an object of another synchronisation. */
  readonly properties: Readonly<Record<string, Json>>;
  /** Display names of directory roles that it holds. */
  readonly directoryRoles?: readonly string[];
}

export interface UserSeed extends Seed {
  readonly managerId?: string;
}

export interface GroupSeed extends Seed {
  readonly memberIds?: readonly string[];
  readonly ownerIds?: readonly string[];
}

function plant(
  tenant: Tenant,
  kind: ObjectKind,
  seed: Seed,
  defaults: Readonly<Record<string, Json>>,
): DirectoryObject {
  const id = seed.id?.toLowerCase() ?? newId(tenant);
  if (tenant.store.find(id) !== undefined) throw new Error(`The tenant already has an object ${id}.`);
  const mail = seed.properties['mail'];
  const properties: Record<string, Json> = {
    proxyAddresses: typeof mail === 'string' ? [`SMTP:${mail}`] : [],
    createdDateTime: timestamp(tenant.clock.now()),
    securityIdentifier: cloudSecurityIdentifier(id),
    ...defaults,
    ...seed.properties,
  };
  const candidate: DirectoryObject = {
    id,
    kind,
    ordinal: 0,
    properties,
    visibleAt: 0,
    managerId: null,
    deletedAt: null,
    originalUserPrincipalName: null,
    directoryRoles: [],
  };
  const values = uniqueValuesOf(candidate, false);
  for (const key of uniqueKeys)
    for (const value of values[key])
      if (tenant.store.holder(key, value) !== undefined) throw new Error(`Another object already has ${key} ${value}.`);
  return tenant.store.create(id, kind, properties, { directoryRoles: seed.directoryRoles ?? [] });
}

/** Puts a user into the tenant, past all rules but uniqueness; gives its id. */
export function plantUser(tenant: Tenant, seed: UserSeed): string {
  const defaults = { accountEnabled: true, businessPhones: [], otherMails: [], userType: 'Member' };
  const user = plant(tenant, 'user', seed, defaults);
  if (seed.managerId !== undefined) tenant.store.setManager(user, seed.managerId);
  return user.id;
}

/** Puts a group into the tenant: a security group unless its properties say otherwise; gives its id. */
export function plantGroup(tenant: Tenant, seed: GroupSeed): string {
  const defaults = { groupTypes: [], mailEnabled: false, securityEnabled: true };
  const group = plant(tenant, 'group', seed, defaults);
  for (const id of seed.memberIds ?? []) tenant.store.link('members', group, id);
  for (const id of seed.ownerIds ?? []) tenant.store.link('owners', group, id);
  return group.id;
}
