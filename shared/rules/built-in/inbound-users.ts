import type { AttributeFlow, ScopeClause, SyncRule } from '../model.ts';
import { clause, inbound, type RuleDraft } from './draft.ts';
import { userFilter } from './filters.ts';
import { constant, direct, expression, firstValue, trim } from './flows.ts';
import { userJoins, type UserMatching } from './matching.ts';
import { anchorBinary, anchorText, unlessLinkedMailbox } from './source-anchor.ts';

/**
 * The rules for users and for inetOrgPersons, which many directories use for people as well. Their order decides which
 * account of a person who has several gives what: sign-in comes from the enabled account, the address book from the
 * account with the mailbox.
 */
export function inboundUsers(matching: UserMatching): readonly RuleDraft[] {
  const families = kinds.map((kind) => userRules(kind, matching));
  // As in Entra Connect, the two types alternate: the join rules, then the rules of enabled accounts, and so on.
  return (families[0] ?? []).flatMap((_, i) => families.flatMap((family) => family[i] ?? []));
}

interface UserKind {
  readonly sourceType: 'user' | 'inetOrgPerson';
  readonly label: string;
  /** Users that were written back from Entra carry this mark. */
  readonly native: readonly ScopeClause[];
  readonly passwordSync: boolean;
  readonly tags: Readonly<Record<'join' | 'enabled' | 'fromExchange' | 'common' | 'exchange' | 'lync', string>>;
  readonly lync: readonly AttributeFlow[];
}

const lync = direct(`
  msRTCSIP-ApplicationOptions msRTCSIP-DeploymentLocator msRTCSIP-Line msRTCSIP-OwnerUrn msRTCSIP-PrimaryUserAddress
  msRTCSIP-UserEnabled msRTCSIP-OptionFlags`);

const kinds: readonly UserKind[] = [
  {
    sourceType: 'user',
    label: 'User',
    native: [clause('adminDescription', 'NOTSTARTSWITH', 'User_')],
    passwordSync: true,
    tags: {
      join: 'Microsoft.InfromADUserJoin.003',
      enabled: 'Microsoft.InfromADUserAccountEnabled.004',
      fromExchange: 'Microsoft.InfromADUserCommonfromExchange.004',
      common: 'Microsoft.InfromADUserCommon.004',
      exchange: 'Microsoft.InfromADUserExchange.003',
      lync: 'Microsoft.InfromADUserLync.004',
    },
    lync: [...lync, ...direct('msRTCSIP-OriginatorSid')],
  },
  {
    sourceType: 'inetOrgPerson',
    label: 'InetOrgPerson',
    native: [],
    passwordSync: false,
    tags: {
      join: 'Microsoft.InfromADInetOrgPersonJoin.003',
      enabled: 'Microsoft.InfromADInetOrgPersonAccountEnabled.003',
      fromExchange: 'Microsoft.InfromADInetOrgPersonCommonfromExchange.004',
      common: 'Microsoft.InfromADInetOrgPersonCommon.004',
      exchange: 'Microsoft.InfromADInetOrgPersonExchange.003',
      lync: 'Microsoft.InfromADInetOrgPersonLync.003',
    },
    lync,
  },
];

const hasNickname = clause('mailNickname', 'ISNOTNULL');

/** What a person signs in with, and what Entra knows the person by. */
const signIn: readonly AttributeFlow[] = [
  expression('sourceAnchor', unlessLinkedMailbox(anchorText)),
  expression(
    'userPrincipalName',
    `IIF(IsPresent([userPrincipalName]), [userPrincipalName],
  IIF(IsPresent([sAMAccountName]), [sAMAccountName] & "@" & %Domain.FQDN%,
    Error("The user has neither userPrincipalName nor sAMAccountName.")))`,
  ),
  expression(
    'pwdLastSet',
    'IIF(IsPresent([pwdLastSet]), CStr(FormatDateTime(DateFromNum([pwdLastSet]), "yyyyMMddHHmmss.0Z")), NULL)',
  ),
  expression('objectSidString', 'StringFromSid([objectSid])'),
  expression('domainFQDN', '%Domain.FQDN%'),
  ...direct('objectSid'),
];

