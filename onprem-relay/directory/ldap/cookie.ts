import { z } from 'zod';
import type { ScopeCookie } from './scope/scope.ts';

/** The server's DirSync cookie, and what is needed to notice that it does not lead on. */
export interface LdapCookie {
  readonly version: 4;
  /** The naming context that was read: a cookie leads nowhere in another one. */
  readonly namingContext: string;
  /** Base64 of the server's own cookie (MS-ADTS 3.1.1.3.4.1.3), opaque. */
  readonly dirSync: string;
  /** The same for the containers, which are asked about by themselves. */
  readonly containers: string;
  /** `null` when everything was in scope. */
  readonly scope: ScopeCookie | null;
  /** ISO 8601, UTC: when it was given. */
  readonly at: string;
  /** What every domain controller that ever gave a cookie had written by then, by the objectGUID of its settings. */
  readonly servers: Readonly<Record<string, ServerState>>;
}

/** How far the database of a domain controller had come. */
export interface ServerState {
  /** Which database. */
  readonly invocationId: string;
  /** Its highestCommittedUSN, decimal. */
  readonly usn: string;
}

/** A domain controller as it is now; `undefined` when the account may not read who it is. */
export type ServerNow = (ServerState & { readonly server: string }) | undefined;

const scope: z.ZodType<ScopeCookie> = z.strictObject({
  settings: z.strictObject({
    include: z.array(z.string()),
    exclude: z.array(z.string()),
    filter: z.string().optional(),
    pilotGroup: z.string().optional(),
  }),
  named: z.record(z.string(), z.guid()),
  pilot: z.base64(),
});

const schema: z.ZodType<LdapCookie> = z.strictObject({
  version: z.literal(4),
  namingContext: z.string(),
  dirSync: z.base64(),
  containers: z.base64(),
  scope: scope.nullable(),
  at: z.iso.datetime(),
  servers: z.record(z.string(), z.strictObject({ invocationId: z.string(), usn: z.string().regex(/^\d+$/) })),
});

export function encodeCookie(cookie: LdapCookie): string {
  return Buffer.from(JSON.stringify(cookie), 'utf8').toString('base64');
}

/** The cookie of a read that has come to its end, with the server's own cookies as it gave them. */
export function cookieOf({
  dirSync,
  containers,
  ...others
}: Pick<LdapCookie, 'namingContext' | 'scope' | 'at' | 'servers'> & {
  readonly dirSync: Buffer;
  readonly containers: Buffer;
}): string {
  const own = { dirSync: dirSync.toString('base64'), containers: containers.toString('base64') };
  return encodeCookie({ version: 4, ...others, ...own });
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
 * True when the domain controller gave a cookie before and is at an earlier point of its history now:
 * - restored from a backup as it should be, it has a new invocationId, and what it had written afterwards is undone
 *   (MS-ADTS 3.1.1.1.9);
 * - restored from a snapshot without being told so (USN rollback), it claims to have written less than before. DirSync would
 *   answer "nothing changed", and lose what is written until the old number is reached again.
 * Another domain controller of the domain is no matter: cookies lead on there.
 */
export function wasSetBack(cookie: LdapCookie, now: ServerNow): boolean {
  const before = now === undefined ? undefined : cookie.servers[now.server];
  if (before === undefined || now === undefined) return false;
  return before.invocationId !== now.invocationId || BigInt(now.usn) < BigInt(before.usn);
}

const dayMs = 86_400_000;

/**
 * True when deletions may have been forgotten since: a domain controller keeps tombstones for so long only (MS-ADTS
 * 3.1.1.1.5, `tombstoneLifetime`).
 */
export function isExpired(cookie: LdapCookie, now: Date, tombstoneDays: number): boolean {
  return now.getTime() - Date.parse(cookie.at) > tombstoneDays * dayMs;
}

/** The states that the next cookie carries. */
export function serversWith(cookie: LdapCookie | undefined, now: ServerNow): LdapCookie['servers'] {
  if (now === undefined) return cookie?.servers ?? {};
  const { server, invocationId, usn } = now;
  return { ...cookie?.servers, [server]: { invocationId, usn } };
}
