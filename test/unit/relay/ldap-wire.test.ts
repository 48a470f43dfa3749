import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeCookie,
  encodeCookie,
  isExpired,
  serversWith,
  wasSetBack,
  type LdapCookie,
  type ServerNow,
} from '../../../onprem-relay/directory/ldap/cookie.ts';
import {
  bindError,
  connectError,
  connectionLost,
  LdapResultError,
  protocolViolation,
  searchError,
} from '../../../onprem-relay/directory/ldap/ldap-errors.ts';
import { MessageFramer } from '../../../onprem-relay/directory/ldap/message-framer.ts';
import { addressText, isLoopback, openSocket } from '../../../onprem-relay/directory/ldap/transport.ts';
import { guidOf } from '../../support/facts.ts';

/** A BER SEQUENCE with its length written in the short form, or in so many bytes. */
function sequence(content: Uint8Array, lengthBytes = 0): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const header =
    lengthBytes === 0 ? [0x30, content.length] : [0x30, 0x80 | lengthBytes, ...length.subarray(4 - lengthBytes)];
  return Buffer.concat([Buffer.from(header), content]);
}

describe('the framer of LDAP messages', () => {
  const message = fc.oneof(
    fc.uint8Array({ maxLength: 127 }).map((content) => sequence(content)),
    fc
      .tuple(fc.uint8Array({ maxLength: 255 }), fc.integer({ min: 1, max: 4 }))
      .map(([content, bytes]) => sequence(content, bytes)),
    fc.integer({ min: 256, max: 5_000 }).map((size) => sequence(Buffer.alloc(size, 0x30), 2)),
  );

  it('gives the very messages that were sent, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 8 }),
        fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1 }),
        (messages, cuts) => {
          const stream = Buffer.concat(messages);
          const framer = new MessageFramer();
          const out: Buffer[] = [];
          for (let at = 0, i = 0; at < stream.length; i++) {
            // At least every other chunk has a byte, so that the stream comes to its end.
            const size = (cuts[i % cuts.length] ?? 1) + (i % 2);
            out.push(...framer.push(stream.subarray(at, at + size)));
            at += size;
          }
          expect(out.map((each) => each.toString('hex'))).toEqual(messages.map((each) => each.toString('hex')));
        },
      ),
    );
  });

  it('gives each message as soon as its last byte is there, byte by byte', () => {
    const framer = new MessageFramer();
    const two = Buffer.concat([sequence(Buffer.from('abc')), sequence(Buffer.alloc(200, 1), 4)]);
    const arrivals = [...two].flatMap((byte, i) => framer.push(Buffer.from([byte])).map((each) => [i, each.length]));
    expect(arrivals).toEqual([
      [4, 5],
      [two.length - 1, 206],
    ]);
  });

  it.each([
    ['another tag', [0x31, 0x00]],
    ['plain text', [...Buffer.from('HTTP/1.1 400')]],
    ['a TLS alert', [0x15, 0x03, 0x01, 0x00, 0x02]],
    ['the indefinite length', [0x30, 0x80, 0x00, 0x00]],
    ['a length of five bytes', [0x30, 0x85, 0, 0, 0, 0, 1]],
    ['a length beyond any message', [0x30, 0x84, 0xff, 0xff, 0xff, 0xff]],
  ])('refuses %s', (_what, bytes) => {
    expect(() => new MessageFramer().push(Buffer.from(bytes))).toThrow(RangeError);
  });

  it('refuses what follows a good message and is none', () => {
    expect(() => new MessageFramer().push(Buffer.concat([sequence(Buffer.from('a')), Buffer.from('oops')]))).toThrow(
      RangeError,
    );
  });
});

