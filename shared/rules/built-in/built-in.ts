import type { RuleSet } from '../model.ts';
import type { RuleDraft } from './draft.ts';
import type { DirectoryExtension } from './extensions.ts';
import { extensionAttributes, inboundExtensions, outboundExtensions } from './extensions.ts';
import { inboundContacts } from './inbound-contacts.ts';
import { inboundGroups } from './inbound-groups.ts';
import { inboundComputers, inboundEntra, inboundForeignSecurityPrincipals } from './inbound-others.ts';
import { inboundUsers } from './inbound-users.ts';
import type { UserMatching } from './matching.ts';
import { outboundRules } from './outbound.ts';

export interface BuiltInOptions {
  /** Default: `representedOnce`. */
  readonly userMatching?: UserMatching;
  /** Groups with as many members or more are not created, those with more not updated. Default: 250,000. */
  readonly groupMemberLimit?: number;
  /** Default: none. */
  readonly directoryExtensions?: readonly DirectoryExtension[];
}

/** The first precedence of a built-in rule. Rules of one's own take lower numbers and win. */
export const firstBuiltInPrecedence = 100;

/**
 * The rules with which everything works without a rule of one's own: names, scopes and order are those of Entra Connect.
 * They fit whatever forests there are.
 *
 * What Entra Connect has beyond them, and why it is not here:
 * - "Out to AD", "In from AAD - Contact/Group Exchange Hybrid" and "In from AD - Device Common": they serve writing back
 *   to the directory, which this product does not do. With them went the joins on device keys ("User NGCKey") and the
 *   attributes that name a contributing connector.
 * - "Out to AAD - … DynamicsCRM, Intune, AzureRMS, OfficeProPlus": every attribute they carry, another rule carries too.
 * - Joins of "Out to AAD - Group Identity" and the like: one rule joins, and only one may.
 * - Photos, certificates of people, and site mailboxes: see `unreadAttributes` of the directory's schema.
 * - forestFQDN, forestNetBios and domainNetBios: Microsoft Graph cannot write them, and an object must not fail for want
 *   of a name that nobody needs.
 * - The name (`dn`) in the tenant's connector space: the anchor identifies the object.
 *
 * @throws LockstepError LS5002 when an option names an attribute that cannot be used.
 */
export function builtInRules(options: BuiltInOptions = {}): RuleSet {
  const { userMatching = 'representedOnce', groupMemberLimit = 250_000, directoryExtensions = [] } = options;
  // Within a metaverse type the order settles who wins; users stand before the contacts that they may join.
  const drafts: readonly RuleDraft[] = [
    ...inboundUsers(userMatching),
    ...inboundGroups,
    ...inboundContacts,
    inboundForeignSecurityPrincipals,
    inboundComputers,
    ...inboundEntra,
    ...outboundRules(groupMemberLimit),
    ...inboundExtensions(directoryExtensions),
    ...outboundExtensions(directoryExtensions),
  ];
  return {
    version: 1,
    name: 'Built-in rules',
    connectors: [],
    extensionApplication: null,
    attributes: extensionAttributes(directoryExtensions),
    rules: drafts.map((draft, i) => ({ ...draft, precedence: firstBuiltInPrecedence + i })),
  };
}
