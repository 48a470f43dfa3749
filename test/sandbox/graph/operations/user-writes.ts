import { addressKey, cloudSecurityIdentifier, textOf, textsOf, type DirectoryObject } from '../directory-object.ts';
import { defaultDomain, domainOfName, type Domain } from '../domains.ts';
import { badRequest, conflict, invalidValues, onPremisesMastered } from '../failure.ts';
import { isJsonObject, sameJson, type Json, type JsonObject } from '../json.ts';
import { noContent, type GraphReply } from '../message.ts';
import { project } from '../odata/projection.ts';
import { requireGrant, requirePrivilege, requireUserUpdate } from '../permissions.ts';
import {
  checkCreate,
  checkPassword,
  checkUpdate,
  isOnPremisesMastered,
  isSensitive,
  propertiesOf,
} from '../property-rules.ts';
import type { Call } from '../router.ts';
import type { Tenant } from '../tenant.ts';
import { objectBody, referenced, userAt } from './lookup.ts';

/** Whole seconds, as the directory writes times. */
export const timestamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** An id that no object of the tenant has. */
export function newId(tenant: Tenant): string {
  for (;;) {
    const id = tenant.ids.guid();
    if (tenant.store.find(id) === undefined) return id;
  }
}

function verifiedDomain(tenant: Tenant, name: Json | undefined): Domain {
  const domain = typeof name === 'string' ? domainOfName(tenant.domains, name) : undefined;
  if (domain === undefined)
    throw badRequest(
      'The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.',
      { target: 'userPrincipalName' },
    );
  return domain;
}

/** Addresses after `mail` was set: it becomes the primary one, the former primary one stays as a secondary. */
function addressesWith(mail: string, before: readonly string[]): string[] {
  const others = before
    .filter((address) => addressKey(address) !== mail.toLowerCase())
    .map((address) => address.replace(/^SMTP:/, 'smtp:'));
  return [`SMTP:${mail}`, ...others];
}

/** `400` with ObjectConflict when a value that must be unique is held by another object than `self`. */
function checkUnique(
  tenant: Tenant,
  properties: Readonly<Record<string, Json>>,
  self: DirectoryObject | undefined,
): void {
  const taken = (key: 'userPrincipalName' | 'proxyAddresses' | 'onPremisesImmutableId', value: string): boolean => {
    const holder = tenant.store.holder(key, value);
    return holder !== undefined && holder !== self;
  };
  const { userPrincipalName: name, mail, onPremisesImmutableId: anchor } = properties;
  if (typeof name === 'string' && taken('userPrincipalName', name.toLowerCase())) throw conflict('userPrincipalName');
  if (typeof mail === 'string' && taken('proxyAddresses', addressKey(mail))) throw conflict('proxyAddresses');
  if (typeof anchor === 'string' && taken('onPremisesImmutableId', anchor)) throw conflict('onPremisesImmutableId');
}

/** A record with both parts: one that a request leaves out becomes null. */
function completed(properties: Record<string, Json>): Record<string, Json> {
  const data = properties['employeeOrgData'];
  if (!isJsonObject(data)) return properties;
  return {
    ...properties,
    employeeOrgData: { division: data['division'] ?? null, costCenter: data['costCenter'] ?? null },
  };
}

function identity(tenant: Tenant, name: string): Json {
  return [{ signInType: 'userPrincipalName', issuer: defaultDomain(tenant.domains), issuerAssignedId: name }];
}

