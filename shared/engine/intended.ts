import type { ConflictingObject } from '../contracts/status.ts';
import type { ErrorCode } from '../errors/catalogue.ts';
import type { LinkSource, ObjectReference } from './space-object.ts';

/** A value of a Graph property as Lockstep writes it. `null` clears. */
export type PropertyValue = string | boolean | readonly string[] | null;
export type Properties = Readonly<Record<string, PropertyValue>>;

/** Something that could not be carried to Entra as the directory has it. */
export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  /** Entra's own code and text, where Entra refused something. */
  readonly entra?: string | undefined;
  /** The other object of a conflict. */
  readonly other?: ConflictingObject | undefined;
}

/** A value that the rules give and that stays behind, because Microsoft Graph has no place for it. */
export interface NotCarried {
  /** Attribute of the tenant's connector space. */
  readonly attribute: string;
  readonly reason: string;
}

/** What the rules want an object to be in Entra. */
export type Intended =
  /** `unwritable`: the rules want it in Entra, and Microsoft Graph has no place for such an object. */
  | { readonly kind: 'none'; readonly reason: string; readonly unwritable?: true }
  /** It cannot be decided, or Entra would refuse it: nothing is created, and what exists is left as it is. */
  | { readonly kind: 'kept'; readonly problems: readonly Problem[] }
  | IntendedUser
  | IntendedGroup;

interface IntendedObject {
  /** Never changes once the object is in Entra. */
  readonly sourceAnchor: string;
  /** Objects of the directories that it is made of. */
  readonly members: readonly ObjectReference[];
  /** Kept in step. A managed property that is `null` here is cleared in Entra. */
  readonly properties: Properties;
  /** Sent on creation and never again. */
  readonly onCreate: Properties;
  /** Values that were left out or replaced, and why. The object itself is written. */
  readonly problems: readonly Problem[];
  readonly notCarried: readonly NotCarried[];
}

export interface IntendedUser extends IntendedObject {
  readonly kind: 'user';
  /** objectGUID of the manager, `null` for none; `undefined` when no rule decides. */
  readonly manager: string | null | undefined;
  /** How the sign-in name came about; remembered with the object. */
  readonly signInName: SignInNameState;
  /** Domain of the sign-in name when the tenant does not have it. */
  readonly foreignDomain: string | undefined;
}

export interface IntendedGroup extends IntendedObject {
  readonly kind: 'group';
  /** Whose members it has; `undefined` when no rule decides. */
  readonly memberSources: readonly LinkSource[] | undefined;
}

/** What decides whether a sign-in name or a nickname has to be worked out again (`shared/entra/sign-in-name.ts`). */
export interface SignInNameState {
  /** Sign-in name and nickname in the directory when they were last worked out. */
  readonly source: string;
  readonly sourceNickname: string | null;
  /** Whether the tenant had the domain of `source`, and Entra takes its characters. */
  readonly usable: boolean;
  /** What they became. */
  readonly userPrincipalName: string;
  readonly mailNickname: string;
}
