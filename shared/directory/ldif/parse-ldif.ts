import { LockstepError } from '../../errors/lockstep-error.ts';
import { base64Bytes, utf8Text } from '../bytes.ts';

/** One content record of an LDIF file. */
export interface LdifEntry {
  readonly dn: string;
  /** Where its `dn:` line stands, from 1. */
  readonly line: number;
  /** Values as bytes, by lower-case attribute name, in the file's order. */
  readonly attributes: ReadonlyMap<string, readonly Uint8Array[]>;
}

/** An unfolded line and where it began in the file. */
interface LogicalLine {
  readonly text: string;
  readonly line: number;
}

const attributeLine = /^([A-Za-z0-9][A-Za-z0-9.-]*(?:;[A-Za-z0-9-]+)*):([:<]?) *(.*)$/s;
const base64Form = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Reads an LDIF file (RFC 2849): folded lines, comments, base64, a version line, and records that are entries or say
 * `changetype: add`. Values from URLs (`attribute:< …`) and every other kind of change are refused: the file is a directory,
 * not a list of orders.
 *
 * @throws LockstepError LS1201 with the number of the line.
 */
export function parseLdif(text: string, file: string): LdifEntry[] {
  const fail = (line: number, why: string): never => {
    throw new LockstepError('LS1201', `Line ${line}: ${why}`, { object: `${file}:${line}` });
  };
  const entries: LdifEntry[] = [];
  for (const record of records(logicalLines(text, fail), fail)) {
    const entry = readRecord(record, fail);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

type Fail = (line: number, why: string) => never;

/** Joins continuation lines and drops comments; an empty line stays, for it ends a record. */
function* logicalLines(text: string, fail: Fail): Generator<LogicalLine> {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  let current: { text: string; line: number } | undefined;
  for (const [index, raw] of lines.entries()) {
    const line = index + 1;
    if (raw.startsWith(' ')) {
      if (current === undefined) fail(line, 'it continues a line that is not there.');
      else current.text += raw.slice(1);
      continue;
    }
    if (current !== undefined && !current.text.startsWith('#')) yield current;
    current = undefined;
    if (raw === '') yield { text: '', line };
    else current = { text: raw, line };
  }
  if (current !== undefined && !current.text.startsWith('#')) yield current;
}

function* records(lines: Iterable<LogicalLine>, fail: Fail): Generator<LogicalLine[]> {
  let record: LogicalLine[] = [];
  let atStart = true;
  for (const line of lines) {
    if (line.text === '') {
      if (record.length > 0) yield record;
      record = [];
      continue;
    }
    if (atStart && /^version:/i.test(line.text)) {
      if (!/^version: *1$/i.test(line.text)) fail(line.line, 'only version 1 of LDIF exists.');
    } else record.push(line);
    atStart = false;
  }
  if (record.length > 0) yield record;
}

function readRecord(record: readonly LogicalLine[], fail: Fail): LdifEntry | undefined {
  const [first, ...rest] = record;
  if (first === undefined) return undefined;
  const head = readLine(first, fail);
  if (head.name !== 'dn') return fail(first.line, 'a record must begin with "dn:".');
  const attributes = new Map<string, Uint8Array[]>();
  for (const line of rest) {
    const { name, value } = readLine(line, fail);
    if (name === 'dn') fail(line.line, 'a second "dn:" in one record; is the empty line between two records missing?');
    if (name === 'control') fail(line.line, 'controls have no place in a file that is read as a directory.');
    if (name === 'changetype') {
      if (utf8Text(value).trim() !== 'add') fail(line.line, 'only "changetype: add" can be read as an entry.');
      continue;
    }
    const values = attributes.get(name);
    if (values === undefined) attributes.set(name, [value]);
    else values.push(value);
  }
  if (attributes.size === 0) fail(first.line, 'the entry has no attributes.');
  return { dn: utf8Text(head.value), line: first.line, attributes };
}

function readLine({ text, line }: LogicalLine, fail: Fail): { readonly name: string; readonly value: Uint8Array } {
  const [, name, kind, value = ''] = attributeLine.exec(text) ?? [];
  if (name === undefined) return fail(line, `"${text.slice(0, 60)}" is not of the form "attribute: value".`);
  if (kind === '<') return fail(line, 'values from URLs are not read.');
  if (kind === ':' && !base64Form.test(value)) return fail(line, 'the value after "::" is not base64.');
  // Options (`;lang-de`, `;binary`) describe the value; the change stream knows attributes by their bare name.
  const bare = name.toLowerCase().split(';')[0] ?? '';
  return { name: bare, value: kind === ':' ? base64Bytes(value) : new TextEncoder().encode(value) };
}
