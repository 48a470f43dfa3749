// Reads the directory that the first argument describes once, as the relay does, in a process of its own: prints milliseconds,
// objects and the peak of its memory in MiB as JSON.
import '../../onprem-relay/memory.ts';
import { listedControllers } from '../../onprem-relay/directory/ldap/domain-controllers.ts';
import { LdapSource } from '../../onprem-relay/directory/ldap/ldap-source.ts';
import type { LdapAddress } from '../../onprem-relay/directory/ldap/transport.ts';
import { peakMemory } from './memory.ts';

export interface ReadOnce {
  readonly address: LdapAddress;
  readonly bindDn: string;
  readonly password: string;
}

const { address, bindDn, password } = JSON.parse(process.env['READ_ONCE'] ?? '') as ReadOnce;
const never = new AbortController().signal;
const source = new LdapSource({
  controllers: listedControllers([address]),
  account: { bindDn, password: () => Promise.resolve(password) },
  now: () => new Date(),
  sleep: () => Promise.resolve(),
});
await source.describe(never);
const start = performance.now();
let objects = 0;
for await (const { changes } of source.fullRead(never)) objects += changes.length;
const ms = performance.now() - start;
await source.close();
process.stdout.write(JSON.stringify({ ms, objects, peakMiB: peakMemory(process.pid) }));
