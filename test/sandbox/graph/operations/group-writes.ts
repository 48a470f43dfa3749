import { cloudSecurityIdentifier, isUnified, textsOf, type DirectoryObject } from '../directory-object.ts';
import { defaultDomain } from '../domains.ts';
import { badRequest, conflict, invalidValues, notFound, onPremisesMastered } from '../failure.ts';
import { sameJson, type Json, type JsonObject } from '../json.ts';
import { noContent, prefers, type GraphReply } from '../message.ts';
import { project } from '../odata/projection.ts';
import { requireGrant, requirePrivilege, requireRoleManagement } from '../permissions.ts';
import type { LinkRelation } from '../persistence.ts';
import { checkCreate, checkUpdate, propertiesOf } from '../property-rules.ts';
import type { Call } from '../router.ts';
import type { Tenant } from '../tenant.ts';
import { checkNewLinks, checkTargets } from './links.ts';
import { groupAt, objectBody } from './lookup.ts';
import { checkAnnotations, newId, timestamp } from './user-writes.ts';

const binds = ['members@odata.bind', 'owners@odata.bind'];

/** What may not be combined; whatever else is a mail-enabled security or a distribution group, which Graph only reads. */
function checkKind(properties: Readonly<Record<string, Json>>): void {
  const types = Array.isArray(properties['groupTypes']) ? properties['groupTypes'] : [];
  const unified = types.includes('Unified');
  const { mailEnabled, securityEnabled, membershipRule, visibility } = properties;
  if (!unified && (mailEnabled === true || securityEnabled !== true))
    throw badRequest(
      'The service does not currently support writes of mail-enabled groups. Please ensure that the mail-enablement property is unset and the security-enablement property is set.',
    );
  if (unified && mailEnabled !== true)
    throw badRequest('A Microsoft 365 group must be mail-enabled.', { target: 'mailEnabled' });
  if (types.includes('DynamicMembership') !== (typeof membershipRule === 'string'))
    throw badRequest('A dynamic group needs a membership rule, and only a dynamic group has one.', {
      target: 'membershipRule',
    });
  const secrecy = ['Private', 'Public', ...(unified ? ['HiddenMembership'] : [])];
  if (typeof visibility === 'string' && !secrecy.includes(visibility))
    throw badRequest("Invalid value specified for property 'visibility' of resource 'Group'.", {
      target: 'visibility',
    });
  if (properties['isAssignableToRole'] === true && (securityEnabled !== true || types.includes('DynamicMembership')))
    throw invalidValues();
}

function checkNickname(tenant: Tenant, nickname: Json | undefined, self: DirectoryObject | undefined): void {
  if (typeof nickname !== 'string') return;
  const holder = tenant.store.holder('mailNickname', nickname.toLowerCase());
  if (holder !== undefined && holder !== self) throw conflict('mailNickname');
}

