import { relayHeartbeatSchema, type RelayHeartbeat } from '../../shared/contracts/relay-heartbeat.ts';
import type { ProblemReport } from '../../shared/contracts/status.ts';
import { readMessage } from '../bus/read-message.ts';
import type { Relays } from '../storage/relays.ts';
import { problemReport } from '../sync/dependencies.ts';

/** Heartbeats come every minute; after so long a silence somebody has to look. */
const silenceMs = 10 * 60_000;

/** Takes a message of the queue `relay-telemetry`. Throws LS2002 and LS2003 as every message that cannot be read. */
export async function takeHeartbeat(message: unknown, relays: Relays): Promise<RelayHeartbeat> {
  const heartbeat = readMessage(message, relayHeartbeatSchema, 'A heartbeat');
  await relays.save(heartbeat);
  return heartbeat;
}

/** The directories that a relay did lead once and that none has been heard to lead of late. */
export function silentConnectors(heartbeats: readonly RelayHeartbeat[], now: Date): readonly ProblemReport[] {
  const heardAt = new Map<string, string>();
  for (const { sentAt, connectors } of heartbeats) {
    for (const { connector, role } of connectors) {
      const before = heardAt.get(connector) ?? '';
      if (role === 'leading' && sentAt > before) heardAt.set(connector, sentAt);
    }
  }
  return [...heardAt]
    .filter(([, at]) => now.getTime() - Date.parse(at) > silenceMs)
    .map(([connector, at]) => problemReport('LS2006', connector, `No relay has been heard to lead it since ${at}.`));
}
