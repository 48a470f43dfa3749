import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * TCP ports that a domain controller needs on its address and that Samba cannot be told to move: LDAP, LDAPS, the two
 * ports of the global catalogue, and the endpoint mapper of MS-RPCE.
 */
const fixedPorts: readonly number[] = [389, 636, 3268, 3269, 135];

const attempts = 20;

/**
 * An address in 127.64.0.0/10 on which the fixed ports of a domain controller are free. The ports of LDAP cannot be
 * chosen, so every instance takes an address of its own; the range leaves 127.0.0.0/10, where people and distributions put
 * their services, alone.
 *
 * @throws Error when the ports may not be bound (below 1024 only root may) or no address is found.
 */
export async function unusedLoopbackAddress(): Promise<string> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    // .0 and .255 at the end are spared: some tools take them for network and broadcast addresses.
    const address = `127.${randomInt(64, 128)}.${randomInt(0, 256)}.${randomInt(1, 255)}`;
    if (await allFree(address)) return address;
  }
  throw new Error(`No loopback address with free LDAP ports was found in ${attempts} attempts.`);
}

async function allFree(address: string): Promise<boolean> {
  for (const port of fixedPorts) {
    if (!(await isFree(address, port))) return false;
  }
  return true;
}

function isFree(address: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(new Error(`A domain controller cannot be served on ${address}:${port}: ${error.message}`));
    });
    server.listen({ host: address, port, exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
