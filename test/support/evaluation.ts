import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readDirectory, type LdifDirectory } from '../../shared/directory/ldif/ldif-directory.ts';
import { parseLdif } from '../../shared/directory/ldif/parse-ldif.ts';
import type { EngineEnvironment } from '../../shared/engine/environment.ts';
import { Instant } from '../../shared/rules/value.ts';

/** Nothing around the rules moves, and the tenant is empty. */
export const quiet: EngineEnvironment = {
  now: () => new Instant(639_000_000_000_000_000n),
  random: () => 0.5,
  guid: () => '0f8fad5b-d9cb-469f-a165-70867728950e',
  counterpart: () => undefined,
};

export function ldifDirectory(text: string, file = 'test.ldif'): LdifDirectory {
  return readDirectory(parseLdif(text, file), file);
}

/** The example estate. */
export function estate(): LdifDirectory {
  return ldifDirectory(fixture('estate/contoso.ldif'), 'contoso.ldif');
}

export function fixture(path: string): string {
  return readFileSync(fixturePath(path), 'utf8');
}

export function fixturePath(path: string): string {
  return fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url));
}
