/** An attribute value as it is written: text, or bytes that always go out as base64. */
export type LdifValue = string | Uint8Array;

/** An entry to be written; attributes keep their order, and a name may come more than once. */
export interface LdifRecord {
  readonly dn: string;
  readonly attributes: readonly (readonly [name: string, value: LdifValue])[];
  /** A line of text in front of the entry, without the `#`. */
  readonly comment?: string | undefined;
}

// RFC 2849 leaves the width of lines to the writer; 76 is what its own examples keep to.
const width = 76;
// RFC 2849 SAFE-STRING: ASCII without NUL, LF and CR, not beginning with a blank, ':' or '<'. Control characters and a
// blank at the end are legal there but do not survive editors, so they become base64 too (note 8 of the RFC).
const safe = /^(?:[\x21-\x39\x3b\x3d-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/;

/** One content record of RFC 2849, with the empty line that ends it. */
export function writeRecord(record: LdifRecord): string {
  const lines = record.attributes.map(([name, value]) => writeLine(name, value));
  const comment = record.comment === undefined ? [] : [`# ${record.comment}`];
  return [...comment, writeLine('dn', record.dn), ...lines, '', ''].join('\n');
}

/** `name: value` or `name:: base64`, folded. */
export function writeLine(name: string, value: LdifValue): string {
  if (typeof value === 'string' && safe.test(value)) return fold(value === '' ? `${name}:` : `${name}: ${value}`);
  return fold(`${name}:: ${Buffer.from(value).toString('base64')}`);
}

/** Continuation lines begin with one blank that does not belong to the value (RFC 2849 note 2). */
function fold(line: string): string {
  if (line.length <= width) return line;
  const rest = line.slice(width).match(new RegExp(`.{1,${width - 1}}`, 'g')) ?? [];
  return [line.slice(0, width), ...rest].join('\n ');
}
