import type { DirectoryChange } from '../../../shared/directory/change.ts';
import { guidToBytes } from '../../../shared/directory/guid.ts';
import { LockstepError } from '../../../shared/errors/lockstep-error.ts';
import type { DirectoryPage } from '../directory-source.ts';
import type { LdapConnection } from './connection.ts';
import { LdapResultError, resultCodes } from './ldap-errors.ts';

export const anchorAttribute = 'mS-DS-ConsistencyGuid';

export interface AnchorWriterOptions {
  /** A connection beside the one that is read from. */
  readonly open: () => Promise<LdapConnection>;
  /** Hears once a read that anchors could not be written; the reading goes on. */
  readonly onProblem: (error: LockstepError) => void;
}

/**
 * Passes on what is read, and gives every user without a consistency GUID its objectGUID as one, so that the anchor outlives a
 * migration to another forest. Only ever adds a value where there is none: adding fails where there is one, whoever wrote it.
 */
export async function* writeAnchors(
  pages: AsyncIterable<DirectoryPage>,
  { open, onProblem }: AnchorWriterOptions,
): AsyncGenerator<DirectoryPage, void> {
  let connection: LdapConnection | undefined;
  let refused = 0;
  let refusal: LdapResultError | undefined;
  try {
    for await (const page of pages) {
      yield page;
      for (const guid of page.changes.flatMap(withoutAnchor)) {
        if (refusal !== undefined) {
          refused += 1;
          continue;
        }
        connection ??= await open();
        refusal = await writeAnchor(connection, guid);
        if (refusal !== undefined) refused += 1;
      }
    }
  } finally {
    connection?.close();
    if (refusal !== undefined) onProblem(mayNotWrite(refused, refusal));
  }
}

function withoutAnchor(change: DirectoryChange): readonly string[] {
  if (change.kind !== 'present' || !change.whole) return [];
  const { objectGuid, objectClass, attributes } = change;
  const isPerson = objectClass === 'user' || objectClass === 'inetOrgPerson';
  // What every domain has, such as krbtgt, is never synchronised.
  const isBuiltIn = attributes['isCriticalSystemObject']?.[0] === 'TRUE';
  return isPerson && !isBuiltIn && attributes[anchorAttribute] === undefined ? [objectGuid] : [];
}

/** Gone, or somebody else was faster. */
const harmless: readonly number[] = [
  resultCodes.noSuchObject,
  resultCodes.constraintViolation,
  resultCodes.attributeOrValueExists,
];

async function writeAnchor(connection: LdapConnection, guid: string): Promise<LdapResultError | undefined> {
  try {
    await connection.addValue(`<GUID=${guid}>`, anchorAttribute, Buffer.from(guidToBytes(guid)));
    return undefined;
  } catch (error) {
    if (!(error instanceof LdapResultError)) throw error;
    return harmless.includes(error.resultCode) ? undefined : error;
  }
}

function mayNotWrite(users: number, cause: LdapResultError): LockstepError {
  return new LockstepError(
    'LS1114',
    `${users} users got no ${anchorAttribute}: the directory refused to write it (result code ${cause.resultCode}).`,
    { object: anchorAttribute, cause },
  );
}
