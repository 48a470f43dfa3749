import type { RelayClock } from '../stream/ports.ts';

const patienceMs = 3_000;

/**
 * Closes a link or the connection, but does not wait long for it: while Service Bus is out of reach the client tries for
 * minutes, and a relay that was told to stop would be killed. What is not given back runs out by itself.
 */
export async function closeSoon(closable: { close(): Promise<void> }, clock: RelayClock): Promise<void> {
  const done = new AbortController();
  const closed = closable.close().catch(() => undefined);
  await Promise.race([closed, clock.sleep(patienceMs, done.signal)]);
  done.abort();
}
