import type { RelayHeartbeat } from '../../shared/contracts/relay-heartbeat.ts';
import type { Bell } from '../stream/bell.ts';
import { ErrorReporter } from '../stream/error-reporter.ts';
import type { RelayClock, RelayLog } from '../stream/ports.ts';
import type { RelayReport } from './monitor.ts';
import { isAborted } from '../is-aborted.ts';

/** The way of what a relay says of itself to the cloud. */
export interface Telemetry {
  /** Resolves once Service Bus has accepted it. Throws LS2001. */
  send(heartbeat: RelayHeartbeat, signal: AbortSignal): Promise<void>;
}

const beatMs = 60_000;

/** Which run of which relay speaks. */
export type RelayInstance = Pick<RelayHeartbeat, 'instance' | 'machine'>;

/**
 * Tells the cloud how the relay is, every minute and when the bell rings, until the signal is aborted. What cannot be sent is
 * lost: the next one says more. It never stands in the way of the change stream.
 */
export async function sendHeartbeats(
  relay: {
    readonly self: RelayInstance;
    readonly report: () => RelayReport;
    readonly bell: Bell;
    readonly telemetry: Telemetry;
    readonly clock: RelayClock;
    readonly log: RelayLog;
  },
  signal: AbortSignal,
): Promise<void> {
  const { self, report, bell, telemetry, clock, log } = relay;
  const reporter = new ErrorReporter({
    info: (event, fields) => {
      log.info(event, fields);
    },
    error: (error, fields) => {
      log.error(error, { part: 'heartbeat', ...fields });
    },
  });
  for (let sequence = 1; !signal.aborted; sequence += 1) {
    try {
      await telemetry.send(heartbeatOf(self, sequence, report(), clock.now()), signal);
      reporter.succeeded();
    } catch (error) {
      if (isAborted(signal)) return;
      reporter.failed(error, beatMs);
    }
    await bell.wait((either) => clock.sleep(beatMs, either), signal);
  }
}

export function heartbeatOf(self: RelayInstance, sequence: number, report: RelayReport, now: Date): RelayHeartbeat {
  return {
    version: 1,
    type: 'heartbeat',
    ...self,
    sequence,
    relayVersion: report.version,
    startedAt: report.startedAt,
    sentAt: now.toISOString(),
    connectors: report.connectors.map(({ connector, role, server, lastReadAt, lastError }) => ({
      connector,
      role,
      server,
      lastReadAt,
      // Its text may name people and places; it stays in the log of the relay.
      lastError: lastError === null ? null : { code: lastError.code, at: lastError.at },
    })),
  };
}
