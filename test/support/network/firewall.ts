import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWebSocketStream, WebSocketServer } from 'ws';

/** PEM files and texts of a certificate for `localhost` and other names, signed by itself. */
export interface LocalCertificate {
  readonly folder: string;
  readonly file: string;
  readonly key: string;
  readonly certificate: string;
}

export function localCertificate(...names: readonly string[]): LocalCertificate {
  const folder = mkdtempSync(join(tmpdir(), 'tls-'));
  const [key, file] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const kind = ['-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  const name = [
    '-subj',
    '/CN=localhost',
    '-addext',
    `subjectAltName=${['localhost', ...names].map((one) => `DNS:${one}`).join()}`,
  ];
  execFileSync('openssl', ['req', '-x509', ...kind, ...name, '-keyout', key, '-out', file], { stdio: 'ignore' });
  return { folder, file, key: readFileSync(key, 'utf8'), certificate: readFileSync(file, 'utf8') };
}

interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

async function listening(server: Server): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

export function httpsServer({ key, certificate }: LocalCertificate, listener: RequestListener): Promise<Listening> {
  return listening(createHttpsServer({ key, cert: certificate }, listener));
}

/** What Service Bus has at port 443: AMQP in WebSockets (https://docs.oasis-open.org/amqp-bindmap/amqp-wsb/v1.0), before a broker. */
export async function webSocketGateway(own: LocalCertificate, brokerPort: number): Promise<Listening> {
  const server = createHttpsServer({ key: own.key, cert: own.certificate });
  const webSockets = new WebSocketServer({
    server,
    path: '/$servicebus/websocket',
    handleProtocols: (offered) => (offered.has('AMQPWSB10') ? 'AMQPWSB10' : false),
  });
  webSockets.on('connection', (webSocket) => {
    const inside = createWebSocketStream(webSocket);
    const outside = connect(brokerPort, '127.0.0.1');
    for (const stream of [inside, outside]) stream.on('error', () => undefined);
    inside.pipe(outside).pipe(inside);
  });
  return listening(server);
}

export interface Proxy extends Listening {
  /** Where it was asked to connect to. */
  readonly targets: readonly string[];
  readonly refused: () => number;
}

/** Lets through CONNECT with these credentials, and nothing else; to this machine, whatever is asked for. */
export async function httpProxy(credentials: string, ports: Readonly<Record<string, number>> = {}): Promise<Proxy> {
  const targets: string[] = [];
  let refused = 0;
  const server = createHttpServer((_request, response) => {
    refused += 1;
    response.writeHead(405).end();
  });
  server.on('connect', (request, socket: Socket) => {
    socket.on('error', () => undefined);
    if (request.headers['proxy-authorization'] !== `Basic ${Buffer.from(credentials).toString('base64')}`) {
      refused += 1;
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n');
      return;
    }
    targets.push(request.url ?? '');
    const [host = '', asked] = (request.url ?? '').split(':');
    const port = ports[host] ?? Number(asked);
    const target = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    target.on('error', () => socket.destroy());
    socket.once('close', () => target.destroy());
  });
  return { ...(await listening(server)), targets, refused: () => refused };
}
