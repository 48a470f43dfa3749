import { readFile } from 'node:fs/promises';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';

/** Where the password of the account comes from. */
export type BindPassword = { readonly text: string } | { readonly file: string };

/** The text of a password file without the newline that editors put at its end. */
export function passwordIn(text: string): string {
  return text.replace(/\r?\n$/, '');
}

/**
 * Gives the password. A file is read each time: whoever changes the password writes the file anew, and the next bind has it.
 *
 * @throws LockstepError LS1002 when the file cannot be read or is empty.
 */
export function passwordSource(password: BindPassword): () => Promise<string> {
  if ('text' in password) return () => Promise.resolve(password.text);
  const { file } = password;
  return async () => {
    let text: string;
    try {
      text = passwordIn(await readFile(file, 'utf8'));
    } catch (error) {
      throw new LockstepError('LS1002', 'The file with the password of the account cannot be read.', {
        object: file,
        retryable: true,
        cause: error,
      });
    }
    // An empty password would be an unauthenticated bind, which succeeds and shows nothing (RFC 4513 section 5.1.2).
    if (text !== '') return text;
    throw new LockstepError('LS1002', 'The file with the password of the account is empty.', {
      object: file,
      retryable: true,
    });
  };
}
