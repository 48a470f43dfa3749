import { clause, equal, inbound, type RuleDraft } from './draft.ts';
import { computerFilter } from './filters.ts';
import { constant, direct, expression, once } from './flows.ts';

/** A member of another forest stands in a group as a foreign security principal, named by the member's SID. */
export const inboundForeignSecurityPrincipals: RuleDraft = inbound('activeDirectory', {
  name: 'In from AD - ForeignSecurityPrincipal Join User',
  description: 'Finds the user or group that a member from another forest is.',
  tag: 'Microsoft.InfromADForeignSecurityPrincipalJoinUser.001',
  sourceType: 'foreignSecurityPrincipal',
  targetType: '*',
  join: [[equal('cn', 'objectSidString')]],
  flows: [],
});

export const inboundComputers: RuleDraft = inbound('activeDirectory', {
  name: 'In from AD - Computer Join',
  description: 'Brings computers that registered themselves for hybrid join into the metaverse.',
  tag: 'Microsoft.InfromADComputerJoin.002',
  sourceType: 'computer',
  targetType: 'device',
  linkType: 'Provision',
  join: [[equal('objectGUID', 'deviceId')]],
  flows: [
    expression('cloudFiltered', computerFilter),
    expression('sourceAnchor', 'ConvertToBase64([objectGUID])'),
    expression('accountEnabled', 'IIF(IsPresent([userAccountControl]), BitAnd([userAccountControl], 2) = 0, NULL)'),
    expression(
      'displayName',
      `IIF(IsPresent([dNSHostName]), Word([dNSHostName], 1, "."),
  IIF(IsNullOrEmpty([displayName]), [cn], [displayName]))`,
    ),
    expression('deviceOSType', 'IIF(InStr(UCase([operatingSystem]), "WINDOWS") > 0, "Windows", [operatingSystem])'),
    constant('sourceObjectType', 'Computer'),
    constant('deviceTrustType', 'ServerAd'),
    ...once([constant('cloudCreated', 'False')]),
    ...direct('objectGUID operatingSystemVersion objectSid userCertificate', {
      objectGUID: 'deviceId',
      operatingSystemVersion: 'deviceOSVersion',
    }),
    ...once(direct('mS-DS-CreatorSID', { 'mS-DS-CreatorSID': 'registeredOwnerReference' })),
  ],
});

const known = direct('cloudAnchor sourceAnchor', { sourceAnchor: 'cloudSourceAnchor' });
const ownedHere = [[clause('cloudMastered', 'NOTEQUAL', 'True')]];
const byAnchor = [[equal('sourceAnchor', 'sourceAnchor', true)]];

/** `True` for the recipient types whose mailbox is in Exchange Online and managed there. */
const cloudMailboxTypes = [0, 2, 7, 8, 10, 16, 17, 18, 1073741824, 1073741840];

/** What the tenant says about objects that it got from here. It never brings in new ones. */
export const inboundEntra: readonly RuleDraft[] = [
  inbound('entra', {
    name: 'In from AAD - User Join',
    description:
      'Learns which user of Entra the person is. What only Entra knows counts where no directory says anything.',
    tag: 'Microsoft.InfromAADUserJoin.004',
    sourceType: 'user',
    targetType: 'person',
    scope: ownedHere,
    join: byAnchor,
    flows: [...known, ...direct('accountEnabled countryCode usageLocation')],
  }),
  inbound('entra', {
    name: 'In from AAD - Contact Join',
    description: 'Learns which contact of Entra the person is.',
    tag: 'Microsoft.InfromAADContactJoin.003',
    sourceType: 'contact',
    targetType: 'person',
    join: byAnchor,
    flows: known,
  }),
  inbound('entra', {
    name: 'In from AAD - Group Join',
    description: 'Learns which group of Entra the group is.',
    tag: 'Microsoft.InfromAADGroupJoin.004',
    sourceType: 'group',
    targetType: 'group',
    scope: ownedHere,
    join: byAnchor,
    flows: known,
  }),
  inbound('entra', {
    name: 'In from AAD - User Exchange Hybrid',
    description: 'Learns whether Exchange Online is where the mailbox is managed.',
    tag: 'Microsoft.InfromAADUserExchangeHybrid.003',
    sourceType: 'user',
    targetType: 'person',
    flows: [
      ...direct('cloudMSExchRecipientDisplayType'),
      expression(
        'cloudSOAExchMailbox',
        `IIF(IsNullOrEmpty([cloudMSExchRecipientDisplayType]), NULL,
  ${cloudMailboxTypes.map((type) => `[cloudMSExchRecipientDisplayType] = ${type}`).join(' ||\n  ')})`,
      ),
    ],
  }),
];
