/** A BER element of definite length (RFC 4511 section 5.1). */
export interface Element {
  readonly tag: number;
  readonly body: Buffer;
}

export function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes.readUInt8(at);
    const short = bytes.readUInt8(at + 1);
    const more = short < 0x80 ? 0 : short - 0x80;
    const length = more === 0 ? short : bytes.readUIntBE(at + 2, more);
    const start = at + 2 + more;
    found.push({ tag, body: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}

export function encode(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const length =
    body.length < 0x80 ? [body.length] : [0x84, ...[24, 16, 8, 0].map((shift) => (body.length >>> shift) & 0xff)];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

/** OCTET STRING. */
export function text(value: string | Uint8Array): Buffer {
  return encode(0x04, typeof value === 'string' ? Buffer.from(value) : value);
}

/** INTEGER, or with another tag ENUMERATED, from 0 to 2^31 - 1. */
export function integer(value: number, tag = 0x02): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return encode(tag, bytes);
}

export function integerOf({ body }: Element): number {
  return body.readIntBE(0, body.length);
}
