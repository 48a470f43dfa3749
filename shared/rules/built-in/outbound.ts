import type { SyncRule } from '../model.ts';
import { clause, equal, outbound, type RuleDraft } from './draft.ts';
import { direct, expression, unlessEmpty } from './flows.ts';
import { guardedAnchor, guardedAnchorOfType } from './source-anchor.ts';

/** Metaverse attributes that have another name in Entra Connect's connector to the tenant. */
export const entraNames: Readonly<Record<string, string>> = {
  accountName: 'onPremisesSamAccountName',
  c: 'countryLetterCode',
  cn: 'commonName',
  co: 'country',
  domainFQDN: 'dnsDomainName',
  employeeID: 'employeeId',
  l: 'city',
  mailNickname: 'alias',
  'msDS-HABSeniorityIndex': 'msDsHabSeniorityIndex',
  'msDS-PhoneticDisplayName': 'msDsPhoneticDisplayName',
  msExchArchiveGUID: 'msExchArchiveGuid',
  msExchELCExpirySuspensionEnd: 'msExchElcExpirySuspensionEnd',
  msExchELCExpirySuspensionStart: 'msExchElcExpirySuspensionStart',
  msExchELCMailboxFlags: 'msExchElcMailboxFlags',
  msExchResourceMetaData: 'msExchResourceMetadata',
  msExchRetentionURL: 'msExchRetentionUrl',
  'msOrg-IsOrganizational': 'msOrgIsOrganizational',
  'msRTCSIP-ApplicationOptions': 'msRtcSipApplicationOptions',
  'msRTCSIP-DeploymentLocator': 'msRtcSipDeploymentLocator',
  'msRTCSIP-Line': 'msRtcSipLine',
  'msRTCSIP-OptionFlags': 'msRtcSipOptionFlags',
  'msRTCSIP-OwnerUrn': 'msRtcSipOwnerUrn',
  'msRTCSIP-PrimaryUserAddress': 'msRtcSipPrimaryUserAddress',
  'msRTCSIP-UserEnabled': 'msRtcSipUserEnabled',
  objectSid: 'onPremiseSecurityIdentifier',
  pwdLastSet: 'lastPasswordChangeTimestamp',
  sn: 'surname',
  st: 'state',
};

const flow = (...names: readonly string[]): SyncRule['flows'] => direct(names.join(' '), entraNames);

const byAnchor = [[equal('sourceAnchor', 'sourceAnchor')]];
const notFiltered = clause('cloudFiltered', 'NOTEQUAL', 'True');
const ownedHere = clause('cloudMastered', 'NOTEQUAL', 'True');
const anchored = clause('sourceAnchor', 'ISNOTNULL');

// What several services want of a person.
const addressBook = `
  displayName givenName sn title department company description mailNickname proxyAddresses manager
  streetAddress l st postalCode co physicalDeliveryOfficeName
  telephoneNumber otherTelephone mobile homePhone facsimileTelephoneNumber wWWHomePage`;
const names = 'accountEnabled userPrincipalName onPremisesUserPrincipalName';
const moreOfPerson = `
  initials info targetAddress telephoneAssistant pager otherHomePhone otherFacsimileTelephoneNumber
  authOrig unauthOrig dLMemRejectPerms dLMemSubmitPerms extensionAttribute[1..15]`;
const exchangeOfPerson = `
  assistant legacyExchangeDN publicDelegates msDS-HABSeniorityIndex msDS-PhoneticDisplayName
  msExchAssistantName msExchBlockedSendersHash msExchExtensionCustomAttribute[1..5] msExchHideFromAddressLists
  msExchLitigationHoldDate msExchLitigationHoldOwner msExchModeratedByLink msExchModerationFlags
  msExchRecipientDisplayType msExchRecipientTypeDetails msExchRequireAuthToSendTo msExchRetentionComment
  msExchRetentionURL msExchSafeRecipientsHash msExchSafeSendersHash msExchSenderHintTranslations`;
const sharePointOfPerson = 'mail middleName ipPhone otherMobile otherIpPhone otherPager postOfficeBox url';

const user = { sourceType: 'person', targetType: 'user' } as const;
const isUser = [[clause('sourceObjectType', 'EQUAL', 'User'), ownedHere]];

