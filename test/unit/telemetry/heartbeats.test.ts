import { describe, expect, it } from 'vitest';
import { Relays } from '../../../functions/storage/relays.ts';
import { silentConnectors, takeHeartbeat } from '../../../functions/telemetry/heartbeats.ts';
import type { ConnectorHeartbeat, RelayHeartbeat } from '../../../shared/contracts/relay-heartbeat.ts';
import { guidOf } from '../../support/facts.ts';
import { MemoryTables } from '../../support/memory-tables.ts';

const start = Date.parse('2026-03-01T12:00:00Z');
const minutes = (n: number): Date => new Date(start + n * 60_000);

function heartbeat(n: number, at: Date, more: Partial<RelayHeartbeat> = {}): RelayHeartbeat {
  return {
    version: 1,
    type: 'heartbeat',
    instance: guidOf(n),
    machine: `relay${n}`,
    relayVersion: '1.2.3',
    startedAt: minutes(0).toISOString(),
    sentAt: at.toISOString(),
    connectors: [leading('contoso.test')],
    ...more,
  };
}

function leading(connector: string, role: ConnectorHeartbeat['role'] = 'leading'): ConnectorHeartbeat {
  return { connector, role, server: null, lastReadAt: null, lastError: null };
}

const store = (): Relays => new Relays(new MemoryTables().tables);

describe('heartbeats of relays', () => {
  it('are kept by run, the latest of each, whatever their order', async () => {
    const relays = store();
    for (const one of [heartbeat(1, minutes(2)), heartbeat(2, minutes(3)), heartbeat(1, minutes(1))])
      await takeHeartbeat(one, relays);
    expect((await relays.all()).map(({ machine, sentAt }) => [machine, sentAt])).toEqual([
      ['relay2', minutes(3).toISOString()],
      ['relay1', minutes(2).toISOString()],
    ]);
  });

  it('of earlier runs are forgotten: an hour after on the same machine, a month after on another', async () => {
    const relays = store();
    const monthOn = 31 * 24 * 60;
    await takeHeartbeat(heartbeat(1, minutes(0)), relays);
    await takeHeartbeat(heartbeat(2, minutes(monthOn - 30)), relays);
    await takeHeartbeat(heartbeat(3, minutes(monthOn - 61), { machine: 'relay4' }), relays);
    await takeHeartbeat(heartbeat(5, minutes(monthOn - 10), { machine: 'relay4' }), relays);
    await takeHeartbeat(heartbeat(4, minutes(monthOn)), relays);
    expect((await relays.all()).map(({ instance }) => instance)).toEqual([guidOf(4), guidOf(5), guidOf(2)]);
  });

  it.each([
    ['another version', { ...heartbeat(1, minutes(0)), version: 2 }, 'LS2003'],
    ['no form that is known', { ...heartbeat(1, minutes(0)), machine: 7 }, 'LS2002'],
    ['something besides', { ...heartbeat(1, minutes(0)), password: 'x' }, 'LS2002'],
    ['an id that could not be a key', { ...heartbeat(1, minutes(0)), instance: '../x' }, 'LS2002'],
    ['no content', undefined, 'LS2002'],
  ])('with %s are refused and nothing is kept', async (_, message, code) => {
    const relays = store();
    await expect(takeHeartbeat(message, relays)).rejects.toMatchObject({ code });
    expect(await relays.all()).toEqual([]);
  });
});

describe('the silence of relays', () => {
  it('is reported of a directory that none has been heard to lead for ten minutes', () => {
    const heard = [heartbeat(1, minutes(0), { connectors: [leading('contoso.test'), leading('other')] })];
    expect(silentConnectors(heard, minutes(10))).toEqual([]);
    expect(silentConnectors(heard, minutes(11)).map(({ code, object }) => [code, object])).toEqual([
      ['LS2006', 'contoso.test'],
      ['LS2006', 'other'],
    ]);
  });

  it('is not reported while another relay leads, and is when there are only standbys', () => {
    const old = heartbeat(1, minutes(0));
    expect(silentConnectors([heartbeat(2, minutes(20)), old], minutes(21))).toEqual([]);
    const standby = heartbeat(2, minutes(20), { connectors: [leading('contoso.test', 'standby')] });
    expect(silentConnectors([standby, old], minutes(21))).toHaveLength(1);
  });

  it('is not reported of a directory that no relay ever led', () => {
    const standby = heartbeat(1, minutes(0), { connectors: [leading('contoso.test', 'starting')] });
    expect(silentConnectors([standby], minutes(60))).toEqual([]);
  });
});