function storedUser(tenant: Tenant, id: string, given: Readonly<Record<string, Json>>): Record<string, Json> {
  const { passwordProfile, ...kept } = given;
  const { mail, userPrincipalName: name } = given;
  const now = timestamp(tenant.clock.now());
  const values: Record<string, Json> = {
    businessPhones: [],
    otherMails: [],
    userType: 'Member',
    proxyAddresses: typeof mail === 'string' ? addressesWith(mail, []) : [],
    identities: identity(tenant, typeof name === 'string' ? name : ''),
    createdDateTime: now,
    securityIdentifier: cloudSecurityIdentifier(id),
    ...(passwordProfile === undefined ? {} : { lastPasswordChangeDateTime: now }),
    ...completed(kept),
  };
  // A null on create means "no value", the same as leaving it out.
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

/** The annotations that a body may carry besides properties. */
export function checkAnnotations(body: JsonObject, allowed: readonly string[]): void {
  for (const name of Object.keys(body))
    if (name.includes('@') && name !== '@odata.type' && !allowed.includes(name))
      throw badRequest(`The annotation '${name}' is not valid here.`);
}

/** `POST /users`. */
export function createUser(call: Call): GraphReply {
  const { tenant, request } = call;
  requireGrant(request.caller, 'createUser');
  const body = objectBody(request.body);
  checkAnnotations(body, ['manager@odata.bind']);
  const properties = propertiesOf(body);
  const name = properties['userPrincipalName'];
  const federated = typeof name === 'string' && domainOfName(tenant.domains, name)?.authenticationType === 'Federated';
  checkCreate('user', properties, tenant.extensions, federated ? ['passwordProfile'] : []);
  const domain = verifiedDomain(tenant, name);
  if (domain.authenticationType === 'Federated' && typeof properties['onPremisesImmutableId'] !== 'string')
    throw invalidValues();
  const profile = properties['passwordProfile'];
  if (isJsonObject(profile)) checkPassword(profile['password']);
  checkUnique(tenant, properties, undefined);
  const bind = body['manager@odata.bind'];
  const manager = bind === undefined ? undefined : managerOf(call, bind);
  const id = newId(tenant);
  const user = tenant.store.create(id, 'user', storedUser(tenant, id, properties));
  if (manager !== undefined) tenant.store.setManager(user, manager.id);
  return {
    status: 201,
    headers: { Location: `${request.root}/users/${id}` },
    body: { '@odata.context': `${request.root}/$metadata#users/$entity`, ...project(user, undefined) },
  };
}

function checkOnPremises(user: DirectoryObject, names: readonly string[]): void {
  const synced = user.properties['onPremisesSyncEnabled'];
  if (synced === true && names.some((name) => isOnPremisesMastered('user', name))) throw onPremisesMastered();
  // False, as opposed to never set, marks a user that was synced once: these attributes stay frozen.
  if (synced === false && names.includes('onPremisesExtensionAttributes'))
    throw badRequest(
      'Unable to update the specified properties for objects that have originated within an external service.',
    );
}

function checkDomains(tenant: Tenant, user: DirectoryObject, changes: Readonly<Record<string, Json>>): void {
  const name = textOf(user, 'userPrincipalName') ?? '';
  const federatedNow = domainOfName(tenant.domains, name)?.authenticationType === 'Federated';
  if ('onPremisesImmutableId' in changes && federatedNow) throw invalidValues();
  if ('passwordProfile' in changes && federatedNow) throw invalidValues();
  if (!('userPrincipalName' in changes)) return;
  const anchor = changes['onPremisesImmutableId'] ?? user.properties['onPremisesImmutableId'] ?? null;
  const target = verifiedDomain(tenant, changes['userPrincipalName']);
  if (target.authenticationType === 'Federated' && anchor === null) throw invalidValues();
}

/** Extension attributes merge; everything else replaces. Values that stay the same are no change. */
function changesOf(user: DirectoryObject, given: Readonly<Record<string, Json>>): Record<string, Json> {
  const wanted = completed({ ...given });
  const extension = wanted['onPremisesExtensionAttributes'];
  const before = user.properties['onPremisesExtensionAttributes'];
  if (isJsonObject(extension))
    wanted['onPremisesExtensionAttributes'] = { ...(isJsonObject(before) ? before : {}), ...extension };
  return Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => !sameJson(value, user.properties[name] ?? null)),
  );
}

function derived(tenant: Tenant, user: DirectoryObject, changes: Readonly<Record<string, Json>>): Record<string, Json> {
  const { passwordProfile, ...kept } = changes;
  const { mail, userPrincipalName: name } = kept;
  return {
    ...kept,
    ...(passwordProfile === undefined ? {} : { lastPasswordChangeDateTime: timestamp(tenant.clock.now()) }),
    ...(typeof mail === 'string' ? { proxyAddresses: addressesWith(mail, textsOf(user, 'proxyAddresses')) } : {}),
    ...(typeof name === 'string' ? { identities: identity(tenant, name) } : {}),
  };
}

/** `PATCH /users/{user}`. */
export function updateUser(call: Call): GraphReply {
  const { tenant, request } = call;
  const body = objectBody(request.body);
  const properties = propertiesOf(body);
  const names = Object.keys(properties);
  requireUserUpdate(request.caller, names);
  const user = userAt(call);
  checkAnnotations(body, []);
  if (names.length === 0) throw badRequest('The request body must contain at least one property to update.');
  if (user.directoryRoles.length > 0 && names.some(isSensitive)) requirePrivilege(request.caller);
  checkUpdate('user', properties, user.properties, tenant.extensions);
  checkOnPremises(user, names);
  const changes = changesOf(user, properties);
  checkDomains(tenant, user, changes);
  const profile = changes['passwordProfile'];
  if (isJsonObject(profile) && 'password' in profile) checkPassword(profile['password']);
  checkUnique(tenant, changes, user);
  tenant.store.update(user, derived(tenant, user, changes));
  return noContent;
}

/** `DELETE /users/{user}`. */
export function deleteUser(call: Call): GraphReply {
  requireGrant(call.request.caller, 'deleteUser');
  const user = userAt(call);
  if (user.directoryRoles.length > 0) requirePrivilege(call.request.caller);
  call.tenant.store.softDelete(user);
  return noContent;
}

/** A manager must be a user. */
function managerOf(call: Call, uri: Json | undefined): DirectoryObject {
  const manager = referenced(call, uri);
  if (manager.kind !== 'user') throw badRequest('The reference target is not valid for the property manager.');
  return manager;
}

/** `PUT /users/{user}/manager/$ref`. */
export function setManager(call: Call): GraphReply {
  requireGrant(call.request.caller, 'writeManager');
  const user = userAt(call);
  const body = objectBody(call.request.body);
  const manager = managerOf(call, body['@odata.id']);
  if (user.properties['onPremisesSyncEnabled'] === true) throw onPremisesMastered();
  call.tenant.store.setManager(user, manager.id);
  return noContent;
}
