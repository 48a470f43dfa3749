// Runs Azurite's table service in a process of its own. Azurite keeps its tables in memory and writes them to its folder
// when it ends; so this process sees to it that it always ends properly: on SIGTERM, and when the process
// that started it is gone. Any message is answered with the number of requests so far. A `clean` file says that it did.
import { rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

interface TableServer {
  start(): Promise<void>;
  close(): Promise<void>;
  getHttpServerAddress(): string;
  readonly httpServer: Server;
  readonly metadataStore: { readonly db: { ignoreAutosave: boolean } };
}

const require = createRequire(import.meta.url);
const { default: TableConfiguration } = require('azurite/dist/src/table/TableConfiguration.js') as {
  default: new (...args: unknown[]) => unknown;
};
const { default: TableServerClass } = require('azurite/dist/src/table/TableServer.js') as {
  default: new (configuration: unknown) => TableServer;
};

const [location = '', mode = 'disk'] = process.argv.slice(2);
const marker = join(location, 'clean');

// As Azurite's own entry point gives them: address, any free port, seconds of keep-alive, database; no logs, loose and
// without API version check; no certificate, key, password or OAuth.
const configuration = new TableConfiguration(
  ...['127.0.0.1', 0, 60, join(location, 'tables.json')],
  ...[false, false, undefined, undefined, true, true, '', '', '', undefined, false],
  mode === 'memory',
);
const server = new TableServerClass(configuration);

// Held as long as this process lives: one that was left behind may still be writing.
const lock = new DatabaseSync(join(location, 'lock.db'));
lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
rmSync(marker, { force: true });
let requests = 0;
server.httpServer.on('request', () => (requests += 1));
process.on('message', () => process.send?.({ requests }));
await server.start();
// Now and then Azurite would write all of its memory to disk, which stops it for as long. A run that ends without the last
// write is not trusted anyway (see endedProperly), so that one, on closing, is enough.
server.metadataStore.db.ignoreAutosave = true;
process.send?.({ address: server.getHttpServerAddress() });

let ending = false;
const end = (): void => {
  if (ending) return;
  ending = true;
  void server.close().then(() => {
    writeFileSync(marker, '');
    process.exit(0);
  });
};
process.on('SIGTERM', end);
process.on('disconnect', end);
