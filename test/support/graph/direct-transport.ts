import type { GraphResponse, Transport } from '../../../functions/graph/transport.ts';
import { LockstepError } from '../../../shared/errors/lockstep-error.ts';
import type { Json } from '../../sandbox/graph/json.ts';
import type { GraphSimulator } from '../../sandbox/graph/simulator.ts';

/** The way to a simulated tenant without a network between: a thousand histories would spend most of their time there. */
export function directTransport(graph: GraphSimulator, onRequest: (phase: 'before' | 'after') => void): Transport {
  const root = `${graph.serviceRoot}/v1.0`;
  return {
    async send(method, path, body, headers = {}): Promise<GraphResponse> {
      onRequest('before');
      const reply = await graph.answer({
        method,
        url: path.startsWith(root) ? path.slice(root.length) : path,
        headers: {
          'client-request-id': 'test',
          'content-type': 'application/json',
          ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
        },
        body: body === undefined ? undefined : (JSON.parse(JSON.stringify(body)) as Json),
        root,
      });
      onRequest('after');
      if (reply === undefined) throw new LockstepError('LS3001', 'The connection was cut.', { retryable: true });
      const answer: unknown = reply.body === undefined ? undefined : JSON.parse(JSON.stringify(reply.body));
      return { status: reply.status, headers: new Headers(reply.headers), body: answer };
    },
  };
}
