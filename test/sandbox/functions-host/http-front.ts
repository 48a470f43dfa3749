import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { BodyTooLargeError, readBody, requestUrl, toRpcRequest, writeRpcResponse } from './http-message.ts';
import { type AuthLevel, type HttpKeys, opens, shownKey } from './http-keys.ts';
import { forwardStream } from './http-stream.ts';
import { type Invoker, triggerOf } from './invoker.ts';
import { HostError, messageOf } from './host-error.ts';
import type { Log } from './log.ts';
import { compareTemplates, parseRouteTemplate, type RouteTemplate } from './route-template.ts';
import { bindingText, type Settings } from './settings.ts';

/** A function that answers HTTP requests. */
export interface HttpRoute {
  readonly functionName: string;
  readonly template: RouteTemplate;
  /** In capitals. */
  readonly methods: readonly string[];
  readonly authLevel: AuthLevel;
}

/** Answers requests to paths of the host itself; false when the path is not one of them. */
export type BuiltInPaths = (url: URL, request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

export interface HttpFrontOptions {
  readonly invoker: Invoker;
  readonly settings: Settings;
  readonly routePrefix: string;
  readonly keys: HttpKeys;
  /** The address of the SDK's own server when the app streams HTTP. */
  readonly streamUri: string | undefined;
  readonly builtIn: BuiltInPaths;
  readonly log: Log;
}

const levels: ReadonlySet<string> = new Set(['anonymous', 'function', 'admin']);

/** The routes of an app, the most exact first. A function without a route has its name as route. */
export function httpRoutes(invoker: Invoker, settings: Settings, routePrefix: string): HttpRoute[] {
  const routes = invoker.ofType('httpTrigger').map((one): HttpRoute => {
    const { binding } = triggerOf(one);
    const route = bindingText(binding, 'route', settings) ?? one.metadata.name;
    const path = [routePrefix, route].map((part) => part.replace(/^\/+|\/+$/g, '')).filter((part) => part !== '');
    const authLevel = (bindingText(binding, 'authLevel', settings) ?? 'function').toLowerCase();
    if (!levels.has(authLevel)) throw new HostError(`${one.metadata.name}: unknown authLevel "${authLevel}".`);
    const methods = Array.isArray(binding['methods']) ? binding['methods'].map((method) => String(method)) : [];
    return {
      functionName: one.metadata.name,
      template: parseRouteTemplate(path.join('/')),
      methods: methods.map((method) => method.toUpperCase()),
      authLevel: authLevel as AuthLevel,
    };
  });
  return routes.sort((a, b) => compareTemplates(a.template, b.template));
}

/** Finds the function for a path and method. A path that only fits another method is not found: the host answers 404. */
export function findRoute(
  routes: readonly HttpRoute[],
  method: string,
  path: string,
): { route: HttpRoute; parameters: Record<string, string> } | undefined {
  for (const route of routes) {
    if (route.methods.length > 0 && !route.methods.includes(method)) continue;
    const parameters = route.template.match(path);
    if (parameters) return { route, parameters };
  }
  return undefined;
}

/** The HTTP side of the host; `listen` before use. */
export function createHttpFront(options: HttpFrontOptions): Server {
  const routes = httpRoutes(options.invoker, options.settings, options.routePrefix);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = requestUrl(request);
    if (await options.builtIn(url, request, response)) return;
    const found = findRoute(routes, request.method ?? 'GET', url.pathname.replace(/^\/+/, ''));
    if (!found) {
      response.writeHead(404).end();
      return;
    }
    const key = shownKey(header(request, 'x-functions-key'), url.searchParams);
    if (!opens(options.keys, found.route.authLevel, key)) {
      response.writeHead(401).end();
      return;
    }
    await invoke(found.route, found.parameters, url, request, response);
  }

  async function invoke(
    route: HttpRoute,
    parameters: Record<string, string>,
    url: URL,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (options.streamUri !== undefined) {
      await forwardStream(options.streamUri, options.invoker, route.functionName, parameters, request, response);
      return;
    }
    // The host looks at the length before it reads: without one (a chunked upload) the function gets no body.
    const body = Number(request.headers['content-length'] ?? 0) > 0 ? await readBody(request) : Buffer.alloc(0);
    const result = await options.invoker.invoke(route.functionName, toRpcRequest(request, url, parameters, body));
    const named = result.outputData?.find(({ data }) => data.http !== undefined)?.data;
    writeRpcResponse(response, result.returnValue ?? named);
  }

  return createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      options.log('error', 'Host.Http', `${request.method ?? ''} ${request.url ?? ''}: ${messageOf(error)}`);
      if (response.headersSent) response.destroy();
      else response.writeHead(error instanceof BodyTooLargeError ? 413 : 500).end();
    });
  });
}

/** A header with one value. */
export function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Starts listening on loopback; resolves with the port. @throws HostError when the port is taken. */
export async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(new HostError(`Cannot listen on 127.0.0.1:${port}: ${error.message}`, error));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new HostError('The server has no port.');
  return address.port;
}

/** Stops listening once the requests that are under way have been answered. */
export async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeIdleConnections();
  });
}
