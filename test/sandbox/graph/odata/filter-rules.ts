import { unsupportedQuery } from '../failure.ts';
import { isExtensionName, metadata, type ObjectKind } from '../metadata.ts';
import type { Filter, Literal } from './filter-syntax.ts';

/** Properties with an index, by kind; a filter on another one is refused. */
const indexed: Readonly<Record<ObjectKind, ReadonlySet<string>>> = {
  user: new Set([
    'accountEnabled',
    'city',
    'companyName',
    'country',
    'department',
    'displayName',
    'employeeId',
    'givenName',
    'id',
    'jobTitle',
    'mail',
    'mailNickname',
    'mobilePhone',
    'onPremisesImmutableId',
    'onPremisesSamAccountName',
    'onPremisesSecurityIdentifier',
    'onPremisesSyncEnabled',
    'otherMails',
    'proxyAddresses',
    'state',
    'surname',
    'usageLocation',
    'userPrincipalName',
    'userType',
  ]),
  group: new Set([
    'displayName',
    'groupTypes',
    'id',
    'mail',
    'mailEnabled',
    'mailNickname',
    'onPremisesSecurityIdentifier',
    'onPremisesSyncEnabled',
    'proxyAddresses',
    'securityEnabled',
    'uniqueName',
    'visibility',
  ]),
};

/** Indexed only by the advanced query engine. */
const advancedOnly: Readonly<Record<ObjectKind, ReadonlySet<string>>> = {
  user: new Set([
    'createdDateTime',
    'employeeType',
    'officeLocation',
    'streetAddress',
    'postalCode',
    'deletedDateTime',
  ]),
  group: new Set([
    'createdDateTime',
    'description',
    'onPremisesSamAccountName',
    'isAssignableToRole',
    'deletedDateTime',
  ]),
};

const needsAdvanced = (operator: string): Error =>
  unsupportedQuery(
    `Operator '${operator}' is not supported because the required parameters might be missing. Try adding $count=true query parameter and ConsistencyLevel:eventual header. Refer to https://aka.ms/graph-docs/advanced-queries for more information`,
  );

const resourceName = { user: 'User', group: 'Group' } as const;

const unsupported = (property: string, kind: ObjectKind): Error =>
  unsupportedQuery(
    `Unsupported or invalid query filter clause specified for property '${property}' of resource '${resourceName[kind]}'.`,
  );

/** Case does not matter in the names of properties that a filter speaks of; their values' types do. */
function checkProperty(property: string, kind: ObjectKind, advanced: boolean, collection: boolean): void {
  if (isExtensionName(property)) return;
  const known = indexed[kind].has(property) || (advanced && advancedOnly[kind].has(property));
  if (!known) throw unsupported(property, kind);
  if ((metadata[kind].properties.get(property)?.type === 'strings') !== collection) throw unsupported(property, kind);
}

function checkLiteral(property: string, kind: ObjectKind, value: Literal): void {
  if (value === null || property === 'id') return;
  const type = metadata[kind].properties.get(property)?.type;
  if (type === 'boolean' && typeof value !== 'boolean') throw unsupported(property, kind);
  if (type === 'string' && typeof value !== 'string') throw unsupported(property, kind);
}

/**
 * Refuses what the directory refuses: properties without an index, and operators that only the advanced engine has
 * (`advanced`: the request carries both `ConsistencyLevel: eventual` and `$count=true`).
 */
export function checkFilter(filter: Filter, kind: ObjectKind, advanced: boolean, item = false): void {
  switch (filter.op) {
    case 'and':
    case 'or':
      checkFilter(filter.left, kind, advanced, item);
      checkFilter(filter.right, kind, advanced, item);
      return;
    case 'not':
      if (!advanced) throw needsAdvanced('not');
      checkFilter(filter.of, kind, advanced, item);
      return;
    case 'any':
      checkProperty(filter.property, kind, advanced, true);
      checkFilter(filter.where, kind, advanced, true);
      return;
    case 'compare':
      if (filter.operator !== 'eq' && !advanced) throw needsAdvanced(filter.operator);
      if (item) return;
      checkProperty(filter.property, kind, advanced, false);
      checkLiteral(filter.property, kind, filter.value);
      return;
    case 'in':
      // The directory takes at most 15 values in one `in` clause.
      if (filter.values.length > 15)
        throw unsupportedQuery('Too many child clauses specified in search filter expression.');
      if (item) return;
      checkProperty(filter.property, kind, advanced, false);
      for (const value of filter.values) checkLiteral(filter.property, kind, value);
      return;
    case 'text':
      if (filter.name === 'contains') throw unsupported(filter.property, kind);
      if (filter.name === 'endswith' && !advanced) throw needsAdvanced('endsWith');
      if (!item) checkProperty(filter.property, kind, advanced, false);
      return;
  }
}
