import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { nodeOptions } from '../../onprem-relay/node-options.ts';
import { MessageFramer } from '../../onprem-relay/directory/ldap/message-framer.ts';
import { guidToBytes } from '../../shared/directory/guid.ts';
import { elements, encode, integer, integerOf, text, type Element } from '../support/ldap/ber.ts';
import type { Say } from './bench-relay.ts';
import type { ReadOnce } from './read-once.ts';
import { printBenchmark, round } from './report.ts';

const namingContext = 'DC=large,DC=test';
const dirSyncOid = '1.2.840.113556.1.4.841';
/** Of one user, as they are in a directory that is well kept. */
const bytesOfAnEntry = 5_000;
/** Entries that are written together. */
const together = 40;

/** One answer of DirSync, larger by far than what the relay may have of memory; the server makes it up as it goes. */
export async function largeAnswer(gigabytes: number, say: Say): Promise<void> {
  const objects = Math.round((gigabytes * 1e9) / bytesOfAnEntry);
  let sent = 0;
  const server = createServer((socket) => {
    const framer = new MessageFramer();
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      for (const message of framer.push(chunk))
        void answer(socket, message, objects, say).then((bytes) => (sent += bytes));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const read = await readOnce({
      address: { host: '127.0.0.1', port, security: 'plain' },
      bindDn: 'cn=bench',
      password: 'bench',
    });
    if (read.objects !== objects) throw new Error(`${objects} objects were sent, and ${read.objects} arrived.`);
    printBenchmark('relay-large-answer', [
      { name: 'peakMiB', value: read.peakMiB, unit: 'MiB', aim: 150 },
      { name: 'gigabytes', value: round(sent / 1e9), unit: 'GB', aim: null },
      { name: 'objects', value: read.objects, unit: '', aim: null },
      { name: 'seconds', value: round(read.ms / 1_000, 0), unit: 's', aim: null },
    ]);
  } finally {
    server.close();
  }
}

interface Read {
  readonly ms: number;
  readonly objects: number;
  readonly peakMiB: number;
}

/** Reads a directory in a process of its own, so that its memory is the relay's alone. */
export async function readOnce(order: ReadOnce): Promise<Read> {
  const child = spawn(process.execPath, [...nodeOptions, join(import.meta.dirname, 'read-once.ts')], {
    env: { ...process.env, READ_ONCE: JSON.stringify(order) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error('The directory could not be read.');
  return JSON.parse(output) as Read;
}

/** Gives how many bytes it took. */
async function answer(socket: Socket, message: Buffer, objects: number, say: Say): Promise<number> {
  const [envelope] = elements(message);
  const [id, operation, controls] = elements(envelope?.body ?? Buffer.alloc(0));
  if (id === undefined || operation === undefined) return 0;
  const messageId = integerOf(id);
  const send = async (...parts: readonly Buffer[]): Promise<number> => {
    const bytes = encode(0x30, integer(messageId), ...parts);
    if (!socket.write(bytes)) await once(socket, 'drain');
    return bytes.length;
  };
  const end = encode(0x65, integer(0, 0x0a), text(''), text(''));
  if (operation.tag === 0x60) return send(encode(0x61, integer(0, 0x0a), text(''), text('')));
  if (operation.tag !== 0x63) return 0;
  const { base, attributes } = searchOf(operation);
  if (base === '') {
    await send(
      entry('', [
        ['namingContexts', namingContext],
        ['defaultNamingContext', namingContext],
      ]),
    );
    return send(end);
  }
  if (!controls?.body.includes(dirSyncOid)) return send(end);
  let bytes = 0;
  // Of the containers, there is nothing to tell.
  if (attributes.includes('sAMAccountName')) bytes = await users(socket, messageId, objects, say);
  const cookie = encode(0x30, integer(0), integer(0), text('cookie'));
  return bytes + (await send(end, encode(0xa0, encode(0x30, text(dirSyncOid), text(cookie)))));
}

async function users(socket: Socket, messageId: number, objects: number, say: Say): Promise<number> {
  let bytes = 0;
  for (let from = 0; from < objects; from += together) {
    const count = Math.min(together, objects - from);
    const some = Array.from({ length: count }, (_, i) => encode(0x30, integer(messageId), user(from + i)));
    const chunk = Buffer.concat(some);
    bytes += chunk.length;
    if (!socket.write(chunk)) await once(socket, 'drain');
    if (from > 0 && from % 40_000 === 0) say(`${from} of ${objects} objects sent`);
  }
  return bytes;
}

const padding = 'x'.repeat(150);
const attributeNames = [
  'displayName',
  'title',
  'department',
  'company',
  'mail',
  'info',
  'description',
  'streetAddress',
];

function user(n: number): Buffer {
  const guid = `${n.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
  const dn = `<GUID=${guid}>;CN=User ${n},OU=Everybody,${namingContext}`;
  const plain = attributeNames.map((name): [string, string] => [name, `${name} of ${n} ${padding}`]);
  const many = Array.from({ length: 20 }, (_, i): [string, string] => [
    `extensionAttribute${(i % 15) + 1}`,
    `${n} ${padding}`,
  ]);
  return entry(dn, [
    ['objectClass', 'user'],
    ['whenCreated', '20260101000000.0Z'],
    ['objectGUID', guidToBytes(guid)],
    ['name', `User ${n}`],
    ...plain,
    ...many,
  ]);
}

function entry(dn: string, values: readonly (readonly [string, string | Uint8Array])[]): Buffer {
  const list = values.map(([type, value]) => encode(0x30, text(type), encode(0x31, text(value))));
  return encode(0x64, text(dn), encode(0x30, ...list));
}

function searchOf({ body }: Element): { readonly base: string; readonly attributes: readonly string[] } {
  const [base, , , , , , , attributes] = elements(body);
  return {
    base: base?.body.toString() ?? '',
    attributes: elements(attributes?.body ?? Buffer.alloc(0)).map((one) => one.body.toString()),
  };
}
