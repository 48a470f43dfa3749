import { addressKey, textOf, textsOf, type DirectoryObject } from '../directory-object.ts';
import { domainBody } from '../domains.ts';
import { badRequest, conflict, notFound } from '../failure.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import { noContent, ok, type GraphReply } from '../message.ts';
import type { ObjectKind } from '../metadata.ts';
import { checkOptions } from '../odata/paging.ts';
import { parseSelect, project } from '../odata/projection.ts';
import { requireGrant, requirePrivilege } from '../permissions.ts';
import { idOf, type Call, type Operation } from '../router.ts';
import { listObjects } from './listing.ts';
import { objectAt, objectBody } from './lookup.ts';

const typed = (object: DirectoryObject, select?: readonly string[]): JsonObject => ({
  '@odata.type': `#microsoft.graph.${object.kind}`,
  ...project(object, select),
});

function deletedAt(call: Call): DirectoryObject {
  const id = idOf(call.key('object'));
  const object = call.tenant.store.find(id);
  if (object === undefined || object.deletedAt === null) throw notFound(id);
  return object;
}

function listDeleted(call: Call, kind: ObjectKind): GraphReply {
  requireGrant(call.request.caller, 'readDeleted');
  return listObjects(call, kind, 'deleted', `${kind}s`);
}

function readDeleted(call: Call): GraphReply {
  requireGrant(call.request.caller, 'readDeleted');
  checkOptions(call.query, ['$select']);
  const object = deletedAt(call);
  const select = parseSelect(call.query.get('$select'), object.kind);
  const shown = typed(object, select);
  return ok({ '@odata.context': `${call.request.root}/$metadata#directoryObjects/$entity`, ...shown });
}

const grantFor = (object: DirectoryObject): 'deleteUser' | 'deleteGroup' =>
  object.kind === 'user' ? 'deleteUser' : 'deleteGroup';

/** Names and addresses that were given free by the deletion may be taken by now. */
function checkStillFree(call: Call, object: DirectoryObject): void {
  const { store } = call.tenant;
  const taken = (key: Parameters<typeof store.holder>[0], value: string | undefined | null): boolean => {
    const holder = value === undefined || value === null ? undefined : store.holder(key, value);
    return holder !== undefined && holder !== object;
  };
  if (taken('userPrincipalName', object.originalUserPrincipalName?.toLowerCase())) throw conflict('userPrincipalName');
  if (textsOf(object, 'proxyAddresses').some((address) => taken('proxyAddresses', addressKey(address))))
    throw conflict('proxyAddresses');
  if (taken('onPremisesImmutableId', textOf(object, 'onPremisesImmutableId'))) throw conflict('onPremisesImmutableId');
  if (taken('uniqueName', textOf(object, 'uniqueName'))) throw conflict('uniqueName');
  if (
    textsOf(object, 'groupTypes').includes('Unified') &&
    taken('mailNickname', textOf(object, 'mailNickname')?.toLowerCase())
  )
    throw conflict('mailNickname');
}

function restore(call: Call): GraphReply {
  const object = deletedAt(call);
  requireGrant(call.request.caller, grantFor(object));
  checkStillFree(call, object);
  call.tenant.store.restore(object);
  return ok({ '@odata.context': `${call.request.root}/$metadata#directoryObjects/$entity`, ...typed(object) });
}

function purge(call: Call): GraphReply {
  const object = deletedAt(call);
  requireGrant(call.request.caller, grantFor(object));
  call.tenant.store.purge(object);
  return noContent;
}

function readObject(call: Call): GraphReply {
  requireGrant(call.request.caller, 'readObjects');
  checkOptions(call.query, ['$select']);
  const object = objectAt(call, call.key('object'));
  const shown = typed(object, parseSelect(call.query.get('$select'), object.kind));
  return ok({ '@odata.context': `${call.request.root}/$metadata#directoryObjects/$entity`, ...shown });
}

function deleteObject(call: Call): GraphReply {
  const object = objectAt(call, call.key('object'));
  requireGrant(call.request.caller, grantFor(object));
  if (object.directoryRoles.length > 0) requirePrivilege(call.request.caller);
  call.tenant.store.softDelete(object);
  return noContent;
}

