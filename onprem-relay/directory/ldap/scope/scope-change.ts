import { isLockstepError, LockstepError } from '../../../../shared/errors/lockstep-error.ts';
import { decodeWhole } from '../decode.ts';
import { dirSync } from '../dir-sync.ts';
import type { Session } from '../session.ts';
import { scopeFingerprint, type ScopeSettings } from './scope-settings.ts';
import { Scope, type ScopeCookie } from './scope.ts';

/** What another scope changes: DNs by objectGUID. */
export interface ScopeChange {
  readonly leaving: ReadonlyMap<string, string>;
  readonly entering: ReadonlyMap<string, string>;
}

/** Compares two scopes by what is in them at the moment. @throws LockstepError LS1111. */
export async function compareScopes(session: Session, before: Scope, after: Scope): Promise<ScopeChange> {
  const leaving = await objectsIn(session, before);
  const entering = await objectsIn(session, after);
  for (const guid of [...leaving.keys()]) if (entering.delete(guid)) leaving.delete(guid);
  return { leaving, entering };
}

/** DNs of the objects in scope, by objectGUID. */
export async function objectsIn({ connection, namingContext }: Session, scope: Scope): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  const subject = { filter: scope.filter, attributes: ['objectGUID', 'objectClass', 'isDeleted'] };
  for await (const item of dirSync(connection, namingContext, Buffer.alloc(0), subject)) {
    if ('cookie' in item) continue;
    const whole = decodeWhole(item.entry);
    if (whole !== undefined && scope.contains(whole)) names.set(whole.objectGuid, whole.dn);
  }
  return names;
}

/** DNs that the error names. */
const examples = 3;

/**
 * Nothing leaves the scope because of a setting unless somebody has seen what.
 *
 * @throws LockstepError LS1113 when objects would leave and the new scope was not accepted, LS1111.
 */
export async function assertScopeAccepted(
  session: Session,
  cookie: ScopeCookie | null,
  {
    scope: settings,
    acceptScope,
  }: { readonly scope?: ScopeSettings | undefined; readonly acceptScope?: string | undefined },
): Promise<void> {
  const fingerprint = scopeFingerprint(settings);
  if (settings === undefined || acceptScope === fingerprint) return;
  const { connection, namingContext } = session;
  const after = await Scope.open(connection, namingContext, settings);
  const leaving = await leavingFrom(session, cookie, after);
  if (leaving?.size === 0) return;
  const some = [...(leaving?.values() ?? [])].slice(0, examples);
  const what =
    leaving === undefined
      ? 'What the scope was before cannot be told any more'
      : `${leaving.size} objects would leave the scope: ${some.join('; ')}${leaving.size > examples ? '; …' : ''}`;
  throw new LockstepError('LS1113', `${what}. The scope that is set now is ${fingerprint}.`, { object: namingContext });
}

/** `undefined` when something that the scope named before is gone. */
async function leavingFrom(
  session: Session,
  cookie: ScopeCookie | null,
  after: Scope,
): Promise<ReadonlyMap<string, string> | undefined> {
  const { connection, namingContext } = session;
  try {
    const since = cookie === null ? undefined : { cookie: { ...cookie, pilot: '' } };
    const before = await Scope.open(connection, namingContext, cookie?.settings, since);
    return (await compareScopes(session, before, after)).leaving;
  } catch (error) {
    if (isLockstepError(error) && error.code === 'LS1111') return undefined;
    throw error;
  }
}
