import { X509Certificate } from 'node:crypto';
import type { BusAddress } from '../bus/bus.ts';
import type { BusRoute } from '../bus/route.ts';
import type { RelayIdentity } from '../identity/credential.ts';
import type { HttpProxy } from '../network/proxy.ts';
import { labelOf, type SettingKey } from './names.ts';
import { isOn, type RawSettings } from './raw-settings.ts';

/** What reading needs of whoever collects the mistakes. */
export interface Collector {
  wrong(key: SettingKey, why: string): void;
  /** The file's text; `undefined`, and a mistake, when it cannot be read. */
  file(key: SettingKey, path: string): string | undefined;
}

/** Where Service Bus is, as whom and by which way to reach it; `undefined` when that is not said. */
export function busSettings(raw: RawSettings, collector: Collector): BusAddress | undefined {
  const { busConnectionString: connectionString, busNamespace: fullyQualifiedNamespace } = raw;
  const route = routeOf(raw, collector);
  if (connectionString !== undefined && fullyQualifiedNamespace !== undefined)
    collector.wrong('busNamespace', `contradicts ${labelOf('busConnectionString')}; give one of them`);
  if (connectionString !== undefined) return { connectionString, route };
  if (fullyQualifiedNamespace === undefined) {
    collector.wrong('busNamespace', `or ${labelOf('busConnectionString')} is required`);
    return undefined;
  }
  const identity = identityOf(raw, collector);
  return identity && { fullyQualifiedNamespace, identity, route };
}

/** As whom to sign in to Azure. Without a word of it, as the machine. */
export function identityOf(raw: RawSettings, collector: Collector): RelayIdentity | undefined {
  const { busClientId: clientId, busTenantId: tenantId, busCertificateFile, busFederatedTokenFile: tokenFile } = raw;
  if (busCertificateFile === undefined && tokenFile === undefined) return { kind: 'managed-identity', clientId };
  if (busCertificateFile !== undefined && tokenFile !== undefined)
    collector.wrong('busFederatedTokenFile', `contradicts ${labelOf('busCertificateFile')}; give one of them`);
  const proof = busCertificateFile === undefined ? 'a federated token' : 'a certificate';
  if (clientId === undefined) collector.wrong('busClientId', `is required with ${proof}`);
  if (tenantId === undefined) collector.wrong('busTenantId', `is required with ${proof}`);
  const pem = busCertificateFile && collector.file('busCertificateFile', busCertificateFile);
  if (pem !== undefined && !(isCertificate(pem) && pem.includes('PRIVATE KEY-----')))
    collector.wrong('busCertificateFile', 'does not hold a certificate and a private key in PEM form');
  else if (pem !== undefined && new X509Certificate(pem).publicKey.asymmetricKeyType !== 'rsa')
    collector.wrong('busCertificateFile', 'holds no RSA key, and Entra accepts no other kind');
  if (tokenFile !== undefined) collector.file('busFederatedTokenFile', tokenFile);
  if (clientId === undefined || tenantId === undefined) return undefined;
  if (tokenFile !== undefined) return { kind: 'federated', tenantId, clientId, tokenFile };
  return pem === undefined ? undefined : { kind: 'certificate', tenantId, clientId, pem };
}

export function proxyOf({ proxy: url, proxyPasswordFile }: RawSettings, collector: Collector): HttpProxy | undefined {
  const password = proxyPasswordFile && collector.file('proxyPasswordFile', proxyPasswordFile)?.trimEnd();
  if (url === undefined) {
    if (proxyPasswordFile !== undefined)
      collector.wrong('proxyPasswordFile', `is of use with ${labelOf('proxy')} only`);
    return undefined;
  }
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    collector.wrong('proxy', 'must be http://host:port or https://host:port');
    return undefined;
  }
  if (new URL(url).password !== '') collector.wrong('proxy', `holds a password; give ${labelOf('proxyPasswordFile')}`);
  if (password !== undefined && new URL(url).username === '')
    collector.wrong('proxy', 'must name the user whose password is given: http://user@host:port');
  return { url, password };
}

/** A proxy passes on TLS to port 443 and nothing else, so it goes with WebSockets only. */
function routeOf(raw: RawSettings, collector: Collector): BusRoute {
  const proxy = proxyOf(raw, collector);
  return { webSockets: isOn(raw.webSockets) || proxy !== undefined, proxy };
}

/** True when the first certificate of a PEM text can be read. */
export function isCertificate(text: string): boolean {
  try {
    new X509Certificate(text);
    return true;
  } catch {
    return false;
  }
}
