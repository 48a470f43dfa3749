/** LDAP messages are at most this long; more is a broken stream, not a message (a group of a million members has 130 MB). */
const longestMessage = 512 * 1024 * 1024;

/**
 * Cuts a byte stream into whole LDAP messages. An LDAPMessage is a BER SEQUENCE of definite length (RFC 4511 sections 4.1.1
 * and 5.1), so tag and length tell where it ends. Chunks are joined once a message, not once a chunk: an entry with all
 * members of a large group arrives in hundreds of chunks.
 */
export class MessageFramer {
  #chunks: Buffer[] = [];
  #buffered = 0;
  /** Whole length of the message that is arriving, once its header is there. */
  #expected: number | undefined;

  /**
   * Takes the next bytes and gives the messages that they complete.
   *
   * @throws RangeError when the bytes are not a sequence of LDAP messages.
   */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    const messages: Buffer[] = [];
    for (;;) {
      this.#expected ??= messageLength(this.#head());
      if (this.#expected === undefined || this.#buffered < this.#expected) return messages;
      messages.push(this.#take(this.#expected));
      this.#expected = undefined;
    }
  }

  #head(): Buffer {
    if ((this.#chunks[0]?.length ?? 0) < headerBytes && this.#chunks.length > 1) this.#join();
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  #take(length: number): Buffer {
    this.#join();
    const all = this.#chunks[0] ?? Buffer.alloc(0);
    this.#chunks = all.length > length ? [all.subarray(length)] : [];
    this.#buffered = all.length - length;
    return all.subarray(0, length);
  }

  #join(): void {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
  }
}

/** One byte tag, one byte length, at most four more bytes of length. */
const headerBytes = 6;

function messageLength(head: Buffer): number | undefined {
  if (head.length < 2) return undefined;
  if (head[0] !== 0x30) throw new RangeError('The stream does not continue with an LDAP message.');
  const short = head[1] ?? 0;
  if (short < 0x80) return 2 + short;
  const bytes = short & 0x7f;
  if (bytes === 0 || bytes > 4) throw new RangeError('An LDAP message has a length that RFC 4511 does not allow.');
  if (head.length < 2 + bytes) return undefined;
  const length = 2 + bytes + head.readUIntBE(2, bytes);
  if (length > longestMessage) throw new RangeError(`An LDAP message claims to have ${length} bytes.`);
  return length;
}
