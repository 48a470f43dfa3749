import { LockstepError } from '../../errors/lockstep-error.ts';
import type { JoinClause } from '../model.ts';
import { activeDirectorySchema } from '../schemas/active-directory.ts';
import { metaverseSchema } from '../schemas/metaverse.ts';
import { equal } from './draft.ts';

/**
 * How the accounts that one person has in several forests find each other.
 * - `representedOnce`: nobody has several; only the anchor joins, which follows an account that moves.
 * - `mail`: by address. Who has none is not synchronised.
 * - `objectSid`: an account forest, and a resource forest with linked mailboxes or Lync accounts.
 * - `samAccountNameAndMailNickname`: where the name of the one account stands in the other.
 * - `attribute`: by any attribute that also is in the metaverse. Who has none is not synchronised.
 */
export type UserMatching =
  'representedOnce' | 'mail' | 'objectSid' | 'samAccountNameAndMailNickname' | { readonly attribute: string };

/** By the anchor: an account with a ConsistencyGuid of its own first, so that a migrated one finds its old object. */
export const anchorJoins: readonly (readonly JoinClause[])[] = [
  [equal('mS-DS-ConsistencyGuid', 'sourceAnchorBinary')],
  [equal('objectGUID', 'sourceAnchorBinary')],
];

/** @throws LockstepError LS5002 when the attribute is not in both spaces. */
export function userJoins(matching: UserMatching): readonly (readonly JoinClause[])[] {
  if (typeof matching === 'object') return [[byAttribute(matching.attribute)]];
  switch (matching) {
    case 'representedOnce':
      return anchorJoins;
    case 'mail':
      return [[equal('mail', 'mail')]];
    case 'objectSid':
      return [
        [equal('objectSid', 'objectSid')],
        [equal('msExchMasterAccountSid', 'objectSid')],
        [equal('objectSid', 'msExchMasterAccountSid')],
        [equal('msRTCSIP-OriginatorSid', 'objectSid')],
        [equal('objectSid', 'msRTCSIP-OriginatorSid')],
      ];
    case 'samAccountNameAndMailNickname':
      return [
        [equal('sAMAccountName', 'accountName')],
        [equal('sAMAccountName', 'mailNickname')],
        [equal('mailNickname', 'accountName')],
      ];
  }
}

function byAttribute(attribute: string): JoinClause {
  const metaverse = attribute === 'sAMAccountName' ? 'accountName' : attribute;
  const [source, target] = [activeDirectorySchema.get(attribute), metaverseSchema.get(metaverse)];
  if (source === undefined || target === undefined || source.multiValued || target.multiValued) {
    throw new LockstepError(
      'LS5002',
      `Users cannot be matched by "${attribute}": it is not a single-valued attribute of both the directory and the metaverse.`,
      { object: attribute },
    );
  }
  return equal(attribute, metaverse);
}
