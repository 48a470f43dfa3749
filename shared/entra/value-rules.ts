import type { Problem, PropertyValue } from '../engine/intended.ts';
import { isExtensionAttribute } from './directory-extensions.ts';

/** What Microsoft Graph accepts for a property (Graph "Update user", "Update group": length and character rules). */
export interface ValueRule {
  /** UTF-16 code units. */
  readonly maxLength?: number;
  readonly pattern?: RegExp;
  /** False: the property cannot be set to null once it has a value. Default: true. */
  readonly clearable?: boolean;
}

// Up to 64 characters before the @ and 48 after it, and no dot right before it ("UserPrincipalName policies" of Entra).
const signInName = /^[A-Za-z0-9'._\-!#^~]{0,63}[A-Za-z0-9'_\-!#^~]@[A-Za-z0-9.-]{1,48}$/;

// Names without '@' and the characters that Entra refuses in a mail nickname.
const nickname = /^[\x21-\x7e]+$/;

export const userRules: Readonly<Record<string, ValueRule>> = {
  accountEnabled: { clearable: false },
  displayName: { maxLength: 256, clearable: false },
  userPrincipalName: { maxLength: 113, pattern: signInName, clearable: false },
  onPremisesImmutableId: { clearable: false },
  mailNickname: { maxLength: 64, pattern: nickname, clearable: false },
  mail: { maxLength: 256, pattern: /^[\x21-\x7e]+@[\x21-\x7e]+$/, clearable: false },
  usageLocation: { pattern: /^[A-Z]{2}$/, clearable: false },
  givenName: { maxLength: 64 },
  surname: { maxLength: 64 },
  jobTitle: { maxLength: 128 },
  department: { maxLength: 64 },
  companyName: { maxLength: 64 },
  city: { maxLength: 128 },
  state: { maxLength: 128 },
  country: { maxLength: 128 },
  postalCode: { maxLength: 40 },
  streetAddress: { maxLength: 1024 },
  officeLocation: { maxLength: 128 },
  mobilePhone: { maxLength: 64 },
  businessPhones: { maxLength: 64 },
  faxNumber: { maxLength: 64 },
  preferredLanguage: { pattern: /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/ },
  employeeId: { maxLength: 16 },
  employeeType: { maxLength: 64 },
  'employeeOrgData/division': { maxLength: 64 },
  'employeeOrgData/costCenter': { maxLength: 64 },
  ...Object.fromEntries(
    Array.from({ length: 15 }, (_, i) => [
      `onPremisesExtensionAttributes/extensionAttribute${i + 1}`,
      { maxLength: 1024 },
    ]),
  ),
};

export const groupRules: Readonly<Record<string, ValueRule>> = {
  displayName: { maxLength: 256, clearable: false },
  mailNickname: { maxLength: 64, pattern: nickname, clearable: false },
  securityEnabled: { clearable: false },
  description: { maxLength: 1024 },
};

/** Of each value of a directory extension (Graph "extensionProperty"). */
const extensionRule: ValueRule = { maxLength: 256 };

/** What Entra accepts for a property, be it one of its own or a directory extension. */
export function ruleOf(rules: Readonly<Record<string, ValueRule>>, property: string): ValueRule | undefined {
  return rules[property] ?? (isExtensionAttribute(property) ? extensionRule : undefined);
}

/** Why Entra would refuse the value, or `undefined` when it would take it. */
export function violationOf(
  rules: Readonly<Record<string, ValueRule>>,
  property: string,
  value: PropertyValue,
): Problem | undefined {
  const rule = ruleOf(rules, property);
  if (rule === undefined || value === null || typeof value === 'boolean') return undefined;
  for (const text of typeof value === 'string' ? [value] : value) {
    if (rule.maxLength !== undefined && text.length > rule.maxLength) {
      return {
        code: 'LS3103',
        message: `${property} has ${text.length} characters; Entra takes ${rule.maxLength}. The value was left out.`,
      };
    }
    if (rule.pattern !== undefined && !rule.pattern.test(text)) {
      return {
        code: 'LS3103',
        message: `${property} "${text}" has a form that Entra refuses. The value was left out.`,
      };
    }
  }
  return undefined;
}
