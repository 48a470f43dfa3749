import { denied } from './failure.ts';
import type { Caller } from './message.ts';

/**
 * Application permissions that a sync exporter holds: the minimal set that the documentation gives for writing users,
 * groups and memberships, for reading the tenant and the holders of its roles, and for defining directory extensions.
 */
export const exporterRoles: readonly string[] = [
  'User.ReadWrite.All',
  'Group.ReadWrite.All',
  'Domain.Read.All',
  'RoleManagement.Read.Directory',
  'Application.ReadWrite.OwnedBy',
];

const readDirectory = ['Directory.Read.All', 'Directory.ReadWrite.All'];
const readUsers = ['User.Read.All', 'User.ReadWrite.All', 'User.ReadUpdate.All', ...readDirectory];
const readGroups = [
  'GroupMember.Read.All',
  'GroupMember.ReadWrite.All',
  'Group.Read.All',
  'Group.ReadWrite.All',
  ...readDirectory,
];
const deletedUsers = ['User.DeleteRestore.All', 'User.ReadWrite.All'];

/** Things that an application may be allowed to do. */
export type Grant =
  | 'readUsers'
  | 'readGroups'
  | 'readGroupBasics'
  | 'readAnyUser'
  | 'createUser'
  | 'deleteUser'
  | 'writeManager'
  | 'revokeSessions'
  | 'createGroup'
  | 'writeGroup'
  | 'deleteGroup'
  | 'writeMembers'
  | 'readObjects'
  | 'readDeleted'
  | 'readDomains'
  | 'readOrganization'
  | 'readRoles'
  | 'manageApplications';

/** Any one of these permissions lets an application do it. */
const grants: Readonly<Record<Grant, readonly string[]>> = {
  readUsers,
  readGroups,
  readGroupBasics: ['Group.ReadBasic.All', 'GroupMember.ReadBasic.All', ...readGroups],
  readAnyUser: ['User.ReadBasic.All', ...readUsers],
  createUser: ['User.Create', 'User.ReadWrite.All', 'Directory.ReadWrite.All'],
  deleteUser: deletedUsers,
  writeManager: ['User.ReadWrite.All', 'Directory.ReadWrite.All'],
  revokeSessions: ['User.RevokeSessions.All', 'User.ReadWrite.All', 'Directory.ReadWrite.All'],
  createGroup: ['Group.Create', 'Group.ReadWrite.All', 'Directory.ReadWrite.All'],
  writeGroup: ['Group.ReadWrite.All', 'Directory.ReadWrite.All'],
  deleteGroup: ['Group.ReadWrite.All'],
  writeMembers: ['GroupMember.ReadWrite.All', 'Group.ReadWrite.All', 'Directory.ReadWrite.All'],
  readObjects: [...readUsers, ...readGroups],
  readDeleted: [...readUsers, ...readGroups, ...deletedUsers],
  readDomains: ['Domain.Read.All', 'Domain.ReadWrite.All', ...readDirectory],
  readOrganization: [
    'Organization.Read.All',
    'Organization.ReadWrite.All',
    'User.Read.All',
    'User.ReadWrite.All',
    ...readDirectory,
  ],
  readRoles: [
    'RoleManagement.Read.Directory',
    'RoleManagement.ReadWrite.Directory',
    'RoleManagement.Read.All',
    ...readDirectory,
  ],
  manageApplications: ['Application.ReadWrite.OwnedBy', 'Application.ReadWrite.All'],
};

const holds = (caller: Caller, roles: readonly string[]): boolean => roles.some((role) => caller.roles.has(role));

/** `403 Authorization_RequestDenied` unless the application holds one of the permissions for it. */
export function requireGrant(caller: Caller, grant: Grant): void {
  if (!holds(caller, grants[grant])) throw denied();
}

/** Properties that an update of a user may carry with a permission of their own, without the right to all others. */
const ownPermission: Readonly<Record<string, readonly string[]>> = {
  accountEnabled: ['User.EnableDisableAccount.All'],
  otherMails: ['User-Mail.ReadWrite.All'],
  businessPhones: ['User-Phone.ReadWrite.All'],
  mobilePhone: ['User-Phone.ReadWrite.All'],
};

/** Properties that need a permission of their own whatever else the application may do. */
const extraPermission: Readonly<Record<string, string>> = {
  passwordProfile: 'User-PasswordProfile.ReadWrite.All',
  identities: 'User.ManageIdentities.All',
  customSecurityAttributes: 'CustomSecAttributeAssignment.ReadWrite.All',
  employeeLeaveDateTime: 'User-LifeCycleInfo.ReadWrite.All',
};

/** Directory roles under which an application may set the passwords of ordinary users. */
const passwordRoles = ['User Administrator', 'Privileged Authentication Administrator', 'Global Administrator'];

/** Directory roles under which an application may touch the holders of directory roles. */
const privilegedRoles = ['Privileged Authentication Administrator', 'Global Administrator'];

/** `403` unless the application may update these properties of a user. */
export function requireUserUpdate(caller: Caller, properties: readonly string[]): void {
  const all = holds(caller, ['User.ReadUpdate.All', 'User.ReadWrite.All', 'Directory.ReadWrite.All']);
  for (const name of properties) {
    const extra = extraPermission[name];
    if (extra !== undefined) {
      if (!caller.roles.has(extra)) throw denied();
    } else if (!all && !holds(caller, ownPermission[name] ?? [])) throw denied();
    // An app-only password write needs a directory role on the service principal, too.
    if (name === 'passwordProfile' && !passwordRoles.some((role) => caller.directoryRoles.has(role))) throw denied();
  }
  if (properties.length === 0 && !all) throw denied();
}

/** `403` unless the application itself is privileged enough to act on a holder of directory roles. */
export function requirePrivilege(caller: Caller): void {
  if (!privilegedRoles.some((role) => caller.directoryRoles.has(role))) throw denied();
}

/** `403` unless the application may create role-assignable groups and change their members. */
export function requireRoleManagement(caller: Caller): void {
  if (!caller.roles.has('RoleManagement.ReadWrite.Directory')) throw denied();
}
