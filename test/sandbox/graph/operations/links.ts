import { isUnified, textsOf, type DirectoryObject } from '../directory-object.ts';
import { badRequest, malformed, notFound, onPremisesMastered } from '../failure.ts';
import type { Json } from '../json.ts';
import { isEventual, noContent, type GraphReply } from '../message.ts';
import type { ObjectKind } from '../metadata.ts';
import { checkOptions, skipPosition } from '../odata/paging.ts';
import { parseMixedSelect, parseSelect, project } from '../odata/projection.ts';
import { requireGrant, requirePrivilege, requireRoleManagement } from '../permissions.ts';
import type { LinkRelation } from '../persistence.ts';
import { idOf, type Call, type Operation } from '../router.ts';
import { page, plainCount, type Positioned } from './listing.ts';
import { groupAt, objectAt, objectBody, referenced } from './lookup.ts';

/** Microsoft 365 groups take users only, owners are users, and no group is a member of itself. */
function checkTarget(target: DirectoryObject, relation: LinkRelation, unified: boolean): void {
  if (target.kind === 'group' && (unified || relation === 'owners'))
    throw badRequest(
      `The reference target is not valid for the property ${relation}: a group of this kind takes users only.`,
    );
}

/** The objects of a bind, all of them or none: each must be there, be allowed, and be named once. At most twenty. */
export function checkTargets(
  call: Call,
  bind: Json | undefined,
  relation: LinkRelation,
  unified: boolean,
): DirectoryObject[] {
  if (bind === undefined) return [];
  if (!Array.isArray(bind)) throw malformed(`The annotation '${relation}@odata.bind' takes an array of references.`);
  if (bind.length > 20) throw badRequest('The number of relationships in one request exceeds the limit of 20.');
  const targets = bind.map((uri) => referenced(call, uri));
  const seen = new Set<string>();
  for (const target of targets) {
    checkTarget(target, relation, unified);
    if (seen.has(target.id))
      throw badRequest(
        `Object '[${target.id}]' referenced from '[${relation}]' can only be present once as an add/remove change.`,
      );
    seen.add(target.id);
  }
  return targets;
}

/** `400` or `403` for groups whose links Graph does not let this application change. */
function checkEditable(call: Call, group: DirectoryObject, relation: LinkRelation): void {
  if (group.properties['onPremisesSyncEnabled'] === true) throw onPremisesMastered();
  if (group.properties['isAssignableToRole'] === true) requireRoleManagement(call.request.caller);
  if (relation === 'members' && textsOf(group, 'groupTypes').includes('DynamicMembership'))
    throw badRequest('The members of a dynamic group cannot be changed by hand.');
}

/** As `checkTargets`, and none of them may be linked already. */
export function checkNewLinks(
  call: Call,
  group: DirectoryObject,
  bind: Json | undefined,
  relation: LinkRelation,
): DirectoryObject[] {
  const targets = checkTargets(call, bind, relation, isUnified(group));
  if (targets.length > 0) checkEditable(call, group, relation);
  for (const target of targets) {
    if (target === group) throw badRequest('A group cannot be a member of itself.');
    if (call.tenant.store.links[relation].has(group.id, target.id))
      throw badRequest(
        `One or more added object references already exist for the following modified properties: '${relation}'.`,
      );
  }
  return targets;
}

function addLink(call: Call, relation: LinkRelation): GraphReply {
  requireGrant(call.request.caller, relation === 'members' ? 'writeMembers' : 'writeGroup');
  const group = groupAt(call);
  const body = objectBody(call.request.body);
  const uri = body['@odata.id'];
  if (`${relation}@odata.bind` in body || uri === undefined)
    throw malformed('The request is currently not supported on the targeted entity set');
  const [target] = checkNewLinks(call, group, [uri], relation);
  if (target !== undefined) call.tenant.store.link(relation, group, target.id);
  return noContent;
}

function removeLink(call: Call, relation: LinkRelation): GraphReply {
  requireGrant(call.request.caller, relation === 'members' ? 'writeMembers' : 'writeGroup');
  const group = groupAt(call);
  const { store } = call.tenant;
  const uri = call.query.get('@id');
  const target = uri === undefined ? objectAt(call, call.key('member')) : referenced(call, uri);
  if (!store.links[relation].has(group.id, target.id)) throw notFound(target.id);
  checkEditable(call, group, relation);
  if (relation === 'owners' && liveTargets(call, group, 'owners', 'user').length === 1)
    throw badRequest('The group must have at least one owner, hence this owner cannot be removed.');
  store.unlink(relation, group, target.id);
  return noContent;
}

function liveTargets(
  call: Call,
  group: DirectoryObject,
  relation: LinkRelation,
  cast: ObjectKind | undefined,
): Positioned[] {
  const { store } = call.tenant;
  const found: Positioned[] = [];
  for (const [id, position] of store.links[relation].targetsOf(group.id)) {
    const object = store.find(id);
    if (object === undefined || !store.isVisible(object)) continue;
    if (cast === undefined || object.kind === cast) found.push({ object, position });
  }
  return found;
}

