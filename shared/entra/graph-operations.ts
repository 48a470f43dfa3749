/** A call to Microsoft Graph that the application makes, and what allows an application to make it. */
export interface GraphOperation {
  /** Method and path, with its keys in braces, as the reference of Graph has it. */
  readonly operation: string;
  /** What for, in the words of docs/Reference/permissions.md. */
  readonly purpose: string;
  /**
   * Any one of these application permissions is enough. From Graph's permission tables, August 2026; those that open the
   * whole directory are left out, because a narrower one always does, and those that cover a part of the properties only.
   */
  readonly permissions: readonly string[];
  /** Only where the rules ask for directory extensions. */
  readonly forExtensions?: true;
}

const readUsers = ['User.Read.All', 'User.ReadWrite.All'];
const readGroups = ['GroupMember.Read.All', 'Group.Read.All', 'Group.ReadWrite.All'];
const readMembers = [...readGroups, 'GroupMember.ReadWrite.All'];
const writeUser = 'writing users and managers';
const writeGroup = 'writing groups and their members';
const read = 'reading what the tenant holds and what changes there';

/**
 * Everything that the application ever asks of Graph; a test holds this list against the requests that are sent. The
 * permissions that an installation is given are computed from it.
 */
export const graphOperations: readonly GraphOperation[] = [
  { operation: 'GET /users', purpose: read, permissions: readUsers },
  { operation: 'GET /users/{user-id}', purpose: read, permissions: readUsers },
  { operation: 'GET /users/delta', purpose: read, permissions: readUsers },
  { operation: 'GET /users/{user-id}/manager', purpose: read, permissions: readUsers },
  { operation: 'GET /directory/deletedItems/microsoft.graph.user', purpose: read, permissions: readUsers },
  { operation: 'GET /groups', purpose: read, permissions: readGroups },
  { operation: 'GET /groups/{group-id}', purpose: read, permissions: readGroups },
  { operation: "GET /groups(uniqueName='{uniqueName}')", purpose: read, permissions: readGroups },
  { operation: 'GET /groups/delta', purpose: read, permissions: readGroups },
  { operation: 'GET /groups/{group-id}/members', purpose: read, permissions: readMembers },
  { operation: 'GET /directory/deletedItems/microsoft.graph.group', purpose: read, permissions: readGroups },
  // User.Create and User.ReadUpdate.All are newer and not to be had in every cloud; managers need the wider one anyhow.
  { operation: 'POST /users', purpose: writeUser, permissions: ['User.Create', 'User.ReadWrite.All'] },
  {
    operation: 'PATCH /users/{user-id}',
    purpose: writeUser,
    permissions: ['User.ReadUpdate.All', 'User.ReadWrite.All'],
  },
  {
    operation: 'DELETE /users/{user-id}',
    purpose: writeUser,
    permissions: ['User.DeleteRestore.All', 'User.ReadWrite.All'],
  },
  { operation: 'PUT /users/{user-id}/manager/$ref', purpose: writeUser, permissions: ['User.ReadWrite.All'] },
  { operation: 'DELETE /users/{user-id}/manager/$ref', purpose: writeUser, permissions: ['User.ReadWrite.All'] },
  {
    operation: 'POST /directory/deletedItems/{directoryObject-id}/restore',
    purpose: writeUser,
    permissions: ['User.DeleteRestore.All', 'User.ReadWrite.All'],
  },
  { operation: "PATCH /groups(uniqueName='{uniqueName}')", purpose: writeGroup, permissions: ['Group.ReadWrite.All'] },
  { operation: 'PATCH /groups/{group-id}', purpose: writeGroup, permissions: ['Group.ReadWrite.All'] },
  { operation: 'DELETE /groups/{group-id}', purpose: writeGroup, permissions: ['Group.ReadWrite.All'] },
  {
    operation: 'DELETE /groups/{group-id}/members/{directoryObject-id}/$ref',
    purpose: writeGroup,
    permissions: ['GroupMember.ReadWrite.All', 'Group.ReadWrite.All'],
  },
  {
    operation: 'GET /domains',
    purpose: 'the verified domains',
    permissions: ['Domain.Read.All'],
  },
  {
    operation: 'GET /roleManagement/directory/roleAssignments',
    purpose: 'who holds a directory role, before an object of the tenant is taken over',
    permissions: ['RoleManagement.Read.Directory'],
  },
  {
    operation: 'GET /groups/{group-id}/transitiveMembers',
    purpose: 'who holds a directory role, before an object of the tenant is taken over',
    permissions: readMembers,
  },
  {
    operation: "GET /applications(appId='{appId}')/extensionProperties",
    purpose: 'defining directory extensions',
    permissions: ['Application.ReadWrite.OwnedBy'],
    forExtensions: true,
  },
  {
    operation: "POST /applications(appId='{appId}')/extensionProperties",
    purpose: 'defining directory extensions',
    permissions: ['Application.ReadWrite.OwnedBy'],
    forExtensions: true,
  },
];

/**
 * The fewest permissions with which all of the operations may be made, sorted. An operation that only one permission allows
 * decides first; of those that are left, the permission that allows the most of them.
 */
export function leastPermissions(operations: readonly GraphOperation[]): readonly string[] {
  const chosen = new Set<string>();
  let open = operations;
  while (open.length > 0) {
    const forced = open.flatMap(({ permissions }) => (permissions.length === 1 ? permissions : []));
    const next = forced[0] ?? mostUseful(open);
    chosen.add(next);
    open = open.filter(({ permissions }) => !permissions.some((permission) => chosen.has(permission)));
  }
  return [...chosen].sort();
}

/** Among equals the one that the tables name first, which is the narrower. */
function mostUseful(operations: readonly GraphOperation[]): string {
  const counts = new Map<string, number>();
  for (const { permissions } of operations) {
    for (const permission of permissions) counts.set(permission, (counts.get(permission) ?? 0) + 1);
  }
  const [best] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0]);
  return best;
}
