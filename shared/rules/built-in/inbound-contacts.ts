import { equal, inbound, type RuleDraft } from './draft.ts';
import { contactFilter, hasMail } from './filters.ts';
import { constant, direct, expression, firstValue, trim } from './flows.ts';

const from = { sourceType: 'contact', targetType: 'person' } as const;

/**
 * A contact is the same metaverse type as a user. One of a person who has an account in another forest joins it by
 * address, and the account, whose rules come first, makes it a user.
 */
export const inboundContacts: readonly RuleDraft[] = [
  inbound('activeDirectory', {
    ...from,
    name: 'In from AD - Contact Join',
    description: 'Brings contacts into the metaverse and says which of them stay out of Entra.',
    tag: 'Microsoft.InfromADContactJoin.003',
    linkType: 'Provision',
    join: [[equal('mail', 'mail')]],
    flows: [expression('cloudFiltered', contactFilter), expression('mailEnabled', hasMail)],
  }),
  inbound('activeDirectory', {
    ...from,
    name: 'In from AD - Contact Common',
    description: 'Takes what the address book shows of a contact.',
    tag: 'Microsoft.InfromADContactCommon.004',
    flows: [
      constant('sourceObjectType', 'Contact'),
      expression('sourceAnchor', 'ConvertToBase64([objectGUID])'),
      ...direct('objectGUID', { objectGUID: 'sourceAnchorBinary' }),
      expression('displayName', 'IIF(IsNullOrEmpty([displayName]), [cn], [displayName])'),
      expression('mailNickname', 'IIF(IsPresent([mailNickname]), [mailNickname], [cn])'),
      ...trim(`
        givenName sn middleName initials title department company
        streetAddress l st postalCode c co physicalDeliveryOfficeName
        telephoneNumber mobile homePhone ipPhone pager facsimileTelephoneNumber telephoneAssistant wWWHomePage
        otherTelephone otherMobile otherHomePhone otherIpPhone otherPager otherFacsimileTelephoneNumber
        mail extensionAttribute[1..15]`),
      ...firstValue('description postOfficeBox url'),
      expression('info', 'Left(Trim([info]), 448)'),
      expression('proxyAddresses', 'RemoveDuplicates(Trim([proxyAddresses]))'),
      ...direct(`
        cn countryCode manager assistant targetAddress legacyExchangeDN
        msDS-HABSeniorityIndex msDS-PhoneticDisplayName
        authOrig unauthOrig dLMemRejectPerms dLMemSubmitPerms publicDelegates
        msExchAssistantName msExchBlockedSendersHash msExchBypassModerationFromDLMembersLink
        msExchBypassModerationLink msExchExtensionCustomAttribute[1..5] msExchHideFromAddressLists
        msExchLitigationHoldDate msExchLitigationHoldOwner msExchModeratedByLink msExchModerationFlags
        msExchRecipientDisplayType msExchRecipientTypeDetails msExchRequireAuthToSendTo msExchRetentionComment
        msExchRetentionURL msExchSafeRecipientsHash msExchSafeSendersHash msExchSenderHintTranslations`),
    ],
  }),
  inbound('activeDirectory', {
    ...from,
    name: 'In from AD - Contact Lync',
    description: 'Takes the attributes of Lync and Skype for Business.',
    tag: 'Microsoft.InfromADContactLync.003',
    flows: direct(`
      msRTCSIP-DeploymentLocator msRTCSIP-Line msRTCSIP-PrimaryUserAddress msRTCSIP-UserEnabled msRTCSIP-OptionFlags`),
  }),
];
