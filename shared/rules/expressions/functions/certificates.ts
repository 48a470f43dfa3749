import * as asn1 from 'asn1js';
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Value } from '../../value.ts';
import { hexText } from '../../../directory/bytes.ts';
import { bytesOfBase64Text } from './bytes.ts';
import { instantOfParts } from './date-parse.ts';
import {
  asBytes,
  define,
  FunctionFailure,
  listValue,
  type Argument,
  type FunctionDefinition,
  type FunctionTable,
} from './definition.ts';

/** An X.509 certificate (RFC 5280 section 4.1), as far as rules ask. */
interface Certificate {
  readonly bytes: Uint8Array;
  readonly version: number;
  readonly serial: Uint8Array;
  readonly signatureOid: string;
  readonly issuer: readonly NamePart[];
  readonly subject: readonly NamePart[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly keyOid: string;
  readonly keyParameters: Uint8Array | undefined;
  readonly extensions: readonly { readonly oid: string; readonly critical: boolean; readonly value: Uint8Array }[];
}

interface NamePart {
  readonly oid: string;
  readonly value: string;
}

const nameTypes: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'S',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'T',
  '2.5.4.42': 'G',
  '1.2.840.113549.1.9.1': 'E',
  '0.9.2342.19200300.100.1.25': 'DC',
  '0.9.2342.19200300.100.1.1': 'OID.0.9.2342.19200300.100.1.1',
};

/** Reads DER, or base64 of it as bytes of text. `undefined` when it is no certificate. */
function parseCertificate(input: Uint8Array): Certificate | undefined {
  const bytes = input[0] === 0x30 ? input : (bytesOfBase64Text(textOf(input)) ?? input);
  const { result, offset } = asn1.fromBER(Uint8Array.from(bytes).buffer);
  if (offset < 0 || !(result instanceof asn1.Sequence)) return undefined;
  const [body] = result.valueBlock.value;
  if (!(body instanceof asn1.Sequence)) return undefined;
  const parts = [...body.valueBlock.value];
  const tagged = (tag: number): asn1.BaseBlock | undefined => {
    const at = parts.findIndex((part) => part.idBlock.tagClass === 3 && part.idBlock.tagNumber === tag);
    return at < 0 ? undefined : parts.splice(at, 1)[0];
  };
  const version = childrenOf(tagged(0))[0];
  const extensions = childrenOf(childrenOf(tagged(3))[0]);
  const [serial, signature, issuer, validity, subject, key] = parts;
  const [notBefore, notAfter] = childrenOf(validity).map(dateOf);
  const [algorithm] = childrenOf(key);
  const [keyOid, keyParameters] = childrenOf(algorithm);
  const [signatureOid] = childrenOf(signature);
  if (!(serial instanceof asn1.Integer) || notBefore === undefined || notAfter === undefined) return undefined;
  if (!(keyOid instanceof asn1.ObjectIdentifier) || !(signatureOid instanceof asn1.ObjectIdentifier)) return undefined;
  return {
    bytes,
    version: version instanceof asn1.Integer ? version.valueBlock.valueDec + 1 : 1,
    serial: new Uint8Array(serial.valueBlock.valueHexView),
    signatureOid: signatureOid.valueBlock.toString(),
    issuer: nameOf(issuer),
    subject: nameOf(subject),
    notBefore,
    notAfter,
    keyOid: keyOid.valueBlock.toString(),
    keyParameters: keyParameters === undefined ? undefined : new Uint8Array(keyParameters.toBER()),
    extensions: extensions.flatMap((extension) => {
      const [oid, second, third] = childrenOf(extension);
      const value = third ?? second;
      if (!(oid instanceof asn1.ObjectIdentifier) || !(value instanceof asn1.OctetString)) return [];
      const critical = second instanceof asn1.Boolean && second.valueBlock.value;
      return [{ oid: oid.valueBlock.toString(), critical, value: new Uint8Array(value.valueBlock.valueHexView) }];
    }),
  };
}

