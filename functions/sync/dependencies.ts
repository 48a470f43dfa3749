import type { ProblemReport } from '../../shared/contracts/status.ts';
import type { ErrorCode } from '../../shared/errors/catalogue.ts';
import { catalogue } from '../../shared/errors/catalogue.ts';
import type { MatchPolicy } from '../../shared/entra/matching.ts';
import type { Budget } from '../../shared/safety/change-budget.ts';
import type { Rules } from '../rules/rules.ts';
import type { ConnectorSpace } from '../storage/connector-space.ts';
import type { EntraSpace } from '../storage/entra-space.ts';
import type { JoinIndex } from '../storage/join-index.ts';
import type { LinkCounts } from '../storage/link-counts.ts';
import type { Ledger } from '../storage/ledger.ts';
import type { Pending } from '../storage/pending.ts';
import type { Plans } from '../storage/plans.ts';
import type { Problems } from '../storage/problems.ts';
import type { Runs } from '../storage/runs.ts';
import type { Streams } from '../storage/streams.ts';
import type { TenantStore } from '../storage/tenant-facts.ts';
import type { EntraTenant, EntraWrite, WriteOutcome } from './tenant.ts';

/** `repair`: Entra becomes again what the directory says. `report`: it is left as it is, and listed as a problem (LS3112). */
export const driftPolicies = ['repair', 'report'] as const;
export type DriftPolicy = (typeof driftPolicies)[number];

/** `staging`: everything but the writes, with the plan to look at; a second installation that can take over. */
export const modes = ['live', 'staging'] as const;
export type Mode = (typeof modes)[number];

/** One write, for the log. */
export interface WriteEvent {
  readonly event: 'write';
  /** Of the read that brought the change, or a word: `drift`, `retry`, `rules-changed`. */
  readonly correlationId: string;
  readonly connector: string;
  readonly objectGuid: string;
  readonly kind: EntraWrite['kind'];
  readonly outcome: WriteOutcome['status'];
  /** Entra's answer to a write that failed. */
  readonly failure: string | null;
}

/** What the sync cycle works on. */
export interface SyncDependencies {
  readonly space: ConnectorSpace;
  readonly counts: LinkCounts;
  readonly joins: JoinIndex;
  readonly pending: Pending;
  readonly entra: EntraSpace;
  readonly problems: Problems;
  readonly plans: Plans;
  readonly ledger: Ledger;
  readonly runs: Runs;
  readonly streams: Streams;
  readonly tenantStore: TenantStore;
  readonly tenant: EntraTenant;
  readonly rules: Rules;
  readonly now: () => Date;
  /** In [0, 1). */
  readonly random: () => number;
  /** A new GUID, lower case with dashes. */
  readonly newId: () => string;
  /** A strong random password that nobody sees: a new user signs in with the one that is synchronised, or resets it. */
  readonly newPassword: () => string;
  /** Which objects of the tenant may become the counterpart of a new directory object. */
  readonly matching: MatchPolicy;
  readonly mode: Mode;
  /** Told of every write with what it answers to. Of objects only their GUIDs: the log is read by more people than the directory. */
  readonly trace: (event: WriteEvent) => void;
  /** What is done about changes that somebody else made in Entra. */
  readonly drift: DriftPolicy;
  /** How much may change in a window without a person's consent. */
  readonly budget: Budget;
}

export function problemReport(
  code: ErrorCode,
  object: string,
  message: string,
  more: Pick<ProblemReport, 'entra' | 'other' | 'since' | 'retryAt'> = {},
): ProblemReport {
  return { code, object, message, remedy: catalogue[code].remedy, ...more };
}
