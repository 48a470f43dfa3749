import { GraphFailure } from './failure.ts';
import type { JsonObject } from './json.ts';

/** A domain of the tenant. */
export interface Domain {
  /** In lower case. */
  readonly id: string;
  readonly authenticationType: 'Managed' | 'Federated';
  readonly isDefault: boolean;
  readonly isInitial: boolean;
  readonly isVerified: boolean;
}

/** What a caller gives of a domain. Managed and verified by default. */
export interface DomainSettings {
  readonly id: string;
  readonly authenticationType?: 'Managed' | 'Federated';
  readonly isDefault?: boolean;
  readonly isInitial?: boolean;
  readonly isVerified?: boolean;
}

/** Completes the settings: the first domain is the initial and the default one unless others say so. */
export function domainsOf(settings: readonly DomainSettings[]): Domain[] {
  const initialNamed = settings.some((domain) => domain.isInitial === true);
  const defaultNamed = settings.some((domain) => domain.isDefault === true);
  return settings.map((domain, index) => ({
    id: domain.id.toLowerCase(),
    authenticationType: domain.authenticationType ?? 'Managed',
    isDefault: domain.isDefault ?? (!defaultNamed && index === 0),
    isInitial: domain.isInitial ?? (!initialNamed && index === 0),
    isVerified: domain.isVerified ?? true,
  }));
}

/** The verified domain behind the @ of a name; undefined when the tenant has none. */
export function domainOfName(domains: readonly Domain[], name: string): Domain | undefined {
  const suffix = name.slice(name.lastIndexOf('@') + 1).toLowerCase();
  return domains.find((domain) => domain.id === suffix && domain.isVerified);
}

/** The domain that the addresses of Microsoft 365 groups are in. */
export function defaultDomain(domains: readonly Domain[]): string {
  const found = domains.find((domain) => domain.isDefault) ?? domains[0];
  if (found === undefined) throw new GraphFailure(500, 'Service_InternalServerError', 'The tenant has no domain.');
  return found.id;
}

/** A domain as `GET /domains` shows it. */
export function domainBody(domain: Domain): JsonObject {
  return {
    id: domain.id,
    authenticationType: domain.authenticationType,
    availabilityStatus: null,
    isAdminManaged: true,
    isDefault: domain.isDefault,
    isInitial: domain.isInitial,
    isRoot: true,
    isVerified: domain.isVerified,
    supportedServices: domain.isInitial ? ['Email', 'OfficeCommunicationsOnline'] : ['Email'],
    passwordNotificationWindowInDays: null,
    passwordValidityPeriodInDays: 2147483647,
    state: null,
  };
}
