import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../sandbox/machine/run-command.ts';

/** PEM. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly certificate: string;
}

/** For `localhost`, signed by itself, good for one day in 2020. */
export async function expiredCertificate(): Promise<KeyAndCertificate> {
  const folder = await mkdtemp(join(tmpdir(), 'expired-'));
  const at = (name: string): string => join(folder, name);
  try {
    // "openssl ca" alone takes a date of one's own, and it insists on its records.
    await writeFile(at('index'), '');
    await writeFile(
      at('config'),
      [
        '[ca]\ndefault_ca = own',
        `[own]\ndatabase = ${at('index')}\nnew_certs_dir = ${folder}\nrand_serial = yes`,
        'default_md = sha256\npolicy = any\nx509_extensions = server',
        '[any]\ncommonName = supplied',
        '[server]\nsubjectAltName = DNS:localhost\nbasicConstraints = CA:TRUE',
      ].join('\n'),
    );
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', at('key')];
    await runCommand('openssl', ['req', ...key, '-subj', '/CN=localhost', '-out', at('request')]);
    const dates = ['-startdate', '20200101000000Z', '-enddate', '20200102000000Z'];
    const files = ['-config', at('config'), '-keyfile', at('key'), '-in', at('request'), '-out', at('certificate')];
    await runCommand('openssl', ['ca', '-batch', '-selfsign', '-notext', ...dates, ...files]);
    return { key: await readFile(at('key'), 'utf8'), certificate: await readFile(at('certificate'), 'utf8') };
  } finally {
    await rm(folder, { recursive: true });
  }
}
