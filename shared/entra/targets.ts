import { namesIn } from '../rules/schemas/schema-of.ts';
import { isExtensionAttribute, type ExtensionTargets } from './directory-extensions.ts';

/** Types of objects of the tenant that rules can aim at. */
export const entraTypes = ['user', 'group', 'contact', 'device'] as const;
export type EntraType = (typeof entraTypes)[number];

/** What becomes of an attribute of the tenant's connector space: a property of Microsoft Graph, or nothing and why. */
export type Target =
  | { readonly property: string; readonly form: 'text' | 'flag' | 'list' | 'first' }
  /** Carried, but not as a property of its own: the anchor, names, references. */
  | { readonly carriedAs: string }
  | { readonly reason: string };

/** Object types that Microsoft Graph does not let an application create. */
export const unwritableTypes: Readonly<Partial<Record<EntraType, string>>> = {
  contact: 'Microsoft Graph cannot create or change organisational contacts; they are kept in Exchange Online.',
  device: 'Microsoft Graph does not let an application create devices; they register themselves.',
};

const text = (property: string): Target => ({ property, form: 'text' });

const userTargets: Readonly<Record<string, Target>> = {
  accountEnabled: { property: 'accountEnabled', form: 'flag' },
  displayName: text('displayName'),
  givenName: text('givenName'),
  surname: text('surname'),
  title: text('jobTitle'),
  department: text('department'),
  company: text('companyName'),
  city: text('city'),
  state: text('state'),
  country: text('country'),
  postalCode: text('postalCode'),
  streetAddress: text('streetAddress'),
  physicalDeliveryOfficeName: text('officeLocation'),
  telephoneNumber: { property: 'businessPhones', form: 'list' },
  mobile: text('mobilePhone'),
  facsimileTelephoneNumber: text('faxNumber'),
  preferredLanguage: text('preferredLanguage'),
  employeeId: text('employeeId'),
  employeeType: text('employeeType'),
  mail: text('mail'),
  usageLocation: text('usageLocation'),
  otherMails: { property: 'otherMails', form: 'list' },
  userType: text('userType'),
  employeeOrgDataDivision: text('employeeOrgData/division'),
  employeeOrgDataCostCenter: text('employeeOrgData/costCenter'),
  ...Object.fromEntries(
    namesIn('extensionAttribute[1..15]').map((name) => [name, text(`onPremisesExtensionAttributes/${name}`)]),
  ),
  sourceAnchor: { carriedAs: 'onPremisesImmutableId' },
  userPrincipalName: { carriedAs: 'userPrincipalName' },
  alias: { carriedAs: 'mailNickname' },
  manager: { carriedAs: 'manager' },
};

const groupTargets: Readonly<Record<string, Target>> = {
  displayName: text('displayName'),
  description: { property: 'description', form: 'first' },
  securityEnabled: { property: 'securityEnabled', form: 'flag' },
  sourceAnchor: { carriedAs: 'uniqueName' },
  alias: { carriedAs: 'mailNickname' },
  member: { carriedAs: 'members' },
};

const onPremisesOnly =
  'It describes the object in the directory; Microsoft Graph shows it only for objects of its own synchronisation service.';
const exchange =
  'It belongs to Exchange Online, which takes it from its own synchronisation only; Microsoft Graph cannot write it.';

/** Why attributes stay behind, for those where "Microsoft Graph has no such property" would not be the whole truth. */
const reasons: readonly (readonly [names: string, reason: string])[] = [
  [
    `onPremisesSamAccountName onPremisesUserPrincipalName onPremisesDistinguishedName dnsDomainName netBiosName
     onPremiseSecurityIdentifier`,
    onPremisesOnly,
  ],
  ['lastPasswordChangeTimestamp', 'Entra sets it itself when a password is set.'],
  [
    `proxyAddresses targetAddress legacyExchangeDN authOrig unauthOrig dLMemSubmitPerms dLMemRejectPerms publicDelegates
     altRecipient hideDLMembership oOFReplyToOriginator reportToOriginator reportToOwner mailEnabled
     msDsHabSeniorityIndex msDsPhoneticDisplayName msOrgIsOrganizational`,
    exchange,
  ],
  ['employeeHireDate', 'Microsoft Graph does not let an application write it.'],
  ['employeeLeaveDateTime', 'Microsoft Graph asks for a permission of its own (User-LifeCycleInfo.ReadWrite.All).'],
  [
    'thumbnailPhoto',
    'Microsoft Graph takes photos one by one through a call of their own, and only for licensed users.',
  ],
  ['userCertificate userSMIMECertificate', 'Microsoft Graph cannot write certificates of users.'],
  ['countryCode countryLetterCode', 'Microsoft Graph has one property for the country, and "country" goes there.'],
  ['commonName', 'Microsoft Graph has no name of this kind; the display name takes its place.'],
  ['managedBy', 'Owners of groups in Entra are managed in Entra.'],
  ['assistant', 'Microsoft Graph has no such reference.'],
  ['cloudAnchor', 'It is the id of the object in the tenant.'],
];

const reasonOf = new Map(reasons.flatMap(([names, reason]) => namesIn(names).map((name) => [name, reason] as const)));

/** Where the attribute of an object of the tenant goes. */
export function targetOf(type: EntraType, attribute: string, extensions: ExtensionTargets): Target {
  const unwritable = unwritableTypes[type];
  if (unwritable !== undefined) return { reason: unwritable };
  const target = (type === 'user' ? userTargets : groupTargets)[attribute];
  if (target !== undefined) return target;
  const extension = extensions.get(attribute);
  if (extension !== undefined) {
    const { property, dataType, multiValued } = extension;
    return { property, form: multiValued ? 'list' : dataType === 'Boolean' ? 'flag' : 'text' };
  }
  if (isExtensionAttribute(attribute)) {
    return { reason: 'The rules name no application that holds directory extensions (extensionApplication).' };
  }
  if (attribute.startsWith('msExch') || attribute.startsWith('cloudMSExch')) return { reason: exchange };
  if (attribute.startsWith('msRtcSip')) return { reason: 'Skype for Business Online is retired.' };
  return { reason: reasonOf.get(attribute) ?? `Microsoft Graph has no such property of a ${type}.` };
}
