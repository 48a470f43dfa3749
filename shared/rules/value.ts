/**
 * The values that rules see. An attribute without value is `null`; a multi-valued attribute is a list of at least one
 * value, also when it has only one. Lists are never empty: no values is `null`.
 *
 * Numbers are 64 bits (Exchange's recipient types reach 2^31, FILETIMEs go beyond 2^53), hence `bigint`.
 * `objectGUID`, `objectSid` and other GUIDs and SIDs are binary, as in the directory.
 */
export type Scalar = string | bigint | boolean | Uint8Array | Reference | Instant;
export type Value = Scalar | readonly Scalar[] | null;

/** What a flow can say instead of a value. */
export type FlowValue = Value | typeof authoritativeNull | typeof ignoreThisFlow;

/** Literal `AuthoritativeNull`: no value, and no rule of lower precedence may contribute one. */
export const authoritativeNull: unique symbol = Symbol('AuthoritativeNull');

/** Literal `IgnoreThisFlow`: as if the flow did not exist. */
export const ignoreThisFlow: unique symbol = Symbol('IgnoreThisFlow');

/** A value of a reference attribute. References of the connector space are object GUIDs; an expression may make one from a DN. */
export class Reference {
  /** Object GUID of the target, lower case with dashes; `undefined` when only its name is known. */
  readonly objectGuid: string | undefined;
  /** Distinguished name of the target; `undefined` when only its GUID is known. */
  readonly dn: string | undefined;

  constructor(target: { readonly objectGuid: string; readonly dn?: string } | { readonly dn: string }) {
    this.objectGuid = 'objectGuid' in target ? target.objectGuid : undefined;
    this.dn = target.dn;
  }
}

/** A date and time in UTC, as exact as .NET has it: 100 ns. */
export class Instant {
  /** 100 ns since 0001-01-01 00:00 UTC: .NET's `DateTime.Ticks`. */
  readonly ticks: bigint;

  constructor(ticks: bigint) {
    this.ticks = ticks;
  }
}

/** .NET ticks of 1601-01-01, where FILETIMEs begin (MS-DTYP 2.3.3), and of 1970-01-01. */
export const filetimeEpochTicks = 504_911_232_000_000_000n;
export const unixEpochTicks = 621_355_968_000_000_000n;

export function instantOf(date: Date): Instant {
  return new Instant(BigInt(date.getTime()) * 10_000n + unixEpochTicks);
}
