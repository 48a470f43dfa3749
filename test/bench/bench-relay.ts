import { once } from 'node:events';
import type { SambaDc } from '../sandbox/samba/samba-dc.ts';
import type { Broker } from '../sandbox/service-bus/broker.ts';
import { RelayProcess } from '../support/relay/relay-process.ts';

export type Say = (text: string) => void;

/** The built relay, between a domain controller and a broker. */
export function startRelay(dc: SambaDc, broker: Broker): RelayProcess {
  const account = ['--bind-dn', dc.bindDn, '--bind-password-file', dc.bindPasswordFile];
  return new RelayProcess(['--directory', dc.ldapsUrl, ...account, '--ca', dc.caFile], {
    LockstepBus: broker.connectionString,
  });
}

export async function stopRelay({ child }: RelayProcess): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'close');
}
