import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GraphFailure, malformed } from './failure.ts';
import type { GraphService } from './graph-service.ts';
import type { Json } from './json.ts';
import type { Caller, GraphReply, GraphRequest } from './message.ts';
import type { TokenClaims } from './options.ts';

const jsonType = 'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8';

/** Graph refuses larger bodies. */
const largestBody = 4 * 1024 * 1024;

export type ControlFace = (
  method: string,
  path: string,
  body: string,
) => { readonly status: number; readonly body: Json };

export interface HttpFrontOptions {
  readonly service: GraphService;
  readonly tokens: (bearer: string) => TokenClaims | undefined;
  readonly control: ControlFace;
  readonly now: () => number;
}

const nobody: Caller = { roles: new Set(), directoryRoles: new Set() };

async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > largestBody) throw new GraphFailure(413, 'RequestEntityTooLarge', 'The request body is too large.');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseBody(text: string, contentType: string | undefined): Json | undefined {
  if (text === '') return undefined;
  if (contentType === undefined || !/json/i.test(contentType))
    throw new GraphFailure(415, 'UnsupportedMediaType', 'The content type of the request body is not supported.');
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw malformed(
      'Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.',
    );
  }
}

function callerOf(authorization: string | undefined, tokens: HttpFrontOptions['tokens']): Caller {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1];
  const refused = (message: string): GraphFailure =>
    new GraphFailure(401, 'InvalidAuthenticationToken', message, {
      headers: {
        'WWW-Authenticate':
          'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"',
      },
    });
  if (bearer === undefined) throw refused('Access token is empty.');
  const claims = tokens(bearer);
  if (claims === undefined) throw refused('Lifetime validation failed, the token is expired.');
  return { roles: new Set(claims.roles), directoryRoles: new Set(claims.directoryRoles) };
}

/** The HTTP face of the simulator: Graph under `/v1.0`, the sandbox's own controls under `/_sandbox`. */
export class HttpFront {
  readonly #options: HttpFrontOptions;
  readonly #server: Server;

  constructor(options: HttpFrontOptions) {
    this.#options = options;
    this.#server = createServer((message, response) => {
      this.#answer(message, response).catch((error: unknown) => {
        // A fault of the simulator itself must not look like one of Graph's.
        if (!response.headersSent) response.writeHead(500, { 'Content-Type': 'text/plain' });
        response.end(error instanceof Error ? (error.stack ?? error.message) : 'unknown');
      });
    });
    this.#server.keepAliveTimeout = 60_000;
  }

  /** Listens on the loopback interface; gives `http://127.0.0.1:port`. */
  async listen(port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    const address = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = message;
    if (url.startsWith('/_sandbox/')) {
      const reply = this.#options.control(method, url.slice('/_sandbox/'.length), await readBody(message));
      response.writeHead(reply.status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(reply.body));
      return;
    }
    const reply = await this.#graph(message, method, url);
    if (reply === undefined) message.socket.destroy();
    else this.#send(message, response, reply);
  }

  async #graph(message: IncomingMessage, method: string, url: string): Promise<GraphReply | undefined> {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(message.headers)) headers[name] = String(value);
    const root = `http://${headers['host'] ?? '127.0.0.1'}/v1.0`;
    const bare: GraphRequest = { method, url, headers, body: undefined, root, caller: nobody };
    try {
      const text = await readBody(message);
      if (!url.startsWith('/v1.0/')) throw malformed(`Invalid version: ${url.split('/')[1] ?? ''}`);
      const caller = callerOf(headers['authorization'], this.#options.tokens);
      const body = parseBody(text, headers['content-type']);
      return await this.#options.service.answer({ ...bare, url: url.slice('/v1.0'.length), body, caller });
    } catch (error) {
      if (error instanceof GraphFailure) return this.#options.service.refuse(bare, error);
      throw error;
    }
  }

  #send(message: IncomingMessage, response: ServerResponse, { status, headers, body }: GraphReply): void {
    const plain = headers['Content-Type'] === 'text/plain';
    const text = body === undefined ? '' : plain ? JSON.stringify(body) : JSON.stringify(body);
    const echo = message.headers['client-request-id'];
    response.writeHead(status, {
      'OData-Version': '4.0',
      'x-ms-resource-unit': '1',
      ...(typeof echo === 'string' ? { 'client-request-id': echo } : {}),
      ...headers,
      ...(body === undefined || plain ? {} : { 'Content-Type': jsonType }),
      ...(status === 204 ? {} : { 'Content-Length': String(Buffer.byteLength(text)) }),
      Date: new Date(this.#options.now()).toUTCString(),
    });
    response.end(text);
  }
}
