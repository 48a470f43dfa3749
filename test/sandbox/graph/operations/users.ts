import type { DirectoryObject } from '../directory-object.ts';
import { notFound } from '../failure.ts';
import type { JsonObject } from '../json.ts';
import { noContent, ok, type GraphReply } from '../message.ts';
import { checkOptions, skipPosition } from '../odata/paging.ts';
import { parseMixedSelect, parseSelect, project } from '../odata/projection.ts';
import { requireGrant } from '../permissions.ts';
import type { Call, Operation } from '../router.ts';
import { checkNavigation, contextOf, countObjects, expandOf, listObjects, page, type Positioned } from './listing.ts';
import { userAt } from './lookup.ts';
import { roleBody, roleNamed } from './roles.ts';
import { createUser, deleteUser, setManager, updateUser } from './user-writes.ts';

function liveManager(call: Call, user: DirectoryObject): DirectoryObject | undefined {
  const manager = user.managerId === null ? undefined : call.tenant.store.find(user.managerId);
  return manager !== undefined && call.tenant.store.isVisible(manager) ? manager : undefined;
}

function expandManager(call: Call): (user: DirectoryObject) => JsonObject {
  if (expandOf(call, ['manager']) === undefined) return () => ({});
  const inner = /\(\s*\$select=([^)]*)\)/i.exec(call.query.get('$expand') ?? '')?.[1];
  const select = parseSelect(inner, 'user');
  return (user): JsonObject => {
    const manager = liveManager(call, user);
    // An unset single-valued relation is left out of the answer.
    return manager === undefined
      ? {}
      : { manager: { '@odata.type': '#microsoft.graph.user', ...project(manager, select) } };
  };
}

function readUser(call: Call): GraphReply {
  requireGrant(call.request.caller, 'readAnyUser');
  checkOptions(call.query, ['$select', '$expand']);
  const select = parseSelect(call.query.get('$select'), 'user');
  checkNavigation(select, 'user');
  const expand = expandManager(call);
  const user = userAt(call);
  const context = `${call.request.root}/$metadata#${contextOf('users', select)}/$entity`;
  return ok({ '@odata.context': context, ...project(user, select), ...expand(user) });
}

function readManager(call: Call): GraphReply {
  requireGrant(call.request.caller, 'readUsers');
  checkOptions(call.query, ['$select']);
  const select = parseSelect(call.query.get('$select'), 'user');
  const manager = liveManager(call, userAt(call));
  if (manager === undefined) throw notFound('manager');
  return ok({
    '@odata.context': `${call.request.root}/$metadata#directoryObjects/$entity`,
    '@odata.type': '#microsoft.graph.user',
    ...project(manager, select),
  });
}

function readManagerReference(call: Call): GraphReply {
  requireGrant(call.request.caller, 'readUsers');
  const manager = liveManager(call, userAt(call));
  if (manager === undefined) throw notFound('manager');
  return ok({
    '@odata.context': `${call.request.root}/$metadata#$ref`,
    '@odata.id': `${call.request.root}/directoryObjects/${manager.id}/Microsoft.DirectoryServices.User`,
  });
}

function removeManager(call: Call): GraphReply {
  requireGrant(call.request.caller, 'writeManager');
  const user = userAt(call);
  if (liveManager(call, user) === undefined) throw notFound('manager');
  call.tenant.store.setManager(user, null);
  return noContent;
}

/** Objects by id in a stable order, positions counted from one. */
function* visibleIn(call: Call, ids: Iterable<string>, kind?: 'group'): Generator<Positioned> {
  const from = skipPosition(call.query);
  let position = 0;
  for (const id of ids) {
    const object = call.tenant.store.find(id);
    position++;
    if (position <= from || object === undefined || !call.tenant.store.isVisible(object)) continue;
    if (kind === undefined || object.kind === kind) yield { object, position };
  }
}

const typed = (object: DirectoryObject, select: readonly string[] | undefined): JsonObject => ({
  '@odata.type': `#microsoft.graph.${object.kind}`,
  ...project(object, select),
});

function listReports(call: Call): GraphReply {
  requireGrant(call.request.caller, 'readUsers');
  checkOptions(call.query, ['$select', '$top', '$count', '$skiptoken']);
  const select = parseSelect(call.query.get('$select'), 'user');
  const ids = call.tenant.store.reportsOf(userAt(call).id);
  return page(
    call,
    visibleIn(call, ids),
    'directoryObjects',
    (object) => typed(object, select),
    () => ids.size,
  );
}

