import { travellingClass } from '../../../shared/directory/canonical.ts';
import { isLockstepError } from '../../../shared/errors/lockstep-error.ts';
import type { DoorbellListener } from '../directory-source.ts';
import type { LdapConnection } from './connection.ts';
import { changeNotification, showDeleted } from './controls.ts';
import { readEntry, type DirectoryEntry } from './entry.ts';
import { noiseAttributes, SignInNoise } from './noise.ts';
import { LdapResultError, resultCodes, searchError } from './ldap-errors.ts';
import { anyObject, readRootDse } from './server-facts.ts';
import { isAborted } from '../../is-aborted.ts';

export interface LdapDoorbellOptions {
  readonly open: (signal: AbortSignal) => Promise<LdapConnection>;
  readonly namingContext: string;
  /** Lower-case names of attributes that matter although sign-ins change them: the scope asks for them. */
  readonly watched: ReadonlySet<string>;
  /** Waits; returns early, without an error, when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * A standing notification search over the naming context on a connection of its own. Rings once whenever the search was put
 * up, because what happened before is not told. With deleted objects shown, else deletions would not ring.
 */
export async function ringOnChange(
  options: LdapDoorbellOptions,
  listener: DoorbellListener,
  signal: AbortSignal,
): Promise<'closed' | 'unsupported'> {
  let pause = 1_000;
  while (!signal.aborted) {
    try {
      const connection = await options.open(signal);
      pause = 1_000;
      await listen(connection, options, listener, signal);
    } catch (error) {
      if (isAborted(signal)) break;
      if (error instanceof LdapResultError && isRefusal(error.resultCode)) return 'unsupported';
      if (error instanceof LdapResultError) listener.problem(searchError(error, options.namingContext));
      else if (isLockstepError(error)) listener.problem(error);
      else throw error;
    }
    await options.sleep(pause, signal);
    pause = Math.min(pause * 2, 30_000);
  }
  return 'closed';
}

async function listen(
  connection: LdapConnection,
  { namingContext, watched }: LdapDoorbellOptions,
  listener: DoorbellListener,
  signal: AbortSignal,
): Promise<void> {
  const abort = (): void => {
    connection.close();
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    const changed = connection.search({
      baseDn: namingContext,
      scope: 'sub',
      // The only filter that is allowed together with the control (MS-ADTS 3.1.1.3.4.1.9).
      filter: anyObject(),
      attributes: ['objectClass', ...noiseAttributes],
      controls: [changeNotification(), showDeleted()],
      silenceMs: null,
    });
    const first = changed.next();
    // No answer says that the search stands. One to a later request does: what happens after it will ring.
    const root = readRootDse(connection);
    // It fails with the connection, as the search does, whose failure is the one that is told.
    root.catch(() => undefined);
    await Promise.race([first, root]);
    listener.ring();
    const signIns = new SignInNoise((await root).highestCommittedUsn, watched);
    for (let next = await first; next.done !== true; next = await changed.next()) {
      const entry = readEntry(next.value, false);
      if (mayMatter(entry) && !signIns.isNoise(entry)) listener.ring();
    }
  } finally {
    signal.removeEventListener('abort', abort);
    connection.close();
  }
}

/** False for what is certainly noise: DNS records, connection points, what replication keeps of itself. */
function mayMatter({ attributes }: DirectoryEntry): boolean {
  const classes = (attributes.get('objectclass')?.whole ?? []).map((value) => value.toString('utf8'));
  // A class that the account may not see may be any.
  if (classes.length === 0 || travellingClass(classes) !== undefined) return true;
  return classes.some((name) => ['organizationalunit', 'container'].includes(name.toLowerCase()));
}

/** The server will never do it; a limit that was reached (code 11) or a busy server is another matter. */
function isRefusal(code: number): boolean {
  return (
    code === resultCodes.unavailableCriticalExtension ||
    code === resultCodes.unwillingToPerform ||
    code === resultCodes.insufficientAccessRights
  );
}
