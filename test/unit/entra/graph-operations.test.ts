import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { graphOperations, leastPermissions, type GraphOperation } from '../../../shared/entra/graph-operations.ts';

interface PermissionData {
  readonly operations: Readonly<
    Record<string, { readonly Application: { readonly least: readonly string[]; readonly other: readonly string[] } }>
  >;
}

const data = JSON.parse(
  readFileSync(new URL('../../fixtures/graph/graph-permissions.json', import.meta.url), 'utf8'),
) as PermissionData;

/** Not in the data; their permissions are from the pages of the calls. Queries for changes need what the plain query needs. */
const notInTheData = [
  'GET /directory/deletedItems/microsoft.graph.group',
  'GET /directory/deletedItems/microsoft.graph.user',
  "GET /applications(appId='{appId}')/extensionProperties",
  "POST /applications(appId='{appId}')/extensionProperties",
  'GET /groups/delta',
  'GET /roleManagement/directory/roleAssignments',
  'GET /users/delta',
];

/** Permissions that allow a call and are never asked for, and why. */
const leftOut: readonly (readonly [permission: RegExp, why: string])[] = [
  [/^Directory\./, 'opens the whole directory'],
  [/^(User|GroupMember|Group)\.ReadBasic\.All$/, 'shows a few properties, without the anchor'],
  [/CrossCloud$|^Group-XTenantIdentitySync\./, 'is for synchronisation between clouds and tenants'],
  [/^User(-\w+\.ReadWrite|\.EnableDisableAccount|\.ManageIdentities)\.?/, 'allows to change some properties only'],
  [/^Group-\w+\.ReadWrite\.All$|^Group\.ManageProtection\.All$/, 'allows to change some properties only'],
  [/^Domain\.ReadWrite\.All$/, 'allows to change domains'],
];

function applicationPermissions({ operation }: GraphOperation): readonly string[] | undefined {
  const found = data.operations[operation]?.Application;
  return found === undefined ? undefined : [...found.least, ...found.other];
}

describe('the permissions of the calls to Graph', () => {
  it("are in Microsoft's data, but for these calls", () => {
    const missing = graphOperations.filter((one) => applicationPermissions(one) === undefined);
    expect(missing.map(({ operation }) => operation).sort()).toEqual(notInTheData.toSorted());
  });

  const known = graphOperations.filter((one) => applicationPermissions(one) !== undefined);
  it.each(known)('are enough by the data: $operation', (one) => {
    const allowed = applicationPermissions(one);
    expect(one.permissions.filter((permission) => allowed?.includes(permission) !== true)).toEqual([]);
  });

  it.each(known)('leave none out without a reason: $operation', (one) => {
    const unlisted = applicationPermissions(one)?.filter((permission) => !one.permissions.includes(permission));
    expect(unlisted?.filter((permission) => !leftOut.some(([pattern]) => pattern.test(permission)))).toEqual([]);
  });

  it.each(['user', 'group'] as const)('of a query for changes are those of the plain query: %s', (type) => {
    const of = (operation: string): GraphOperation | undefined =>
      graphOperations.find((one) => one.operation === operation);
    expect(of(`GET /${type}s/delta`)?.permissions).toEqual(of(`GET /${type}s`)?.permissions);
  });

  it('are so few that none can be taken away', () => {
    const least = leastPermissions(graphOperations);
    for (const permission of least) {
      const rest = least.filter((one) => one !== permission);
      const refused = graphOperations.filter(({ permissions }) => !permissions.some((one) => rest.includes(one)));
      expect(refused, permission).not.toEqual([]);
    }
  });
});