function* groupsAbove(call: Call, user: DirectoryObject, transitive: boolean): Generator<string> {
  const seen = new Set<string>();
  const waiting = [user.id];
  for (let id = waiting.shift(); id !== undefined; id = waiting.shift())
    for (const group of call.tenant.store.links.members.sourcesOf(id)) {
      if (seen.has(group) || call.tenant.store.find(group)?.deletedAt !== null) continue;
      seen.add(group);
      yield group;
      if (transitive) waiting.push(group);
    }
}

/** Groups and, on the first page, directory roles. The cast decides which. */
function listMemberOf(call: Call, cast: 'all' | 'group' | 'directoryRole', transitive: boolean): GraphReply {
  requireGrant(call.request.caller, cast === 'directoryRole' ? 'readRoles' : 'readObjects');
  checkOptions(call.query, ['$select', '$top', '$count', '$skiptoken']);
  const select = parseMixedSelect(call.query.get('$select'));
  const user = userAt(call);
  const groups = cast === 'directoryRole' ? [] : groupsAbove(call, user, transitive);
  const reply = page(call, visibleIn(call, groups), 'directoryObjects', (object) => typed(object, select));
  if (cast === 'group' || call.query.has('$skiptoken')) return reply;
  const roles = user.directoryRoles.map((name) => ({
    '@odata.type': '#microsoft.graph.directoryRole',
    ...roleBody(roleNamed(name)),
  }));
  const body = reply.body as { value: JsonObject[] } & JsonObject;
  return { ...reply, body: { ...body, value: [...roles, ...body.value] } };
}

function revokeSessions(call: Call): GraphReply {
  requireGrant(call.request.caller, 'revokeSessions');
  const user = userAt(call);
  const now = `${new Date(call.tenant.clock.now()).toISOString().slice(0, 19)}Z`;
  call.tenant.store.update(user, { signInSessionsValidFromDateTime: now });
  return ok({ '@odata.context': `${call.request.root}/$metadata#Edm.Boolean`, value: true });
}

/** Operations on users. */
export const userOperations: readonly Operation[] = [
  {
    method: 'GET',
    template: 'users',
    run: (call) => {
      requireGrant(call.request.caller, 'readAnyUser');
      return listObjects(call, 'user', 'live', 'users', expandManager(call));
    },
  },
  { method: 'POST', template: 'users', run: createUser },
  {
    method: 'GET',
    template: 'users/$count',
    run: (call) => {
      requireGrant(call.request.caller, 'readAnyUser');
      return countObjects(call, 'user');
    },
  },
  {
    method: 'GET',
    template: 'users/delta',
    run: (call) => {
      requireGrant(call.request.caller, 'readUsers');
      return call.tenant.delta.answer(call.request, call.query, 'user');
    },
  },
  { method: 'GET', template: 'users/{user}', run: readUser },
  { method: 'PATCH', template: 'users/{user}', run: updateUser },
  { method: 'DELETE', template: 'users/{user}', run: deleteUser },
  { method: 'GET', template: 'users/{user}/manager', run: readManager },
  { method: 'GET', template: 'users/{user}/manager/$ref', run: readManagerReference },
  { method: 'PUT', template: 'users/{user}/manager/$ref', run: setManager },
  { method: 'DELETE', template: 'users/{user}/manager/$ref', run: removeManager },
  { method: 'GET', template: 'users/{user}/directreports', run: listReports },
  { method: 'GET', template: 'users/{user}/memberof', run: (call) => listMemberOf(call, 'all', false) },
  {
    method: 'GET',
    template: 'users/{user}/memberof/microsoft.graph.group',
    run: (call) => listMemberOf(call, 'group', false),
  },
  {
    method: 'GET',
    template: 'users/{user}/memberof/microsoft.graph.directoryrole',
    run: (call) => listMemberOf(call, 'directoryRole', false),
  },
  { method: 'GET', template: 'users/{user}/transitivememberof', run: (call) => listMemberOf(call, 'all', true) },
  { method: 'POST', template: 'users/{user}/revokesigninsessions', run: revokeSessions },
];