const outboundUsers: readonly RuleDraft[] = [
  outbound({
    ...user,
    name: 'Out to AAD - User Join',
    description: 'Creates users in Entra, and keeps those that are there.',
    tag: 'Microsoft.OuttoAADUserJoin.006',
    linkType: 'Provision',
    scope: [
      [
        clause('sourceObjectType', 'EQUAL', 'User'),
        ownedHere,
        notFiltered,
        anchored,
        clause('accountEnabled', 'ISNOTNULL'),
      ],
    ],
    join: byAnchor,
    flows: [
      expression('sourceAnchor', guardedAnchorOfType),
      ...unlessEmpty('usageLocation'),
      ...flow('accountEnabled accountName cn domainFQDN objectSid pwdLastSet'),
    ],
  }),
  outbound({
    ...user,
    name: 'Out to AAD - User Identity',
    description: 'What every service wants of a user.',
    tag: 'Microsoft.OuttoAADUserIdentity.005',
    scope: isUser,
    flows: flow(names, 'displayName givenName sn mail mailNickname proxyAddresses employeeID employeeType'),
  }),
  outbound({
    ...user,
    name: 'Out to AAD - User ExchangeOnline',
    description: 'What Exchange Online wants of a user.',
    tag: 'Microsoft.OuttoAADUserExchangeOnline.004',
    scope: isUser,
    flows: [
      ...unlessEmpty('countryCode'),
      ...flow(
        names,
        addressBook,
        moreOfPerson,
        exchangeOfPerson,
        `c msExchArchiveGUID msExchArchiveName msExchAuditAdmin msExchAuditDelegate msExchAuditDelegateAdmin
        msExchAuditOwner msExchBypassAudit msExchDelegateListLink msExchELCExpirySuspensionEnd
        msExchELCExpirySuspensionStart msExchELCMailboxFlags msExchEnableModeration msExchImmutableId
        msExchMailboxAuditEnable msExchMailboxAuditLogAgeLimit msExchMailboxGuid msExchRemoteRecipientType
        msExchResourceCapacity msExchResourceDisplay msExchResourceMetaData msExchResourceSearchProperties
        msExchUserHoldPolicies`,
      ),
    ],
  }),
  outbound({
    ...user,
    name: 'Out to AAD - User LyncOnline',
    description: 'What Teams and Skype for Business want of a user.',
    tag: 'Microsoft.OuttoAADUserLyncOnline.004',
    scope: isUser,
    flows: flow(
      names,
      addressBook,
      `mail ipPhone preferredLanguage msExchHideFromAddressLists
      msRTCSIP-ApplicationOptions msRTCSIP-DeploymentLocator msRTCSIP-Line msRTCSIP-OptionFlags msRTCSIP-OwnerUrn
      msRTCSIP-PrimaryUserAddress msRTCSIP-UserEnabled`,
    ),
  }),
  outbound({
    ...user,
    name: 'Out to AAD - User SharePointOnline',
    description: 'What SharePoint Online wants of a user.',
    tag: 'Microsoft.OuttoAADUserSharePointOnline.004',
    scope: isUser,
    flows: [
      ...unlessEmpty('countryCode'),
      ...flow(names, addressBook, moreOfPerson, sharePointOfPerson, 'preferredLanguage'),
    ],
  }),
];

const contact = { sourceType: 'person', targetType: 'contact' } as const;
const isContact = [[clause('sourceObjectType', 'EQUAL', 'Contact')]];

const outboundContacts: readonly RuleDraft[] = [
  outbound({
    ...contact,
    name: 'Out to AAD - Contact Join',
    description: 'Creates contacts that have an address in Entra, and keeps those that are there.',
    tag: 'Microsoft.OuttoAADContactJoin.003',
    linkType: 'Provision',
    scope: [[clause('sourceObjectType', 'EQUAL', 'Contact'), notFiltered, clause('mailEnabled', 'EQUAL', 'True')]],
    join: byAnchor,
    flows: [expression('sourceAnchor', guardedAnchorOfType)],
  }),
  outbound({
    ...contact,
    name: 'Out to AAD - Contact Identity',
    description: 'What every service wants of a contact.',
    tag: 'Microsoft.OuttoAADContactIdentity.003',
    scope: isContact,
    flows: flow('displayName givenName sn mail mailNickname proxyAddresses'),
  }),
  outbound({
    ...contact,
    name: 'Out to AAD - Contact ExchangeOnline',
    description: 'What Exchange Online wants of a contact.',
    tag: 'Microsoft.OuttoAADContactExchangeOnline.003',
    scope: isContact,
    flows: flow(addressBook, moreOfPerson, exchangeOfPerson, 'c countryCode'),
  }),
  outbound({
    ...contact,
    name: 'Out to AAD - Contact LyncOnline',
    description: 'What Teams and Skype for Business want of a contact.',
    tag: 'Microsoft.OuttoAADContactLyncOnline.003',
    scope: isContact,
    flows: flow(
      addressBook,
      `c msExchHideFromAddressLists msRTCSIP-DeploymentLocator msRTCSIP-Line msRTCSIP-OptionFlags
      msRTCSIP-PrimaryUserAddress msRTCSIP-UserEnabled`,
    ),
  }),
  outbound({
    ...contact,
    name: 'Out to AAD - Contact SharePointOnline',
    description: 'What SharePoint Online wants of a contact.',
    tag: 'Microsoft.OuttoAADContactSharePointOnline.003',
    scope: isContact,
    flows: flow(addressBook, moreOfPerson, sharePointOfPerson, 'c countryCode'),
  }),
];