/** Up to a thousand ids; the ones that are not there are left out. */
function getByIds(call: Call): GraphReply {
  requireGrant(call.request.caller, 'readObjects');
  checkOptions(call.query, ['$select']);
  const body = objectBody(call.request.body);
  const { ids, types } = body;
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > 1000)
    throw badRequest('The number of ids must be between 1 and 1000.');
  const wanted = Array.isArray(types) ? types : ['directoryObject'];
  const { store } = call.tenant;
  const found = [...new Set(ids)]
    .map((id) => (typeof id === 'string' ? store.find(id.toLowerCase()) : undefined))
    .filter((object) => object !== undefined)
    .filter((object) => store.isVisible(object))
    .filter((object) => wanted.includes(object.kind) || wanted.includes('directoryObject'));
  const select = call.query.get('$select');
  return ok({
    '@odata.context': `${call.request.root}/$metadata#directoryObjects`,
    value: found.map((object) => typed(object, parseSelect(select, object.kind))),
  });
}

function selected(call: Call, body: JsonObject): JsonObject {
  const select = call.query
    .get('$select')
    ?.split(',')
    .map((name) => name.trim());
  return select === undefined
    ? body
    : Object.fromEntries(Object.entries(body).filter(([name]) => select.includes(name)));
}

function organization(call: Call): JsonObject {
  const { tenant } = call;
  return selected(call, {
    id: tenant.id,
    deletedDateTime: null,
    displayName: tenant.displayName,
    createdDateTime: '2020-01-01T00:00:00Z',
    tenantType: 'AAD',
    onPremisesSyncEnabled: null,
    onPremisesLastSyncDateTime: null,
    defaultUsageLocation: null,
    assignedPlans: [],
    verifiedDomains: tenant.domains
      .filter((domain) => domain.isVerified)
      .map((domain) => ({
        capabilities: 'Email, OfficeCommunicationsOnline',
        isDefault: domain.isDefault,
        isInitial: domain.isInitial,
        name: domain.id,
        type: domain.authenticationType,
      })),
  });
}

function readOrganization(call: Call, single: boolean): GraphReply {
  requireGrant(call.request.caller, 'readOrganization');
  checkOptions(call.query, ['$select', '$top']);
  const context = `${call.request.root}/$metadata#organization`;
  if (!single) return ok({ '@odata.context': context, value: [organization(call)] });
  if (idOf(call.key('organization')) !== call.tenant.id) throw notFound(call.key('organization').value);
  return ok({ '@odata.context': `${context}/$entity`, ...organization(call) });
}

function listDomains(call: Call): GraphReply {
  requireGrant(call.request.caller, 'readDomains');
  checkOptions(call.query, ['$select', '$top']);
  const value = call.tenant.domains.map((domain) => selected(call, domainBody(domain)));
  return ok({ '@odata.context': `${call.request.root}/$metadata#domains`, value });
}

function readDomain(call: Call): GraphReply {
  requireGrant(call.request.caller, 'readDomains');
  const { value } = call.key('domain');
  const domain = call.tenant.domains.find(({ id }) => id === value.toLowerCase());
  if (domain === undefined) throw notFound(value);
  const shown = selected(call, domainBody(domain));
  return ok({
    '@odata.context': `${call.request.root}/$metadata#domains/$entity`,
    ...(isJsonObject(shown) ? shown : {}),
  });
}

/** The recycle bin, objects of any type, and the tenant itself. */
export const directoryOperations: readonly Operation[] = [
  { method: 'GET', template: 'directory/deleteditems/microsoft.graph.user', run: (call) => listDeleted(call, 'user') },
  {
    method: 'GET',
    template: 'directory/deleteditems/microsoft.graph.group',
    run: (call) => listDeleted(call, 'group'),
  },
  {
    method: 'GET',
    template: 'directory/deleteditems',
    run: () => {
      throw badRequest('The list of deleted items needs a type: /directory/deletedItems/microsoft.graph.user.');
    },
  },
  { method: 'GET', template: 'directory/deleteditems/{object}', run: readDeleted },
  { method: 'DELETE', template: 'directory/deleteditems/{object}', run: purge },
  { method: 'POST', template: 'directory/deleteditems/{object}/restore', run: restore },
  { method: 'POST', template: 'directoryobjects/getbyids', write: false, run: getByIds },
  { method: 'GET', template: 'directoryobjects/{object}', run: readObject },
  { method: 'DELETE', template: 'directoryobjects/{object}', run: deleteObject },
  { method: 'GET', template: 'organization', run: (call) => readOrganization(call, false) },
  { method: 'GET', template: 'organization/{organization}', run: (call) => readOrganization(call, true) },
  { method: 'GET', template: 'domains', run: listDomains },
  { method: 'GET', template: 'domains/{domain}', run: readDomain },
];
