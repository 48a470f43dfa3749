import type { DirectoryObject } from '../directory-object.ts';
import type { JsonObject } from '../json.ts';
import { ok, type GraphReply } from '../message.ts';
import { checkOptions } from '../odata/paging.ts';
import { parseSelect, project } from '../odata/projection.ts';
import { requireGrant } from '../permissions.ts';
import type { Call, Operation } from '../router.ts';
import { createGroup, deleteGroup, patchGroup } from './group-writes.ts';
import { checkNavigation, contextOf, countObjects, expandOf, listObjects } from './listing.ts';
import { groupAt } from './lookup.ts';

/** `$expand=members` shows at most twenty. */
function expandMembers(call: Call): (group: DirectoryObject) => JsonObject {
  if (expandOf(call, ['members']) === undefined) return () => ({});
  const { store } = call.tenant;
  return (group) => {
    const members = [...store.links.members.targetsOf(group.id).keys()]
      .map((id) => store.find(id))
      .filter((object) => object !== undefined)
      .filter((object) => store.isVisible(object))
      .slice(0, 20);
    return {
      members: members.map((object) => ({
        '@odata.type': `#microsoft.graph.${object.kind}`,
        ...project(object, undefined),
      })),
    };
  };
}

function readGroup(call: Call): GraphReply {
  requireGrant(call.request.caller, 'readGroups');
  checkOptions(call.query, ['$select', '$expand']);
  const select = parseSelect(call.query.get('$select'), 'group');
  checkNavigation(select, 'group');
  const expand = expandMembers(call);
  const group = groupAt(call);
  const context = `${call.request.root}/$metadata#${contextOf('groups', select)}/$entity`;
  return ok({ '@odata.context': context, ...project(group, select), ...expand(group) });
}

/** Operations on groups themselves. */
export const groupOperations: readonly Operation[] = [
  {
    method: 'GET',
    template: 'groups',
    run: (call) => {
      requireGrant(call.request.caller, 'readGroups');
      return listObjects(call, 'group', 'live', 'groups', expandMembers(call));
    },
  },
  { method: 'POST', template: 'groups', run: createGroup },
  {
    method: 'GET',
    template: 'groups/$count',
    run: (call) => {
      requireGrant(call.request.caller, 'readGroups');
      return countObjects(call, 'group');
    },
  },
  {
    method: 'GET',
    template: 'groups/delta',
    run: (call) => {
      requireGrant(call.request.caller, 'readGroupBasics');
      return call.tenant.delta.answer(call.request, call.query, 'group');
    },
  },
  { method: 'GET', template: 'groups/{group}', run: readGroup },
  { method: 'PATCH', template: 'groups/{group}', run: patchGroup },
  { method: 'DELETE', template: 'groups/{group}', run: deleteGroup },
];