function storedGroup(
  tenant: Tenant,
  id: string,
  given: Readonly<Record<string, Json>>,
  address: string | undefined,
): Record<string, Json> {
  const now = timestamp(tenant.clock.now());
  const values: Record<string, Json> = {
    groupTypes: [],
    proxyAddresses: address === undefined ? [] : [`SMTP:${address}`],
    ...(address === undefined ? {} : { mail: address, visibility: 'Public' }),
    createdDateTime: now,
    renewedDateTime: now,
    securityIdentifier: cloudSecurityIdentifier(id),
    ...given,
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

function checkAsciiNickname(nickname: Json | undefined): void {
  if (typeof nickname === 'string' && !/^[\x21-\x7e]+$/.test(nickname))
    throw badRequest("Invalid value specified for property 'mailNickname' of resource 'Group'.", {
      target: 'mailNickname',
    });
}

/** Binds of a create: at most twenty relations in all. */
function boundTargets(call: Call, body: JsonObject, unified: boolean): Record<LinkRelation, DirectoryObject[]> {
  const targets = {
    members: checkTargets(call, body['members@odata.bind'], 'members', unified),
    owners: checkTargets(call, body['owners@odata.bind'], 'owners', unified),
  };
  if (targets.members.length + targets.owners.length > 20)
    throw badRequest('The number of relationships in one request exceeds the limit of 20.');
  return targets;
}

function create(call: Call, body: JsonObject, uniqueName: string | undefined): GraphReply {
  const { tenant, request } = call;
  requireGrant(request.caller, 'createGroup');
  checkAnnotations(body, binds);
  const properties = propertiesOf(body);
  checkCreate('group', properties, tenant.extensions);
  checkKind(properties);
  checkAsciiNickname(properties['mailNickname']);
  if (properties['isAssignableToRole'] === true) requireRoleManagement(request.caller);
  const types = properties['groupTypes'];
  const unified = Array.isArray(types) && types.includes('Unified');
  const nickname = properties['mailNickname'];
  const address = unified && typeof nickname === 'string' ? `${nickname}@${defaultDomain(tenant.domains)}` : undefined;
  if (unified) checkNickname(tenant, nickname, undefined);
  if (address !== undefined && tenant.store.holder('proxyAddresses', address.toLowerCase()) !== undefined)
    throw conflict('proxyAddresses');
  const targets = boundTargets(call, body, unified);
  const id = newId(tenant);
  const given = uniqueName === undefined ? properties : { ...properties, uniqueName };
  const group = tenant.store.create(id, 'group', storedGroup(tenant, id, given, address));
  for (const relation of ['members', 'owners'] as const)
    for (const target of targets[relation]) tenant.store.link(relation, group, target.id);
  return {
    status: 201,
    headers: { Location: `${request.root}/groups/${id}` },
    body: { '@odata.context': `${request.root}/$metadata#groups/$entity`, ...project(group, undefined) },
  };
}

/** `POST /groups`. */
export function createGroup(call: Call): GraphReply {
  return create(call, objectBody(call.request.body), undefined);
}

function update(call: Call, group: DirectoryObject, body: JsonObject): GraphReply {
  const { tenant, request } = call;
  const properties = propertiesOf(body);
  const names = Object.keys(properties);
  requireGrant(request.caller, names.length === 0 ? 'writeMembers' : 'writeGroup');
  checkAnnotations(body, binds);
  if (Object.keys(body).every((name) => name === '@odata.type'))
    throw badRequest('The request body must contain at least one property to update.');
  if (group.directoryRoles.length > 0) requirePrivilege(request.caller);
  checkUpdate('group', properties, group.properties, tenant.extensions);
  checkAsciiNickname(properties['mailNickname']);
  if (group.properties['onPremisesSyncEnabled'] === true) throw onPremisesMastered();
  checkKind({ ...group.properties, ...properties });
  const changes = Object.fromEntries(
    Object.entries(properties).filter(([name, value]) => !sameJson(value, group.properties[name] ?? null)),
  );
  const hidden = [group.properties['visibility'], changes['visibility']].includes('HiddenMembership');
  if ('visibility' in changes && hidden) throw invalidValues();
  if (isUnified(group)) checkNickname(tenant, changes['mailNickname'], group);
  const links = (['members', 'owners'] as const).map((relation) => ({
    relation,
    targets: checkNewLinks(call, group, body[`${relation}@odata.bind`], relation),
  }));
  tenant.store.update(group, changes);
  for (const { relation, targets } of links)
    for (const target of targets) tenant.store.link(relation, group, target.id);
  return noContent;
}

/** `PATCH /groups/{group}`; with the alternate key and `Prefer: create-if-missing` an upsert. */
export function patchGroup(call: Call): GraphReply {
  const { request, tenant } = call;
  const body = objectBody(request.body);
  const key = call.key('group');
  if (key.property !== 'uniqueName') return update(call, groupAt(call), body);
  // A write meets the newest state: an upsert finds a group that reads do not show yet.
  const group = tenant.store.holder('uniqueName', key.value);
  const { uniqueName: named, ...rest } = body;
  if (named !== undefined && named !== key.value)
    throw badRequest("The value of the property 'uniqueName' differs from the key in the URL.", {
      target: 'uniqueName',
    });
  if (group !== undefined) return update(call, group, rest);
  if (!prefers(request, 'create-if-missing')) throw notFound(key.value);
  return create(call, rest, key.value);
}

/** `DELETE /groups/{group}`. */
export function deleteGroup(call: Call): GraphReply {
  requireGrant(call.request.caller, 'deleteGroup');
  const group = groupAt(call);
  if (group.directoryRoles.length > 0) requirePrivilege(call.request.caller);
  const distribution = group.properties['mailEnabled'] === true && !textsOf(group, 'groupTypes').includes('Unified');
  call.tenant.store.softDelete(group);
  // Distribution groups have no recycle bin.
  if (distribution) call.tenant.store.purge(group);
  return noContent;
}
