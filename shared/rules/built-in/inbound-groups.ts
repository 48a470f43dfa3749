import { clause, inbound, type RuleDraft } from './draft.ts';
import { groupFilter, hasMail } from './filters.ts';
import { direct, expression, firstValue, trim } from './flows.ts';
import { anchorJoins } from './matching.ts';
import { anchorBinary, anchorText } from './source-anchor.ts';

/** Groups that were written back from Entra carry the mark `Group_`. */
const native = [
  [clause('isCriticalSystemObject', 'NOTEQUAL', 'True'), clause('adminDescription', 'NOTSTARTSWITH', 'Group_')],
];

const from = { sourceType: 'group', targetType: 'group', scope: native } as const;

export const inboundGroups: readonly RuleDraft[] = [
  inbound('activeDirectory', {
    ...from,
    name: 'In from AD - Group Join',
    description: 'Brings groups into the metaverse and says which of them stay out of Entra.',
    tag: 'Microsoft.InfromADGroupJoin.003',
    linkType: 'Provision',
    join: anchorJoins,
    flows: [
      expression('cloudFiltered', groupFilter),
      expression('mailEnabled', hasMail),
      expression('sourceAnchorBinary', anchorBinary),
    ],
  }),
  inbound('activeDirectory', {
    ...from,
    name: 'In from AD - Group Exchange',
    description: "Takes Exchange's own attributes.",
    tag: 'Microsoft.InfromADGroupExchange.004',
    flows: [
      ...trim('extensionAttribute[1..15]'),
      ...direct(`
        mailNickname legacyExchangeDN msDS-HABSeniorityIndex msDS-PhoneticDisplayName
        authOrig unauthOrig dLMemRejectPerms dLMemSubmitPerms publicDelegates
        hideDLMembership oOFReplyToOriginator reportToOriginator reportToOwner
        msExchBypassModerationFromDLMembersLink msExchBypassModerationLink msExchCoManagedByLink
        msExchEnableModeration msExchExtensionCustomAttribute[1..5] msExchGroupDepartRestriction
        msExchGroupJoinRestriction msExchHideFromAddressLists msExchLitigationHoldDate msExchLitigationHoldOwner
        msExchModeratedByLink msExchModerationFlags msExchRecipientDisplayType msExchRecipientTypeDetails
        msExchRequireAuthToSendTo msExchRetentionComment msExchRetentionURL msExchSenderHintTranslations
        msOrg-IsOrganizational`),
    ],
  }),
  inbound('activeDirectory', {
    ...from,
    name: 'In from AD - Group Common',
    description: 'Takes everything else, the members among it.',
    tag: 'Microsoft.InfromADGroupCommon.004',
    flows: [
      expression('sourceAnchor', anchorText),
      expression('displayName', 'IIF(IsNullOrEmpty([displayName]), [cn], [displayName])'),
      // The highest bit of the 32 that groupType has (MS-ADTS 2.2.12).
      expression('securityEnabled', 'CBool(BitAnd([groupType], -2147483648))'),
      expression('memberCount', 'ValueCount("member")'),
      expression('objectSidString', 'StringFromSid([objectSid])'),
      expression('domainFQDN', '%Domain.FQDN%'),
      ...trim('mail'),
      ...firstValue('description'),
      expression('info', 'Left(Trim([info]), 448)'),
      expression('proxyAddresses', 'RemoveDuplicates(Trim([proxyAddresses]))'),
      ...direct('cn objectSid managedBy member'),
      ...direct('sAMAccountName', { sAMAccountName: 'accountName' }),
    ],
  }),
];
