import { describe, expect, it } from 'vitest';
import type { DirectoryEntry } from '../../../onprem-relay/directory/ldap/entry.ts';
import { SignInNoise } from '../../../onprem-relay/directory/ldap/noise.ts';

const [title, lastLogonTimestamp, lockoutTime] = [0xc, 0x906a0, 0x90296];

/** An object as the notification shows it: each attribute with the USN of its last change. */
function entry(usn: number, changes: readonly (readonly [attribute: number, usn: number])[] | Buffer): DirectoryEntry {
  return {
    dn: 'CN=ann',
    guid: undefined,
    attributes: new Map([
      ['usnchanged', { whole: [Buffer.from(String(usn))] }],
      ['replpropertymetadata', { whole: [Buffer.isBuffer(changes) ? changes : metadata(changes)] }],
    ]),
  };
}

function metadata(changes: readonly (readonly [attribute: number, usn: number])[]): Buffer {
  const bytes = Buffer.alloc(16 + 48 * changes.length);
  bytes.writeUInt32LE(1, 0);
  bytes.writeUInt32LE(changes.length, 8);
  changes.forEach(([attribute, usn], n) => {
    bytes.writeUInt32LE(attribute, 16 + 48 * n);
    bytes.writeBigUInt64LE(BigInt(usn), 16 + 48 * n + 40);
  });
  return bytes;
}

const noise = (watched: readonly string[] = [], since = '100'): SignInNoise => new SignInNoise(since, new Set(watched));
const signIn = entry(110, [
  [title, 90],
  [lastLogonTimestamp, 110],
]);

describe('the noise of sign-ins', () => {
  it('is a sign-in since the last ring', () => {
    expect(noise().isNoise(signIn)).toBe(true);
  });

  it('is a lock-out beside it', () => {
    const both = [
      [lastLogonTimestamp, 110],
      [lockoutTime, 109],
    ] as const;
    expect(noise().isNoise(entry(110, both))).toBe(true);
  });

  it.each<[string, DirectoryEntry]>([
    ['another change', entry(110, [[title, 110]])],
    [
      'a sign-in that came together with another change',
      entry(110, [
        [title, 109],
        [lastLogonTimestamp, 110],
      ]),
    ],
    ['a member, which raises the USN of the object alone', entry(111, [[lastLogonTimestamp, 110]])],
    ['a change of long ago, told late', entry(95, [[title, 95]])],
    ['a sign-in of long ago, told late', entry(95, [[lastLogonTimestamp, 95]])],
    ['metadata of another version', entry(110, Buffer.alloc(64, 2))],
    ['metadata that ends too early', entry(110, metadata([[lastLogonTimestamp, 110]]).subarray(0, 50))],
    ['metadata of nothing', entry(110, Buffer.alloc(0))],
    ['no metadata', { dn: 'CN=ann', guid: undefined, attributes: new Map() }],
  ])('is not %s', (_, changed) => {
    expect(noise().isNoise(changed)).toBe(false);
  });

  it('is none where the scope asks for the time', () => {
    expect(noise(['lastlogontimestamp']).isNoise(signIn)).toBe(false);
  });

  it('is judged by what was rung for meanwhile', () => {
    const own = noise();
    const changes = [
      [title, 120],
      [lastLogonTimestamp, 125],
    ] as const;
    expect(own.isNoise(entry(120, [[title, 120]]))).toBe(false);
    // The ring for the title has led to a read; only the sign-in is new.
    expect(own.isNoise(entry(125, changes))).toBe(true);
    // Noise is no ring: a title changed at 130 is new, although a sign-in came at 140.
    expect(
      own.isNoise(
        entry(140, [
          [title, 130],
          [lastLogonTimestamp, 140],
        ]),
      ),
    ).toBe(false);
  });

  it('is told from the first ring on where the server does not say its USN', () => {
    const own = noise([], '');
    expect(own.isNoise(signIn)).toBe(false);
    expect(own.isNoise(entry(120, [[lastLogonTimestamp, 120]]))).toBe(true);
  });
});
