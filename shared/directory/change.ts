/** The object classes that the change stream carries: the most specific structural class of the object. */
export const objectClasses = [
  'user',
  'inetOrgPerson',
  'group',
  'contact',
  'computer',
  'foreignSecurityPrincipal',
] as const;
export type ObjectClass = (typeof objectClasses)[number];

/**
 * Attribute name (LDAP spelling, as in `attributes.ts`) to its values in canonical text form.
 * An empty list means *cleared*; an attribute that is not there is *unchanged* (or, in a whole object, without value).
 */
export type AttributeValues = Readonly<Record<string, readonly string[]>>;

/** A change of a multi-valued reference attribute (`member`). Values are object GUIDs, lower case with dashes. */
export interface LinkChange {
  readonly attribute: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /**
   * Set when the values are (a part of) the whole set. Parts of one set share a token; when the part with `last` has
   * been applied, links of this attribute that no part named are gone. Before that nothing is.
   */
  readonly replace?: { readonly token: string; readonly last: boolean } | undefined;
}

/** One fact about one object of the directory. Facts are idempotent: applying one twice changes nothing. */
export type DirectoryChange =
  | {
      readonly kind: 'present';
      /** Lower case with dashes: `6f1cb0f0-….` */
      readonly objectGuid: string;
      /** Always set when `whole`. */
      readonly objectClass?: ObjectClass | undefined;
      /** True: `attributes` and `links` are everything the object has. False: only what changed. */
      readonly whole: boolean;
      /** Set when the object is new, was renamed or moved, or its place was asked for. */
      readonly dn?: string | undefined;
      readonly parentGuid?: string | undefined;
      /** Single-valued references (`manager`) are here, as an object GUID. */
      readonly attributes: AttributeValues;
      readonly links: readonly LinkChange[];
    }
  | { readonly kind: 'deleted'; readonly objectGuid: string }
  /** It is no longer among what is synchronised. The directory still has it, so whoever names it goes on naming it. */
  | { readonly kind: 'out-of-scope'; readonly objectGuid: string };
