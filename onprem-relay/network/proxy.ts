import { HttpsProxyAgent } from 'https-proxy-agent';

/** The way out of a network that lets nothing through but this. */
export interface HttpProxy {
  /** `http://` or `https://`, with the user's name where the proxy wants one. */
  readonly url: string;
  /** Goes with the name as Basic authentication (RFC 7617). */
  readonly password?: string | undefined;
}

/** Connects by way of the proxy, with CONNECT (RFC 9110 section 9.3.6): it sees names and not a byte of what is said. */
export function proxyAgent({ url, password }: HttpProxy): HttpsProxyAgent<string> {
  const address = new URL(url);
  // What is in an address is percent-encoded, and the agent decodes it again.
  if (password !== undefined) address.password = encodeURIComponent(password);
  return new HttpsProxyAgent(address.href);
}
