import type { LdifRecord, LdifValue } from './write-ldif.ts';

const attributeLine = /^([A-Za-z0-9][A-Za-z0-9.-]*)(?:;[A-Za-z0-9-]+)*:(:?) *(.*)$/s;

/**
 * The content records of LDIF text (RFC 2849): folded lines, comments, base64 and the version line. Values that are text
 * come as text, others as bytes. Options of attributes are dropped; change records and values from URLs are refused, for a
 * dump of a directory has neither.
 *
 * @throws Error that quotes the line that is not understood.
 */
export function readLdif(text: string): LdifRecord[] {
  const records: LdifRecord[] = [];
  for (const block of text.replaceAll('\r\n', '\n').split(/\n{2,}/)) {
    // A comment may be folded too, so lines are joined before comments go.
    const lines = block.replaceAll('\n ', '').split('\n');
    const [first, ...rest] = lines.filter((line) => !/^(?:$|#|version:)/.test(line)).map(readLine);
    if (first === undefined) continue;
    const [name, dn] = first;
    if (name !== 'dn' || typeof dn !== 'string')
      throw new Error(`A record does not begin with its DN but with ${name}.`);
    if (rest.some(([attribute]) => attribute === 'changetype')) throw new Error(`${dn} is a change, not an entry.`);
    records.push({ dn, attributes: rest });
  }
  return records;
}

function readLine(line: string): readonly [string, LdifValue] {
  const [, name, base64, value] = attributeLine.exec(line) ?? [];
  if (name === undefined || value === undefined || value.startsWith('<')) {
    throw new Error(`Not an attribute and its value: "${line.slice(0, 80)}"`);
  }
  return [name, base64 === '' ? value : textOrBytes(Buffer.from(value, 'base64'))];
}

/** Text where the bytes are UTF-8 (RFC 3629) that says the same when written again, bytes otherwise. */
function textOrBytes(bytes: Buffer): LdifValue {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : new Uint8Array(bytes);
}
