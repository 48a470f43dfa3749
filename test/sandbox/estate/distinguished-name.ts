/**
 * A value as it stands in a DN (RFC 4514 section 2.4): the special characters escaped by a backslash, a line feed by its
 * two hexadecimal digits, as Active Directory shows it in the names of conflict objects.
 */
export function escapeRdnValue(value: string): string {
  return value
    .replace(/["+,;<>=\\]/g, '\\$&')
    .replace(/\n/g, '\\0A')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ');
}

/** `CN=Smith\, Ann,OU=People,…` from the plain parts. */
export function childDn(attribute: 'CN' | 'OU', value: string, parent: string): string {
  return `${attribute}=${escapeRdnValue(value)},${parent}`;
}

/** `contoso.test` of `…,DC=contoso,DC=test`. */
export function domainOf(dn: string): string {
  const labels = [...dn.matchAll(/(?:^|,)\s*DC=([^,]+)/gi)].map(([, label]) => label ?? '');
  return labels.join('.').toLowerCase();
}