describe('the cookie', () => {
  const [server, other, database] = [guidOf(7), guidOf(8), guidOf(1)];
  const cookie: LdapCookie = {
    version: 4,
    namingContext: 'DC=contoso,DC=test',
    dirSync: 'AAEC',
    containers: 'Q29udGFpbmVycw==',
    scope: {
      settings: { include: ['OU=A,DC=contoso,DC=test'], exclude: [], filter: '(mail=*)' },
      named: { 'OU=A,DC=contoso,DC=test': guidOf(9) },
      pilot: 'AAEC',
    },
    at: '2026-01-01T00:00:00.000Z',
    servers: { [server]: { invocationId: database, usn: '9007199254740993' } },
  };

  it('survives the way to text and back', () => {
    const any = fc.record({
      version: fc.constant(4 as const),
      namingContext: fc.string({ unit: 'grapheme' }),
      dirSync: fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64')),
      containers: fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64')),
      scope: fc.option(
        fc.record({
          settings: fc.record(
            {
              include: fc.array(fc.string()),
              exclude: fc.array(fc.string()),
              filter: fc.string(),
              pilotGroup: fc.string(),
            },
            { requiredKeys: ['include', 'exclude'], noNullPrototype: true },
          ),
          named: fc.dictionary(fc.constantFrom('OU=A', database), fc.constant(server), { noNullPrototype: true }),
          pilot: fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64')),
        }),
      ),
      at: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-01-01') }).map((at) => at.toISOString()),
      servers: fc.dictionary(
        fc.constantFrom(server, other),
        fc.record({
          invocationId: fc.constant(database),
          usn: fc.bigInt({ min: 0n, max: 2n ** 63n }).map(String),
        }),
        { noNullPrototype: true },
      ),
    });
    fc.assert(
      fc.property(any, (each) => {
        expect(encodeCookie(each)).toMatch(/^[A-Za-z0-9+/]*={0,2}$/);
        expect(decodeCookie(encodeCookie(each))).toEqual(each);
      }),
    );
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['an LDIF hash', '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='],
    ['another version', encodeCookie({ ...cookie, version: 2 } as unknown as LdapCookie)],
    ['a USN that is no number', encodeCookie({ ...cookie, servers: { x: { invocationId: '', usn: '-1' } } })],
    ['a cookie that is no base64', encodeCookie({ ...cookie, dirSync: '!' })],
    ['one more field', encodeCookie({ ...cookie, more: 1 } as LdapCookie)],
    ['a cut text', encodeCookie(cookie).slice(0, 20)],
  ])('is none when it is %s: everything is read', (_what, text) => {
    expect(decodeCookie(text)).toBeUndefined();
  });

  const now = (usn: string, invocationId = database, of = server): ServerNow => ({ server: of, invocationId, usn });
  it.each<[string, ServerNow, boolean]>([
    ['the same number', now('9007199254740993'), false],
    ['a higher number', now('9007199254740994'), false],
    ['a lower number, beyond what a double tells apart', now('9007199254740992'), true],
    ['a number with fewer digits', now('999'), true],
    ['a restored database, however far it is', now('9007199254740999', guidOf(2)), true],
    ['a lower number of another domain controller', now('1', guidOf(2), other), false],
    ['a domain controller that cannot be told', undefined, false],
  ])('tells a database that was set back: %s', (_what, server, setBack) => {
    expect(wasSetBack(cookie, server)).toBe(setBack);
  });

  it('remembers every domain controller that gave one', () => {
    const servers = serversWith(cookie, now('5', guidOf(2), other));
    expect(Object.keys(servers).sort()).toEqual([server, other].sort());
    expect(wasSetBack({ ...cookie, servers }, now('1'))).toBe(true);
    expect(serversWith(cookie, undefined)).toEqual(cookie.servers);
  });

  it.each<[string, string, boolean]>([
    ['a day before', '2026-03-01T00:00:00Z', false],
    ['a day after', '2026-03-03T00:00:01Z', true],
    ['by a clock that was set back a year', '2025-01-01T00:00:00Z', false],
  ])('expires with the tombstones: %s', (_what, moment, expired) => {
    expect(isExpired(cookie, new Date(moment), 60)).toBe(expired);
  });
});

