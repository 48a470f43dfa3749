/** One attribute-value pair of a relative DN, unescaped. */
export interface DnPart {
  readonly type: string;
  readonly value: string;
}

/**
 * A distinguished name taken apart (RFC 4514 section 3): relative DNs from the object up to the root, each a list of
 * pairs (more than one where the RDN is multi-valued). The empty name gives an empty list.
 *
 * @throws SyntaxError when a part has no `=`, or an escape is broken.
 */
export function parseDn(dn: string): DnPart[][] {
  if (dn.trim() === '') return [];
  return splitUnescaped(dn, ',').map((rdn) => splitUnescaped(rdn, '+').map(parsePair));
}

/**
 * A form in which two spellings of one DN are equal: lower case, unescaped and escaped again in one way, no blanks around
 * separators. For comparison only, never for display. Active Directory compares names without regard to case
 * (MS-ADTS 3.1.1.3.1.1).
 *
 * @throws SyntaxError as {@link parseDn}.
 */
export function normalizeDn(dn: string): string {
  return parseDn(dn)
    .map((rdn) =>
      rdn
        .map(({ type, value }) => `${type.toLowerCase()}=${escapeValue(value.toLowerCase())}`)
        .sort()
        .join('+'),
    )
    .join(',');
}

/** The DN of the parent, spelled as in `dn`; empty for a name of one part. */
export function parentDn(dn: string): string {
  const parts = splitUnescaped(dn, ',');
  return trimUnescaped(parts.slice(1).join(','));
}

/** The value of the first relative DN, unescaped: the object's name. Empty when there is none. */
export function nameOfDn(dn: string): string {
  return parseDn(dn)[0]?.[0]?.value ?? '';
}

/**
 * The DNS name that the `DC=` parts at the end spell (RFC 2247), lower case: `contoso.test`. Empty when there is none.
 * Read from the end, for it is asked for with every object.
 */
export function fqdnOfDn(dn: string): string {
  let name = '';
  for (let end = dn.length; end > 0;) {
    const comma = dn.lastIndexOf(',', end - 1);
    const rdn = dn.slice(comma + 1, end);
    if (/[\\"+]/.test(rdn) || isEscaped(dn, comma)) return fqdnOfParts(dn);
    const label = domainLabel.exec(rdn)?.[1];
    if (label === undefined) return name;
    name = name === '' ? label.toLowerCase() : `${label.toLowerCase()}.${name}`;
    end = comma;
  }
  return name;
}

const domainLabel = /^\s*dc\s*= *(.*?) *$/i;

function isEscaped(text: string, at: number): boolean {
  return at > 0 && text[at - 1] === '\\';
}

function fqdnOfParts(dn: string): string {
  const labels: string[] = [];
  for (const rdn of parseDn(dn).reverse()) {
    const [pair] = rdn;
    if (rdn.length !== 1 || pair?.type.toLowerCase() !== 'dc') break;
    labels.unshift(pair.value.toLowerCase());
  }
  return labels.join('.');
}

const [backslash, quote] = [0x5c, 0x22];

/** Parts between separators that are neither escaped nor quoted; no more than the first `most`. */
function splitUnescaped(text: string, separator: string, most = Number.MAX_SAFE_INTEGER): string[] {
  const parts: string[] = [];
  const stop = separator.charCodeAt(0);
  let start = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === backslash) i++;
    else if (unit === quote) quoted = !quoted;
    else if (unit === stop && !quoted) {
      parts.push(text.slice(start, i));
      if (parts.length === most) return parts;
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

function parsePair(pair: string): DnPart {
  const equals = pair.indexOf('=');
  const type = pair.slice(0, equals).trim();
  if (equals < 0 || type === '') throw new SyntaxError(`Not a part of a distinguished name: "${pair}"`);
  return { type, value: unescapeValue(trimUnescaped(pair.slice(equals + 1))) };
}

/**
 * Blanks around a value are not part of it unless escaped; a blank after a lone backslash is (`\ `). Only U+0020 is a blank
 * to the grammar: other white space, such as a no-break space, belongs to the value.
 */
function trimUnescaped(value: string): string {
  if (!value.startsWith(' ') && !value.endsWith(' ')) return value;
  let start = 0;
  while (value[start] === ' ') start += 1;
  let end = value.length;
  while (end > start && value[end - 1] === ' ') end -= 1;
  let backslashes = 0;
  while (backslashes < end - start && value[end - 1 - backslashes] === '\\') backslashes += 1;
  return value.slice(start, end < value.length && backslashes % 2 === 1 ? end + 1 : end);
}

function unescapeValue(raw: string): string {
  // Names with an escape or a quote are rare.
  if (!raw.includes('\\') && !raw.startsWith('"')) return raw;
  const value = raw.length >= 2 && raw.startsWith('"') && raw.endsWith('"') ? raw.slice(1, -1) : raw;
  if (!hexEscape.test(value) && !endsInEscape.test(value)) return value.replace(plainEscape, '$1');
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (let i = 0; i < value.length;) {
    if (value[i] !== '\\') {
      const char = String.fromCodePoint(value.codePointAt(i) ?? 0);
      bytes.push(...encoder.encode(char));
      i += char.length;
      continue;
    }
    const hex = /^[0-9a-f]{2}/i.exec(value.slice(i + 1))?.[0];
    if (hex !== undefined) bytes.push(parseInt(hex, 16));
    else if (i + 1 < value.length) bytes.push(...encoder.encode(value[i + 1]));
    else throw new SyntaxError(`A distinguished name ends in the middle of an escape: "${raw}"`);
    i += hex === undefined ? 2 : 3;
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

const hexEscape = /\\[0-9a-f]{2}/i;
const endsInEscape = /(?<!\\)(?:\\\\)*\\$/;
const plainEscape = /\\(.)/gs;

function escapeValue(value: string): string {
  return value.replace(
    /[\\,+"<>;=\n\r\0]|^[ #]| $/g,
    (char) => `\\${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** The relative DNs as they are written, from the object up to the root; no more than the first `most`. */
export function rdnsOf(dn: string, most?: number): readonly string[] {
  return dn.trim() === '' ? [] : splitUnescaped(dn, ',', most).map(trimUnescaped);
}
