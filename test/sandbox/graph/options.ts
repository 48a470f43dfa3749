import type { DomainSettings } from './domains.ts';
import type { LagSubject } from './directory-store.ts';
import type { ThrottleSettings } from './throttle.ts';

/** Where the simulator takes the time from (milliseconds since 1970). */
export interface Clock {
  now(): number;
}

/** What an access token says. */
export interface TokenClaims {
  /** Application permissions. */
  readonly roles: readonly string[];
  /** Directory roles of the service principal, by display name: `User Administrator`. Default none. */
  readonly directoryRoles?: readonly string[];
}

export interface TenantSettings {
  /** Default: a fixed GUID. */
  readonly id?: string;
  /** Default `Contoso`. */
  readonly displayName?: string;
  readonly domains: readonly DomainSettings[];
  /** Client ids of app registrations that may define directory extensions. Default: none. */
  readonly applications?: readonly string[];
}

/** How the answer to an outdated delta token looks; the documentation and observation differ. */
export type ExpiredTokenAnswer = 'gone-with-location' | 'gone' | 'sync-state-not-found';

export interface GraphSimulatorOptions {
  /** On the loopback interface. Default 0: any free one. */
  readonly port?: number;
  /** SQLite file that keeps the tenant; a write is in it before its answer is sent. Default: memory. */
  readonly store?: string;
  /** Default: the system's clock. */
  readonly clock?: Clock;
  /** Seeds ids, the order of batch answers and faults with a probability. Default 1. */
  readonly seed?: number;
  /** Default: one initial domain, contoso.onmicrosoft.com. */
  readonly tenant?: TenantSettings;
  /**
   * What a bearer token may do; undefined answers 401. Default: any token that is not empty is an exporter's
   * (`exporterRoles`).
   */
  readonly tokens?: (bearer: string) => TokenClaims | undefined;
  /** Default: the documented buckets. */
  readonly throttling?: 'off' | ThrottleSettings;
  /**
   * Milliseconds until others see a change: 404 on an object just created, and delta without the change. Default 0.
   */
  readonly replicationLagMs?: number | ((subject: LagSubject) => number);
  /** A soft-deleted user keeps its onPremisesImmutableId taken (not documented; the safe assumption). Default true. */
  readonly deletedHoldImmutableId?: boolean;
  /** Objects on a page of delta. Default 100. */
  readonly deltaPageSize?: number;
  /** Member links on a page of delta; larger groups come in slices. Default 500. */
  readonly deltaLinksPerPage?: number;
  /** Default `gone-with-location`. */
  readonly expiredDeltaToken?: ExpiredTokenAnswer;
  /** groups/delta says nothing about members whose user was deleted, as has been observed. Default false. */
  readonly deltaHidesMembersOfDeletedUsers?: boolean;
}