describe('a failure of the directory', () => {
  const badPassword = (data: string): LdapResultError =>
    new LdapResultError(
      49,
      `80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data ${data}, v1db1\0`,
    );

  it.each([
    ['525', 'no such user'],
    ['52e', 'the name or the password is wrong'],
    ['530', 'hour'],
    ['531', 'machine'],
    ['532', 'password has expired'],
    ['533', 'disabled'],
    ['701', 'account has expired'],
    ['773', 'must be changed'],
    ['775', 'locked out'],
    ['52E', 'the name or the password is wrong'],
    ['999', 'credentials are not valid (sub-code 999)'],
  ])('in a bind with sub-code %s is LS1102: %s', (data, text) => {
    const error = bindError(badPassword(data), 'CN=sync');
    expect(error).toMatchObject({ code: 'LS1102', object: 'CN=sync', retryable: false });
    expect(error.message).toContain(text);
  });

  it.each<[number, string, boolean]>([
    [8, 'LS1102', false],
    [13, 'LS1102', false],
    [49, 'LS1102', false],
    [51, 'LS1109', true],
    [52, 'LS1109', true],
    [53, 'LS1109', false],
    [1, 'LS1109', false],
  ])('in a bind with result code %i is %s, worth another try: %s', (resultCode, code, retryable) => {
    expect(bindError(new LdapResultError(resultCode, 'text'), 'CN=sync')).toMatchObject({ code, retryable });
  });

  it.each<[number, string, boolean]>([
    [1, 'LS1109', false],
    [3, 'LS1109', false],
    [11, 'LS1109', false],
    [12, 'LS1106', false],
    [32, 'LS1109', false],
    [50, 'LS1105', false],
    [51, 'LS1109', true],
    [52, 'LS1109', true],
    [53, 'LS1109', false],
    [80, 'LS1109', false],
  ])('in a search with result code %i is %s, worth another try: %s', (resultCode, code, retryable) => {
    const error = searchError(new LdapResultError(resultCode, ' 00002120: text '), 'DC=contoso');
    expect(error).toMatchObject({ code, retryable, object: 'DC=contoso' });
    expect(error.message).toContain(`(result code ${resultCode}, 00002120: text)`);
    expect(searchError(new LdapResultError(resultCode, ''), 'x').message).toContain(`(result code ${resultCode})`);
  });

  // What Node calls the verification errors of OpenSSL (tls "X509 certificate error codes"), revocation lists apart.
  it.each([
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
    'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
    'CERT_SIGNATURE_FAILURE',
    'CERT_NOT_YET_VALID',
    'CERT_HAS_EXPIRED',
    'ERROR_IN_CERT_NOT_BEFORE_FIELD',
    'ERROR_IN_CERT_NOT_AFTER_FIELD',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'CERT_CHAIN_TOO_LONG',
    'CERT_REVOKED',
    'INVALID_CA',
    'PATH_LENGTH_EXCEEDED',
    'INVALID_PURPOSE',
    'CERT_UNTRUSTED',
    'CERT_REJECTED',
    'HOSTNAME_MISMATCH',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ])('to connect with %s is a certificate that is not trusted: LS1103', (code) => {
    const error = connectError('ldaps://dc1:636', Object.assign(new Error('text'), { code }));
    expect(error).toMatchObject({ code: 'LS1103', retryable: false, object: 'ldaps://dc1:636' });
    expect(error.message).toContain(code);
  });

  it.each(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT', 'ECONNRESET', 'ERR_SSL_WRONG_VERSION_NUMBER', ''])(
    'to connect with %j is a server out of reach: LS1101',
    (code) => {
      expect(connectError('ldap://dc1:389', Object.assign(new Error('text'), { code }))).toMatchObject({
        code: 'LS1101',
        retryable: true,
      });
    },
  );

  it('in the middle passes by itself', () => {
    expect(connectionLost('ldap://dc1:389', 'why')).toMatchObject({ code: 'LS1108', retryable: true });
    expect(protocolViolation('ldap://dc1:389', 'what')).toMatchObject({ code: 'LS1106', retryable: true });
    expect(connectError('x', 'no error at all')).toMatchObject({ code: 'LS1101' });
  });
});

describe('the address of a domain controller', () => {
  it.each<[string, boolean]>([
    ['127.0.0.1', true],
    ['127.255.0.9', true],
    ['localhost', true],
    ['LOCALHOST', true],
    ['::1', true],
    ['127.0.0.1.evil.test', false],
    ['127.1.evil', false],
    ['localhost.evil.test', false],
    ['10.0.0.1', false],
    ['::2', false],
    ['', false],
  ])('%j is on this machine: %s', (host, loopback) => {
    expect(isLoopback(host)).toBe(loopback);
  });

  it('is written as an operator would', () => {
    expect(addressText({ host: 'dc1', port: 636, security: 'tls' })).toBe('ldaps://dc1:636');
    expect(addressText({ host: '::1', port: 389, security: 'start-tls' })).toBe('ldap://[::1]:389');
  });

  it('is refused before a byte is sent when the password would travel in clear', async () => {
    const address = { host: 'dc1.contoso.test', port: 389, security: 'plain' } as const;
    await expect(openSocket(address, new AbortController().signal)).rejects.toMatchObject({ code: 'LS1003' });
  });
});
