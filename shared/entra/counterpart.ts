import type { KnownObject } from '../engine/plan.ts';
import type { SpaceObject } from '../engine/space-object.ts';
import type { Value } from '../rules/value.ts';

/** What Entra is known to hold, as an object of the tenant's connector space: what the rules "In from AAD" read. */
export function counterpartOf(known: KnownObject, connector: string): SpaceObject {
  const { properties, entraId = '', sourceAnchor, type } = known;
  const values = new Map<string, Value>([
    ['sourceAnchor', sourceAnchor],
    // Objects that were written through Graph are never mastered in the cloud from the view of the rules.
    ['cloudMastered', false],
  ]);
  if (entraId !== '') values.set('cloudAnchor', `${type === 'user' ? 'User' : 'Group'}_${entraId}`);
  for (const [attribute, property] of type === 'user' ? userAttributes : groupAttributes) {
    const value = properties[property];
    if (typeof value === 'string' || typeof value === 'boolean') values.set(attribute, value);
  }
  return {
    connector,
    objectGuid: entraId,
    type,
    dn: '',
    present: [...values.keys()],
    value: (attribute) => values.get(attribute) ?? null,
    linkCount: () => undefined,
    isMemberOf: () => false,
  };
}

const userAttributes: readonly (readonly [attribute: string, property: string])[] = [
  ['accountEnabled', 'accountEnabled'],
  ['usageLocation', 'usageLocation'],
  ['userPrincipalName', 'userPrincipalName'],
  ['displayName', 'displayName'],
  ['mail', 'mail'],
  ['alias', 'mailNickname'],
];
const groupAttributes: readonly (readonly [attribute: string, property: string])[] = [
  ['displayName', 'displayName'],
  ['description', 'description'],
  ['alias', 'mailNickname'],
  ['securityEnabled', 'securityEnabled'],
];
