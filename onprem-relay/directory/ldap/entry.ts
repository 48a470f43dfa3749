import type { SearchEntry } from 'ldapts';
import { guidFromBytes } from '../../../shared/directory/guid.ts';

/** The values of one attribute as the server sent them, by the way it sent them. */
export interface EntryAttribute {
  /** The attribute by its bare name: the value or the list as it now is; empty means cleared. */
  readonly whole?: readonly Buffer[] | undefined;
  /** `name;range=1-1` in a DirSync answer: link values that were added (MS-ADTS 3.1.1.3.4.1.3). */
  readonly added?: readonly Buffer[] | undefined;
  /** `name;range=0-0` in a DirSync answer: link values that were removed. */
  readonly removed?: readonly Buffer[] | undefined;
  /** `name;range=0-1499` in an ordinary answer: a part of the list, and where the rest begins (MS-ADTS 3.1.1.3.1.3.3). */
  readonly partUntil?: number | undefined;
}

/** An entry with its values still as bytes. */
export interface DirectoryEntry {
  /** Without the extended form's GUID and SID. */
  readonly dn: string;
  readonly guid: string | undefined;
  /** By lower-case name, without options. */
  readonly attributes: ReadonlyMap<string, EntryAttribute>;
}

/**
 * Takes a search entry apart. `incremental` says how to read range options: in a DirSync answer `0-0` and `1-1` mark removed
 * and added links; in an ordinary one a range is an interval.
 */
export function readEntry(entry: SearchEntry, incremental: boolean): DirectoryEntry {
  const attributes = new Map<string, EntryAttribute>();
  for (const attribute of entry.attributes) {
    const [type = '', ...options] = attribute.type.toLowerCase().split(';');
    const range = options.find((option) => option.startsWith('range='))?.slice('range='.length);
    const values = attribute.parsedBuffers;
    // Beside a part of a long list stands the bare name without values, in front of it or behind.
    if (!incremental && range === undefined && values.length === 0 && attributes.has(type)) continue;
    attributes.set(type, { ...attributes.get(type), ...(incremental ? delta(range, values) : part(range, values)) });
  }
  const name = parseExtendedDn(entry.name);
  const objectGuid = attributes.get('objectguid')?.whole?.[0];
  return {
    dn: name.dn,
    guid: objectGuid?.length === 16 ? guidFromBytes(objectGuid) : name.guid,
    attributes,
  };
}

function delta(range: string | undefined, values: readonly Buffer[]): EntryAttribute {
  if (range === '1-1') return { added: values };
  if (range === '0-0') return { removed: values };
  return { whole: values };
}

function part(range: string | undefined, values: readonly Buffer[]): EntryAttribute {
  const end = range === undefined ? undefined : /^\d+-(\d+)$/.exec(range)?.[1];
  return { whole: values, partUntil: end === undefined ? undefined : Number(end) };
}

/** The first value of an attribute as text; `undefined` when it has none. */
export function textOf(entry: DirectoryEntry, name: string): string | undefined {
  return entry.attributes.get(name.toLowerCase())?.whole?.[0]?.toString('utf8');
}

const extended = /^((?:<[^>]*>;)*)(.*)$/s;

/** Splits `<GUID=…>;<SID=…>;CN=…` (MS-ADTS 3.1.1.3.4.1.5, option 1). A plain DN has no GUID. */
export function parseExtendedDn(text: string): { readonly dn: string; readonly guid: string | undefined } {
  const [, prefix = '', dn = ''] = extended.exec(text) ?? [];
  const guid = /<GUID=([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})>/i.exec(prefix)?.[1];
  return { dn, guid: guid?.toLowerCase() };
}
