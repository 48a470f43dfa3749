import type { DirectoryEntry } from './entry.ts';

/**
 * Attributes that sign-ins change and the relay never reads, by their ATTRTYP: the prefix 1.2.840.113556.1.4 is number 9 of the
 * default prefix table (MS-DRSR 5.16.4), the last arc stands below it. Attributes that are not replicated never show here.
 */
const noisy: ReadonlyMap<number, string> = new Map([
  [attrTyp(1696), 'lastlogontimestamp'],
  [attrTyp(662), 'lockouttime'],
  [attrTyp(1970), 'msds-lastsuccessfulinteractivelogontime'],
  [attrTyp(1971), 'msds-lastfailedinteractivelogontime'],
  [attrTyp(1972), 'msds-failedinteractivelogoncount'],
  [attrTyp(1973), 'msds-failedinteractivelogoncountatlastsuccessfullogon'],
]);

function attrTyp(lastArc: number): number {
  return 0x90000 | lastArc;
}

/** What the doorbell has to ask for, to tell noise. */
export const noiseAttributes = ['uSNChanged', 'replPropertyMetaData'] as const;

/**
 * Tells changes that sign-ins make from all others, by what replication knows of an object: which attribute was last changed
 * under which update sequence number (USN) of this domain controller.
 */
export class SignInNoise {
  readonly #noisy: ReadonlySet<number>;
  /** Whatever was changed up to here was rung for. */
  #rungUpTo: bigint;

  /** `highestUsn`: of the moment when the search was put up, as rootDSE has it. `watched`: lower-case names that matter all the same. */
  constructor(highestUsn: string, watched: ReadonlySet<string>) {
    this.#noisy = new Set([...noisy].filter(([, name]) => !watched.has(name)).map(([type]) => type));
    this.#rungUpTo = /^\d+$/.test(highestUsn) ? BigInt(highestUsn) : 0n;
  }

  /**
   * True when everything that changed since the last ring is noise. One answer of a server may stand for several changes of an
   * object, so all that are new are looked at. What is not understood is no noise: a ring too many costs one read.
   */
  isNoise({ attributes }: DirectoryEntry): boolean {
    const usn = attributes.get('usnchanged')?.whole?.[0]?.toString('latin1') ?? '';
    const changes = changedProperties(attributes.get('replpropertymetadata')?.whole?.[0]);
    if (changes === undefined || !/^\d+$/.test(usn)) return false;
    const changed = BigInt(usn);
    const fresh = changes.filter((change) => change.usn > this.#rungUpTo);
    // A changed member raises the USN of the object and of none of its properties.
    const explained = fresh.some((change) => change.usn === changed);
    if (explained && fresh.every(({ attribute }) => this.#noisy.has(attribute))) return true;
    if (changed > this.#rungUpTo) this.#rungUpTo = changed;
    return false;
  }
}

interface ChangedProperty {
  /** ATTRTYP. */
  readonly attribute: number;
  readonly usn: bigint;
}

const headerBytes = 16;
/** ATTRTYP, version, time, id of the originating server, its USN, the USN here: an AttributeStamp (MS-ADTS 3.1.1.1.9). */
const propertyBytes = 48;

/**
 * `replPropertyMetaData` (MS-ADA3 2.192) as domain controllers keep it, little-endian: version 1, how many, then so many stamps.
 * It is no published interface, so any other form is `undefined`.
 */
function changedProperties(value: Buffer | undefined): readonly ChangedProperty[] | undefined {
  if (value === undefined || value.length < headerBytes || value.readUInt32LE(0) !== 1) return undefined;
  const count = value.readUInt32LE(8);
  if (value.length < headerBytes + count * propertyBytes) return undefined;
  return Array.from({ length: count }, (_, n) => {
    const at = headerBytes + n * propertyBytes;
    return { attribute: value.readUInt32LE(at), usn: value.readBigUInt64LE(at + propertyBytes - 8) };
  });
}
