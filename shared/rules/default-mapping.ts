import { accountControl, hasBit } from '../directory/account-control.ts';
import type { DirectoryObject } from '../directory/object.ts';
import { integerOf, textOf } from '../directory/object.ts';
import { anchorOf, immutableIdOf } from '../engine/anchor.ts';
import type { Intended, IntendedGroup, IntendedUser, Problem, Properties, PropertyValue } from '../engine/intended.ts';
import { scopeOf } from './scope.ts';
import type { ValueRule } from './value-rules.ts';
import { groupRules, userRules, violationOf } from './value-rules.ts';

/** What the mapping needs to know beside the object. */
export interface MappingContext {
  /** DNS name of the object's domain, for users without a sign-in name. */
  readonly domainFqdn: string;
  /** Domains verified in the tenant, lower case. */
  readonly verifiedDomains: ReadonlySet<string>;
}

/** Directory attribute -> Graph property, one to one. */
const directUserFlows: Readonly<Record<string, string>> = {
  givenName: 'givenName',
  sn: 'surname',
  title: 'jobTitle',
  department: 'department',
  company: 'companyName',
  l: 'city',
  st: 'state',
  co: 'country',
  postalCode: 'postalCode',
  streetAddress: 'streetAddress',
  physicalDeliveryOfficeName: 'officeLocation',
  mobile: 'mobilePhone',
  facsimileTelephoneNumber: 'faxNumber',
  preferredLanguage: 'preferredLanguage',
  employeeID: 'employeeId',
  employeeType: 'employeeType',
  mail: 'mail',
  msExchUsageLocation: 'usageLocation',
};

/** The intended Entra object: a pure function of the directory object and the context. */
export function intend(object: DirectoryObject, context: MappingContext): Intended {
  const scope = scopeOf(object);
  if (!scope.inScope) return { kind: 'none', reason: scope.reason };
  return scope.type === 'user' ? intendUser(object, context) : intendGroup(object);
}

function intendUser(
  object: DirectoryObject,
  context: MappingContext,
): IntendedUser | Extract<Intended, { kind: 'refused' }> {
  const signInName =
    textOf(object, 'userPrincipalName') ?? `${textOf(object, 'sAMAccountName') ?? ''}@${context.domainFqdn}`;
  const domain = signInName.slice(signInName.lastIndexOf('@') + 1).toLowerCase();
  if (violationOf(userRules, 'userPrincipalName', signInName) !== undefined) {
    return refused('LS3105', `The sign-in name "${signInName}" has a form that Entra refuses.`);
  }
  if (!context.verifiedDomains.has(domain)) {
    return refused(
      'LS3101',
      `The tenant has no verified domain "${domain}", so "${signInName}" cannot be a sign-in name there.`,
      domain,
    );
  }
  const anchor = anchorOf(object);
  const phone = textOf(object, 'telephoneNumber');
  const directoryNickname = textOf(object, 'mailNickname');
  const wanted: Record<string, PropertyValue> = {
    accountEnabled: !hasBit(integerOf(object, 'userAccountControl') ?? 0n, accountControl.accountDisable),
    displayName: textOf(object, 'displayName') ?? textOf(object, 'name') ?? signInName,
    userPrincipalName: signInName,
    onPremisesImmutableId: immutableIdOf(anchor),
    businessPhones: phone === undefined ? [] : [phone],
    ...Object.fromEntries(
      Object.entries(directUserFlows).map(([attribute, property]) => [property, textOf(object, attribute) ?? null]),
    ),
  };
  // As in Entra: a nickname that was derived at creation changes only when the directory gets one of its own.
  const nickname = toNickname(
    directoryNickname ?? primaryAddressPrefix(object) ?? signInName.slice(0, signInName.lastIndexOf('@')),
    anchor,
  );
  const { properties, problems } = keepAcceptable(
    userRules,
    directoryNickname === undefined ? wanted : { ...wanted, mailNickname: nickname },
  );
  return {
    kind: 'user',
    anchor,
    properties,
    onCreate: directoryNickname === undefined ? { mailNickname: nickname } : {},
    problems,
    manager: textOf(object, 'manager') ?? null,
  };
}

function intendGroup(object: DirectoryObject): IntendedGroup {
  const anchor = anchorOf(object);
  const account = textOf(object, 'sAMAccountName') ?? anchor;
  const { properties, problems } = keepAcceptable(groupRules, {
    displayName: textOf(object, 'displayName') ?? textOf(object, 'name') ?? account,
    description: textOf(object, 'description') ?? null,
    mailNickname: toNickname(textOf(object, 'mailNickname') ?? account, anchor),
    securityEnabled: true,
  });
  return { kind: 'group', anchor, properties, onCreate: { mailEnabled: false, groupTypes: [] }, problems };
}

function refused(
  code: 'LS3101' | 'LS3105',
  message: string,
  foreignDomain?: string,
): Extract<Intended, { kind: 'refused' }> {
  return { kind: 'refused', type: 'user', problem: { code, message }, foreignDomain };
}

/** Leaves out each value that Entra would refuse, so that one bad value does not keep the whole object out of step. */
function keepAcceptable(
  rules: Readonly<Record<string, ValueRule>>,
  wanted: Readonly<Record<string, PropertyValue>>,
): { properties: Properties; problems: Problem[] } {
  const properties: Record<string, PropertyValue> = {};
  const problems: Problem[] = [];
  for (const [property, value] of Object.entries(wanted)) {
    const problem = violationOf(rules, property, value);
    if (problem === undefined) properties[property] = value;
    else if (property === 'displayName' && typeof value === 'string') {
      properties[property] = cutTo(value, rules[property]?.maxLength ?? value.length);
      problems.push({ ...problem, message: problem.message.replace('left out', 'cut') });
    } else problems.push(problem);
  }
  return { properties, problems };
}

/** The first code units of a text, one less where the cut would go through a character. */
function cutTo(text: string, length: number): string {
  const cut = text.slice(0, length);
  return cut.isWellFormed() ? cut : text.slice(0, length - 1);
}

/** Prefix of the primary address: `SMTP:` in proxyAddresses (upper case marks the primary), else `mail`. */
function primaryAddressPrefix(object: DirectoryObject): string | undefined {
  const primary = object.attributes['proxyAddresses']
    ?.find((address) => address.startsWith('SMTP:'))
    ?.slice('SMTP:'.length);
  const address = primary ?? textOf(object, 'mail');
  return address?.includes('@') === true ? address.slice(0, address.lastIndexOf('@')) : undefined;
}

/** A mail nickname that Entra takes: ASCII without `@ ( ) \ [ ] " ; : < > ,` and blanks, at most 64 characters. */
function toNickname(text: string, anchor: string): string {
  const ascii = text
    .normalize('NFKD')
    .replace(/[^\x21-\x7e]/g, '')
    .replace(/[@()\\[\]";:<>,]/g, '')
    .slice(0, 64);
  return ascii === '' ? anchor : ascii;
}
