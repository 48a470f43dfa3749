import { createRequire } from 'node:module';
import { z } from 'zod';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import type { OpenSecurityContext, SecurityContext } from '../directory/ldap/sasl-bind.ts';

/** As much of the npm package `kerberos` as is used. It brings native code, so it is the operator's to install. */
export interface KerberosModule {
  readonly initializeClient: (service: string, options: { readonly mechOID: number }) => Promise<KerberosClient>;
  readonly GSS_MECH_OID_KRB5: number;
}

interface KerberosClient {
  /** Base64 there and back, in all of them; null for nothing. */
  step(challenge: string): Promise<string | null>;
  unwrap(message: string): Promise<string | null>;
  wrap(message: string, options: Readonly<Record<string, never>>): Promise<string | null>;
  readonly contextComplete: boolean;
}

const kerberosModule = z.object({
  initializeClient: z.custom<KerberosModule['initializeClient']>((value) => typeof value === 'function'),
  GSS_MECH_OID_KRB5: z.number(),
});

/** Signs in with the ticket of whoever runs the relay: its keytab or cache (MIT), its logon session (Windows). */
export function kerberosContext(load: () => unknown = loadBesideProgram): OpenSecurityContext {
  return async (host): Promise<SecurityContext> => {
    const { initializeClient, GSS_MECH_OID_KRB5: mechOID } = readModule(load);
    // SSPI takes a service principal name, GSS-API a service at a host (RFC 2743 section 4.1).
    const service = process.platform === 'win32' ? `ldap/${host}` : `ldap@${host}`;
    const client = await explained(host, () => initializeClient(service, { mechOID }));
    const through = async (bytes: Buffer, call: (text: string) => Promise<string | null>): Promise<Buffer> =>
      Buffer.from((await explained(host, () => call(bytes.toString('base64')))) ?? '', 'base64');
    return {
      step: (challenge) => through(challenge, (text) => client.step(text)),
      unwrap: (message) => through(message, (text) => client.unwrap(text)),
      wrap: (message) => through(message, (text) => client.wrap(text, {})),
      get complete() {
        return client.contextComplete;
      },
    };
  };
}

/** The program may be one file without any module around it: what lies beside it is the operator's. */
function loadBesideProgram(): unknown {
  return createRequire(process.argv[1] ?? process.execPath)('kerberos') as unknown;
}

function readModule(load: () => unknown): KerberosModule {
  try {
    return kerberosModule.parse(load());
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
    throw new LockstepError('LS1115', `The npm package "kerberos" cannot be used: ${reason}`, {
      object: 'kerberos',
      remedy: 'Run "npm install kerberos" in the folder of the relay; it has to be built for this machine.',
      cause: error,
    });
  }
}

async function explained<T>(host: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LockstepError('LS1115', `No sign-in to ${host} by Kerberos: ${reason}`, { object: host, cause: error });
  }
}
