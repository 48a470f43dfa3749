import { fqdnOfDn } from '../directory/dn.ts';

/**
 * The text of `%name%` for an object. The connector's own parameters come first; the rest follows from the DN: the object's
 * domain, and for a forest that says nothing of itself the same domain, which is right for a forest of one domain.
 */
export function parameterOf(
  parameters: Readonly<Record<string, string>>,
  connector: string,
  dn: string,
  name: string,
): string | undefined {
  const own = parameters[name];
  if (own !== undefined) return own;
  switch (name) {
    case 'Connector.ID':
      return connector;
    case 'Domain.FQDN':
      return nonEmpty(fqdnOfDn(dn));
    case 'Forest.FQDN':
      return parameters['Domain.FQDN'] ?? nonEmpty(fqdnOfDn(dn));
    case 'Domain.LDAP':
    case 'Forest.LDAP':
      return ldapOf(parameterOf(parameters, connector, dn, name.replace('LDAP', 'FQDN')));
    case 'Domain.Netbios':
    case 'Forest.Netbios':
      return netbiosOf(parameterOf(parameters, connector, dn, name.replace('Netbios', 'FQDN')));
    default:
      return undefined;
  }
}

/** What {@link parameterOf} knows of itself, for checking rules. */
export const knownParameters: readonly string[] = [
  'Connector.ID',
  ...['Domain', 'Forest'].flatMap((scope) => ['FQDN', 'LDAP', 'Netbios'].map((form) => `${scope}.${form}`)),
];

function nonEmpty(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function ldapOf(fqdn: string | undefined): string | undefined {
  return fqdn
    ?.split('.')
    .map((label) => `DC=${label}`)
    .join(',');
}

/** The name that domains get unless somebody chose another: the first label, upper case, 15 characters at most. */
function netbiosOf(fqdn: string | undefined): string | undefined {
  return fqdn?.split('.')[0]?.slice(0, 15).toUpperCase();
}
