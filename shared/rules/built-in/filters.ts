// Why an object of the directory does not go to Entra: conditions of which one is enough. `cloudFiltered` is True or has no
// value, never False, so that another rule may still say True.

/** Any value counts, False as well. */
const critical = 'IsPresent([isCriticalSystemObject])';

/** It lost a replication conflict: its name is `name<LF>CNF:guid` (MS-ADTS 3.1.1.5.1.4), in a DN `\0ACNF:`. */
const conflict = String.raw`InStr(DNComponent(CRef([dn]), 1), "\\0ACNF:") > 0`;

const startsWith = (attribute: string, prefix: string): string =>
  `Left([${attribute}], ${prefix.length}) = "${prefix}"`;

/** A mailbox of Exchange 2000's client access servers: `CAS_{guid}`. */
const clientAccess = (attribute: string): string =>
  `(${startsWith(attribute, 'CAS_')} && InStr([${attribute}], "}") > 0)`;

const recipientTypeHas = (mask: string): string =>
  `IIF(IsPresent([msExchRecipientTypeDetails]), BitAnd([msExchRecipientTypeDetails], ${mask}) > 0, False)`;

const filteredWhenAny = (...conditions: readonly string[]): string =>
  `IIF(\n  ${conditions.join(' ||\n  ')},\n  True, NULL)`;

export const userFilter: string = filteredWhenAny(
  critical,
  'IsPresent([sAMAccountName]) = False',
  '[sAMAccountName] = "SUPPORT_388945a0"',
  startsWith('mailNickname', 'SystemMailbox{'),
  startsWith('sAMAccountName', 'AAD_'),
  startsWith('sAMAccountName', 'MSOL_'),
  clientAccess('mailNickname'),
  clientAccess('sAMAccountName'),
  // Arbitration, discovery, monitoring and public folder mailboxes.
  recipientTypeHas('&H21C07000'),
  conflict,
);

export const groupFilter: string = filteredWhenAny(
  critical,
  '[sAMAccountName] = "MSOL_AD_Sync_RichCoexistence"',
  // Role groups.
  recipientTypeHas('&H40000000'),
  conflict,
);

export const contactFilter: string = filteredWhenAny(
  critical,
  // What the predecessors of Entra Connect made in other forests of the same organisation.
  '(InStr([displayName], "(MSOL)") > 0 && CBool([msExchHideFromAddressLists]))',
  clientAccess('mailNickname'),
  conflict,
);

/** Only a computer that registered itself has a certificate; Windows before 10 registers another way. */
export const computerFilter: string = filteredWhenAny(
  'IsNullOrEmpty([userCertificate])',
  '(InStr(UCase([operatingSystem]), "WINDOWS") > 0 && Left([operatingSystemVersion], 2) = "6.")',
);

/** An address with `@`, either the primary one of proxyAddresses or mail. */
export const hasMail = `IIF(
  (IsPresent([proxyAddresses]) && Contains([proxyAddresses], "SMTP:") > 0 &&
    InStr(Item([proxyAddresses], Contains([proxyAddresses], "SMTP:")), "@") > 0) ||
  (IsPresent([mail]) && InStr([mail], "@") > 0),
  True, False)`;
