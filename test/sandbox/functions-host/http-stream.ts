import { request as httpRequest, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { newInvocationId } from './core-shim.ts';
import { HostError } from './host-error.ts';
import type { Invoker } from './invoker.ts';
import type { TypedData } from './rpc-types.ts';

/**
 * Serves a function of an app that streams HTTP (`enableHttpStream`): the raw request goes to the SDK's own server under the id
 * of the invocation, and the invocation itself carries little more than the route parameters.
 */
export async function forwardStream(
  streamUri: string,
  invoker: Invoker,
  functionName: string,
  parameters: Readonly<Record<string, string>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const invocationId = newInvocationId();
  const forwarded = forward(streamUri, invocationId, request);
  const relayed = relay(forwarded, response);
  // Both end on their own; a failure of either ends the other, below.
  relayed.catch(() => undefined);
  const triggerMetadata: Record<string, TypedData> = {
    Headers: { json: JSON.stringify(request.headers) },
    ...Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, { string: value }])),
  };
  try {
    const result = await invoker.invoke(functionName, { http: {} }, { invocationId, triggerMetadata });
    // A handler that returns nothing never answers on the SDK's server: give up the forward and answer for it.
    if (result.returnValue === null) forwarded.destroy(new HostError('nothing was returned'));
  } catch (error) {
    forwarded.destroy();
    throw error;
  }
  try {
    await relayed;
  } catch (error) {
    if (response.headersSent) throw error;
    response.writeHead(204).end();
  }
}

function forward(streamUri: string, invocationId: string, request: IncomingMessage): ClientRequest {
  const target = new URL(request.url ?? '/', streamUri);
  // The SDK's server may listen under either family; it names localhost.
  const forwarded = httpRequest(target, {
    method: request.method ?? 'GET',
    headers: {
      ...request.headers,
      'x-ms-invocation-id': invocationId,
      'x-forwarded-host': request.headers.host ?? '',
      'x-forwarded-proto': 'http',
    },
  });
  pipeline(request, forwarded).catch(() => forwarded.destroy());
  return forwarded;
}

async function relay(forwarded: ClientRequest, response: ServerResponse): Promise<void> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    forwarded.once('response', resolve);
    forwarded.once('error', reject);
    forwarded.once('close', () => {
      reject(new HostError('The forward was given up.'));
    });
  });
  response.writeHead(answer.statusCode ?? 200, ownHeaders(answer));
  await pipeline(answer, response);
}

/** The headers without those that concern the hop between the host and the SDK's server. */
function ownHeaders(answer: IncomingMessage): Record<string, string | string[]> {
  const hop = new Set(['x-ms-invocation-id', 'connection', 'keep-alive', 'transfer-encoding']);
  const kept = Object.entries(answer.headers).filter(([name]) => !hop.has(name));
  return Object.fromEntries(kept) as Record<string, string | string[]>;
}
