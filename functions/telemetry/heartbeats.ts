import { relayHeartbeatSchema, type RelayHeartbeat } from '../../shared/contracts/relay-heartbeat.ts';
import type { ProblemReport } from '../../shared/contracts/status.ts';
import { readMessage } from '../bus/read-message.ts';
import type { HeardRelay, Relays } from '../storage/relays.ts';
import { problemReport } from '../sync/dependencies.ts';

/** Heartbeats come every minute; after so long a silence somebody has to look. */
const silenceMs = 10 * 60_000;

/** Takes a message of the queue `relay-telemetry`. Throws LS2002 and LS2003 as every message that cannot be read. */
export async function takeHeartbeat(message: unknown, relays: Relays, now: Date): Promise<RelayHeartbeat> {
  const heartbeat = readMessage(message, relayHeartbeatSchema, 'A heartbeat');
  await relays.save(heartbeat, now);
  return heartbeat;
}

/** The directories that a relay did lead once and that none has been heard to lead of late. */
export function silentConnectors(relays: readonly HeardRelay[], now: Date): readonly ProblemReport[] {
  const led = new Map<string, string>();
  for (const { heardAt, heartbeat } of relays) {
    for (const { connector, role } of heartbeat.connectors) {
      if (role === 'leading' && heardAt > (led.get(connector) ?? '')) led.set(connector, heardAt);
    }
  }
  return [...led]
    .filter(([, at]) => now.getTime() - Date.parse(at) > silenceMs)
    .map(([connector, at]) => problemReport('LS2006', connector, `No relay has been heard to lead it since ${at}.`));
}
