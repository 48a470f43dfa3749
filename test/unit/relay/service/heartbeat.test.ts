import { afterEach, describe, expect, it } from 'vitest';
import { heartbeatOf, sendHeartbeats } from '../../../../onprem-relay/service/heartbeat.ts';
import { Monitor, type RelayReport } from '../../../../onprem-relay/service/monitor.ts';
import { Bell } from '../../../../onprem-relay/stream/bell.ts';
import { relayHeartbeatSchema, type RelayHeartbeat } from '../../../../shared/contracts/relay-heartbeat.ts';
import { LockstepError } from '../../../../shared/errors/lockstep-error.ts';
import { ManualClock } from '../../../support/relay/manual-clock.ts';
import { MemoryLog } from '../../../support/relay/memory-bus.ts';

const self = { instance: '11111111-2222-4333-8444-555555555555', machine: 'relay1' };
const away = new LockstepError('LS2001', 'Service Bus is away.', { retryable: true });

let stop: AbortController;
let running: Promise<void>;
afterEach(async () => {
  stop.abort();
  await running;
});

/** A relay that begins to send; gives the way to it, once it pauses. */
async function beating(failures = 0): Promise<{
  readonly sent: RelayHeartbeat[];
  readonly clock: ManualClock;
  readonly monitor: Monitor;
  readonly log: MemoryLog;
}> {
  stop = new AbortController();
  const [bell, clock, log] = [new Bell(), new ManualClock(), new MemoryLog()];
  const monitor = new Monitor({ version: '1.2.3', now: () => clock.now(), onChange: bell.ring });
  const sent: RelayHeartbeat[] = [];
  let left = failures;
  const telemetry = {
    send: (heartbeat: RelayHeartbeat): Promise<void> => {
      if (left-- > 0) return Promise.reject(away);
      sent.push(heartbeat);
      return Promise.resolve();
    },
  };
  const report = (): RelayReport => monitor.report();
  const paused = clock.nextSleep();
  running = sendHeartbeats({ self, report, bell, telemetry, clock, log }, stop.signal);
  expect(await paused).toBe(60_000);
  return { sent, clock, monitor, log };
}

describe('the heartbeat of a relay', () => {
  it('is sent at once and every minute', async () => {
    const { sent, clock } = await beating();
    for (let minutes = 0; minutes < 2; minutes += 1) {
      const paused = clock.nextSleep();
      clock.elapse();
      await paused;
    }
    expect(sent).toHaveLength(3);
    expect(sent.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  });

  it('is sent when a directory comes and when its role changes, and not when something else happens', async () => {
    const { sent, clock, monitor } = await beating();
    let paused = clock.nextSleep();
    const log = monitor.watch('contoso.test', 30_000, new MemoryLog());
    await paused;
    paused = clock.nextSleep();
    log.info('lease.acquired', {});
    await paused;
    log.info('delta.sent', { changes: 1 });
    log.info('lease.acquired', {});
    expect(sent.map(({ connectors }) => connectors.map(({ role }) => role))).toEqual([[], ['starting'], ['leading']]);
  });

  it('is lost when it cannot be sent, which is logged, and the next one is sent', async () => {
    const { sent, clock, log } = await beating(2);
    for (let minutes = 0; minutes < 2; minutes += 1) {
      const paused = clock.nextSleep();
      clock.elapse();
      await paused;
    }
    expect(log.codes).toEqual(['LS2001', 'LS2001']);
    expect(log.of('error')[0]?.fields).toMatchObject({ part: 'heartbeat', attempt: 1, retryInMs: 60_000 });
    expect(sent).toHaveLength(1);
  });

  it('has the form of its contract, and of an error no more than its code', async () => {
    const { monitor } = await beating();
    const log = monitor.watch('contoso.test', 30_000, new MemoryLog(), 'ldaps://dc1:636');
    log.info('lease.acquired', {});
    monitor.read('contoso.test');
    log.error(new LockstepError('LS1101', 'CN=Anna Smith cannot be read.', { object: 'dc1' }));
    const heartbeat = heartbeatOf(self, 7, monitor.report(), new Date('2026-03-01T12:00:30Z'));
    expect(relayHeartbeatSchema.parse(JSON.parse(JSON.stringify(heartbeat)))).toEqual({
      version: 1,
      type: 'heartbeat',
      ...self,
      sequence: 7,
      relayVersion: '1.2.3',
      startedAt: '2026-03-01T12:00:00.000Z',
      sentAt: '2026-03-01T12:00:30.000Z',
      connectors: [
        {
          connector: 'contoso.test',
          role: 'leading',
          server: 'ldaps://dc1:636',
          lastReadAt: '2026-03-01T12:00:00.000Z',
          lastError: { code: 'LS1101', at: '2026-03-01T12:00:00.000Z' },
        },
      ],
    });
    expect(JSON.stringify(heartbeat)).not.toContain('Anna');
  });
});
