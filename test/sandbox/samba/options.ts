import { resolve } from 'node:path';
import { z } from 'zod';

export interface SambaOptions {
  /**
   * Folder of the instance. Absent or empty: a new domain is put there. With an instance of the same names in it: that one
   * is started again, with its data. Samba puts Unix sockets below it, so its path must be short (80 bytes).
   */
  readonly dir: string;
  /** IPv4 loopback address to serve on; absent: an unused one in 127.64.0.0/10. */
  readonly address?: string;
  /** Kerberos realm, in lower case the DNS name of the domain; default CONTOSO.TEST. */
  readonly realm?: string;
  /** NetBIOS name of the domain; default: the first label of the realm. */
  readonly domain?: string;
  /** Name of the domain controller; default dc1. */
  readonly host?: string;
  /** Password of Administrator (it must satisfy the domain's policy); absent: generated. */
  readonly adminPassword?: string;
  /** Process model: everything in one process (default), or pre-forked workers. */
  readonly model?: 'single' | 'prefork';
  /** More lines for [global] in smb.conf, as `old password allowed period = 0`. */
  readonly extraConfig?: readonly string[];
  /** Receives one line at every step; absent: silence. */
  readonly log?: (line: string) => void;
  /** Folder that keeps provisioned domains to copy from; default: lockstep/samba in the user's cache folder. */
  readonly cacheDir?: string;
}

export interface SambaSettings {
  readonly dir: string;
  readonly address: string | undefined;
  readonly realm: string;
  readonly domain: string;
  readonly host: string;
  readonly adminPassword: string | undefined;
  readonly model: 'single' | 'prefork';
  readonly extraConfig: readonly string[];
}

/** Longest path of an instance's folder, so that the sockets below it stay under the 108 bytes of sockaddr_un (unix(7)). */
const longestDir = 80;

// One line each: they go into smb.conf, where a line break would start another parameter.
const netbiosName = z.string().regex(/^[A-Z0-9](?:[A-Z0-9-]{0,14})$/i, 'must be a NetBIOS name of 1 to 15 characters');
const schema = z.object({
  dir: z
    .string()
    .min(1)
    .transform((dir) => resolve(dir))
    .refine((dir) => Buffer.byteLength(dir) <= longestDir && !dir.includes('\n'), {
      message: `must be a path of at most ${longestDir} bytes`,
    }),
  address: z
    .string()
    .regex(/^127(?:\.\d{1,3}){3}$/, 'must be an IPv4 loopback address')
    .optional(),
  realm: z
    .string()
    .regex(/^[A-Z0-9-]+(?:\.[A-Z0-9-]+)+$/i, 'must be a DNS name of two labels or more')
    .default('CONTOSO.TEST')
    .transform((realm) => realm.toUpperCase()),
  domain: netbiosName.transform((domain) => domain.toUpperCase()).optional(),
  host: netbiosName.default('dc1').transform((host) => host.toLowerCase()),
  adminPassword: z.string().min(1).optional(),
  model: z.enum(['single', 'prefork']).default('single'),
  extraConfig: z.array(z.string().regex(/^[^\r\n]*$/, 'must be single lines')).default([]),
});

/** The options with their defaults. @throws Error that names the option and what is wrong with it. */
export function settingsOf(options: SambaOptions): SambaSettings {
  const parsed = schema.safeParse(options);
  if (!parsed.success) throw new Error(`The options of the Samba instance: ${z.prettifyError(parsed.error)}`);
  const { address, adminPassword, domain, ...rest } = parsed.data;
  const firstLabel = rest.realm.split('.')[0] ?? rest.realm;
  return { ...rest, address, adminPassword, domain: domain ?? firstLabel.slice(0, 15) };
}
