import { Ber, BerReader, BindRequest, type BerWriter } from 'ldapts';

/** One side of a GSS-API negotiation by Kerberos (RFC 2743 section 2.2). All methods throw LockstepError LS1115. */
export interface SecurityContext {
  /** Takes what the server said, nothing at first, and gives what it is to be told. */
  step(challenge: Buffer): Promise<Buffer>;
  /** True once both sides have proven who they are. */
  readonly complete: boolean;
  /** Opens and makes messages that only the two can have made. */
  unwrap(message: Buffer): Promise<Buffer>;
  wrap(message: Buffer): Promise<Buffer>;
}

/** Begins a negotiation with the domain controller of that host name. */
export type OpenSecurityContext = (host: string) => Promise<SecurityContext>;

/** What is said to the server, and what it answers; `done` when it takes the relay for who it is. */
export type SaslExchange = (token: Buffer) => Promise<{ readonly done: boolean; readonly challenge: Buffer }>;

/** Steps until the context stands; Kerberos takes one or two. */
const maxSteps = 8;
/** "No security layer", and the size of a message of it: TLS does that (RFC 4752 section 3.1; MS-ADTS 5.1.1.1.2 forbids both). */
const noLayer = Buffer.from([1, 0, 0, 0]);

/** SASL's mechanism GSSAPI (RFC 4752 section 3.1). False where the server leaves the way of the mechanism. */
export async function signInByKerberos(context: SecurityContext, exchange: SaslExchange): Promise<boolean> {
  let challenge: Buffer = Buffer.alloc(0);
  for (let step = 0; step < maxSteps && !context.complete; step += 1) {
    // What completes the context may leave nothing to say; the server then waits for just that.
    const answer = await exchange(await context.step(challenge));
    if (answer.done) return false;
    challenge = answer.challenge;
  }
  if (!context.complete) return false;
  const [offered = 0] = await context.unwrap(challenge);
  if ((offered & 1) === 0) return false;
  return (await exchange(await context.wrap(noLayer))).done;
}

const saslChoice = 0xa3;
const serverCredentials = 0x87;
const bindResponse = 0x61;
const referral = 0xa3;

/** A bind by SASL's GSSAPI. ldapts writes the credentials of a bind as text, which tokens are not. */
export class GssapiBindRequest extends BindRequest {
  readonly #token: Buffer;

  constructor(messageId: number, token: Buffer) {
    super({ messageId, dn: '', mechanism: 'GSSAPI' });
    this.#token = token;
  }

  /** BindRequest (RFC 4511 section 4.2): version, name, [3] SEQUENCE { mechanism, credentials }. */
  override writeMessage(writer: BerWriter): void {
    writer.writeInt(this.version);
    writer.writeString('');
    writer.startSequence(saslChoice);
    writer.writeString('GSSAPI');
    writer.writeBuffer(this.#token, Ber.OctetString);
    writer.endSequence();
  }
}

/** What the server says to the next step: [7] of a bind response (RFC 4511 section 4.2.2), empty where there is none. */
export function challengeIn(message: Buffer): Buffer {
  const reader = new BerReader(message);
  reader.readSequence();
  reader.readInt();
  reader.readSequence(bindResponse);
  reader.readEnumeration();
  reader.readString();
  reader.readString();
  while (reader.remain > 0) {
    const tag = reader.peek();
    if (tag === serverCredentials) return reader.readString(serverCredentials, true) ?? Buffer.alloc(0);
    if (tag !== referral) break;
    reader.readString(referral, true);
  }
  return Buffer.alloc(0);
}
