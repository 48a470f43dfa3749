import type { ErrorCode } from '../errors/catalogue.ts';

/** A value of a Graph property as Lockstep writes it. `null` clears. */
export type PropertyValue = string | boolean | readonly string[] | null;
export type Properties = Readonly<Record<string, PropertyValue>>;

/** Something that could not be carried to Entra as the directory has it. */
export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What the rules want an object to be in Entra. */
export type Intended =
  | { readonly kind: 'none'; readonly reason: string }
  /** In scope, but Entra would refuse it as it is: nothing is created, and an existing object is left as it is. */
  | {
      readonly kind: 'refused';
      readonly type: 'user' | 'group';
      readonly problem: Problem;
      readonly foreignDomain?: string | undefined;
    }
  | IntendedUser
  | IntendedGroup;

interface IntendedObject {
  /** GUID of the source anchor: mS-DS-ConsistencyGuid where set, else objectGUID. */
  readonly anchor: string;
  /** Kept in step. A managed property that is `null` here is cleared in Entra. */
  readonly properties: Properties;
  /** Sent on creation and never again. */
  readonly onCreate: Properties;
  /** Values that were left out, and why. The object itself is written. */
  readonly problems: readonly Problem[];
}

export interface IntendedUser extends IntendedObject {
  readonly kind: 'user';
  /** objectGUID of the manager, `null` for none. */
  readonly manager: string | null;
}

export interface IntendedGroup extends IntendedObject {
  readonly kind: 'group';
}
