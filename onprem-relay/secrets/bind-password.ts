import { readFile } from 'node:fs/promises';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import type { RelayIdentity } from '../identity/credential.ts';
import type { HttpProxy } from '../network/proxy.ts';
import { unprotect } from './data-protection.ts';

/** A secret in Key Vault, by its address, and as whom and by which way to read it. */
export interface VaultSecret {
  readonly vaultSecret: string;
  readonly identity: RelayIdentity;
  readonly proxy?: HttpProxy | undefined;
}

/** Where the password of the account comes from. */
export type BindPassword =
  | { readonly text: string }
  | { readonly file: string }
  /** A file that Windows' data protection encrypted. */
  | { readonly protectedFile: string }
  | VaultSecret;

export interface SecretReaders {
  /** Opened once; what it gives reads the secret anew each time. */
  readonly vault: (secret: VaultSecret) => () => Promise<string>;
  /** Decrypts the text of a protected file; default: Windows does. */
  readonly unprotect?: (text: string) => Promise<string>;
}

/** The text of a password file without the newline that editors put at its end. */
export function passwordIn(text: string): string {
  return text.replace(/\r?\n$/, '');
}

/**
 * Gives the password, anew each time: whoever changes it changes it there, and the next bind has it.
 *
 * @throws LockstepError LS1002 when a file cannot be read, LS1007 when the password cannot be had otherwise, or is empty.
 */
export function passwordSource(password: BindPassword, readers: SecretReaders): () => Promise<string> {
  if ('text' in password) return () => Promise.resolve(password.text);
  if ('vaultSecret' in password) {
    const read = readers.vault(password);
    return () => passwordFrom(password.vaultSecret, read);
  }
  if ('file' in password) {
    const { file } = password;
    return () => passwordFrom(file, async () => passwordIn(await textOf(file)));
  }
  const { protectedFile } = password;
  return () => passwordFrom(protectedFile, async () => (readers.unprotect ?? unprotect)(await textOf(protectedFile)));
}

async function passwordFrom(object: string, read: () => Promise<string>): Promise<string> {
  let password: string;
  try {
    password = await read();
  } catch (error) {
    if (error instanceof LockstepError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new LockstepError('LS1007', `The password of the account cannot be had: ${why}.`, {
      object,
      retryable: true,
      cause: error,
    });
  }
  // An empty password would be an unauthenticated bind, which succeeds and shows nothing (RFC 4513 section 5.1.2).
  if (password !== '') return password;
  throw new LockstepError('LS1007', 'The password of the account is empty.', { object, retryable: true });
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new LockstepError('LS1002', 'The file with the password of the account cannot be read.', {
      object: file,
      retryable: true,
      cause: error,
    });
  }
}
