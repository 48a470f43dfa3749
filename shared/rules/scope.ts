import { groupTypeBits, hasBit } from '../directory/account-control.ts';
import type { DirectoryObject } from '../directory/object.ts';
import { integerOf, textOf } from '../directory/object.ts';

/** What an object is to become in Entra, or why it is to become nothing. */
export type ScopeDecision =
  { readonly inScope: true; readonly type: 'user' | 'group' } | { readonly inScope: false; readonly reason: string };

interface Filter {
  readonly reason: string;
  readonly excludes: (object: DirectoryObject) => boolean;
}

const starts = (text: string | undefined, ...prefixes: string[]): boolean =>
  text !== undefined && prefixes.some((prefix) => text.startsWith(prefix));

/** Exchange 2000's client access mailboxes: `CAS_{guid}`. */
const isClientAccessMailbox = (text: string | undefined): boolean =>
  starts(text, 'CAS_') && (text?.includes('}') ?? false);

const recipientTypeHas = (object: DirectoryObject, mask: bigint): boolean =>
  hasBit(integerOf(object, 'msExchRecipientTypeDetails') ?? 0n, mask);

/** Arbitration, discovery, monitoring and public folder mailboxes, as the mask in Entra Connect's own rule has them. */
const systemMailboxTypes = 0x21c07000n;
const roleGroupType = 0x40000000n;
const linkedMailbox = 2n;

const common: readonly Filter[] = [
  // Any value counts, FALSE too: that is how Connect's rule reads it (IsPresent).
  { reason: 'It is a critical system object.', excludes: (o) => textOf(o, 'isCriticalSystemObject') !== undefined },
  { reason: 'It has no sAMAccountName.', excludes: (o) => textOf(o, 'sAMAccountName') === undefined },
  // The name of an object that lost a replication conflict is `name<LF>CNF:guid` (MS-ADTS 3.1.1.5.1.4).
  {
    reason: 'It lost a replication conflict (CNF).',
    excludes: (o) => /(\\0A|\n)CNF:/i.test(o.dn) || (o.attributes['name']?.[0] ?? '').includes('\nCNF:'),
  },
];

const userFilters: readonly Filter[] = [
  ...common,
  {
    reason: 'It was written back from Entra.',
    excludes: (o) => o.objectClass === 'user' && starts(textOf(o, 'adminDescription'), 'User_'),
  },
  {
    reason: 'It is the built-in support account.',
    excludes: (o) => textOf(o, 'sAMAccountName') === 'SUPPORT_388945a0',
  },
  {
    reason: 'It is the account of a synchronisation service.',
    excludes: (o) => starts(textOf(o, 'sAMAccountName'), 'AAD_', 'MSOL_'),
  },
  {
    reason: 'It is a system mailbox.',
    excludes: (o) => starts(textOf(o, 'mailNickname'), 'SystemMailbox{') || recipientTypeHas(o, systemMailboxTypes),
  },
  {
    reason: 'It is a client access mailbox.',
    excludes: (o) =>
      isClientAccessMailbox(textOf(o, 'mailNickname')) || isClientAccessMailbox(textOf(o, 'sAMAccountName')),
  },
  {
    reason: 'It is a linked mailbox; its account is in another forest.',
    excludes: (o) => integerOf(o, 'msExchRecipientTypeDetails') === linkedMailbox,
  },
  { reason: 'It has no userAccountControl.', excludes: (o) => integerOf(o, 'userAccountControl') === undefined },
];

const groupFilters: readonly Filter[] = [
  ...common,
  { reason: 'It was written back from Entra.', excludes: (o) => starts(textOf(o, 'adminDescription'), 'Group_') },
  {
    reason: 'It is the group of a synchronisation service.',
    excludes: (o) => textOf(o, 'sAMAccountName') === 'MSOL_AD_Sync_RichCoexistence',
  },
  { reason: 'It is an Exchange role group.', excludes: (o) => recipientTypeHas(o, roleGroupType) },
  {
    reason: 'It is a distribution group, and Microsoft Graph cannot create mail-enabled groups.',
    excludes: (o) => !hasBit(integerOf(o, 'groupType') ?? 0n, groupTypeBits.securityEnabled),
  },
];

/**
 * The conditions under which Entra Connect's default rules provision an object (In from AD - User Join, - Group Join),
 * narrowed to what Microsoft Graph can create.
 */
export function scopeOf(object: DirectoryObject): ScopeDecision {
  if (object.objectClass === 'contact')
    return { inScope: false, reason: 'It is a contact, and Microsoft Graph cannot create contacts.' };
  const type = object.objectClass === 'group' ? 'group' : 'user';
  const filter = (type === 'group' ? groupFilters : userFilters).find((f) => f.excludes(object));
  return filter ? { inScope: false, reason: filter.reason } : { inScope: true, type };
}
