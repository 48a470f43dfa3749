import { LineCounter, parseDocument } from 'yaml';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import { settingNames, type SettingKey, type SettingName } from './names.ts';
import type { RawSettings } from './raw-settings.ts';

/** What a configuration file says. */
export interface ConfigFile {
  /** For all directories, and for the relay itself. */
  readonly common: RawSettings;
  /** One each, where the relay reads several. */
  readonly directories: readonly RawSettings[];
}

export interface ReadConfig {
  readonly config: ConfigFile;
  readonly errors: readonly LockstepError[];
}

const all = Object.entries(settingNames) as [SettingKey, SettingName][];
/** Where a setting may stand in the file: a secret nowhere, for files are copied, shown and kept. */
const keysFor = (place: 'file' | 'directory'): readonly SettingKey[] =>
  all
    .filter(([key, { secret, of }]) => !secret && key !== 'config' && (place === 'file' || of === 'directory'))
    .map(([key]) => key);

/** Reads YAML (or JSON, which is YAML): settings by their names, and a list `directories` of settings for one each. */
export function readConfigFile(path: string, text: string): ReadConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const errors: LockstepError[] = document.errors.map(({ message, pos }) =>
    wrong(`${path}:${lines.linePos(pos[0]).line}`, `is not YAML: ${message.split('\n', 1)[0] ?? ''}`),
  );
  const content: unknown = errors.length > 0 ? {} : (document.toJS() ?? {});
  if (!isRecord(content)) {
    errors.push(wrong(path, 'holds no settings'));
    return { config: { common: {}, directories: [] }, errors };
  }
  const { directories, ...common } = content;
  const list = directories ?? [];
  if (!Array.isArray(list)) errors.push(wrong(`directories in ${path}`, 'is not a list'));
  return {
    config: {
      common: settingsOf(common, keysFor('file'), path, errors),
      directories: (Array.isArray(list) ? (list as unknown[]) : []).map((one, i) => {
        const place = `directories[${i}] in ${path}`;
        if (isRecord(one)) return settingsOf(one, keysFor('directory'), place, errors);
        errors.push(wrong(place, 'holds no settings'));
        return {};
      }),
    },
    errors,
  };
}

function settingsOf(
  values: Readonly<Record<string, unknown>>,
  keys: readonly SettingKey[],
  place: string,
  errors: LockstepError[],
): RawSettings {
  const settings: RawSettings = {};
  for (const [name, value] of Object.entries(values)) {
    const key = keys.find((one) => one === name);
    const label = `${name} in ${place}`;
    const separator = key && settingNames[key].separator;
    if (key === undefined) {
      const known = all.find(([one]) => one === name)?.[1];
      errors.push(wrong(label, known?.secret === true ? secretReason(known) : 'is not a setting there'));
    } else if (value === null) continue;
    else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      settings[key] = String(value);
    } else if (separator !== undefined && Array.isArray(value)) settings[key] = value.map(String).join(separator);
    else errors.push(wrong(label, 'has a value that makes no sense'));
  }
  return settings;
}

const secretReason = ({ environment }: SettingName): string => `is a secret; give ${environment} instead`;

function wrong(label: string, why: string): LockstepError {
  return new LockstepError('LS1001', `${label} ${why}.`, { object: label });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON Schema (draft 7) of the file. */
export function configFileSchema(): object {
  const property = ([key, { value, help, separator }]: readonly [SettingKey, SettingName]): readonly [
    string,
    object,
  ] => [
    key,
    {
      description: help,
      ...(separator !== undefined
        ? { oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] }
        : { type: value === undefined ? 'boolean' : value === 'N' ? 'integer' : 'string' }),
    },
  ];
  const properties = (place: 'file' | 'directory'): object =>
    Object.fromEntries(all.filter(([key]) => keysFor(place).includes(key)).map(property));
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of the relay of Lockstep',
    type: 'object',
    additionalProperties: false,
    properties: {
      ...properties('file'),
      directories: {
        description: 'Directories that this relay reads, each with settings of its own.',
        type: 'array',
        items: { type: 'object', additionalProperties: false, properties: properties('directory') },
      },
    },
  };
}
