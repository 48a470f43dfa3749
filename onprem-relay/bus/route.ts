import type { WebSocketOptions } from '@azure/service-bus';
import { WebSocket } from 'ws';
import { proxyAgent, type HttpProxy } from '../network/proxy.ts';

/** How Service Bus is reached: AMQP over TLS on port 5671, or over WebSockets on port 443. */
export interface BusRoute {
  readonly webSockets: boolean;
  /** Only with WebSockets. */
  readonly proxy?: HttpProxy | undefined;
}

/** `undefined`: no WebSockets. */
export function webSocketOptions({ webSockets, proxy }: BusRoute): WebSocketOptions | undefined {
  if (!webSockets) return undefined;
  return {
    // Node's own has no way to go through a proxy.
    webSocket: WebSocket,
    ...(proxy && { webSocketConstructorOptions: { agent: proxyAgent(proxy) } }),
  };
}
