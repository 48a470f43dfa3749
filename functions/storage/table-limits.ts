import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import type { RowOperation } from './table.ts';

// Limits of the service (Azure Table storage data model; scalability targets). Enforced here because the emulator
// takes larger rows than the service does.
const maxPropertyBytes = 64 * 1024;
const maxRowBytes = 1024 * 1024;
const maxProperties = 252;
const maxTransactionRows = 100;
/** 4 MiB with room for the multipart framing and JSON escapes around each row. */
const maxTransactionBytes = 3 * 1024 * 1024;

/** Bytes that the service counts: text is stored as UTF-16. */
const sizeOf = (value: string | number | boolean): number => (typeof value === 'string' ? value.length * 2 : 8);

export function rowBytes(operation: RowOperation): number {
  if (operation.kind === 'delete') return operation.rowKey.length * 2;
  return Object.entries(operation.values).reduce(
    (sum, [name, value]) => sum + name.length * 2 + sizeOf(value),
    operation.rowKey.length * 2,
  );
}

/** Throws LS4002 when the service would refuse the row. */
export function checkRow(operation: Extract<RowOperation, { kind: 'put' }>): void {
  const names = Object.keys(operation.values);
  const tooLong = names.find((name) => sizeOf(operation.values[name] ?? '') > maxPropertyBytes);
  const reason =
    names.length > maxProperties
      ? `it has ${names.length} properties; the service takes ${maxProperties}`
      : tooLong !== undefined
        ? `its property ${tooLong} is larger than 64 KiB`
        : rowBytes(operation) > maxRowBytes
          ? 'it is larger than 1 MiB'
          : undefined;
  if (reason !== undefined)
    throw new LockstepError('LS4002', `The row "${operation.rowKey}" cannot be stored: ${reason}.`, {
      object: operation.rowKey,
    });
}

/**
 * Cuts operations into transactions. A row may stand in a transaction once (the service refuses the second), so a
 * repetition begins a new one.
 */
export function* transactionsOf(operations: readonly RowOperation[]): Iterable<readonly RowOperation[]> {
  let part: RowOperation[] = [];
  let keys = new Set<string>();
  let bytes = 0;
  for (const operation of operations) {
    const size = rowBytes(operation);
    if (part.length >= maxTransactionRows || bytes + size > maxTransactionBytes || keys.has(operation.rowKey)) {
      yield part;
      part = [];
      keys = new Set();
      bytes = 0;
    }
    part.push(operation);
    keys.add(operation.rowKey);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

/** Spreads a long text over numbered properties, each below the service's limit. */
export function splitText(name: string, text: string): Record<string, string> {
  const length = maxPropertyBytes / 2;
  const parts: Record<string, string> = {};
  for (let i = 0; i === 0 || i * length < text.length; i += 1)
    parts[`${name}${i}`] = text.slice(i * length, (i + 1) * length);
  return parts;
}

export function joinText(name: string, values: Readonly<Record<string, string | number | boolean>>): string {
  let text = '';
  for (let i = 0; typeof values[`${name}${i}`] === 'string'; i += 1) text += String(values[`${name}${i}`]);
  return text;
}