function childrenOf(block: asn1.BaseBlock | undefined): readonly asn1.BaseBlock[] {
  if (block === undefined || !('valueBlock' in block)) return [];
  const { value } = (block as { valueBlock: { value?: unknown } }).valueBlock;
  return Array.isArray(value) ? (value as asn1.BaseBlock[]) : [];
}

function dateOf(block: asn1.BaseBlock): Date | undefined {
  return block instanceof asn1.UTCTime || block instanceof asn1.GeneralizedTime ? block.toDate() : undefined;
}

function nameOf(block: asn1.BaseBlock | undefined): readonly NamePart[] {
  return childrenOf(block).flatMap((set) =>
    childrenOf(set).flatMap((pair) => {
      const [oid, value] = childrenOf(pair);
      if (!(oid instanceof asn1.ObjectIdentifier) || value === undefined) return [];
      const text = (value as { getValue?: () => unknown }).getValue?.();
      return [{ oid: oid.valueBlock.toString(), value: typeof text === 'string' ? text : '' }];
    }),
  );
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).trim();
}

/** As Windows shows it: the most specific part first, `CN=…, O=…`. */
function nameText(name: readonly NamePart[]): string {
  return name
    .toReversed()
    .map(({ oid, value }) => {
      const quoted = /[,+"\\<>;=#\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
      return `${nameTypes[oid] ?? `OID.${oid}`}=${quoted}`;
    })
    .join(', ');
}

const partOf = (name: readonly NamePart[], ...oids: string[]): string | undefined => {
  for (const oid of oids) {
    const found = name.find((part) => part.oid === oid)?.value;
    if (found !== undefined) return found;
  }
  return undefined;
};

/** The kinds of names of .NET's X509NameType, by their words and numbers. */
const nameKinds = ['SimpleName', 'EmailName', 'UpnName', 'DnsName', 'DnsFromAlternativeName', 'UrlName'] as const;

function nameInfo(certificate: Certificate, kind: Argument, issuer: Argument): string {
  const name = issuer === true ? certificate.issuer : certificate.subject;
  const wanted = typeof kind === 'bigint' ? nameKinds[asIndex(kind)] : kind;
  const alternative = (tag: number): string | undefined => alternativeName(certificate, tag, issuer === true);
  switch (wanted) {
    case 'SimpleName':
      return partOf(name, '2.5.4.3', '2.5.4.11', '2.5.4.10', '1.2.840.113549.1.9.1') ?? alternative(1) ?? '';
    case 'EmailName':
      return alternative(1) ?? partOf(name, '1.2.840.113549.1.9.1') ?? '';
    case 'DnsName':
      return alternative(2) ?? partOf(name, '2.5.4.3') ?? '';
    case 'DnsFromAlternativeName':
      return alternative(2) ?? '';
    case 'UrlName':
      return alternative(6) ?? '';
    case 'UpnName':
      return principalName(certificate, issuer === true) ?? '';
    default:
      throw new FunctionFailure(`There is no kind of name "${typeof wanted === 'string' ? wanted : ''}".`);
  }
}

const asIndex = (value: bigint): number => Number(BigInt.asIntN(32, value));

/** GeneralNames of the subject's or the issuer's alternative name (RFC 5280 section 4.2.1.6). */
function alternativeNames(certificate: Certificate, issuer: boolean): readonly asn1.BaseBlock[] {
  const extension = certificate.extensions.find(({ oid }) => oid === (issuer ? '2.5.29.18' : '2.5.29.17'));
  if (extension === undefined) return [];
  return childrenOf(asn1.fromBER(Uint8Array.from(extension.value).buffer).result);
}

function alternativeName(certificate: Certificate, tag: number, issuer: boolean): string | undefined {
  const found = alternativeNames(certificate, issuer).find(
    (name) => name.idBlock.tagClass === 3 && name.idBlock.tagNumber === tag,
  );
  if (!(found instanceof asn1.Primitive)) return undefined;
  return textOf(new Uint8Array(found.valueBlock.valueHexView));
}

/** The user principal name of Microsoft's smart card certificates: an otherName. */
function principalName(certificate: Certificate, issuer: boolean): string | undefined {
  for (const name of alternativeNames(certificate, issuer)) {
    if (name.idBlock.tagNumber !== 0) continue;
    const [oid, wrapped] = childrenOf(name);
    if (!(oid instanceof asn1.ObjectIdentifier) || oid.valueBlock.toString() !== '1.3.6.1.4.1.311.20.2.3') continue;
    const [text] = childrenOf(wrapped);
    if (text instanceof asn1.Utf8String) return text.getValue();
  }
  return undefined;
}

function parsed(value: Argument): Certificate {
  const certificate = tryParse(asBytes(value));
  if (certificate === undefined) throw new FunctionFailure('The value is not a certificate.');
  return certificate;
}

function tryParse(bytes: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(bytes);
  } catch {
    // The reader throws errors of many kinds on bytes that are no ASN.1.
    return undefined;
  }
}

