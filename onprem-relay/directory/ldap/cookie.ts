import { z } from 'zod';

/** The server's DirSync cookie, and what is needed to notice that the server was set back since it gave it. */
export interface LdapCookie {
  readonly version: 2;
  /** The naming context that was read: a cookie leads nowhere in another one. */
  readonly namingContext: string;
  /** Base64 of the server's own cookie (MS-ADTS 3.1.1.3.4.1.3), opaque. */
  readonly dirSync: string;
  /** The same for the containers, which are asked about by themselves. */
  readonly containers: string;
  /** Which database gave the cookie; empty when it may not be read. */
  readonly invocationId: string;
  /** The database's highestCommittedUSN at that time, decimal; empty when unknown. */
  readonly usn: string;
}

const schema: z.ZodType<LdapCookie> = z.strictObject({
  version: z.literal(2),
  namingContext: z.string(),
  dirSync: z.base64(),
  containers: z.base64(),
  invocationId: z.string(),
  usn: z.string().regex(/^\d*$/),
});

export function encodeCookie(cookie: LdapCookie): string {
  return Buffer.from(JSON.stringify(cookie), 'utf8').toString('base64');
}

/** `undefined` for anything that {@link encodeCookie} did not write: the caller then reads everything. */
export function decodeCookie(text: string): LdapCookie | undefined {
  try {
    return schema.parse(JSON.parse(Buffer.from(text, 'base64').toString('utf8')));
  } catch {
    return undefined;
  }
}

/**
 * True when the database was restored from a snapshot without being told so (USN rollback, MS-ADTS 3.1.1.1.9 on invocationId):
 * the same database now claims to have written less than before. DirSync would answer "nothing changed" and lose what
 * is written until the old number is reached again.
 */
export function wasRolledBack(
  cookie: LdapCookie,
  now: { readonly invocationId: string; readonly usn: string },
): boolean {
  if (cookie.invocationId === '' || cookie.invocationId !== now.invocationId) return false;
  return cookie.usn !== '' && now.usn !== '' && BigInt(now.usn) < BigInt(cookie.usn);
}
