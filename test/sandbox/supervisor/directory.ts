import { createReadStream, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fqdnOfDn } from '../../../shared/directory/dn.ts';
import { LockstepError } from '../../../shared/errors/lockstep-error.ts';
import type { DirectoryOption } from '../cli/directory-options.ts';
import { instruction, isSambaUsable } from '../samba/install.ts';
import type { SambaDc } from '../samba/samba-dc.ts';
import { startSamba } from '../samba/samba-dc.ts';

/** A directory that is there to be read. */
export interface Directory {
  /** For the operator. */
  readonly label: string;
  /** The relay's settings, by their environment names. */
  readonly settings: Readonly<Record<string, string>>;
  /** DNS name of the domain, or undefined when that cannot be told. */
  readonly dnsDomain: string | undefined;
  readonly samba?: SambaDc;
  stop(): Promise<void>;
}

export interface DirectoryContext {
  readonly sambaFolder: string;
  /** Fills a new Samba domain. */
  readonly fill: (dc: SambaDc) => Promise<void>;
  readonly log: (line: string) => void;
}

/** What the state of a sandbox belongs to on the directory's side. */
export function directoryName(option: DirectoryOption): string {
  switch (option.kind) {
    case 'ldif':
      return option.file;
    case 'samba':
      return 'samba';
    case 'ldap':
      return `${option.url.toLowerCase()}/${option.baseDn.toLowerCase()}`;
  }
}

/** Makes the directory ready: only Samba has to be started. */
export async function openDirectory(option: DirectoryOption, context: DirectoryContext): Promise<Directory> {
  switch (option.kind) {
    case 'ldif':
      return {
        label: option.file,
        settings: { LOCKSTEP_DIRECTORY: option.file },
        dnsDomain: await domainOfLdif(option.file),
        stop: () => Promise.resolve(),
      };
    case 'ldap':
      return {
        label: `${option.url} ${option.baseDn}`,
        settings: {
          LOCKSTEP_DIRECTORY: option.url,
          LOCKSTEP_BIND_DN: option.bindDn,
          LOCKSTEP_BIND_PASSWORD_FILE: option.bindPasswordFile,
          LOCKSTEP_BASE_DN: option.baseDn,
          ...(option.ca === undefined ? {} : { LOCKSTEP_CA: option.ca }),
          ...encryption(option),
        },
        dnsDomain: domainOf(option.baseDn),
        stop: () => Promise.resolve(),
      };
    case 'samba':
      return await openSamba(context);
  }
}

function encryption(option: { readonly url: string; readonly allowPlainLdap: boolean }): Record<string, string> {
  if (!option.url.toLowerCase().startsWith('ldap://')) return {};
  return option.allowPlainLdap ? { LOCKSTEP_ALLOW_PLAIN_LDAP: 'true' } : { LOCKSTEP_START_TLS: 'true' };
}

async function openSamba({ sambaFolder, fill, log }: DirectoryContext): Promise<Directory> {
  if (!(await isSambaUsable()))
    throw new LockstepError('LS1001', 'Samba is not installed here, or cannot be used.', {
      object: 'samba',
      remedy: `${instruction} (it runs as root, because the ports of LDAP are below 1024).`,
    });
  const dc = await startSamba({ dir: sambaFolder, log }).catch((error: unknown) => {
    throw new LockstepError('LS1001', error instanceof Error ? error.message : String(error), {
      object: 'samba',
      remedy: 'A Samba domain controller needs root, and --data with a path of less than 70 bytes.',
      cause: error,
    });
  });
  try {
    // A domain is filled once; after that it belongs to whoever plays with it.
    const filled = join(sambaFolder, 'filled');
    if (!existsSync(filled)) {
      await fill(dc);
      writeFileSync(filled, '');
    }
  } catch (error) {
    await dc.stop();
    throw error;
  }
  return {
    label: `${dc.ldapsUrl} ${dc.baseDn} (Samba, process ${dc.pid}; Administrator's password in ${dc.adminPasswordFile})`,
    settings: {
      LOCKSTEP_DIRECTORY: dc.ldapsUrl,
      LOCKSTEP_BIND_DN: dc.bindDn,
      LOCKSTEP_BIND_PASSWORD_FILE: dc.bindPasswordFile,
      LOCKSTEP_BASE_DN: dc.baseDn,
      LOCKSTEP_CA: dc.caFile,
    },
    dnsDomain: domainOf(dc.baseDn),
    samba: dc,
    stop: () => dc.stop(),
  };
}

/** Undefined for a DN that is none, or does not end in domain components (RFC 2247). */
function domainOf(dn: string): string | undefined {
  try {
    const domain = fqdnOfDn(dn);
    return domain === '' ? undefined : domain;
  } catch {
    return undefined;
  }
}

/** The domain of the first entry. A file that cannot be understood is the relay's to complain of. */
async function domainOfLdif(file: string): Promise<string | undefined> {
  const input = createReadStream(file);
  try {
    for await (const line of createInterface({ input })) {
      const dn = /^dn: *(.*)$/i.exec(line)?.[1];
      if (dn !== undefined) return domainOf(dn);
    }
    return undefined;
  } finally {
    input.destroy();
  }
}
