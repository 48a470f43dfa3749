import { stringify } from 'yaml';
import type { ConfigFile } from '../settings/config-file.ts';
import type { RawSettings } from '../settings/raw-settings.ts';

/** Settings that name a file with a secret, which the service gets to see in another place. */
export const secretFiles = ['bindPasswordFile', 'busCertificateFile', 'proxyPasswordFile'] as const;
const secretNames = {
  bindPasswordFile: 'bind-password',
  busCertificateFile: 'bus-certificate',
  proxyPasswordFile: 'proxy-password',
} as const;

/** A file with a secret: where it lies, and by what name the service knows it. */
export interface SecretFile {
  readonly name: string;
  readonly path: string;
}

export interface PlacedSettings {
  readonly config: ConfigFile;
  readonly secrets: readonly SecretFile[];
}

/** The settings with every file that holds a secret at its place for the service. */
export function placeSecrets({ common, directories }: ConfigFile, place: (name: string) => string): PlacedSettings {
  const secrets: SecretFile[] = [];
  const placed = (settings: RawSettings, suffix: string): RawSettings => {
    const own: RawSettings = { ...settings };
    for (const key of secretFiles) {
      const path = settings[key];
      if (path === undefined) continue;
      const name = `${secretNames[key]}${suffix}`;
      secrets.push({ name, path });
      own[key] = place(name);
    }
    return own;
  };
  const config = {
    common: placed(common, ''),
    directories: directories.map((one, index) => placed(one, `-${index + 1}`)),
  };
  return { config, secrets };
}

/** The text of the configuration file. Booleans and numbers are quoted, as the command line would have them. */
export function settingsText({ common, directories }: ConfigFile): string {
  return [
    '# Settings of the relay of Lockstep. Other settings: lockstep-relay --help.',
    stringify(directories.length === 0 ? common : { ...common, directories }),
  ].join('\n');
}
