import { describe, expect, it } from 'vitest';
import { Relays, type HeardRelay } from '../../../functions/storage/relays.ts';
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
    sequence: Math.max(1, (at.getTime() - start) / 60_000 + 1),
    sentAt: at.toISOString(),
    connectors: [leading('contoso.test')],
    ...more,
  };
}

function leading(connector: string, role: ConnectorHeartbeat['role'] = 'leading'): ConnectorHeartbeat {
  return { connector, role, server: null, lastReadAt: null, lastError: null };
}

const store = (): Relays => new Relays(new MemoryTables().tables);

/** It is heard when it is sent. */
const hear = (relays: Relays, one: RelayHeartbeat): Promise<unknown> =>
  takeHeartbeat(one, relays, new Date(one.sentAt));

const heard = (one: RelayHeartbeat): HeardRelay => ({ heartbeat: one, heardAt: one.sentAt });

describe('heartbeats of relays', () => {
  it('are kept by run, the latest of each, whatever their order', async () => {
    const relays = store();
    for (const one of [heartbeat(1, minutes(2)), heartbeat(2, minutes(3)), heartbeat(1, minutes(1))])
      await hear(relays, one);
    expect((await relays.all()).map(({ heartbeat: { machine }, heardAt }) => [machine, heardAt])).toEqual([
      ['relay2', minutes(3).toISOString()],
      ['relay1', minutes(2).toISOString()],
    ]);
  });

  it('of earlier runs are forgotten: an hour after on the same machine, a month after on another', async () => {
    const relays = store();
    const monthOn = 31 * 24 * 60;
    await hear(relays, heartbeat(1, minutes(0)));
    await hear(relays, heartbeat(2, minutes(monthOn - 30)));
    await hear(relays, heartbeat(3, minutes(monthOn - 61), { machine: 'relay4' }));
    await hear(relays, heartbeat(5, minutes(monthOn - 10), { machine: 'relay4' }));
    await hear(relays, heartbeat(4, minutes(monthOn)));
    expect((await relays.all()).map(({ heartbeat: { instance } }) => instance)).toEqual([
      guidOf(4),
      guidOf(5),
      guidOf(2),
    ]);
  });

  it.each([
    ['another version', { ...heartbeat(1, minutes(0)), version: 2 }, 'LS2003'],
    ['no form that is known', { ...heartbeat(1, minutes(0)), machine: 7 }, 'LS2002'],
    ['something besides', { ...heartbeat(1, minutes(0)), password: 'x' }, 'LS2002'],
    ['an id that could not be a key', { ...heartbeat(1, minutes(0)), instance: '../x' }, 'LS2002'],
    ['no content', undefined, 'LS2002'],
  ])('with %s are refused and nothing is kept', async (_, message, code) => {
    const relays = store();
    await expect(takeHeartbeat(message, relays, minutes(0))).rejects.toMatchObject({ code });
    expect(await relays.all()).toEqual([]);
  });
});

describe('a relay whose clock is wrong', () => {
  it('is heard when it is heard, and what it says later replaces what it said before', async () => {
    const relays = store();
    const years = 365 * 24 * 60;
    // Its clock jumps back a year between two heartbeats.
    await takeHeartbeat(heartbeat(1, minutes(0), { sequence: 1 }), relays, minutes(0));
    const later = heartbeat(1, minutes(-years), { sequence: 2, connectors: [leading('contoso.test', 'standby')] });
    await takeHeartbeat(later, relays, minutes(1));
    const [first] = await relays.all();
    expect(first).toMatchObject({ heardAt: minutes(1).toISOString(), heartbeat: { sequence: 2 } });
    await takeHeartbeat(heartbeat(2, minutes(-years), { machine: 'relay2' }), relays, minutes(2));
    expect(silentConnectors(await relays.all(), minutes(3))).toEqual([]);
  });
});

describe('the silence of relays', () => {
  it('is reported of a directory that none has been heard to lead for ten minutes', () => {
    const both = [heard(heartbeat(1, minutes(0), { connectors: [leading('contoso.test'), leading('other')] }))];
    expect(silentConnectors(both, minutes(10))).toEqual([]);
    expect(silentConnectors(both, minutes(11)).map(({ code, object }) => [code, object])).toEqual([
      ['LS2006', 'contoso.test'],
      ['LS2006', 'other'],
    ]);
  });

  it('is not reported while another relay leads, and is when there are only standbys', () => {
    const old = heard(heartbeat(1, minutes(0)));
    expect(silentConnectors([heard(heartbeat(2, minutes(20))), old], minutes(21))).toEqual([]);
    const standby = heard(heartbeat(2, minutes(20), { connectors: [leading('contoso.test', 'standby')] }));
    expect(silentConnectors([standby, old], minutes(21))).toHaveLength(1);
  });

  it('is not reported of a directory that no relay ever led', () => {
    const standby = heard(heartbeat(1, minutes(0), { connectors: [leading('contoso.test', 'starting')] }));
    expect(silentConnectors([standby], minutes(60))).toEqual([]);
  });
});
