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

const numbered = (name: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${name}${i + 1}`);

/**
 * What the relay reads of an object, besides objectGUID, objectClass and place: what the built-in rules read of users,
 * groups, contacts, computers and foreign security principals, and what is commonly carried as a directory extension.
 * `unreadAttributes` in `shared/rules/schemas/active-directory.ts` says what is not here, and why.
 */
export const directoryAttributes: readonly AttributeDefinition[] = [
  // Names, and what identifies.
  ...define('string', false, 'name', 'sAMAccountName', 'userPrincipalName', 'displayName', 'givenName', 'sn'),
  ...define('string', false, 'middleName', 'initials', 'dNSHostName', 'adminDescription'),
  ...define('guid', false, 'mS-DS-ConsistencyGuid'),
  ...define('sid', false, 'objectSid'),
  ...define('integer', false, 'userAccountControl', 'groupType', 'pwdLastSet', 'accountExpires'),
  ...define('boolean', false, 'isCriticalSystemObject'),
  // Person and organisation.
  ...define('string', false, 'title', 'department', 'division', 'company', 'preferredLanguage', 'info'),
  ...define('string', false, 'employeeID', 'employeeNumber', 'employeeType'),
  ...define('string', true, 'description'),
  ...define('reference', false, 'manager', 'managedBy', 'assistant'),
  ...define('links', true, 'member'),
  // Place.
  ...define('string', false, 'streetAddress', 'l', 'st', 'postalCode', 'c', 'co', 'physicalDeliveryOfficeName'),
  ...define('string', true, 'postOfficeBox'),
  ...define('integer', false, 'countryCode'),
  // Telephone and web.
  ...define('string', false, 'telephoneNumber', 'mobile', 'homePhone', 'ipPhone', 'pager', 'facsimileTelephoneNumber'),
  ...define('string', false, 'telephoneAssistant', 'wWWHomePage'),
  ...define('string', true, 'otherTelephone', 'otherMobile', 'otherHomePhone', 'otherIpPhone', 'otherPager'),
  ...define('string', true, 'otherFacsimileTelephoneNumber', 'url'),
  // Attributes for anything.
  ...define('string', false, ...numbered('extensionAttribute', 15)),
  ...define('string', false, ...numbered('msDS-cloudExtensionAttribute', 20)),
  ...define('string', true, ...numbered('msExchExtensionCustomAttribute', 5)),
  // Mail and Exchange.
  ...define('string', false, 'mail', 'mailNickname', 'targetAddress', 'legacyExchangeDN', 'msExchUsageLocation'),
  ...define('string', false, 'msDS-PhoneticDisplayName', 'msExchAssistantName', 'msExchImmutableId'),
  ...define('string', false, 'msExchELCExpirySuspensionEnd', 'msExchELCExpirySuspensionStart'),
  ...define('string', false, 'msExchLitigationHoldDate', 'msExchLitigationHoldOwner', 'msExchResourceDisplay'),
  ...define('string', false, 'msExchRetentionComment', 'msExchRetentionURL'),
  ...define('string', true, 'proxyAddresses', 'msExchArchiveName', 'msExchResourceMetaData'),
  ...define('string', true, 'msExchResourceSearchProperties', 'msExchSenderHintTranslations', 'msExchUserHoldPolicies'),
  ...define('integer', false, 'msExchRecipientTypeDetails', 'msExchRecipientDisplayType', 'msExchRemoteRecipientType'),
  ...define('integer', false, 'msDS-HABSeniorityIndex', 'msExchELCMailboxFlags', 'msExchModerationFlags'),
  ...define('integer', false, 'msExchResourceCapacity', 'msExchGroupDepartRestriction', 'msExchGroupJoinRestriction'),
  ...define(
    'integer',
    false,
    'msExchAuditAdmin',
    'msExchAuditDelegate',
    'msExchAuditDelegateAdmin',
    'msExchAuditOwner',
  ),
  ...define('integer', false, 'msExchMailboxAuditLogAgeLimit'),
  ...define('boolean', false, 'msExchHideFromAddressLists', 'msExchRequireAuthToSendTo', 'msExchEnableModeration'),
  ...define('boolean', false, 'msExchBypassAudit', 'msExchMailboxAuditEnable', 'msOrg-IsOrganizational'),
  ...define('boolean', false, 'hideDLMembership', 'oOFReplyToOriginator', 'reportToOriginator', 'reportToOwner'),
  ...define('binary', false, 'msExchBlockedSendersHash', 'msExchSafeRecipientsHash', 'msExchSafeSendersHash'),
  ...define('guid', false, 'msExchMailboxGuid', 'msExchArchiveGUID'),
  ...define('sid', false, 'msExchMasterAccountSid'),
  ...define('reference', false, 'altRecipient'),
  ...define('links', true, 'authOrig', 'unauthOrig', 'dLMemSubmitPerms', 'dLMemRejectPerms', 'publicDelegates'),
  ...define('links', true, 'msExchDelegateListLink', 'msExchModeratedByLink', 'msExchCoManagedByLink'),
  ...define('links', true, 'msExchBypassModerationLink', 'msExchBypassModerationFromDLMembersLink'),
  // Lync and Skype for Business.
  ...define('string', false, 'msRTCSIP-DeploymentLocator', 'msRTCSIP-Line', 'msRTCSIP-OwnerUrn'),
  ...define('string', false, 'msRTCSIP-PrimaryUserAddress'),
  ...define('integer', false, 'msRTCSIP-ApplicationOptions', 'msRTCSIP-OptionFlags'),
  ...define('boolean', false, 'msRTCSIP-UserEnabled'),
  ...define('sid', false, 'msRTCSIP-OriginatorSid'),
  // Computers.
  ...define('string', false, 'operatingSystem', 'operatingSystemVersion'),
];
