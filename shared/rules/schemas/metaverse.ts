import type { AttributeSchema } from '../schema.ts';
import { schemaOf } from './schema-of.ts';

/** The metaverse of Entra Connect, and what later versions and this product added. One list for all object types. */
export const metaverseSchema: AttributeSchema = schemaOf({
  string: `
    accountName userPrincipalName onPremisesUserPrincipalName objectSidString objectID objectType uid
    sourceAnchor sourceObjectType cloudSourceAnchor cloudAnchor
    contributingConnectorUser contributingConnectorExchange
    domain domainFQDN domainNetBios forestFQDN forestNetBios pwdLastSet distinguishedName
    cn displayName givenName sn middleName initials personalTitle title department division company o ou
    employeeID employeeType employeeHireDate employeeLeaveDateTime employeeOrgDataCostCenter employeeOrgDataDivision
    description comment info preferredLanguage preferredDataLocation usageLocation userType
    streetAddress street postOfficeBox postalAddress postalCode l st c co physicalDeliveryOfficeName
    telephoneNumber mobile homePhone ipPhone pager facsimileTelephoneNumber telephoneAssistant url wWWHomePage
    extensionAttribute[1..15] msDS-cloudExtensionAttribute[1..20]
    mail mailNickname targetAddress legacyExchangeDN msDS-PhoneticDisplayName msExchAssistantName
    msExchELCExpirySuspensionEnd msExchELCExpirySuspensionStart msExchImmutableId msExchLabeledURI
    msExchLitigationHoldDate msExchLitigationHoldOwner msExchResourceDisplay msExchRetentionComment msExchRetentionURL
    msExchTeamMailboxExpiration msExchTeamMailboxSharePointUrl
    msRTCSIP-DeploymentLocator msRTCSIP-Line msRTCSIP-OwnerUrn msRTCSIP-PrimaryUserAddress
    cloudLegacyExchangeDN cloudMSExchTeamMailboxExpiration cloudMSExchTeamMailboxSharePointUrl
    deviceOSType deviceOSVersion deviceTrustType cloudDeviceOSType cloudDeviceOSVersion cloudDisplayName`,
  'string*': `
    proxyAddresses otherTelephone otherMobile otherHomePhone otherIpPhone otherPager otherFacsimileTelephoneNumber
    otherMailbox msExchArchiveName msExchExtensionCustomAttribute[1..5] msExchResourceMetaData
    msExchResourceSearchProperties msExchSenderHintTranslations msExchUCVoiceMailSettings msExchUserHoldPolicies
    cloudMSExchUCVoiceMailSettings cloudMSExchUserHoldPolicies alternativeSecurityId devicePhysicalIds`,
  number: `
    countryCode memberCount lastPasswordChangeTimestamp dirSyncOverrides
    msDS-HABSeniorityIndex msExchArchiveStatus msExchAuditAdmin msExchAuditDelegate msExchAuditDelegateAdmin
    msExchAuditOwner msExchELCMailboxFlags msExchGroupDepartRestriction msExchGroupJoinRestriction
    msExchMailboxAuditLogAgeLimit msExchModerationFlags msExchRecipientDisplayType msExchRecipientTypeDetails
    msExchRemoteRecipientType msExchResourceCapacity msRTCSIP-ApplicationOptions msRTCSIP-OptionFlags
    cloudMSExchArchiveStatus cloudMSExchRecipientDisplayType approximateLastLogonTimestamp deviceObjectVersion`,
  boolean: `
    accountEnabled cloudAccountEnabled cloudFiltered cloudMastered cloudNoFlow cloudSOAExchMailbox
    securityEnabled mailEnabled hideDLMembership oOFReplyToOriginator reportToOriginator reportToOwner
    proxyAddressesIsValid msExchBypassAudit msExchEnableModeration msExchHideFromAddressLists
    msExchMailboxAuditEnable msExchRequireAuthToSendTo msOrg-IsOrganizational msRTCSIP-UserEnabled
    cloudCreated cloudIsManaged isCompliant isManaged isProvisionedInAD`,
  binary: `
    sourceAnchorBinary objectSid msExchMasterAccountSid msRTCSIP-OriginatorSid msExchArchiveGUID msExchMailboxGuid
    msExchBlockedSendersHash msExchSafeRecipientsHash msExchSafeSendersHash
    cloudMSExchBlockedSendersHash cloudMSExchSafeRecipientsHash cloudMSExchSafeSendersHash
    photo thumbnailPhoto deviceId`,
  'binary*': 'userCertificate userSMIMECertificate sIDHistory deviceKey',
  reference:
    'manager managedBy assistant secretary seeAlso msExchTeamMailboxSharePointLinkedBy registeredOwnerReference',
  'reference*': `
    member owner altRecipient authOrig unauthOrig dLMemSubmitPerms dLMemRejectPerms publicDelegates
    msExchBypassModerationFromDLMembersLink msExchBypassModerationLink msExchCoManagedByLink msExchDelegateListLink
    msExchModeratedByLink msExchTeamMailboxOwners registeredUsersReference
    cloudMSExchDelegateListLink cloudMSExchTeamMailboxOwners cloudPublicDelegates`,
});
