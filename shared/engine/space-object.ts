import type { AttributeDefinition } from '../directory/attributes.ts';
import type { Value } from '../rules/value.ts';

/** An object of a connector space, by the connector and the anchor that it has there. */
export interface ObjectReference {
  readonly connector: string;
  /** objectGUID, lower case with dashes; in the tenant's connector space the object id. */
  readonly objectGuid: string;
}

/** One text for an {@link ObjectReference}: for maps and sets. */
export function objectKey({ connector, objectGuid }: ObjectReference): string {
  return `${objectGuid}|${connector}`;
}

/**
 * An object of a connector space as rules see it. Values are decoded when they are asked for: of the hundreds of
 * attributes that rules name, an object has some thirty.
 */
export interface SpaceObject extends ObjectReference {
  /** Object type of the connector space: `user`, `inetOrgPerson`, `group`, `contact`, … */
  readonly type: string;
  /** Distinguished name; empty in the tenant's connector space. */
  readonly dn: string;
  /** Names of the attributes that have a value, those of `value` and `linkCount` alike. */
  readonly present: readonly string[];
  value(attribute: string): Value;
  /**
   * Number of values of a multi-valued reference; `undefined` when the attribute is not one. Their values stay where they
   * are: a group may have 250,000.
   */
  linkCount(attribute: string): number | undefined;
  /** Direct membership in a group of the same connector space, named by its DN. */
  isMemberOf(groupDn: string): boolean;
}

/** A multi-valued reference of one object: "the members of that group", without saying who they are. */
export interface LinkSource extends ObjectReference {
  readonly attribute: string;
}

/** What tells the links of a schema from its other attributes. */
export function linkAttributes(attributes: readonly AttributeDefinition[]): ReadonlySet<string> {
  return new Set(attributes.filter((attribute) => attribute.syntax === 'links').map((attribute) => attribute.name));
}
