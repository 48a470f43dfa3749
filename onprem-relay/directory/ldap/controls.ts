import { Ber, BerWriter, Control, type BerReader } from 'ldapts';

/** Control object identifiers of Active Directory (MS-ADTS 3.1.1.3.4.1). */
export const controlOids = {
  /** LDAP_SERVER_SHOW_DELETED_OID */
  showDeleted: '1.2.840.113556.1.4.417',
  /** LDAP_SERVER_NOTIFICATION_OID */
  notification: '1.2.840.113556.1.4.528',
  /** LDAP_SERVER_EXTENDED_DN_OID */
  extendedDn: '1.2.840.113556.1.4.529',
  /** LDAP_SERVER_DIRSYNC_OID */
  dirSync: '1.2.840.113556.1.4.841',
} as const;

/** A critical control whose whole request value is known beforehand, or that has none. */
class FixedControl extends Control {
  readonly #value: Buffer | undefined;

  constructor(oid: string, value?: Buffer) {
    super(oid, { critical: true });
    this.#value = value;
  }

  protected override writeControl(writer: BerWriter): void {
    if (this.#value !== undefined) writer.writeBuffer(this.#value, Ber.OctetString);
  }
}

/** Lets a search see deleted objects (MS-ADTS 3.1.1.3.4.1.14). */
export function showDeleted(): Control {
  return new FixedControl(controlOids.showDeleted);
}

/** Turns a search into a standing one: an entry comes whenever an object of its scope changes (MS-ADTS 3.1.1.3.4.1.9). */
export function changeNotification(): Control {
  return new FixedControl(controlOids.notification);
}

/**
 * Names come as `<GUID=6f1c…>;<SID=S-1-…>;CN=…`, so a link tells its target without a look-up (MS-ADTS 3.1.1.3.4.1.5;
 * the value is SEQUENCE { flag INTEGER }, flag 1 asks for the readable form).
 */
export function extendedDn(): Control {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(1);
  writer.endSequence();
  return new FixedControl(controlOids.extendedDn, writer.buffer);
}

/** Flags of the DirSync request (MS-ADTS 3.1.1.3.4.1.3). */
const dirSyncFlags = {
  /** Read with the rights of the account instead of the replication right. */
  objectSecurity: 0x1,
  /** Parents before children, as far as the server honours it. */
  ancestorsFirstOrder: 0x800,
  /** Links come as added and removed values instead of the whole list. */
  incrementalValues: 0x80000000,
} as const;

/**
 * The DirSync control: a search that answers what changed since a cookie. Also the place where the answer's control value
 * ends up: SEQUENCE { moreResults INTEGER, unused INTEGER, cookie OCTET STRING }.
 */
export class DirSyncControl extends Control {
  /** Opaque; empty asks for everything. Replaced by the answer's. */
  cookie: Buffer;
  /** The server has more to give for this cookie. */
  more = false;
  /** False until an answer was read: a server that does not know the control must not look like one without changes. */
  answered = false;

  constructor(cookie: Buffer) {
    super(controlOids.dirSync, { critical: true });
    this.cookie = cookie;
  }

  protected override writeControl(writer: BerWriter): void {
    const value = new BerWriter();
    value.startSequence();
    // `| 0`: the flags are a signed 32-bit integer on the wire, and the highest bit is one of them.
    value.writeInt(dirSyncFlags.objectSecurity | dirSyncFlags.ancestorsFirstOrder | dirSyncFlags.incrementalValues | 0);
    value.writeInt(0x7fffffff);
    value.writeBuffer(this.cookie, Ber.OctetString);
    value.endSequence();
    writer.writeBuffer(value.buffer, Ber.OctetString);
  }

  protected override parseControl(reader: BerReader): void {
    if (reader.readSequence() === null) return;
    this.more = reader.readInt() !== 0;
    reader.readInt();
    this.cookie = Buffer.from(reader.readString(Ber.OctetString, true) ?? Buffer.alloc(0));
    this.answered = true;
  }
}
