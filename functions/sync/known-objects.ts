import type { IntendedGroup, IntendedUser } from '../../shared/engine/intended.ts';
import type { KnownObject } from '../../shared/engine/plan.ts';
import type { UnclaimedObject } from '../storage/entra-space.ts';
import type { TenantObject } from './tenant.ts';

/** The counterpart as the tenant shows it; `before` is what was known or intended. */
export function fromTenant(object: TenantObject, before: KnownObject): KnownObject {
  return {
    ...before,
    type: object.type,
    state: 'present',
    entraId: object.id,
    properties: object.properties,
    manager: undefined,
  };
}

/** The counterpart as the first import saw it, before anything claims it. */
export function fromUnclaimed(found: UnclaimedObject, intended: IntendedUser | IntendedGroup): KnownObject {
  return {
    type: found.type,
    state: found.deleted ? 'deleted' : 'present',
    entraId: found.entraId,
    sourceAnchor: intended.sourceAnchor,
    members: intended.members,
    properties: found.properties,
    manager: undefined,
    setAside: {},
    signInName: undefined,
  };
}
