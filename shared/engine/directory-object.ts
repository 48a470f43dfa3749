import { directoryAttributes } from '../directory/attributes.ts';
import type { DirectoryObject } from '../directory/object.ts';
import { guidToBytes } from '../directory/guid.ts';
import type { Value } from '../rules/value.ts';
import { valueOf } from './canonical.ts';
import { linkAttributes, type SpaceObject } from './space-object.ts';

/** What is known of an object's links without reading them. */
export interface LinkFacts {
  /** Number of values by attribute; attributes without any are not in it. */
  readonly counts: ReadonlyMap<string, number>;
  /** DNs, in lower case, of the groups that it is a direct member of; only those that rules ask about need be there. */
  readonly memberOf: ReadonlySet<string>;
}

export const noLinks: LinkFacts = { counts: new Map(), memberOf: new Set() };

const definitions = new Map(directoryAttributes.map((definition) => [definition.name, definition]));
const links = linkAttributes(directoryAttributes);
const inherent = ['objectGUID', 'dn', 'distinguishedName', 'cn', 'objectClass'];

/** A directory object as rules see it. */
export function spaceObjectOf(connector: string, object: DirectoryObject, facts: LinkFacts): SpaceObject {
  const { objectGuid, objectClass, dn, attributes } = object;
  const value = (attribute: string): Value => {
    const texts = attributes[attribute];
    if (texts !== undefined) {
      const definition = definitions.get(attribute);
      return definition === undefined || definition.syntax === 'links' ? null : valueOf(definition, texts);
    }
    switch (attribute) {
      case 'objectGUID':
        return guidToBytes(objectGuid);
      case 'dn':
      case 'distinguishedName':
        return dn;
      case 'cn':
        return attributes['name']?.[0] ?? null;
      case 'objectClass':
        return [objectClass];
      default:
        return null;
    }
  };
  return {
    connector,
    objectGuid,
    type: objectClass,
    dn,
    present: [...inherent, ...Object.keys(attributes), ...facts.counts.keys()],
    value,
    linkCount: (attribute) => (links.has(attribute) ? (facts.counts.get(attribute) ?? 0) : undefined),
    isMemberOf: (groupDn) => facts.memberOf.has(groupDn.toLowerCase()),
  };
}