/** What the global address list shows of a person. */
const addressBook: readonly AttributeFlow[] = [
  expression('accountEnabled', 'IIF(IsPresent([userAccountControl]), BitAnd([userAccountControl], 2) = 0, NULL)'),
  expression('sourceObjectType', unlessLinkedMailbox('"User"')),
  expression('displayName', 'IIF(IsNullOrEmpty([displayName]), [cn], [displayName])'),
  ...trim(`
    givenName sn middleName initials title department company employeeID employeeType preferredLanguage
    streetAddress l st postalCode c co physicalDeliveryOfficeName
    telephoneNumber mobile homePhone ipPhone pager facsimileTelephoneNumber wWWHomePage
    otherTelephone otherMobile otherHomePhone otherIpPhone otherPager otherFacsimileTelephoneNumber
    mail extensionAttribute[1..15]`),
  ...firstValue('description postOfficeBox url'),
  expression('info', 'Left(Trim([info]), 448)'),
  expression('proxyAddresses', 'RemoveDuplicates(Trim([proxyAddresses]))'),
  ...direct('cn countryCode manager assistant'),
  ...direct('sAMAccountName', { sAMAccountName: 'accountName' }),
];

const exchange: readonly AttributeFlow[] = [
  ...trim('telephoneAssistant'),
  ...direct('msExchUsageLocation', { msExchUsageLocation: 'usageLocation' }),
  ...direct(`
    mailNickname targetAddress legacyExchangeDN msDS-HABSeniorityIndex msDS-PhoneticDisplayName
    authOrig unauthOrig dLMemRejectPerms dLMemSubmitPerms publicDelegates
    msExchArchiveGUID msExchArchiveName msExchAssistantName msExchAuditAdmin msExchAuditDelegate
    msExchAuditDelegateAdmin msExchAuditOwner msExchBlockedSendersHash msExchBypassAudit msExchBypassModerationLink
    msExchDelegateListLink msExchELCExpirySuspensionEnd msExchELCExpirySuspensionStart msExchELCMailboxFlags
    msExchEnableModeration msExchExtensionCustomAttribute[1..5] msExchHideFromAddressLists msExchImmutableId
    msExchLitigationHoldDate msExchLitigationHoldOwner msExchMailboxAuditEnable msExchMailboxAuditLogAgeLimit
    msExchMailboxGuid msExchMasterAccountSid msExchModeratedByLink msExchModerationFlags msExchRecipientDisplayType
    msExchRecipientTypeDetails msExchRemoteRecipientType msExchRequireAuthToSendTo msExchResourceCapacity
    msExchResourceDisplay msExchResourceMetaData msExchResourceSearchProperties msExchRetentionComment
    msExchRetentionURL msExchSafeRecipientsHash msExchSafeSendersHash msExchSenderHintTranslations
    msExchUserHoldPolicies`),
];

function userRules(kind: UserKind, matching: UserMatching): readonly RuleDraft[] {
  const { sourceType, label, native, tags } = kind;
  const from = { sourceType, targetType: 'person' };
  const when = (...clauses: readonly ScopeClause[]): SyncRule['scope'] => (clauses.length === 0 ? [] : [clauses]);
  return [
    inbound('activeDirectory', {
      ...from,
      name: `In from AD - ${label} Join`,
      description: 'Brings people into the metaverse and says which of them stay out of Entra.',
      tag: tags.join,
      linkType: 'Provision',
      scope: when(clause('isCriticalSystemObject', 'NOTEQUAL', 'True'), ...native),
      join: userJoins(matching),
      flows: [
        expression('cloudFiltered', userFilter),
        expression('sourceAnchorBinary', unlessLinkedMailbox(anchorBinary)),
      ],
    }),
    inbound('activeDirectory', {
      ...from,
      name: `In from AD - ${label} AccountEnabled`,
      description: 'Takes what a person signs in with from the account that is enabled.',
      tag: tags.enabled,
      passwordSync: kind.passwordSync,
      // Without the first clause the second would hold for an object that has no userAccountControl.
      scope: when(clause('userAccountControl', 'ISNOTNULL'), clause('userAccountControl', 'ISBITNOTSET', '2')),
      flows: [constant('accountEnabled', 'True'), ...signIn, ...direct('cn')],
    }),
    inbound('activeDirectory', {
      ...from,
      name: `In from AD - ${label} Common from Exchange`,
      description: 'Takes what the address book shows from the account that has the mailbox.',
      tag: tags.fromExchange,
      scope: when(hasNickname, ...native),
      flows: addressBook,
    }),
    inbound('activeDirectory', {
      ...from,
      name: `In from AD - ${label} Common`,
      description: 'Takes everything else from any account.',
      tag: tags.common,
      scope: when(...native),
      flows: [...addressBook, ...signIn],
    }),
    inbound('activeDirectory', {
      ...from,
      name: `In from AD - ${label} Exchange`,
      description: "Takes Exchange's own attributes from the account that Exchange knows.",
      tag: tags.exchange,
      scope: when(hasNickname),
      flows: exchange,
    }),
    inbound('activeDirectory', {
      ...from,
      name: `In from AD - ${label} Lync`,
      description: 'Takes the attributes of Lync and Skype for Business.',
      tag: tags.lync,
      flows: kind.lync,
    }),
  ];
}
