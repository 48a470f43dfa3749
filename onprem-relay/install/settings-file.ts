import { stringify } from 'yaml';
import type { ConfigFile } from '../settings/config-file.ts';
import type { RawSettings } from '../settings/raw-settings.ts';

/** Settings that name a file for the service to read, but for the directory. */
export const readFiles = [
  'bindPasswordFile',
  'bindPasswordProtected',
  'busCertificateFile',
  'busFederatedTokenFile',
  'proxyPasswordFile',
  'ca',
] as const;

/** By what name the service may be handed a copy when it starts. Of the others a copy would be of no use: it has to be renewed, or decrypted. */
const handedAs: Partial<Record<(typeof readFiles)[number], string>> = {
  bindPasswordFile: 'bind-password',
  busCertificateFile: 'bus-certificate',
  proxyPasswordFile: 'proxy-password',
  ca: 'ca',
};

/** A file that is handed to the service: where it lies, and by what name the service knows it. */
export interface HandedFile {
  readonly name: string;
  readonly path: string;
}

export interface PlacedSettings {
  readonly config: ConfigFile;
  readonly files: readonly HandedFile[];
}

/** The settings with every file that can be handed to the service at its place for it. */
export function placeFiles({ common, directories }: ConfigFile, place: (name: string) => string): PlacedSettings {
  const files: HandedFile[] = [];
  const placed = (settings: RawSettings, suffix: string): RawSettings => {
    const own: RawSettings = { ...settings };
    for (const key of readFiles) {
      const path = settings[key];
      const kind = handedAs[key];
      if (path === undefined || kind === undefined) continue;
      const name = `${kind}${suffix}`;
      files.push({ name, path });
      own[key] = place(name);
    }
    return own;
  };
  const config = {
    common: placed(common, ''),
    directories: directories.map((one, index) => placed(one, `-${index + 1}`)),
  };
  return { config, files };
}

/** Every file that the service reads, once. */
export function filesToRead({ common, directories }: ConfigFile): readonly string[] {
  const paths = [common, ...directories].flatMap((settings) => readFiles.map((key) => settings[key]));
  return [...new Set(paths.filter((path) => path !== undefined))];
}

/** The text of the configuration file. Booleans and numbers are quoted, as the command line would have them. */
export function settingsText({ common, directories }: ConfigFile): string {
  return [
    '# Settings of the relay of Lockstep. Other settings: lockstep-relay --help.',
    stringify(directories.length === 0 ? common : { ...common, directories }),
  ].join('\n');
}
