import { describe, expect, it } from 'vitest';
import { metricsText } from '../../../../onprem-relay/service/metrics.ts';
import { Monitor } from '../../../../onprem-relay/service/monitor.ts';
import type { RelayLog } from '../../../../onprem-relay/stream/ports.ts';
import { LockstepError } from '../../../../shared/errors/lockstep-error.ts';

class Times {
  #now = Date.parse('2026-11-28T00:00:00Z');
  readonly now = (): Date => new Date(this.#now);
  pass(seconds: number): void {
    this.#now += seconds * 1_000;
  }
}

interface Watched {
  readonly monitor: Monitor;
  readonly log: RelayLog;
  readonly times: Times;
  readonly lines: Record<string, unknown>[];
}

function watched(connector = 'contoso.test', server?: string): Watched {
  const times = new Times();
  const monitor = new Monitor({ version: '1.2.3', now: times.now });
  const lines: Record<string, unknown>[] = [];
  const log = monitor.watch(
    connector,
    30_000,
    {
      info: (event, fields) => lines.push({ event, ...fields }),
      error: (error, fields) => lines.push({ error, ...fields }),
    },
    server,
  );
  return { monitor, log, times, lines };
}

const unreachable = new LockstepError('LS1101', 'Nothing answers.', { object: 'dc1' });

describe('what a relay says of itself', () => {
  it('is not healthy before it has a connector', () => {
    expect(new Monitor({ version: '1', now: () => new Date(0) }).report()).toMatchObject({
      healthy: false,
      connectors: [],
    });
  });

  it('lists connectors by name, whichever directory answered first', () => {
    const monitor = new Monitor({ version: '1', now: () => new Date(0) });
    const silent: RelayLog = { info: () => undefined, error: () => undefined };
    for (const connector of ['other', 'contoso.test', 'third']) monitor.watch(connector, 30_000, silent);
    expect(monitor.report().connectors.map(({ connector }) => connector)).toEqual(['contoso.test', 'other', 'third']);
  });

  it('passes every line on, with the name of the connector', () => {
    const { log, lines } = watched();
    log.info('delta.sent', { changes: 3 });
    log.error(unreachable, { attempt: 1 });
    expect(lines).toEqual([
      { event: 'delta.sent', connector: 'contoso.test', changes: 3 },
      { error: unreachable, connector: 'contoso.test', attempt: 1 },
    ]);
  });

  it('adds up what was sent, and knows who serves and who leads', () => {
    const { monitor, log } = watched('contoso.test', 'ldaps://dc1:636');
    log.info('lease.acquired', {});
    log.info('full-read.end', { objects: 100 });
    log.info('delta.sent', { changes: 3 });
    log.info('directory.server', { server: 'ldaps://dc2:636' });
    monitor.read('contoso.test');
    expect(monitor.report()).toEqual({
      version: '1.2.3',
      healthy: true,
      startedAt: '2026-11-28T00:00:00.000Z',
      connectors: [
        {
          connector: 'contoso.test',
          role: 'leading',
          server: 'ldaps://dc2:636',
          lastReadAt: '2026-11-28T00:00:00.000Z',
          changesSent: 103,
          fullReads: 1,
          errors: {},
          lastError: null,
        },
      ],
    });
  });

  it('is no longer healthy when nothing could be read for two minutes, and is again after a read', () => {
    const { monitor, log, times } = watched();
    log.info('lease.acquired', {});
    monitor.read('contoso.test');
    log.error(unreachable);
    times.pass(119);
    expect(monitor.report().healthy).toBe(true);
    times.pass(2);
    expect(monitor.report()).toMatchObject({
      healthy: false,
      connectors: [{ errors: { LS1101: 1 }, lastError: { code: 'LS1101', message: 'Nothing answers.' } }],
    });
    monitor.read('contoso.test');
    expect(monitor.report()).toMatchObject({ healthy: true, connectors: [{ errors: { LS1101: 1 }, lastError: null }] });
  });

  it('counts a standby as healthy as long as it can ask for the lease', () => {
    const { monitor, log, times } = watched();
    log.info('lease.standby', {});
    times.pass(3_600);
    expect(monitor.report().healthy).toBe(true);
    log.error(new LockstepError('LS2001', 'Service Bus is away.', { object: 'relay-leases' }));
    expect(monitor.report().healthy).toBe(false);
    log.info('lease.standby', {});
    expect(monitor.report().healthy).toBe(true);
  });

  it('goes back to standby when the lease is lost', () => {
    const { monitor, log } = watched();
    log.info('lease.acquired', {});
    log.info('lease.lost', {});
    expect(monitor.report().connectors[0]?.role).toBe('standby');
  });

  it('is readable for Prometheus, every name with its help and type, quotes escaped', () => {
    const { monitor, log } = watched('a"b\\c');
    log.info('lease.acquired', {});
    log.info('delta.sent', { changes: 3 });
    log.error(unreachable);
    monitor.read('a"b\\c');
    const text = metricsText(monitor.report(), 12_345);
    const samples = new Map(
      text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
    );
    const own = 'connector="a\\"b\\\\c"';
    expect(Object.fromEntries(samples)).toEqual({
      lockstep_relay_healthy: 1,
      [`lockstep_relay_leading{${own}}`]: 1,
      [`lockstep_relay_last_read_timestamp_seconds{${own}}`]: Date.parse('2026-11-28T00:00:00Z') / 1_000,
      [`lockstep_relay_changes_sent_total{${own}}`]: 3,
      [`lockstep_relay_full_reads_total{${own}}`]: 0,
      [`lockstep_relay_errors_total{${own},code="LS1101"}`]: 1,
      process_resident_memory_bytes: 12_345,
    });
    for (const name of samples.keys()) {
      const bare = name.split('{', 1)[0] ?? '';
      expect(text).toContain(`# HELP ${bare} `);
      expect(text).toMatch(new RegExp(`# TYPE ${bare} (gauge|counter)\n`));
    }
  });
});
