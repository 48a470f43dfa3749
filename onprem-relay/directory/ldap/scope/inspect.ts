import { Sessions } from '../session.ts';
import { LdapResultError, searchError } from '../ldap-errors.ts';
import type { LdapSourceOptions } from '../ldap-source.ts';
import { compareScopes, objectsIn } from './scope-change.ts';
import { scopeFingerprint, type ScopeSettings } from './scope-settings.ts';
import { Scope } from './scope.ts';

/** A scope as it is in the directory. DNs by objectGUID. */
export interface ScopeReport {
  /** By which `--accept-scope` names it. */
  readonly fingerprint: string;
  /** What the scope names, with its objectGUID, by which it goes on naming it after a rename. */
  readonly named: Readonly<Record<string, string>>;
  readonly objects: number;
  readonly leaving: ReadonlyMap<string, string>;
  readonly entering: ReadonlyMap<string, string>;
}

/** Looks at a scope, and at what it changes against another one. @throws LockstepError LS1101 to LS1111. */
export async function inspectScope(
  options: LdapSourceOptions,
  before: ScopeSettings | undefined,
  signal: AbortSignal,
): Promise<ScopeReport> {
  const sessions = new Sessions(options);
  try {
    const session = await sessions.current(signal);
    const { connection, namingContext } = session;
    const now = await Scope.open(connection, namingContext, options.scope);
    const earlier = await Scope.open(connection, namingContext, before);
    const objects = (await objectsIn(session, now)).size;
    const { leaving, entering } = await compareScopes(session, earlier, now);
    const named = now.toCookie()?.named ?? {};
    return { fingerprint: scopeFingerprint(options.scope), named, objects, leaving, entering };
  } catch (error) {
    throw error instanceof LdapResultError ? searchError(error, options.controllers.label) : error;
  } finally {
    sessions.close();
  }
}
