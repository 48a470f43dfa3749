import type { AttributeSchema } from '../schema.ts';
import { schemaOf } from './schema-of.ts';

/**
 * The tenant under the names that Entra Connect's connector uses (`alias`, `city`, `surname`), and what Microsoft Graph
 * takes beyond them. Not everything here can be written: that is the exporter's to know.
 */
export const entraSchema: AttributeSchema = schemaOf({
  string: `
    dn sourceAnchor cloudAnchor userPrincipalName onPremisesUserPrincipalName onPremisesSamAccountName
    onPremisesDistinguishedName dnsDomainName netBiosName lastPasswordChangeTimestamp
    commonName displayName givenName surname middleName initials title department company description info
    employeeId employeeType employeeHireDate employeeLeaveDateTime employeeOrgDataCostCenter employeeOrgDataDivision
    preferredLanguage preferredDataLocation usageLocation userType
    streetAddress city state postalCode country countryLetterCode physicalDeliveryOfficeName
    telephoneNumber mobile homePhone ipPhone pager facsimileTelephoneNumber telephoneAssistant wWWHomePage
    extensionAttribute[1..15]
    mail alias targetAddress legacyExchangeDN msDsPhoneticDisplayName msExchAssistantName
    msExchElcExpirySuspensionEnd msExchElcExpirySuspensionStart msExchImmutableId
    msExchLitigationHoldDate msExchLitigationHoldOwner msExchResourceDisplay msExchRetentionComment msExchRetentionUrl
    msExchTeamMailboxExpiration msExchTeamMailboxSharePointUrl
    msRtcSipDeploymentLocator msRtcSipLine msRtcSipOwnerUrn msRtcSipPrimaryUserAddress
    cloudLegacyExchangeDN cloudMSExchTeamMailboxExpiration cloudMSExchTeamMailboxSharePointUrl
    deviceOSType deviceOSVersion deviceTrustType cloudDeviceOSType cloudDeviceOSVersion cloudDisplayName
    approximateLastLogonTimestamp`,
  'string*': `
    proxyAddresses otherMails certificateUserIds signInNames url postOfficeBox
    otherTelephone otherMobile otherHomePhone otherIpPhone otherPager otherFacsimileTelephoneNumber
    msExchArchiveName msExchExtensionCustomAttribute[1..5] msExchLabeledURI msExchResourceMetadata
    msExchResourceSearchProperties msExchSenderHintTranslations msExchUserHoldPolicies
    cloudMSExchUCVoiceMailSettings cloudMSExchUserHoldPolicies alternativeSecurityId devicePhysicalIds`,
  number: `
    countryCode dirSyncOverrides msDsHabSeniorityIndex msExchAuditAdmin msExchAuditDelegate msExchAuditDelegateAdmin
    msExchAuditOwner msExchElcMailboxFlags msExchGroupDepartRestriction msExchGroupJoinRestriction
    msExchMailboxAuditLogAgeLimit msExchModerationFlags msExchRecipientDisplayType msExchRecipientSoftDeletedStatus
    msExchRecipientTypeDetails msExchRemoteRecipientType msExchResourceCapacity msExchTransportRecipientSettingsFlags
    msRtcSipApplicationOptions msRtcSipOptionFlags cloudMSExchArchiveStatus cloudMSExchRecipientDisplayType
    deviceObjectVersion`,
  boolean: `
    accountEnabled cloudAccountEnabled cloudMastered cloudCreated securityEnabled mailEnabled
    hideDLMembership oOFReplyToOriginator reportToOriginator reportToOwner
    msExchBypassAudit msExchEnableModeration msExchHideFromAddressLists msExchMailboxAuditEnable
    msExchRequireAuthToSendTo msOrgIsOrganizational msRtcSipUserEnabled isCompliant isManaged`,
  binary: `
    onPremiseSecurityIdentifier msExchArchiveGuid msExchMailboxGuid
    msExchBlockedSendersHash msExchSafeRecipientsHash msExchSafeSendersHash
    cloudMSExchBlockedSendersHash cloudMSExchSafeRecipientsHash cloudMSExchSafeSendersHash
    thumbnailPhoto deviceId`,
  'binary*': 'userCertificate userSMIMECertificate searchableDeviceKey stkDeviceKey',
  reference: 'manager managedBy assistant altRecipient msExchTeamMailboxSharePointLinkedBy registeredOwnerReference',
  'reference*': `
    member authOrig unauthOrig dLMemSubmitPerms dLMemRejectPerms publicDelegates
    msExchBypassModerationFromDLMembersLink msExchBypassModerationLink msExchCoManagedByLink msExchDelegateListLink
    msExchModeratedByLink msExchTeamMailboxOwners registeredUsersReference
    cloudMSExchDelegateListLink cloudMSExchTeamMailboxOwners cloudPublicDelegates`,
});