function listLinks(call: Call, relation: LinkRelation, cast: ObjectKind | undefined): GraphReply {
  requireGrant(call.request.caller, 'readGroupBasics');
  checkOptions(call.query, ['$select', '$top', '$count', '$skiptoken']);
  const text = call.query.get('$select');
  const select = cast === undefined ? parseMixedSelect(text) : parseSelect(text, cast);
  const from = skipPosition(call.query);
  const all = liveTargets(call, groupAt(call), relation, cast);
  const context = cast === undefined ? 'directoryObjects' : `${cast}s`;
  return page(
    call,
    all.filter(({ position }) => position > from),
    context,
    (object) => ({
      ...(cast === undefined ? { '@odata.type': `#microsoft.graph.${object.kind}` } : {}),
      ...project(object, select),
    }),
    () => all.length,
  );
}

function countLinks(call: Call, relation: LinkRelation): GraphReply {
  requireGrant(call.request.caller, 'readGroupBasics');
  if (!isEventual(call.request)) throw badRequest('$count is not currently supported.');
  return plainCount(liveTargets(call, groupAt(call), relation, undefined).length);
}

function listReferences(call: Call, relation: LinkRelation): GraphReply {
  requireGrant(call.request.caller, 'readGroupBasics');
  checkOptions(call.query, ['$top', '$skiptoken']);
  const from = skipPosition(call.query);
  const rest = liveTargets(call, groupAt(call), relation, undefined).filter(({ position }) => position > from);
  return page(call, rest, 'Collection($ref)', (object) => ({
    '@odata.id': `${call.request.root}/directoryObjects/${object.id}`,
  }));
}

/** The trap beside `…/$ref`: without it the path means the member itself, and DELETE deletes that. */
function deleteMemberObject(call: Call): GraphReply {
  const group = groupAt(call);
  const id = idOf(call.key('member'));
  const target = objectAt(call, call.key('member'));
  if (!call.tenant.store.links.members.has(group.id, id)) throw notFound(id);
  requireGrant(call.request.caller, target.kind === 'user' ? 'deleteUser' : 'deleteGroup');
  if (target.directoryRoles.length > 0) requirePrivilege(call.request.caller);
  call.tenant.store.softDelete(target);
  return noContent;
}

function listTransitive(call: Call): GraphReply {
  requireGrant(call.request.caller, 'readGroupBasics');
  checkOptions(call.query, ['$select', '$top', '$count', '$skiptoken']);
  const select = parseMixedSelect(call.query.get('$select'));
  const seen = new Map<string, DirectoryObject>();
  const waiting = [groupAt(call)];
  for (let group = waiting.shift(); group !== undefined; group = waiting.shift())
    for (const { object } of liveTargets(call, group, 'members', undefined)) {
      if (seen.has(object.id)) continue;
      seen.set(object.id, object);
      if (object.kind === 'group') waiting.push(object);
    }
  const from = skipPosition(call.query);
  const all = [...seen.values()].map((object, index) => ({ object, position: index + 1 }));
  return page(
    call,
    all.slice(from),
    'directoryObjects',
    (object) => ({ '@odata.type': `#microsoft.graph.${object.kind}`, ...project(object, select) }),
    () => all.length,
  );
}

const both = (relation: LinkRelation): Operation[] => [
  { method: 'GET', template: `groups/{group}/${relation}`, run: (call) => listLinks(call, relation, undefined) },
  {
    method: 'GET',
    template: `groups/{group}/${relation}/microsoft.graph.user`,
    run: (call) => listLinks(call, relation, 'user'),
  },
  {
    method: 'GET',
    template: `groups/{group}/${relation}/microsoft.graph.group`,
    run: (call) => listLinks(call, relation, 'group'),
  },
  { method: 'GET', template: `groups/{group}/${relation}/$count`, run: (call) => countLinks(call, relation) },
  { method: 'GET', template: `groups/{group}/${relation}/$ref`, run: (call) => listReferences(call, relation) },
  { method: 'POST', template: `groups/{group}/${relation}/$ref`, run: (call) => addLink(call, relation) },
  { method: 'DELETE', template: `groups/{group}/${relation}/$ref`, run: (call) => removeLink(call, relation) },
  { method: 'DELETE', template: `groups/{group}/${relation}/{member}/$ref`, run: (call) => removeLink(call, relation) },
  {
    // Some callers try a PATCH with binds here; Graph refuses it in these words.
    method: 'PATCH',
    template: `groups/{group}/${relation}/$ref`,
    run: () => {
      throw malformed('The request is currently not supported on the targeted entity set');
    },
  },
];

/** Operations on members and owners of groups. */
export const linkOperations: readonly Operation[] = [
  ...both('members'),
  ...both('owners'),
  { method: 'DELETE', template: 'groups/{group}/members/{member}', run: deleteMemberObject },
  { method: 'GET', template: 'groups/{group}/transitivemembers', run: listTransitive },
];