const of = (type: 'string' | 'number' | 'dateTime', read: (certificate: Certificate) => Value): FunctionDefinition =>
  define('bytes', type, ([bytes]) => read(parsed(bytes)));
const date = (value: Date): Value => instantOfParts(value.getTime(), 0n);
const upperHex = (bytes: Uint8Array): string => hexText(bytes).toUpperCase();

export const certificateFunctions: FunctionTable = {
  CertExtensionOids: define(
    'bytes',
    'string',
    ([bytes]) => listValue(parsed(bytes).extensions.flatMap(({ oid, critical }) => (critical ? [oid] : []))),
    { multiValued: true },
  ),
  CertFormat: of('string', () => 'X509'),
  CertFriendlyName: of('string', () => null),
  CertHashString: of('string', ({ bytes }) => upperHex(sha1(bytes))),
  CertIssuer: of('string', ({ issuer }) => nameText(issuer)),
  CertIssuerDN: of('string', ({ issuer }) => nameText(issuer)),
  CertIssuerOid: of('string', ({ issuer }) => issuer.at(-1)?.oid ?? null),
  CertKeyAlgorithm: of('string', ({ keyOid }) => keyOid),
  CertKeyAlgorithmParams: of('string', ({ keyParameters }) =>
    keyParameters === undefined ? null : upperHex(keyParameters),
  ),
  CertNameInfo: define(`bytes any:${nameKinds.join('|')} truth`, 'string', ([bytes, kind, issuer]) =>
    nameInfo(parsed(bytes), kind, issuer),
  ),
  // Entra Connect gives local time here; a rule that runs anywhere needs one that is the same everywhere.
  CertNotAfter: of('dateTime', ({ notAfter }) => date(notAfter)),
  CertNotBefore: of('dateTime', ({ notBefore }) => date(notBefore)),
  CertPublicKeyOid: of('string', ({ keyOid }) => keyOid),
  CertPublicKeyParametersOid: of('string', ({ keyParameters }) => {
    if (keyParameters === undefined) return null;
    const { result } = asn1.fromBER(Uint8Array.from(keyParameters).buffer);
    return result instanceof asn1.ObjectIdentifier ? result.valueBlock.toString() : null;
  }),
  CertSerialNumber: of('string', ({ serial }) => upperHex(serial)),
  CertSignatureAlgorithmOid: of('string', ({ signatureOid }) => signatureOid),
  CertSubject: of('string', ({ subject }) => nameText(subject)),
  CertSubjectNameDN: of('string', ({ subject }) => nameText(subject)),
  CertSubjectNameOid: of('string', ({ subject }) => subject.at(-1)?.oid ?? null),
  CertThumbprint: of('string', ({ bytes }) => upperHex(sha1(bytes))),
  CertVersion: of('number', ({ version }) => BigInt(version)),
  IsCert: define('bytes', 'boolean', ([bytes]) => tryParse(asBytes(bytes)) !== undefined),
  // The rule for keys of Windows Hello for Business makes a KeyHash of it: SHA-256 of all that follows (MS-ADTS 2.2.20.6).
  Thumbprint: define('bytes', 'binary', ([bytes]) => sha256(asBytes(bytes))),
};
