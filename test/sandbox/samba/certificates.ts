import { chmod, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../machine/run-command.ts';

const validDays = '3650';
const newKey: readonly string[] = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/**
 * Gives the instance in `dir` a certificate authority of its own (made once) and a server certificate for its names and
 * its address (made at every start, since the address changes). The certificate that Samba would make itself has no
 * subjectAltName, which RFC 6125 clients refuse. Returns the path of the authority's certificate.
 */
export async function issueCertificates(
  dir: string,
  names: { readonly address: string; readonly host: string; readonly dnsDomain: string },
): Promise<string> {
  const tls = join(dir, 'tls');
  await mkdir(tls, { recursive: true, mode: 0o700 });
  const ca = join(tls, 'ca.pem');
  const caKey = join(tls, 'ca-key.pem');
  if (!(await exists(ca))) await makeAuthority(tls, names.dnsDomain);
  const fqdn = `${names.host}.${names.dnsDomain}`;
  const request = join(tls, 'server.csr');
  const key = join(tls, 'server-key.pem');
  const extensions = join(tls, 'server.ext');
  const alternatives = `DNS:${fqdn},DNS:${names.dnsDomain},DNS:localhost,IP:${names.address}`;
  await writeFile(
    extensions,
    `subjectAltName=${alternatives}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n`,
  );
  await runCommand('openssl', ['req', ...newKey, '-subj', `/CN=${fqdn}`, '-keyout', key, '-out', request]);
  const signing = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-days', validDays, '-extfile', extensions];
  await runCommand('openssl', ['x509', '-req', '-in', request, ...signing, '-out', join(tls, 'server.pem')]);
  // Samba does not start with a key that anybody but its owner can read.
  await chmod(key, 0o600);
  await Promise.all([request, extensions].map((file) => rm(file)));
  return ca;
}

async function makeAuthority(tls: string, dnsDomain: string): Promise<void> {
  const key = join(tls, 'ca-key.pem');
  const uses = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
  const subject = ['-subj', `/CN=${dnsDomain} test authority`, '-days', validDays];
  const extensions = uses.flatMap((use) => ['-addext', use]);
  const out = ['-keyout', key, '-out', join(tls, 'ca.pem')];
  await runCommand('openssl', ['req', '-x509', ...newKey, ...subject, ...extensions, ...out]);
  await chmod(key, 0o600);
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
