import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExpressionError } from '../../../../shared/rules/expressions/expression.ts';
import { fixture } from '../../../support/evaluation.ts';
import { failures } from './tables.ts';
import { valueFor, valueOf } from './world.ts';

/** Self-signed, of an elliptic curve; Node's own reader says what is in it. */
const certificate = new X509Certificate(fixture('certificate/laptop-7.pem'));
const bytes = new Uint8Array(certificate.raw);
const of = (call: string): unknown => valueFor(call, { objectGUID: bytes });
const name = 'E=it@contoso.test, CN=laptop-7, O=Contoso Ltd, DC=contoso';

describe('a certificate', () => {
  it.each<[string, unknown]>([
    ['CertThumbprint([objectGUID])', certificate.fingerprint.replaceAll(':', '')],
    ['CertHashString([objectGUID])', certificate.fingerprint.replaceAll(':', '')],
    ['CertSerialNumber([objectGUID])', certificate.serialNumber],
    ['CertSubject([objectGUID])', name],
    ['CertSubjectNameDN([objectGUID])', name],
    ['CertIssuer([objectGUID])', name],
    ['CertIssuerDN([objectGUID])', name],
    ['CertSubjectNameOid([objectGUID])', '1.2.840.113549.1.9.1'],
    ['CertIssuerOid([objectGUID])', '1.2.840.113549.1.9.1'],
    ['CertVersion([objectGUID])', 3n],
    ['CertFormat([objectGUID])', 'X509'],
    ['CertFriendlyName([objectGUID])', null],
    ['CertKeyAlgorithm([objectGUID])', '1.2.840.10045.2.1'],
    ['CertPublicKeyOid([objectGUID])', '1.2.840.10045.2.1'],
    ['CertPublicKeyParametersOid([objectGUID])', '1.2.840.10045.3.1.7'],
    ['CertKeyAlgorithmParams([objectGUID])', '06082A8648CE3D030107'],
    ['CertSignatureAlgorithmOid([objectGUID])', '1.2.840.10045.4.3.2'],
    ['CertExtensionOids([objectGUID])', ['2.5.29.19', '2.5.29.15']],
    ['CertNameInfo([objectGUID], SimpleName, False)', 'laptop-7'],
    ['CertNameInfo([objectGUID], SimpleName, True)', 'laptop-7'],
    ['CertNameInfo([objectGUID], DnsName, False)', 'laptop-7.contoso.test'],
    ['CertNameInfo([objectGUID], DnsFromAlternativeName, False)', 'laptop-7.contoso.test'],
    ['CertNameInfo([objectGUID], EmailName, False)', 'it@contoso.test'],
    ['CertNameInfo([objectGUID], UpnName, False)', 'anna@contoso.test'],
    ['CertNameInfo([objectGUID], UrlName, False)', ''],
    ['CertNameInfo([objectGUID], 0, False)', 'laptop-7'],
    ['IsCert([objectGUID])', true],
  ])('%s is what is in it', (call, value) => {
    expect(of(call)).toEqual(value);
  });

  it('is valid between two moments, in UTC', () => {
    const moment = (call: string): unknown => of(`FormatDateTime(${call}, "yyyy-MM-dd HH:mm:ss")`);
    const text = (date: Date): string => date.toISOString().slice(0, 19).replace('T', ' ');
    expect(moment('CertNotBefore([objectGUID])')).toBe(text(certificate.validFromDate));
    expect(moment('CertNotAfter([objectGUID])')).toBe(text(certificate.validToDate));
  });

  it('may be base64 of the bytes, as some tools store it', () => {
    const text = new TextEncoder().encode(certificate.raw.toString('base64'));
    expect(valueFor('CertSubject([objectGUID])', { objectGUID: text })).toBe(name);
  });

  it('is asked for each of several', () => {
    expect(valueFor('CertThumbprint([userCertificate])', { userCertificate: [bytes, bytes] })).toHaveLength(2);
  });
});

describe('what is no certificate', () => {
  failures([
    ['CertSubject([objectGUID])', /not a certificate/, { attributes: { objectGUID: Uint8Array.of(1, 2, 3) } }],
  ]);

  it('is told apart, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(bytes.length), (noise, at) => {
        expect(valueFor('IsCert([objectGUID])', { objectGUID: noise })).toBe(false);
        // One that is broken may still be one; it never fails with anything but an error of ours.
        const broken = Uint8Array.from([...bytes.subarray(0, at), ...noise, ...bytes.subarray(at + noise.length)]);
        try {
          valueFor('CertSubject([objectGUID])', { objectGUID: broken });
        } catch (error) {
          expect(error).toBeInstanceOf(ExpressionError);
        }
      }),
    );
  });

  it('has no value when there is nothing', () => {
    expect(valueOf('CertSubject([objectGUID])')).toBeNull();
    expect(valueOf('Thumbprint([objectGUID])')).toBeNull();
  });
});

describe('Thumbprint', () => {
  it('is the SHA-256 of any bytes', () => {
    const empty = valueFor('ConvertToBase64(Thumbprint([objectGUID]))', { objectGUID: new Uint8Array(0) });
    expect(empty).toBe('47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=');
  });
});
