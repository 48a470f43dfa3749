import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** Stands between a client and a server, passes bytes on, and breaks every connection when told to. Listens on 127.0.0.1. */
export class CuttingProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** How many were made so far. */
  connections = 0;
  /** How many went through, both ways. */
  bytes = 0;

  private constructor(host: string, port: number) {
    this.#server = createServer((client) => {
      this.connections += 1;
      const server = connect(port, host);
      for (const socket of [client, server]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('data', (data: Buffer) => (this.bytes += data.length));
        socket.on('close', () => this.#sockets.delete(socket));
      }
      client.pipe(server).pipe(client);
    });
  }

  static async open(host: string, port: number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(host, port);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends all connections at once, with a reset rather than a farewell. New ones are served as before. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }
}
