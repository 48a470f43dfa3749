import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { readDirectory } from '../shared/directory/ldif/ldif-directory.ts';
import { parseLdif } from '../shared/directory/ldif/parse-ldif.ts';
import type { NamedDirectory } from '../shared/engine/whole-directories.ts';
import { LockstepError } from '../shared/errors/lockstep-error.ts';

/** A file stands for a connector of the name of its domain. Throws LS1002 and LS1201. */
export async function readLdif(file: string): Promise<NamedDirectory> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new LockstepError('LS1002', 'The LDIF file cannot be read.', { object: file, cause: error });
  }
  if (!isUtf8(bytes)) throw new LockstepError('LS1201', 'The file is not in UTF-8.', { object: file });
  const directory = readDirectory(parseLdif(bytes.toString('utf8'), file), file);
  return { connector: directory.domain.fqdn === '' ? file : directory.domain.fqdn, directory };
}