const group = { sourceType: 'group', targetType: 'group' } as const;
const isGroup = [[anchored, ownedHere]];
const addressBookOfGroup = 'displayName description mail mailNickname proxyAddresses managedBy member';
const moreOfGroup = `
  info authOrig unauthOrig dLMemRejectPerms dLMemSubmitPerms oOFReplyToOriginator reportToOriginator reportToOwner
  extensionAttribute[1..15]`;

function outboundGroups(memberLimit: number): readonly RuleDraft[] {
  // One that Entra has already may have grown beyond the limit: it stays, and its members stop to flow with an error.
  const known = clause('cloudAnchor', 'ISNOTNULL');
  const small = clause('memberCount', 'LESSTHAN', String(memberLimit));
  return [
    outbound({
      ...group,
      name: 'Out to AAD - Group Join',
      description: 'Creates security groups, and groups with an address, in Entra, and keeps those that are there.',
      tag: 'Microsoft.OuttoAADGroupJoin.006',
      linkType: 'Provision',
      scope: [known, small].flatMap((size) =>
        ['securityEnabled', 'mailEnabled'].map((kind) => [
          notFiltered,
          anchored,
          ownedHere,
          clause(kind, 'EQUAL', 'True'),
          size,
        ]),
      ),
      join: byAnchor,
      flows: [
        expression('sourceAnchor', guardedAnchor),
        expression(
          'member',
          `IIF([memberCount] > ${memberLimit},
  Error("The group has more than ${memberLimit} members, the most that Entra takes."),
  IgnoreThisFlow)`,
        ),
        ...flow('cn accountName domainFQDN objectSid securityEnabled'),
      ],
    }),
    outbound({
      ...group,
      name: 'Out to AAD - Group Identity',
      description: 'What every service wants of a group.',
      tag: 'Microsoft.OuttoAADGroupIdentity.004',
      scope: isGroup,
      flows: flow('displayName mail mailNickname proxyAddresses managedBy member'),
    }),
    outbound({
      ...group,
      name: 'Out to AAD - Group ExchangeOnline',
      description: 'What Exchange Online wants of a group.',
      tag: 'Microsoft.OuttoAADGroupExchangeOnline.005',
      scope: isGroup,
      flows: flow(
        'displayName description mailNickname proxyAddresses managedBy member',
        moreOfGroup,
        `legacyExchangeDN publicDelegates msDS-HABSeniorityIndex msDS-PhoneticDisplayName msExchBypassModerationLink
        msExchCoManagedByLink msExchEnableModeration msExchExtensionCustomAttribute[1..5] msExchHideFromAddressLists
        msExchLitigationHoldDate msExchLitigationHoldOwner msExchModeratedByLink msExchModerationFlags
        msExchRecipientDisplayType msExchRecipientTypeDetails msExchRequireAuthToSendTo msExchRetentionComment
        msExchRetentionURL msExchSenderHintTranslations msOrg-IsOrganizational`,
      ),
    }),
    outbound({
      ...group,
      name: 'Out to AAD - Group LyncOnline',
      description: 'What Teams and Skype for Business want of a group.',
      tag: 'Microsoft.OuttoAADGroupLyncOnline.004',
      scope: isGroup,
      flows: flow(addressBookOfGroup, 'msExchHideFromAddressLists'),
    }),
    outbound({
      ...group,
      name: 'Out to AAD - Group SharePointOnline',
      description: 'What SharePoint Online wants of a group.',
      tag: 'Microsoft.OuttoAADGroupSharePointOnline.004',
      scope: isGroup,
      flows: flow(addressBookOfGroup, moreOfGroup, 'hideDLMembership'),
    }),
  ];
}

const outboundDevices: RuleDraft = outbound({
  name: 'Out to AAD - Device Join SOAInAD',
  description: 'Registers computers for hybrid join.',
  tag: 'Microsoft.OuttoAADJoinSOAInAD.002',
  sourceType: 'device',
  targetType: 'device',
  linkType: 'Provision',
  scope: [[clause('cloudCreated', 'EQUAL', 'False'), clause('userCertificate', 'ISNOTNULL'), notFiltered]],
  join: [[equal('deviceId', 'deviceId')]],
  flows: flow(`
    displayName deviceId accountEnabled deviceOSVersion deviceOSType deviceTrustType registeredOwnerReference
    objectSid sourceAnchor userCertificate`),
});

/** Everything that goes to Entra. */
export function outboundRules(groupMemberLimit: number): readonly RuleDraft[] {
  return [...outboundUsers, ...outboundContacts, ...outboundGroups(groupMemberLimit), outboundDevices];
}
