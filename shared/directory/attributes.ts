/** How an attribute's values travel in canonical text. */
export type AttributeSyntax =
  /** Text as it is. */
  | 'string'
  /** Decimal digits with an optional sign; 64 bits where the directory has 64 bits. */
  | 'integer'
  /** `TRUE` or `FALSE`. */
  | 'boolean'
  /** Base64. */
  | 'binary'
  /** Lower case with dashes. */
  | 'guid'
  /** `S-1-5-…`. */
  | 'sid'
  /** Object GUID of the target; single-valued. */
  | 'reference'
  /** Object GUIDs of the targets; travels as links, not as attribute values. */
  | 'links';

export interface AttributeDefinition {
  readonly name: string;
  readonly syntax: AttributeSyntax;
  readonly multiValued: boolean;
}

const define = (syntax: AttributeSyntax, multiValued: boolean, ...names: string[]): readonly AttributeDefinition[] =>
  names.map((name) => ({ name, syntax, multiValued }));

/**
 * What the relay reads of an object, besides objectGUID, objectClass, name and place. The set is the users' and groups'
 * share of what Entra Connect synchronises and Microsoft Graph can write, and what scoping needs.
 */
export const directoryAttributes: readonly AttributeDefinition[] = [
  ...define(
    'string',
    false,
    'name',
    'sAMAccountName',
    'userPrincipalName',
    'displayName',
    'givenName',
    'sn',
    'mail',
    'mailNickname',
    'title',
    'department',
    'company',
    'streetAddress',
    'l',
    'st',
    'postalCode',
    'c',
    'co',
    'telephoneNumber',
    'mobile',
    'facsimileTelephoneNumber',
    'physicalDeliveryOfficeName',
    'preferredLanguage',
    'employeeID',
    'employeeType',
    'msExchUsageLocation',
    'adminDescription',
  ),
  ...define('string', true, 'description', 'proxyAddresses'),
  ...define('integer', false, 'userAccountControl', 'groupType', 'msExchRecipientTypeDetails'),
  ...define('boolean', false, 'isCriticalSystemObject'),
  ...define('guid', false, 'mS-DS-ConsistencyGuid'),
  ...define('sid', false, 'objectSid'),
  ...define('reference', false, 'manager'),
  ...define('links', true, 'member'),
];
