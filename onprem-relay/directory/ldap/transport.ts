import net from 'node:net';
import tls from 'node:tls';
import { LockstepError } from '../../../shared/errors/lockstep-error.ts';
import { connectError } from './ldap-errors.ts';

/** How to reach one domain controller. */
export interface LdapAddress {
  readonly host: string;
  readonly port: number;
  /** `tls`: LDAPS. `start-tls`: the first operation turns the plain connection into TLS. `plain`: loopback only. */
  readonly security: 'tls' | 'start-tls' | 'plain';
  /** PEM text of the certificate authorities to trust; without it the system's. */
  readonly ca?: string | undefined;
}

/** `ldaps://dc1.contoso.test:636`, as an operator would write it. */
export function addressText(address: LdapAddress): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${address.security === 'tls' ? 'ldaps' : 'ldap'}://${host}:${address.port}`;
}

/** 127.0.0.0/8, ::1 and the name `localhost`: traffic that does not leave the machine (RFC 6890, RFC 6761 section 6.3). */
export function isLoopback(host: string): boolean {
  return host.toLowerCase() === 'localhost' || host === '::1' || (net.isIPv4(host) && host.startsWith('127.'));
}

const connectTimeoutMs = 10_000;

/**
 * Opens the socket; with LDAPS also the TLS session, whose certificate must be valid for `host`.
 *
 * @throws LockstepError LS1003, LS1101, LS1103.
 */
export async function openSocket(address: LdapAddress, signal: AbortSignal): Promise<net.Socket> {
  if (address.security === 'plain' && !isLoopback(address.host))
    throw new LockstepError('LS1003', `Plain LDAP to ${address.host} would send the password in clear.`, {
      object: addressText(address),
    });
  const { host, port } = address;
  const socket =
    address.security === 'tls' ? tls.connect({ port, ...tlsOptions(address) }) : net.connect({ host, port });
  await opened(socket, address.security === 'tls' ? 'secureConnect' : 'connect', address, signal);
  socket.setNoDelay(true);
  // A domain controller that vanished without a word is noticed by the standing notification search, which never writes.
  socket.setKeepAlive(true, 30_000);
  return socket;
}

/** Turns a plain connection into TLS after the StartTLS answer (RFC 4511 section 4.14.2). */
export async function secureSocket(plain: net.Socket, address: LdapAddress, signal: AbortSignal): Promise<net.Socket> {
  const socket = tls.connect({ socket: plain, ...tlsOptions(address) });
  await opened(socket, 'secureConnect', address, signal);
  return socket;
}

function tlsOptions({ host, ca }: LdapAddress): tls.ConnectionOptions {
  // An IP address is checked against the certificate by `host` alone: it may not be sent as a server name (RFC 6066 section 3).
  return { host, ca, ...(net.isIP(host) === 0 ? { servername: host } : {}) };
}

async function opened(
  socket: net.Socket,
  event: 'connect' | 'secureConnect',
  address: LdapAddress,
  signal: AbortSignal,
): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(connectTimeoutMs)]);
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const abort = (): void => {
    reject(new Error(signal.aborted ? 'the attempt was given up' : `no answer within ${connectTimeoutMs / 1000} s`));
  };
  const close = (): void => {
    reject(new Error('the server closed the connection'));
  };
  limit.addEventListener('abort', abort, { once: true });
  socket.once(event, () => {
    resolve(undefined);
  });
  socket.once('error', reject);
  socket.once('close', close);
  if (limit.aborted) abort();
  try {
    await promise;
  } catch (error) {
    // Later errors of a socket that was given up concern nobody.
    socket.on('error', () => undefined);
    socket.destroy();
    throw connectError(addressText(address), error);
  } finally {
    limit.removeEventListener('abort', abort);
    socket.off('error', reject);
    socket.off('close', close);
  }
}
