import type {
  Intended,
  IntendedGroup,
  IntendedUser,
  Problem,
  Properties,
  PropertyValue,
  SignInNameState,
} from './intended.ts';
import type { ObjectReference } from './space-object.ts';

/** What Entra is known to hold of one source object. */
export interface KnownObject {
  readonly type: 'user' | 'group';
  /**
   * `creating`: a creation was intended and its result is not known yet. `present`: Entra holds it.
   * `deleted`: it is in the tenant's deleted items, or gone.
   */
  readonly state: 'creating' | 'present' | 'deleted';
  /** Object id in Entra; absent only while `creating`. */
  readonly entraId?: string | undefined;
  readonly sourceAnchor: string;
  /** Objects of the directories that it was made of when it was last written. */
  readonly members: readonly ObjectReference[];
  readonly properties: Properties;
  /** objectGUID of the manager that Entra is known to hold; `undefined` when nobody looked yet (an adopted object). */
  readonly manager: string | null | undefined;
  /** Values that Entra refused: not sent again before the directory has another value. */
  readonly setAside: Readonly<Record<string, SetAsideValue>>;
  /** Of a user; `undefined` when Lockstep has not named it yet (an adopted object). */
  readonly signInName: SignInNameState | undefined;
}

export interface SetAsideValue extends Problem {
  readonly value: PropertyValue;
  readonly code: 'LS3102' | 'LS3103';
}

/** One effect on one object, as data: what an operator reads before it happens. */
export type PlannedChange =
  | { readonly kind: 'create'; readonly type: 'user' | 'group'; readonly properties: Properties }
  | { readonly kind: 'update'; readonly changes: readonly PropertyChange[] }
  | { readonly kind: 'delete' }
  | { readonly kind: 'restore' }
  /** `from` is left out where nobody has looked yet. */
  | { readonly kind: 'manager'; readonly from?: string | null | undefined; readonly to: string | null };

export interface PropertyChange {
  readonly property: string;
  readonly from: PropertyValue;
  readonly to: PropertyValue;
}

/**
 * The difference between what the rules want and what Entra is known to hold, members aside. Pure and total.
 * A `restore` stands alone: what else differs is planned once the object is back.
 */
export function planObject(
  intended: Intended,
  known: KnownObject | undefined,
  notClearable: (property: string) => boolean,
): readonly PlannedChange[] {
  if (intended.kind === 'kept') return [];
  if (intended.kind === 'none') return known?.state === 'present' ? [{ kind: 'delete' }] : [];
  if (known === undefined || known.state === 'creating') {
    return [
      { kind: 'create', type: intended.kind, properties: creationProperties(intended, known?.setAside ?? {}) },
      ...managerChange(intended, null),
    ];
  }
  if (known.state === 'deleted') return [{ kind: 'restore' }];
  const changes = propertyChanges(intended, known, notClearable);
  return [
    ...(changes.length > 0 ? [{ kind: 'update', changes } as const] : []),
    ...managerChange(intended, known.manager),
  ];
}

function managerChange(
  intended: IntendedUser | IntendedGroup,
  from: string | null | undefined,
): readonly PlannedChange[] {
  if (intended.kind !== 'user' || intended.manager === undefined || intended.manager === from) return [];
  return [{ kind: 'manager', from, to: intended.manager }];
}

/** Null is left out on creation: there is nothing to clear. */
function creationProperties(intended: IntendedUser | IntendedGroup, setAside: KnownObject['setAside']): Properties {
  const wanted = Object.entries({ ...intended.onCreate, ...intended.properties });
  return Object.fromEntries(
    wanted.filter(([property, value]) => value !== null && !isSetAside(setAside, property, value)),
  );
}

function propertyChanges(
  intended: IntendedUser | IntendedGroup,
  known: KnownObject,
  notClearable: (property: string) => boolean,
): readonly PropertyChange[] {
  return Object.entries(intended.properties)
    .map(([property, to]) => ({ property, from: known.properties[property] ?? null, to }))
    .filter(
      ({ property, from, to }) =>
        !sameValue(from, to) && !isSetAside(known.setAside, property, to) && !(to === null && notClearable(property)),
    );
}

export function isSetAside(setAside: KnownObject['setAside'], property: string, value: PropertyValue): boolean {
  const refused = setAside[property];
  return refused !== undefined && sameValue(refused.value, value);
}

/** Absent, null and an empty list are one and the same to Graph. */
export function sameValue(a: PropertyValue, b: PropertyValue): boolean {
  const normal = (value: PropertyValue): PropertyValue => (Array.isArray(value) && value.length === 0 ? null : value);
  return JSON.stringify(normal(a)) === JSON.stringify(normal(b));
}
