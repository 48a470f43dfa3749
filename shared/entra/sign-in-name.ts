import type { SignInNameState } from '../engine/intended.ts';
import { userRules } from './value-rules.ts';

/** What the directory says of an object's names. */
export interface SourceNames {
  /** The sign-in name, or the alternate id that stands for it. */
  readonly userPrincipalName: string;
  readonly mailNickname: string | undefined;
  readonly mail: string | undefined;
  readonly proxyAddresses: readonly string[];
}

/** The tenant's domains, lower case. */
export interface TenantDomains {
  readonly verified: ReadonlySet<string>;
  /** The `….onmicrosoft.com` domain that the tenant began with. */
  readonly initial: string;
}

/**
 * Works out the sign-in name and the mail nickname in the tenant, as the synchronisation service of Entra does for
 * Entra Connect ("Microsoft Entra UserPrincipalName population"):
 *
 * - The nickname is chosen once, from the first of: nickname, primary address, mail, sign-in name, secondary address.
 *   Later it changes only when the directory's own nickname does.
 * - The sign-in name is that of the directory where its domain is verified and its characters are accepted, else
 *   `<nickname>@<initial domain>`. Later it is worked out again only when the directory's sign-in name changes, or when its
 *   domain is verified or removed; a change of mail or addresses never touches it.
 *
 * `before` is the state of the last time; `held`, for an object that Lockstep did not name, is the nickname that it has.
 */
export function signInNameOf(
  names: SourceNames,
  domains: TenantDomains,
  before: SignInNameState | undefined,
  held: string | undefined,
): SignInNameState {
  const own = toNickname(names.mailNickname ?? '');
  const sourceNickname = own === '' ? null : own;
  const mailNickname = nicknameOf(names, sourceNickname, before, held);
  const source = names.userPrincipalName;
  const usable = isUsable(source, domains);
  const settled = before?.source === source && before.usable === usable;
  return {
    source,
    sourceNickname,
    usable,
    mailNickname,
    userPrincipalName: settled ? before.userPrincipalName : usable ? source : initialName(mailNickname, domains),
  };
}

/** What the nickname leaves for a sign-in name: fewer characters are accepted there than in a nickname. */
function initialName(nickname: string, { initial }: TenantDomains): string {
  const local = nickname.replace(/[^A-Za-z0-9'._\-!#^~]/g, '').replace(/\.+$/, '');
  return `${local}@${initial}`;
}

function nicknameOf(
  names: SourceNames,
  own: string | null,
  before: SignInNameState | undefined,
  held: string | undefined,
): string {
  if (before !== undefined) return own !== null && own !== before.sourceNickname ? own : before.mailNickname;
  if (own !== null) return own;
  if (held !== undefined) return held;
  const primary = names.proxyAddresses.find((address) => address.startsWith('SMTP:'))?.slice('SMTP:'.length);
  const secondary = names.proxyAddresses.find((address) => address.startsWith('smtp:'))?.slice('smtp:'.length);
  for (const address of [primary, names.mail, names.userPrincipalName, secondary]) {
    const nickname = toNickname(prefixOf(address ?? ''));
    if (nickname !== '') return nickname;
  }
  return '';
}

/** The domain of a sign-in name, lower case; empty when it has none. */
export function domainOf(signInName: string): string {
  const at = signInName.lastIndexOf('@');
  return at < 0 ? '' : signInName.slice(at + 1).toLowerCase();
}

/** Whether Entra takes the characters and the lengths of the sign-in name. */
export function isWellFormed(signInName: string): boolean {
  const { pattern, maxLength = Infinity } = userRules['userPrincipalName'] ?? {};
  return signInName.length <= maxLength && pattern?.test(signInName) === true;
}

function isUsable(signInName: string, { verified }: TenantDomains): boolean {
  return verified.has(domainOf(signInName)) && isWellFormed(signInName);
}

function prefixOf(address: string): string {
  const at = address.lastIndexOf('@');
  return at < 0 ? '' : address.slice(0, at);
}

/** A mail nickname that Entra takes: ASCII without `@ ( ) \ [ ] " ; : < > ,` and blanks, at most 64 characters. */
export function toNickname(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[^\x21-\x7e]/g, '')
    .replace(/[@()\\[\]";:<>,]/g, '')
    .slice(0, 64);
}
