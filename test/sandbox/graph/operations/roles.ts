import { nameGuid, type DirectoryObject } from '../directory-object.ts';
import { notFound, unsupportedQuery } from '../failure.ts';
import type { JsonObject } from '../json.ts';
import { ok, type GraphReply } from '../message.ts';
import { parseFilter, type Filter } from '../odata/filter-syntax.ts';
import { checkOptions } from '../odata/paging.ts';
import { project } from '../odata/projection.ts';
import { requireGrant } from '../permissions.ts';
import { idOf, type Call, type Operation } from '../router.ts';

/** A directory role of the tenant. The template id names the role in every tenant. */
export interface DirectoryRole {
  readonly id: string;
  readonly templateId: string;
  readonly displayName: string;
}

const knownTemplates: Readonly<Record<string, string>> = {
  'Global Administrator': '62e90394-69f5-4237-9190-012177145e10',
  'User Administrator': 'fe930be7-5e62-47db-91af-98c3a49a38b1',
};

export function roleNamed(displayName: string): DirectoryRole {
  const templateId = knownTemplates[displayName] ?? nameGuid(`role template ${displayName}`);
  return { id: nameGuid(`role ${displayName}`), templateId, displayName };
}

export const roleBody = (role: DirectoryRole): JsonObject => ({
  id: role.id,
  deletedDateTime: null,
  description: role.displayName,
  displayName: role.displayName,
  roleTemplateId: role.templateId,
});

function holders(call: Call): DirectoryObject[] {
  const { store } = call.tenant;
  return (['user', 'group'] as const).flatMap((kind) =>
    [...store.inOrder(kind)].filter((object) => object.directoryRoles.length > 0 && store.isVisible(object)),
  );
}

const rolesInUse = (call: Call): DirectoryRole[] =>
  [...new Set(holders(call).flatMap((object) => object.directoryRoles))].sort().map(roleNamed);

function listRoles(call: Call): GraphReply {
  requireGrant(call.request.caller, 'readRoles');
  return ok({
    '@odata.context': `${call.request.root}/$metadata#directoryRoles`,
    value: rolesInUse(call).map(roleBody),
  });
}

function listRoleMembers(call: Call): GraphReply {
  requireGrant(call.request.caller, 'readRoles');
  const id = idOf(call.key('role'));
  const role = rolesInUse(call).find((candidate) => candidate.id === id);
  if (role === undefined) throw notFound(id);
  const members = holders(call).filter((object) => object.directoryRoles.includes(role.displayName));
  return ok({
    '@odata.context': `${call.request.root}/$metadata#directoryObjects`,
    value: members.map((object) => ({
      '@odata.type': `#microsoft.graph.${object.kind}`,
      ...project(object, undefined),
    })),
  });
}

/** `principalId eq '…'` or `roleDefinitionId eq '…'`, joined by and. */
function meets(filter: Filter, assignment: JsonObject): boolean {
  if (filter.op === 'and') return meets(filter.left, assignment) && meets(filter.right, assignment);
  if (
    filter.op === 'compare' &&
    filter.operator === 'eq' &&
    ['principalId', 'roleDefinitionId'].includes(filter.property)
  )
    return assignment[filter.property] === filter.value;
  throw unsupportedQuery('The filter is not supported for role assignments.');
}

function listAssignments(call: Call): GraphReply {
  requireGrant(call.request.caller, 'readRoles');
  checkOptions(call.query, ['$filter', '$select', '$top', '$expand']);
  const text = call.query.get('$filter');
  const filter = text === undefined ? undefined : parseFilter(text);
  const expand = call.query.get('$expand');
  if (expand !== undefined && expand !== 'principal')
    throw unsupportedQuery('Only principal can be expanded for role assignments.');
  const assignments = holders(call).flatMap((object) =>
    object.directoryRoles.map((name): JsonObject => ({
      id: nameGuid(`assignment ${name} ${object.id}`),
      principalId: object.id,
      directoryScopeId: '/',
      roleDefinitionId: roleNamed(name).templateId,
      ...(expand === undefined
        ? {}
        : { principal: { '@odata.type': `#microsoft.graph.${object.kind}`, ...project(object, undefined) } }),
    })),
  );
  return ok({
    '@odata.context': `${call.request.root}/$metadata#roleManagement/directory/roleAssignments`,
    value: assignments.filter((assignment) => filter === undefined || meets(filter, assignment)),
  });
}

/** Reads that find the holders of directory roles. */
export const roleOperations: readonly Operation[] = [
  { method: 'GET', template: 'directoryroles', run: listRoles },
  { method: 'GET', template: 'directoryroles/{role}/members', run: listRoleMembers },
  { method: 'GET', template: 'rolemanagement/directory/roleassignments', run: listAssignments },
];
