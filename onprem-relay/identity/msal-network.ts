import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from '@azure/msal-node';
import { httpsVia } from '../network/https.ts';
import type { HttpProxy } from '../network/proxy.ts';

/** MSAL's own requests know no proxy. */
export function msalNetwork(proxy: HttpProxy): INetworkModule {
  const https = httpsVia(proxy);
  const send = async <T>(
    method: 'GET' | 'POST',
    url: string,
    options?: NetworkRequestOptions,
    timeoutMs?: number,
  ): Promise<NetworkResponse<T>> => {
    const { status, headers, body } = await https({
      method,
      url,
      headers: options?.headers,
      body: options?.body,
      timeoutMs,
    });
    return { status, headers, body: JSON.parse(body) as T };
  };
  return {
    sendGetRequestAsync: (url, options, timeout) => send('GET', url, options, timeout),
    sendPostRequestAsync: (url, options) => send('POST', url, options),
  };
}
